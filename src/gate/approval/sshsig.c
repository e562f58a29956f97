/* SPDX-License-Identifier: ISC */

/*
 * A cursor reads the blob. A missing field makes the cursor bad, and a bad cursor gives only empty
 * fields, so that it needs to be checked only once, at the end.
 */

#include "gate/approval/sshsig.h"

#include <sodium.h>
#include <string.h>

#define BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define END "-----END SSH SIGNATURE-----"
#define MAGIC "SSHSIG"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define FORMAT_VERSION 1
#define HASH "sha512"

#define PLAIN "ssh-ed25519"
#define SECURITY_KEY "sk-ssh-ed25519@openssh.com"

/* ssh-keygen wraps at 70 columns; others at 64 or 76. */
#define COLUMNS_MIN 16
#define COLUMNS_MAX 76

/*
 * Touched, verified, and two that say whether the key may be copied to other devices. The others
 * are reserved, or announce data that has no place in this format.
 */
#define KNOWN_FLAGS (SSHSIG_TOUCHED | SSHSIG_VERIFIED | 0x08 | 0x10)

#define VARIANT sodium_base64_VARIANT_ORIGINAL

static const char *const sentences[] = {
	[SSHSIG_FINE] = "the signature is good",
	[SSHSIG_TOO_LONG] = "the signature is too long",
	[SSHSIG_NOT_ARMORED] = "the signature is not an armored SSH signature",
	[SSHSIG_TRAILING] = "something follows the end of the signature",
	[SSHSIG_NOT_BASE64] = "the signature is not in base64 with lines of one width",
	[SSHSIG_MALFORMED] = "the signature is malformed",
	[SSHSIG_OTHER_VERSION] = "the signature is of another version of the format",
	[SSHSIG_OTHER_KEY_TYPE] = ("the signature's key is not of type " PLAIN " or " SECURITY_KEY),
	[SSHSIG_OTHER_NAMESPACE] = "the signature was made for another namespace",
	[SSHSIG_OTHER_HASH] = "the signature was not made with SHA-512",
	[SSHSIG_OTHER_FLAGS] = "the security key's flags are not known",
	[SSHSIG_WRONG] = "the signature is not of this text by this key",
};

const char *sshsig_fault_text(enum sshsig_fault fault)
{
	return sentences[fault];
}

/* --- the blob --------------------------------------------------------------------------------- */

struct cursor {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct piece {
	const uint8_t *data;
	size_t len;
};

static struct piece take(struct cursor *c, size_t len)
{
	struct piece piece = { c->at, len };

	if (c->bad || len > c->left) {
		c->bad = true;
		return (struct piece){ (const uint8_t *)"", 0 };
	}
	c->at += len;
	c->left -= len;
	return piece;
}

static uint32_t take_u32(struct cursor *c)
{
	struct piece p = take(c, 4);

	if (c->bad)
		return 0;
	return (uint32_t)p.data[0] << 24 | (uint32_t)p.data[1] << 16 | (uint32_t)p.data[2] << 8
		| p.data[3];
}

static uint8_t take_u8(struct cursor *c)
{
	struct piece p = take(c, 1);

	return c->bad ? 0 : p.data[0];
}

static struct piece take_string(struct cursor *c)
{
	uint32_t len = take_u32(c);

	return take(c, len);
}

static bool piece_is(struct piece p, const char *text)
{
	return p.len == strlen(text) && memcmp(p.data, text, p.len) == 0;
}

static bool is_over(const struct cursor *c)
{
	return !c->bad && c->left == 0;
}

static enum sshsig_fault read_key(struct piece blob, struct sshsig_key *ret)
{
	struct cursor c = { blob.data, blob.len, false };
	struct piece type = take_string(&c), public, application = { NULL, 0 };
	struct sshsig_key key = { .security_key = piece_is(type, SECURITY_KEY) };

	if (c.bad)
		return SSHSIG_MALFORMED;
	if (!key.security_key && !piece_is(type, PLAIN))
		return SSHSIG_OTHER_KEY_TYPE;

	public = take_string(&c);
	if (key.security_key)
		application = take_string(&c);
	if (!is_over(&c) || public.len != SSHSIG_KEY_LEN || application.len > SSHSIG_APPLICATION_MAX
		|| (application.len > 0 && memchr(application.data, '\0', application.len)))
		return SSHSIG_MALFORMED;

