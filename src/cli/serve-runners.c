/* SPDX-License-Identifier: ISC */

/* Writes the document, and calls its reader. */

#include "cli/serve-runners.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "base/utf8.h"
#include "cli/absolute.h"
#include "gate/policy/policy.h"
#include "gate/runner/claims.h"

void serve_runners_deinit(struct serve_runners *r)
{
	runners_free(r->runners);
	json_doc_free(r->doc);
}

bool serve_runners_parse_pin(const char *value, void *to)
{
	struct serve_runners *r = to;
	const char *equals = strchr(value, '=');

	if (!equals || equals == value || equals[1] == '\0' || r->n_pins == LENGTH(r->pins)
		|| !utf8_is_valid(value, strlen(value)))
		return false;
	r->pins[r->n_pins++] = value;
	return true;
}

/* --- missing options -------------------------------------------------------------------------- */

struct given {
	const char *name;
	bool is_given;
};

/* Either all options of the list are given, or none. The fault names the first missing one. */
static int check_whole(const struct verb *verb, const struct given *list, size_t n)
{
	const char *given = NULL, *missing = NULL;

	for (size_t i = 0; i < n; i++) {
		if (list[i].is_given && !given)
			given = list[i].name;
		if (!list[i].is_given && !missing)
			missing = list[i].name;
	}
	return given && missing ? usage_error(verb, "%s needs %s", given, missing) : STATUS_DONE;
}

static int check(const struct serve_runners *r, const struct verb *verb)
{
	const struct given signer[] = {
		{ "--runner-key", r->key },
		{ "--runner-key-id", r->key_id },
	};
	const struct given issuer[] = {
		{ "--runner-oidc-issuer", r->issuer },
		{ "--runner-oidc-audience", r->audience },
		{ "--runner-oidc-jwks", r->jwks },
		{ "--runner-oidc-pin", r->n_pins > 0 },
	};
	int status;

	status = check_whole(verb, signer, LENGTH(signer));
	if (status == STATUS_DONE)
		status = check_whole(verb, issuer, LENGTH(issuer));
	if (status == STATUS_DONE && r->key && !r->key[0])
		return usage_error(verb, "--runner-key wants a file");
	if (status == STATUS_DONE && r->jwks && !r->jwks[0])
		return usage_error(verb, "--runner-oidc-jwks wants a file");
	return status;
}

/* --- the document ----------------------------------------------------------------------------- */

/* Writes an absolute path, or the name of a credential unchanged. */
static void write_path(struct writer *w, const char *key, const char *path, const char *credentials)
{
	const bool is_name = credentials && !strchr(path, '/');
	cleanup(free_p) char *absolute = is_name ? NULL : absolute_path(path);

	if (!is_name && !absolute)
		writer_fail(w, -ENOMEM);
	writer_string(w, key, is_name ? path : absolute);
}

static size_t name_len(const char *pin)
{
	return strcspn(pin, "=");
}

static bool has_name(const char *pin, const char *name, size_t len)
{
	return name_len(pin) == len && memcmp(pin, name, len) == 0;
}

/* If the claim is a number, a value of digits is written as a number. */
static void write_value(struct writer *w, const struct runner_claim *claim, const char *value)
{
	uint64_t number;

	if (claim && claim->number
		&& notation_parse_number(value, 0, JSON_INTEGER_MAX, &number) == 0)
		writer_unsigned(w, NULL, number);
	else
		writer_string(w, NULL, value);
}

/* Writes all values for the claim of the pin at `first`; nothing if it was written before. */
static void write_pin(struct writer *w, const struct serve_runners *r, size_t first)
{
	const char *name = r->pins[first];
	const size_t len = name_len(name);
	cleanup(free_p) char *key = strndup(name, len);

	for (size_t i = 0; i < first; i++)
		if (has_name(r->pins[i], name, len))
			return;
	if (!key) {
		writer_fail(w, -ENOMEM);
		return;
	}
	writer_array(w, key);
	for (size_t i = first; i < r->n_pins; i++)
		if (has_name(r->pins[i], name, len))
			write_value(w, runner_claim_find(runner_provider_of(r->issuer), key),
				r->pins[i] + len + 1);
	writer_end(w);
}

static void write_issuer(struct writer *w, const struct serve_runners *r)
{
	writer_array(w, "oidc");
	writer_object(w, NULL);
	writer_string(w, "issuer", r->issuer);
	writer_string(w, "audience", r->audience);
	write_path(w, "jwks", r->jwks, NULL);
	writer_object(w, "pin");
	for (size_t i = 0; i < r->n_pins; i++)
		write_pin(w, r, i);
	writer_end(w);
	writer_end(w);
	writer_end(w);
}

static void write_signer(struct writer *w, const struct serve_runners *r, const char *credentials)
{
	writer_array(w, "hmac");
	writer_object(w, NULL);
	writer_string(w, "key_id", r->key_id);
	write_path(w, "key", r->key, credentials);
	writer_end(w);
	writer_end(w);
}

static int write_document(const struct serve_runners *r, const char *credentials, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_bool(&w, "required", true);
	if (r->issuer)
		write_issuer(&w, r);
	if (r->key)
		write_signer(&w, r, credentials);
	writer_end(&w);
	return writer_finish(&w);
}

static int read_document(struct serve_runners *r, const struct bytes *text, struct faults *faults)
{
	struct scan_fault fault;
	int e;

	e = json_parse(bytes_str(text), text->len, &r->doc, &fault);
	if (e == JSON_MALFORMED)
		faults_add_syntax(faults, bytes_str(text), &fault);
	if (e == 0)
		e = runners_read(json_root(r->doc), faults, &r->runners);
	if (e < 0 || faults->failed)
		return -ENOMEM;
	return faults->n > 0 ? POLICY_FAULTY : 0;
}

int serve_runners_make(struct serve_runners *r, const struct verb *verb, const char *credentials)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, why = BYTES_PRINTED;
	struct faults faults;
	int status, e;

	status = check(r, verb);
	if (status != STATUS_DONE || (!r->issuer && !r->key))
		return status;

	e = write_document(r, credentials, &text);
	if (e < 0)
		return say_undecided("out of memory");
	faults_init(&faults);
	e = read_document(r, &text, &faults);
	if (e == POLICY_FAULTY && faults_summarize(&faults, "the --runner options", &why) < 0)
		e = -ENOMEM;
	faults_deinit(&faults);
	if (e < 0)
		return say_undecided("out of memory");
	return e == 0 ? STATUS_DONE : usage_error(verb, "%s", bytes_str(&why));
}
