/* SPDX-License-Identifier: ISC */

/* Reads key sets. The IDs belong to the document. */

#include "gate/runner/jwks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/json/tree.h"
#include "gate/limits.h"

struct entry {
	const char *kid;
	struct rs256_key *key; /* NULL: left out */
};

struct jwks {
	struct json_doc *doc;
	struct entry *entries; /* of all keys of the set, in its order */
	size_t n, usable;
};

void jwks_free(struct jwks *s)
{
	if (!s)
		return;

	for (size_t i = 0; i < s->n; i++)
		rs256_key_free(s->entries[i].key);
	free(s->entries);
	json_doc_free(s->doc);
	free(s);
}

size_t jwks_size(const struct jwks *s)
{
	return s->usable;
}

const struct rs256_key *jwks_find(const struct jwks *s, const char *kid)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].key && strcmp(s->entries[i].kid, kid) == 0)
			return s->entries[i].key;
	return NULL;
}

/* --- one key ---------------------------------------------------------------------------------- */

/* Whether the member is absent, or this text. */
static bool is_free_or(const struct json *key, const char *name, const char *text)
{
	const struct json *v = json_get(key, name);

	return !v || (json_string(v) && strcmp(json_string(v), text) == 0);
}

/* Whether `key_ops` is absent, or names verifying. */
static bool may_verify(const struct json *key)
{
	const struct json *operations = json_get(key, "key_ops");

	if (!operations)
		return true;
	json_each (operation, operations)
		if (json_string(operation) && strcmp(json_string(operation), "verify") == 0)
			return true;
	return false;
}

/* Appends the bytes of a number. Returns as base64url_decode(). */
static int decode_number(const struct json *key, const char *name, struct bytes *out)
{
	const char *text = json_get_string(key, name);

	if (!text || strlen(text) > LIMIT_JWK_NUMBER)
		return BASE64URL_MALFORMED;
	return base64url_decode(text, strlen(text), out);
}

/* Sets *ret to the key, or *why to the reason why it is left out. Error: -ENOMEM. */
static int make_key(const struct json *key, struct rs256_key **ret, const char **why)
{
	cleanup(bytes_deinit) struct bytes n = BYTES_INIT(LIMIT_JWK_NUMBER),
					   e = BYTES_INIT(LIMIT_JWK_NUMBER);
	int r;

	r = decode_number(key, "n", &n);
	if (r == 0)
		r = decode_number(key, "e", &e);
	if (r < 0)
		return r;
	if (r == BASE64URL_MALFORMED) {
		*why = "n or e is not a number in base64url";
		return 0;
	}

	r = rs256_key_new(
		(const uint8_t *)bytes_str(&n), n.len, (const uint8_t *)bytes_str(&e), e.len, ret);
	if (r > 0)
		*why = rs256_fault_text((enum rs256_fault)r);
	return r < 0 ? r : 0;
}

_Static_assert(LIMIT_STRING == 1024 && LIMIT_JWKS == 1 << 20, "the texts name these");

static const char *find_fault(const struct json *key)
{
	const char *kid = json_get_string(key, "kid"), *type = json_get_string(key, "kty");

	if (!json_is_object(key))
		return "is not an object";
	if (!type || strcmp(type, "RSA") != 0)
		return "is not an RSA key";
	if (!kid || kid[0] == '\0' || strlen(kid) > LIMIT_STRING)
		return "has no ID of 1 to 1024 bytes (kid)";
	if (!is_free_or(key, "use", "sig") || !may_verify(key))
		return "is not for signatures";
	if (!is_free_or(key, "alg", "RS256"))
		return "is for another algorithm than RS256";
	return NULL;
}

/* --- the set ---------------------------------------------------------------------------------- */

/* Whether another key of the set has the same ID, of whatever type. */
static bool has_twin(const struct json *keys, const struct json *key, const char *kid)
{
	const char *other;

	json_each (k, keys) {
		other = json_get_string(k, "kid");
		if (k != key && other && strcmp(other, kid) == 0)
			return true;
	}
	return false;
}

static int add_key(
	struct jwks *s, const struct json *keys, const struct json *key, struct bytes *warnings)
{
	struct entry *entry = &s->entries[s->n];
	const char *why = find_fault(key);
	int r = 0;

	if (!why && has_twin(keys, key, json_get_string(key, "kid")))
		why = "has the ID of another key";
	if (!why)
		r = make_key(key, &entry->key, &why);
	if (r < 0)
		return r;

	if (why)
		r = bytes_appendf(warnings, "keys[%zu]: %s: left out\n", s->n, why);
	entry->kid = json_get_string(key, "kid");
	s->usable += entry->key != NULL;
	s->n++;
	return r;
}

static int refuse(struct bytes *why, const char *what)
{
	return bytes_refuse(why, JWKS_FAULTY, "%s", what);
}

static int read_keys(struct jwks *s, struct bytes *why, struct bytes *warnings)
{
	const struct json *keys = json_get(json_root(s->doc), "keys");
	int r;

	if (!keys || !json_is_array(keys))
		return refuse(why, "is not a key set: keys is not an array");
	if (json_size(keys) > LIMIT_JWKS_KEYS)
		return bytes_refuse(why, JWKS_FAULTY, "has more than %d keys", LIMIT_JWKS_KEYS);

	s->entries = calloc(json_size(keys) + 1, sizeof(*s->entries));
	if (!s->entries)
		return -ENOMEM;
	json_each (key, keys) {
		r = add_key(s, keys, key, warnings);
		if (r < 0)
			return r;
	}
	return s->usable > 0 ? 0 : refuse(why, "has no key that RS256 can use");
}

int jwks_parse(
	const char *text, size_t len, struct bytes *why, struct bytes *warnings, struct jwks **ret)
{
	cleanup(jwks_free_p) struct jwks *s = NULL;
	struct scan_fault fault;
	int r;

	if (len > LIMIT_JWKS)
		return refuse(why, "is larger than 1 MiB");

	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	r = json_parse(text, len, &s->doc, &fault);
	if (r == JSON_MALFORMED)
		return bytes_refuse(why, JWKS_FAULTY, "%s (at byte %zu)",
			scan_error_text(fault.error), fault.offset + 1);
	if (r == 0)
		r = read_keys(s, why, warnings);
	if (r != 0)
		return r;

	*ret = steal_ptr(s);
	return 0;
}