	memcpy(key.public, public.data, public.len);
	if (application.len > 0)
		memcpy(key.application, application.data, application.len);
	*ret = key;
	return SSHSIG_FINE;
}

/* Reads the signature itself, whose type must be that of the key. */
static enum sshsig_fault read_signature(struct piece blob, struct sshsig *s)
{
	struct cursor c = { blob.data, blob.len, false };
	struct piece type = take_string(&c), signature = take_string(&c);

	if (!c.bad && !piece_is(type, s->key.security_key ? SECURITY_KEY : PLAIN))
		return SSHSIG_OTHER_KEY_TYPE;
	if (s->key.security_key) {
		s->flags = take_u8(&c);
		s->counter = take_u32(&c);
	}
	if (!is_over(&c) || signature.len != SSHSIG_SIGNATURE_LEN)
		return SSHSIG_MALFORMED;
	if (s->flags & ~KNOWN_FLAGS)
		return SSHSIG_OTHER_FLAGS;

	memcpy(s->signature, signature.data, signature.len);
	return SSHSIG_FINE;
}

static enum sshsig_fault read_blob(
	const uint8_t *data, size_t len, const char *name_space, struct sshsig *ret)
{
	struct cursor c = { data, len, false };
	struct piece magic = take(&c, MAGIC_LEN), key, space, reserved, hash, signature;
	uint32_t version = take_u32(&c);
	struct sshsig s = { 0 };
	enum sshsig_fault fault;

	if (c.bad || !piece_is(magic, MAGIC))
		return SSHSIG_MALFORMED;
	if (version != FORMAT_VERSION)
		return SSHSIG_OTHER_VERSION;

	key = take_string(&c);
	space = take_string(&c);
	reserved = take_string(&c);
	hash = take_string(&c);
	signature = take_string(&c);
	if (!is_over(&c) || reserved.len > 0)
		return SSHSIG_MALFORMED;

	fault = read_key(key, &s.key);
	if (fault != SSHSIG_FINE)
		return fault;
	if (!piece_is(space, name_space))
		return SSHSIG_OTHER_NAMESPACE;
	if (!piece_is(hash, HASH))
		return SSHSIG_OTHER_HASH;

	fault = read_signature(signature, &s);
	if (fault == SSHSIG_FINE)
		*ret = s;
	return fault;
}

/* --- the armor -------------------------------------------------------------------------------- */

/*
 * Joins the lines between the first and the last one. All have the width of the first line; only
 * the last may be shorter. `ret` has room for all of them.
 */
static bool join_lines(const char *text, size_t len, char *ret, size_t *ret_len)
{
	size_t columns = 0, width, joined = 0;
	const char *newline;

	for (size_t at = 0; at < len; at += width + 1) {
		newline = memchr(text + at, '\n', len - at);
		if (!newline)
			return false;

		width = (size_t)(newline - (text + at));
		if (at == 0)
			columns = width;
		if (width == 0 || width > columns || (width < columns && at + width + 1 < len))
			return false;
		memcpy(ret + joined, text + at, width);
		joined += width;
	}
	*ret_len = joined;
	return columns >= COLUMNS_MIN && columns <= COLUMNS_MAX;
}

/*
 * Decodes base64 and accepts its canonical form only. The result is encoded again and compared,
 * since libsodium 1.0.18 reads every byte from 0x80 on as a slash.
 */
static bool decode(const char *base64, size_t len, uint8_t ret[static SSHSIG_MAX], size_t *ret_len)
{
	char again[sodium_base64_ENCODED_LEN(SSHSIG_MAX, VARIANT)];
	size_t n;

	if (sodium_base642bin(ret, SSHSIG_MAX, base64, len, NULL, &n, NULL, VARIANT) != 0)
		return false;

	sodium_bin2base64(again, sizeof(again), ret, n, VARIANT);
	*ret_len = n;
	return strlen(again) == len && memcmp(again, base64, len) == 0;
}

enum sshsig_fault sshsig_parse(
	const char *armor, size_t len, const char *name_space, struct sshsig *ret)
{
	const size_t begin = sizeof(BEGIN) - 1, end = sizeof(END) - 1;
	char base64[SSHSIG_MAX];
	uint8_t blob[SSHSIG_MAX];
	size_t base64_len, blob_len;
	const char *last;

	if (len > SSHSIG_MAX)
		return SSHSIG_TOO_LONG;
	if (len > 0 && armor[len - 1] == '\n')
		len--;
	if (len < begin + end || memcmp(armor, BEGIN, begin) != 0)
		return SSHSIG_NOT_ARMORED;

	last = memmem(armor + begin, len - begin, END, end);
	if (!last)
		return SSHSIG_NOT_ARMORED;
	if (last + end != armor + len)
		return SSHSIG_TRAILING;

	if (!join_lines(armor + begin, (size_t)(last - armor) - begin, base64, &base64_len)
		|| !decode(base64, base64_len, blob, &blob_len))
		return SSHSIG_NOT_BASE64;
	return read_blob(blob, blob_len, name_space, ret);
}

/* --- verifying -------------------------------------------------------------------------------- */

/* A buffer of fixed size: the longest data to sign fits. */
struct signed_data {
	uint8_t data[512];
	size_t len;
};

static void put(struct signed_data *d, const void *data, size_t len)
{
	memcpy(d->data + d->len, data, len);
	d->len += len;
}

static void put_u32(struct signed_data *d, uint32_t n)
{
	const uint8_t bytes[] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
		(uint8_t)n };

