/* SPDX-License-Identifier: ISC */

/*
 * Keys and signatures, with libsodium. A PEM file of an Ed25519 key has one form only: the DER
 * around the 32 bytes never varies (RFC 8410), so it is compared, not parsed.
 */

#include "ledger/evidence/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/notation.h"

#define SEED_LEN crypto_sign_SEEDBYTES

static const uint8_t private_der[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b,
	0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
static const uint8_t public_der[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03,
	0x21, 0x00 };

/* The whole file is one line of base64 between these two lines. */
static const struct pem {
	const char *begin, *end;
	const uint8_t *der;
	size_t der_len;
} pems[] = {
	[EVIDENCE_KEY_PRIVATE] = { "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----",
		private_der, sizeof(private_der) },
	[EVIDENCE_KEY_PUBLIC] = { "-----BEGIN PUBLIC KEY-----\n", "\n-----END PUBLIC KEY-----",
		public_der, sizeof(public_der) },
};

#define DER_MAX (sizeof(private_der) + SEED_LEN)
#define VARIANT sodium_base64_VARIANT_ORIGINAL

/* An HMAC key's ID is the beginning of the HMAC of this text. */
static const char id_text[] = "firma.evidence.v1 key id";

static const char *const names[] = {
	[SIGNATURE_NONE] = "none",
	[SIGNATURE_HMAC_SHA256] = "HMAC-SHA256",
	[SIGNATURE_ED25519] = "Ed25519",
};

struct evidence_key {
	enum signature_algorithm algorithm;
	uint8_t *secret; /* sodium_malloc()ed; NULL in a public key */
	size_t secret_len;
	uint8_t public[crypto_sign_PUBLICKEYBYTES];
	char id[EVIDENCE_KEY_ID_LEN + 1];
};

const char *signature_algorithm_name(enum signature_algorithm algorithm)
{
	return names[algorithm];
}

enum signature_algorithm signature_algorithm_parse(const char *name, size_t len)
{
	for (enum signature_algorithm a = SIGNATURE_HMAC_SHA256; a <= SIGNATURE_ED25519; a++)
		if (strlen(names[a]) == len && memcmp(names[a], name, len) == 0)
			return a;
	return SIGNATURE_NONE;
}

void evidence_key_free(struct evidence_key *key)
{
	if (!key)
		return;

	sodium_free(key->secret);
	free(key);
}

enum signature_algorithm evidence_key_algorithm(const struct evidence_key *key)
{
	return key->algorithm;
}

const char *evidence_key_id(const struct evidence_key *key)
{
	return key->id;
}

static void free_secret(uint8_t **secret)
{
	sodium_free(*secret);
}

static int refuse(struct bytes *why, const char *what)
{
	int r;

	r = bytes_append_str(why, what);
	return r < 0 ? r : EVIDENCE_KEY_REFUSED;
}

/* Why a secret in this file is refused; NULL: it is not. */
static const char *fault_of(const struct stat *st, uid_t owner, bool service)
{
	mode_t mode = st->st_mode & (S_IRWXG | S_IRWXO);

	if (st->st_uid != owner && st->st_uid != 0)
		return file_fault_text(FILE_FOREIGN_OWNER);
	if (mode & (service ? ~(mode_t)S_IRGRP : ~(mode_t)0))
		return file_fault_text(FILE_OPEN_TO_OTHERS);
	return NULL;
}

/* Opens the file, which may hold a secret. */
static int open_key(const char *path, enum evidence_key_kind kind, uid_t owner, bool service,
	int *ret_fd, struct bytes *why)
{
	cleanup(close_p) int fd = -1;
	const char *fault;
	struct stat st;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refuse(
			why, errno == ELOOP ? file_fault_text(FILE_IS_SYMLINK) : strerror(errno));
	if (fstat(fd, &st) < 0)
		return refuse(why, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(why, file_fault_text(FILE_NOT_REGULAR));

	fault = kind == EVIDENCE_KEY_PUBLIC ? NULL : fault_of(&st, owner, service);
	if (fault)
		return refuse(why, fault);

	*ret_fd = steal_fd(&fd);
	return 0;
}

/* Reads the file into guarded memory, and adds a NUL. */
static int read_key(int fd, uint8_t **ret, size_t *ret_len, struct bytes *why)
{
	cleanup(free_secret) uint8_t *data = sodium_malloc(EVIDENCE_KEY_FILE_MAX + 1);
	size_t len = 0;
	ssize_t n;

	if (!data)
		return -ENOMEM;

	do {
		n = read(fd, data + len, EVIDENCE_KEY_FILE_MAX + 1 - len);
		if (n < 0 && errno != EINTR)
			return refuse(why, strerror(errno));
		len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && len <= EVIDENCE_KEY_FILE_MAX);

	if (len > EVIDENCE_KEY_FILE_MAX)
		return refuse(why, "is too long for a key");
	if (len > 0 && data[len - 1] == '\n')
		len--;
	data[len] = '\0';
	*ret = data;
	data = NULL;
	*ret_len = len;
	return 0;
}

/* The 32 bytes in a PEM text; false: the text is malformed. */
static bool read_pem(const char *text, size_t len, const struct pem *pem, uint8_t ret[static 32])
{
	size_t begin = strlen(pem->begin), end = strlen(pem->end), n;
	uint8_t der[DER_MAX];
	bool holds;

	if (len < begin + end || memcmp(text, pem->begin, begin) != 0
		|| memcmp(text + len - end, pem->end, end) != 0)
		return false;

	holds = sodium_base642bin(
			der, sizeof(der), text + begin, len - begin - end, NULL, &n, NULL, VARIANT)
			== 0
		&& n == pem->der_len + 32 && memcmp(der, pem->der, pem->der_len) == 0;
	if (holds)
		memcpy(ret, der + pem->der_len, 32);
	sodium_memzero(der, sizeof(der));
	return holds;
}

static void hmac(const uint8_t *key, size_t key_len, const char *const *pieces, size_t n,
	uint8_t ret[static crypto_auth_hmacsha256_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, key_len);
	for (size_t i = 0; i < n; i++)
		crypto_auth_hmacsha256_update(
			&state, (const uint8_t *)pieces[i], strlen(pieces[i]));
	crypto_auth_hmacsha256_final(&state, ret);
	sodium_memzero(&state, sizeof(state));
}

void evidence_key_hmac(
	const struct evidence_key *key, const char *text, uint8_t ret[static EVIDENCE_KEY_HMAC_LEN])
{
	_Static_assert(EVIDENCE_KEY_HMAC_LEN == crypto_auth_hmacsha256_BYTES, "HMAC-SHA256");
	hmac(key->secret, key->secret_len, &text, 1, ret);
}

static int take_shared(struct evidence_key *key, uint8_t **data, size_t len, struct bytes *why)
{
	static const char *const pieces[] = { id_text };
	uint8_t tag[crypto_auth_hmacsha256_BYTES];

	if (len == 0)
		return refuse(why, "is empty");

	key->algorithm = SIGNATURE_HMAC_SHA256;
	key->secret = *data;
	key->secret_len = len;
	*data = NULL;
	hmac(key->secret, len, pieces, 1, tag);
	notation_hex(tag, EVIDENCE_KEY_ID_LEN / 2, key->id);
	return 0;
}

static int take_pair(struct evidence_key *key, enum evidence_key_kind kind, const uint8_t *data,
	size_t len, struct bytes *why)
{
	uint8_t seed[SEED_LEN], hash[crypto_hash_sha256_BYTES];

	if (!read_pem((const char *)data, len, &pems[kind], seed))
		return refuse(why,
			kind == EVIDENCE_KEY_PUBLIC ? "is not a public key for Ed25519 in PEM"
						    : "is not a private key for Ed25519 in PEM");

	key->algorithm = SIGNATURE_ED25519;
	if (kind == EVIDENCE_KEY_PUBLIC) {
		memcpy(key->public, seed, sizeof(key->public));
	} else {
		key->secret_len = crypto_sign_SECRETKEYBYTES;
		key->secret = sodium_malloc(key->secret_len);
		if (key->secret)
			crypto_sign_seed_keypair(key->public, key->secret, seed);
		sodium_memzero(seed, sizeof(seed));
		if (!key->secret)
			return -ENOMEM;
	}
	crypto_hash_sha256(hash, key->public, sizeof(key->public));
	notation_hex(hash, EVIDENCE_KEY_ID_LEN / 2, key->id);
	return 0;
}

int evidence_key_load(const char *path, enum evidence_key_kind kind, uid_t owner, bool service,
	struct evidence_key **ret, struct bytes *why)
{
	cleanup(evidence_key_free_p) struct evidence_key *key = calloc(1, sizeof(*key));
	cleanup(free_secret) uint8_t *data = NULL;
	cleanup(close_p) int fd = -1;
	size_t len;
	int r;

	if (!key)
		return -ENOMEM;

	r = open_key(path, kind, owner, service, &fd, why);
	if (r == 0)
		r = read_key(fd, &data, &len, why);
	if (r != 0)
		return r;

	r = kind == EVIDENCE_KEY_SHARED ? take_shared(key, &data, len, why)
					: take_pair(key, kind, data, len, why);
	if (r != 0)
		return r;

	*ret = steal_ptr(key);
	return 0;
}

static int append_base64(struct bytes *b, const uint8_t *data, size_t len)
{
	size_t size = sodium_base64_encoded_len(len, VARIANT);
	char *end;
	int r;

	r = bytes_reserve(b, size, &end);
	if (r < 0)
		return r;

	sodium_bin2base64(end, size, data, len, VARIANT);
	bytes_grew(b, size - 1);
	return 0;
}

#define N_PIECES 5

static void fill_pieces(const struct signed_text *text, const char *ret[static N_PIECES])
{
	ret[0] = text->schema;
	ret[1] = "\n";
	ret[2] = text->previous;
	ret[3] = "\n";
	ret[4] = text->hash;
}

static int join(const struct signed_text *text, struct bytes *b)
{
	const char *pieces[N_PIECES];
	int r = 0;

	fill_pieces(text, pieces);
	for (size_t i = 0; r >= 0 && i < N_PIECES; i++)
		r = bytes_append_str(b, pieces[i]);
	return r;
}

static int append_hmac(
	const struct evidence_key *key, const struct signed_text *text, struct bytes *b)
{
	uint8_t tag[crypto_auth_hmacsha256_BYTES];
	char hex[2 * sizeof(tag) + 1];
	const char *pieces[N_PIECES];

	fill_pieces(text, pieces);
	hmac(key->secret, key->secret_len, pieces, N_PIECES, tag);
	notation_hex(tag, sizeof(tag), hex);
	return bytes_append(b, hex, sizeof(hex) - 1);
}

int evidence_key_sign(
	const struct evidence_key *key, const struct signed_text *text, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes joined = BYTES_PRINTED;
	uint8_t signature[crypto_sign_BYTES];
	int r;

	if (key->algorithm == SIGNATURE_HMAC_SHA256)
		return append_hmac(key, text, b);

	r = join(text, &joined);
	if (r < 0)
		return r;

	crypto_sign_detached(
		signature, NULL, (const uint8_t *)joined.data, joined.len, key->secret);
	return append_base64(b, signature, sizeof(signature));
}

static int check_ed25519(const struct evidence_key *key, const struct signed_text *text,
	const char *value, size_t len, bool *ret)
{
	cleanup(bytes_deinit) struct bytes joined = BYTES_PRINTED, again = BYTES_PRINTED;
	uint8_t signature[crypto_sign_BYTES];
	size_t n;
	int r;

	*ret = false;
	if (sodium_base642bin(signature, sizeof(signature), value, len, NULL, &n, NULL, VARIANT)
			!= 0
		|| n != sizeof(signature))
		return 0;

	/* Only one encoding is accepted: encode again and compare. */
	r = append_base64(&again, signature, n);
	if (r >= 0)
		r = join(text, &joined);
	if (r < 0)
		return r;

	*ret = again.len == len && memcmp(again.data, value, len) == 0
		&& crypto_sign_verify_detached(
			   signature, (const uint8_t *)joined.data, joined.len, key->public)
			== 0;
	return 0;
}

int evidence_key_check(const struct evidence_key *key, const struct signed_text *text,
	const char *value, size_t len, bool *ret)
{
	cleanup(bytes_deinit) struct bytes own = BYTES_PRINTED;
	int r;

	if (key->algorithm == SIGNATURE_ED25519)
		return check_ed25519(key, text, value, len, ret);

	r = append_hmac(key, text, &own);
	if (r < 0)
		return r;

	*ret = own.len == len && sodium_memcmp(own.data, value, len) == 0;
	return 0;
}

/* The whole text; `ret` has room for it. */
static void print_pem(const struct pem *pem, const uint8_t data[static 32], char *ret, size_t size)
{
	uint8_t der[DER_MAX];
	char base64[sodium_base64_ENCODED_LEN(DER_MAX, VARIANT)];

	memcpy(der, pem->der, pem->der_len);
	memcpy(der + pem->der_len, data, 32);
	sodium_bin2base64(base64, sizeof(base64), der, pem->der_len + 32, VARIANT);
	snprintf(ret, size, "%s%s%s\n", pem->begin, base64, pem->end);
	sodium_memzero(der, sizeof(der));
	sodium_memzero(base64, sizeof(base64));
}

#define PEM_MAX 256

int evidence_key_make_pair(char **ret_private, struct bytes *public_pem)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	char *private = sodium_malloc(PEM_MAX), text[PEM_MAX];
	int r;

	if (!private)
		return -ENOMEM;

	/* The seed is the first half of libsodium's secret key; others call the seed the key. */
	crypto_sign_keypair(public, secret);
	print_pem(&pems[EVIDENCE_KEY_PRIVATE], secret, private, PEM_MAX);
	sodium_memzero(secret, sizeof(secret));
	print_pem(&pems[EVIDENCE_KEY_PUBLIC], public, text, sizeof(text));
	r = bytes_append_str(public_pem, text);
	if (r < 0) {
		sodium_free(private);
		return r;
	}
	*ret_private = private;
	return 0;
}
