/* SPDX-License-Identifier: ISC */

/* The second form of a runner's signature (gate/runner/signer). */

#include "cli/runner-key.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/json/tree.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "gate/runner/signer.h"

void runner_key_deinit(struct runner_key *k)
{
	evidence_key_free(k->key);
	members_deinit(&k->claims);
	bytes_deinit(&k->text);
}

bool runner_key_take_gate(struct runner_key *k, const struct bytes *line)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	const char *gate = NULL;

	if (json_parse(bytes_str(line), line->len, &doc, &fault) == 0)
		gate = json_get_string(json_root(doc), "gate");
	if (!gate || !runner_is_hex(gate, sizeof(k->gate) - 1))
		return false;
	memcpy(k->gate, gate, sizeof(k->gate));
	return true;
}

/* The line is an object and a newline. */
int runner_append_auth(struct bytes *line, const char *auth, size_t len)
{
	const char *end = strrchr(bytes_str(line), '}'), *before = end;

	if (!end)
		return -EINVAL;
	while (before > line->data && strchr(" \t\r\n", before[-1]))
		before--;
	if (before[-1] == '{')
		before = NULL; /* the first member */
	bytes_truncate(line, (size_t)(end - line->data));
	bytes_append_str(line, before ? ",\"runner_auth\":" : "\"runner_auth\":");
	bytes_append(line, auth, len);
	return bytes_append_str(line, "}\n");
}

static int write_auth(const struct runner_key *k, const struct runner_signed *s,
	const char *signature, struct bytes *ret)
{
	struct writer w;

	writer_init(&w, ret);
	writer_object(&w, NULL);
	writer_object(&w, "identity");
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++)
		writer_string(&w, runner_field_name(f), k->identity[f]);
	writer_end(&w);
	writer_string(&w, "algorithm", RUNNER_HMAC_V2);
	writer_string(&w, "key_id", k->id);
	writer_unsigned(&w, "issued_at", s->issued_at);
	writer_string(&w, "nonce", s->nonce);
	writer_string(&w, "signature", signature);
	writer_end(&w);
	return writer_finish(&w);
}

int runner_key_sign(const struct runner_key *k, const struct bytes *request, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, auth = BYTES_PRINTED;
	char hash[2 * SHA256_LEN + 1], nonce[RUNNER_NONCE_HEX + 1], hex[RUNNER_HMAC_HEX + 1];
	const struct runner_signed s = {
		.key_id = k->id,
		.nonce = nonce,
		.issued_at = clock_now().wall / CLOCK_SECOND,
		.gate = k->gate,
		.identity = k->identity,
		.hash = hash,
	};
	uint8_t random[RUNNER_NONCE_HEX / 2], tag[EVIDENCE_KEY_HMAC_LEN];
	int r;

	randombytes_buf(random, sizeof(random));
	notation_hex(random, sizeof(random), nonce);
	/* Without its newline. */
	r = runner_hash_request(bytes_str(request), request->len > 0 ? request->len - 1 : 0, hash);
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	r = runner_append_v2(&s, &text);
	if (r < 0)
		return r;
	evidence_key_hmac(k->key, bytes_str(&text), tag);
	notation_hex(tag, sizeof(tag), hex);
	r = write_auth(k, &s, hex, &auth);
	if (r < 0)
		return r;
	bytes_clear(ret);
	bytes_append(ret, bytes_str(request), request->len);
	return runner_append_auth(ret, bytes_str(&auth), auth.len);
}