	put(d, bytes, sizeof(bytes));
}

static void put_string(struct signed_data *d, const void *data, size_t len)
{
	put_u32(d, (uint32_t)len);
	put(d, data, len);
}

enum sshsig_fault sshsig_verify(
	const struct sshsig *s, const char *name_space, const void *text, size_t len)
{
	uint8_t hash[crypto_hash_sha512_BYTES], short_hash[crypto_hash_sha256_BYTES];
	struct signed_data d = { .len = 0 }, by_device = { .len = 0 };
	const struct signed_data *whole = &d;

	_Static_assert(sizeof(d.data) >= MAGIC_LEN + 4 * 4 + 255 + sizeof(HASH) + sizeof(hash),
		"with a namespace of 255 bytes");
	if (strlen(name_space) > 255)
		return SSHSIG_WRONG;

	crypto_hash_sha512(hash, text, len);
	put(&d, MAGIC, MAGIC_LEN);
	put_string(&d, name_space, strlen(name_space));
	put_string(&d, "", 0);
	put_string(&d, HASH, sizeof(HASH) - 1);
	put_string(&d, hash, sizeof(hash));

	if (s->key.security_key) {
		crypto_hash_sha256(short_hash, (const uint8_t *)s->key.application,
			strlen(s->key.application));
		put(&by_device, short_hash, sizeof(short_hash));
		put(&by_device, &s->flags, 1);
		put_u32(&by_device, s->counter);
		crypto_hash_sha256(short_hash, d.data, d.len);
		put(&by_device, short_hash, sizeof(short_hash));
		whole = &by_device;
	}
	return crypto_sign_verify_detached(s->signature, whole->data, whole->len, s->key.public)
			== 0
		? SSHSIG_FINE
		: SSHSIG_WRONG;
}

/* --- keys ------------------------------------------------------------------------------------- */

enum sshsig_fault sshsig_parse_key(
	const char *type, size_t type_len, const char *base64, size_t len, struct sshsig_key *ret)
{
	struct piece name = { (const uint8_t *)type, type_len };
	uint8_t blob[SSHSIG_MAX];
	struct sshsig_key key;
	enum sshsig_fault fault;
	size_t blob_len;

	if (!piece_is(name, PLAIN) && !piece_is(name, SECURITY_KEY))
		return SSHSIG_OTHER_KEY_TYPE;
	if (!decode(base64, len, blob, &blob_len))
		return SSHSIG_NOT_BASE64;

	fault = read_key((struct piece){ blob, blob_len }, &key);
	if (fault != SSHSIG_FINE)
		return fault;
	if (key.security_key != piece_is(name, SECURITY_KEY))
		return SSHSIG_MALFORMED;

	*ret = key;
	return SSHSIG_FINE;
}

bool sshsig_key_is_same(const struct sshsig_key *a, const struct sshsig_key *b)
{
	return a->security_key == b->security_key
		&& memcmp(a->public, b->public, sizeof(a->public)) == 0
		&& strcmp(a->application, b->application) == 0;
}

int sshsig_key_append_fingerprint(const struct sshsig_key *key, struct bytes *b)
{
	const char *type = key->security_key ? SECURITY_KEY : PLAIN;
	char text[sodium_base64_ENCODED_LEN(
		crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct signed_data blob = { .len = 0 };

	put_string(&blob, type, strlen(type));
	put_string(&blob, key->public, sizeof(key->public));
	if (key->security_key)
		put_string(&blob, key->application, strlen(key->application));
	crypto_hash_sha256(hash, blob.data, blob.len);
	sodium_bin2base64(
		text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	return bytes_appendf(b, "SHA256:%s", text);
}
