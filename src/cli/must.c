/* SPDX-License-Identifier: ISC */

/* Compares `must` of a request and of its reply. */

#include "cli/must.h"

#include <string.h>

#include "base/json/members.h"
#include "base/json/scan-value.h"
#include "gate/wire/evaluate.h"

void must_write(struct writer *w, const char *const keys[], size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= keys[i] != NULL;
	if (!any)
		return;
	writer_array(w, MUST_KEY);
	for (size_t i = 0; i < n; i++)
		writer_string(w, NULL, keys[i]);
	writer_end(w);
}

/* Whether the member is the array of strings in `wanted`. */
static int is_array_of(const struct member *m, const struct bytes *wanted, bool *ret)
{
	cleanup(bytes_deinit) struct bytes found = BYTES_PRINTED;
	size_t n;
	int r;

	r = m ? scan_strings_value(m->text, m->len, &found, &n) : SCAN_OTHER;
	if (r < 0)
		return r;
	*ret = r == 0 && found.len == wanted->len
		&& memcmp(bytes_str(&found), bytes_str(wanted), found.len) == 0;
	return 0;
}

/* Whether the reply refuses, by either contract: then it need not know the keys. */
static bool is_refusal(struct members *reply)
{
	const struct member *decision = members_find(reply, "decision");
	const struct member *outcome = members_find(reply, "outcome");
	const char *word;

	if (decision) {
		word = members_string(reply, decision);
		return word && !outcome
			&& (decision_parse(word) == DECISION_DENY
				|| evaluate_decision_parse(word) == DECISION_DENY);
	}
	word = outcome ? members_string(reply, outcome) : NULL;
	return word && outcome_parse(word) > OUTCOME_OK;
}

static int check_reply(const struct bytes *line, const struct bytes *wanted)
{
	cleanup(members_deinit) struct members reply = MEMBERS_INIT;
	struct scan_fault fault;
	bool met = false;
	int r;

	r = members_read(&reply, bytes_str(line), line->len, &fault);
	if (r < 0)
		return r;
	if (r == 0 && is_refusal(&reply))
		return MUST_MET;
	if (r == 0)
		r = is_array_of(members_find(&reply, MUST_KEY), wanted, &met);
	if (r < 0)
		return r;
	return met ? MUST_MET : MUST_UNMET;
}

int must_check(const struct bytes *request, const struct bytes *reply)
{
	cleanup(bytes_deinit) struct bytes wanted = BYTES_PRINTED;
	cleanup(members_deinit) struct members members = MEMBERS_INIT;
	const struct member *must;
	struct scan_fault fault;
	size_t n;
	int r;

	/* Few requests have it. A key may be written with escapes. */
	if (!memmem(bytes_str(request), request->len, MUST_KEY, strlen(MUST_KEY))
		&& !memchr(bytes_str(request), '\\', request->len))
		return MUST_MET;

	r = members_read(&members, bytes_str(request), request->len, &fault);
	must = r == 0 ? members_find(&members, MUST_KEY) : NULL;
	if (r < 0 || !must)
		return r < 0 ? r : MUST_MET;
	r = scan_strings_value(must->text, must->len, &wanted, &n);
	return r < 0 ? r : check_reply(reply, &wanted);
}
