/* SPDX-License-Identifier: ISC */

/* Reads signers, and makes the texts that they sign. */

#include "gate/runner/signer.h"

#include <inttypes.h>
#include <string.h>

#include "base/json/scan.h"
#include "base/notation.h"
#include "gate/limits.h"
#include "gate/policy/policy-part.h"

#define AT(member) offsetof(struct runner_signer, member)

static int take_key_id(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	int r;

	r = dispatch_take_string(d, row, v);
	if (r == 0 && runner_has_control(v->string))
		return dispatch_refuse(d, row->key, "has a control character");
	return r;
}

int runner_signer_read(struct runner_signer *s, const struct json *object, const char *place,
	struct faults *faults)
{
	static const struct dispatch_row rows[] = {
		{ "key_id", take_key_id, AT(key_id), true, LIMIT_STRING },
		{ "key", dispatch_take_string, AT(key), true, LIMIT_PATH },
		{ "accept_v1", dispatch_take_bool, AT(accept_v1), false, 0 },
		{ 0 },
	};
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED;
	const struct policy_part part = { .faults = faults, .name = place };
	int e;

	*s = (struct runner_signer){ 0 };
	e = policy_part_read(&part, s, object, rows);
	if (e < 0 || !s->accept_v1)
		return e < 0 ? e : 0;

	if (bytes_appendf(&at, ": %s.accept_v1:", place) < 0)
		return bytes_error(&at);
	faults_warn(faults, bytes_str(&at),
		"a signature of " RUNNER_HMAC_V1
		" is replayable: it has no time and names no request");
	return 0;
}

bool runner_has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

bool runner_is_hex(const char *text, size_t n)
{
	return strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

int runner_append_v2(const struct runner_signed *s, struct bytes *b)
{
	const char *value;

	bytes_appendf(b, "firma.runner-auth.v2\n%s\n%" PRIu64 "\n%s\ngate %s\n", s->key_id,
		s->issued_at, s->nonce, s->gate);
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++) {
		value = s->identity[f];
		if (value)
			bytes_appendf(b, "%s %zu %s\n", runner_field_name(f), strlen(value), value);
		else
			bytes_appendf(b, "%s -\n", runner_field_name(f));
	}
	return bytes_append_str(b, s->hash);
}

int runner_append_v1(const char *const *identity, struct bytes *b)
{
	bytes_append_str(b, "cavra.runner-auth.v1");
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++)
		bytes_appendf(b, "\n%s=%s", runner_field_name(f), identity[f] ? identity[f] : "");
	return bytes_error(b);
}

/* --- the request ------------------------------------------------------------------------------ */

struct cut {
	const char *line;
	size_t n; /* members that were seen */
	size_t start, end;
};

/* Notes where the member is, with the comma before it. */
static int look_at(const struct scan_member *m, void *userdata)
{
	static const char key[] = "runner_auth";
	struct cut *c = userdata;

	c->n++;
	if (m->key_len != sizeof(key) - 1 || memcmp(m->key, key, sizeof(key) - 1) != 0)
		return 0;
	c->start = m->key_offset;
	c->end = (size_t)(m->value - c->line) + m->value_len;
	if (c->n > 1)
		while (c->line[c->start] != ',')
			c->start--;
	return 0;
}

int runner_hash_request(const char *line, size_t len, char ret[static 2 * SHA256_LEN + 1])
{
	struct cut c = { .line = line };
	struct scan_fault fault;
	uint8_t hash[SHA256_LEN];
	struct sha256 s;
	size_t comma;
	int r;

	r = scan_object(line, len, look_at, &c, &fault);
	if (r != 0)
		return r;
	if (c.end > 0 && line[c.start] != ',') {
		comma = c.end + strspn(line + c.end, " \t\r\n");
		if (line[comma] == ',')
			c.end = comma + 1;
	}
	sha256_init(&s);
	sha256_update(&s, line, c.start);
	sha256_update(&s, line + c.end, len - c.end);
	sha256_final(&s, hash);
	notation_hex(hash, sizeof(hash), ret);
	return 0;
}
