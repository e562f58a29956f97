/* SPDX-License-Identifier: ISC */

/* Checks the approvals in a record. */

#include "ledger/evidence/approval-check.h"

#include <stdio.h>
#include <string.h>

#include "base/json/tree.h"
#include "base/local-time.h"
#include "base/notation.h"
#include "gate/approval/approval-text.h"
#include "gate/approval/sshsig.h"
#include "gate/invocation-read.h"
#include "ledger/evidence/chain.h"
#include "ledger/evidence/recorded-request.h"

struct record {
	const struct allowed_signers *signers;
	const char *token, *decision; /* "approve" or "refuse" */
	uint64_t wall;                /* seconds since 1970 */
	const char *name_space;
	char entry[2 * SHA256_LEN + 1]; /* of an addition to the allowlist; else "" */
	char fingerprint[FINGERPRINT_HEX_LEN + 1],
		hash[2 * SHA256_LEN + 1]; /* of what was decided */
};

/* Whether the text has this line. */
static bool has_line(const char *text, const char *name, const char *value)
{
	char line[128];

	if (snprintf(line, sizeof(line), "\n%s %s\n", name, value) >= (int)sizeof(line))
		return false;
	return strstr(text, line) != NULL;
}

static bool begins_with(const char *text, const char *line)
{
	size_t len = strlen(line);

	return strncmp(text, line, len) == 0 && text[len] == '\n';
}

/* What is wrong with the text of an approval; NULL: nothing. */
static const char *approval_fault(const struct record *record, const char *text)
{
	if (!begins_with(text, SSHSIG_APPROVAL) || !record->token
		|| !has_line(text, "token", record->token))
		return "the text is about another token";
	if (!has_line(text, "decision", record->decision))
		return "the text is about another decision";
	if (!has_line(text, "fingerprint", record->fingerprint)
		|| !has_line(text, "record", record->hash))
		return "the text is about another request";
	return NULL;
}

static const char *addition_fault(const struct record *record, const char *text)
{
	if (!begins_with(text, SSHSIG_ALLOW) || !has_line(text, "entry", record->entry))
		return "the text is about another entry";
	return NULL;
}

/* The fault of an approval; NULL: it has none. */
static const char *fault_of(const struct record *record, const struct json *approval)
{
	const char *by = json_get_string(approval, "by"), *text = json_get_string(approval, "text"),
		   *armor = json_get_string(approval, "signature");
	const struct allowed_signer *signer = NULL;
	enum signer_standing standing;
	enum sshsig_fault fault;
	struct sshsig s;

	if (!by || !text || !armor)
		return "the approval lacks a member";
	fault = sshsig_parse(armor, strlen(armor), record->name_space, &s);
	if (fault == SSHSIG_FINE)
		fault = sshsig_verify(&s, record->name_space, text, strlen(text));
	if (fault != SSHSIG_FINE)
		return sshsig_fault_text(fault);

	standing = allowed_signers_judge(
		record->signers, &s.key, record->name_space, record->wall, &signer);
	if (standing != SIGNER_GOOD)
		return signer_standing_text(standing);
	if (strcmp(signer->principal, by) != 0)
		return "the key is another principal's";
	return record->entry[0] ? addition_fault(record, text) : approval_fault(record, text);
}

/* Whether the record's own request is one for which the approval is good. */
static int check_request(const char *line, size_t len, const struct json *root,
	const struct invocation *approved, bool *ret_fits)
{
	cleanup(recorded_request_deinit) struct recorded_request request;
	uint8_t wanted[FINGERPRINT_LEN], found[FINGERPRINT_LEN];
	int r;

	recorded_request_init(&request);
	r = recorded_request_read(&request, line, len, root);
	*ret_fits = false;
	if (r != 0)
		return r < 0 ? r : 0;

	fingerprint_compute(approved, wanted);
	fingerprint_compute(&request.asked, found);
	*ret_fits = memcmp(wanted, found, sizeof(wanted)) == 0
		&& fields_find_mismatch(approved, &request.asked) == FIELDS;
	return 0;
}

const struct json *approval_check_find(const struct json *record)
{
	const struct json *approval = json_get(record, "approval");

	return approval ? approval : json_get(record, "response");
}

/* Computes what the signed texts must say about the request that was decided. */
static int read_decided(const char *line, size_t len, const struct json *root,
	struct record *record, bool *ret_fits)
{
	cleanup(invocation_lists_deinit) struct invocation_lists lists;
	const struct json *response = json_get(root, "response"), *decided;
	const char *decision = response ? json_get_string(response, "decision") : NULL;
	uint8_t fingerprint[FINGERPRINT_LEN], hash[SHA256_LEN];
	struct invocation asked;
	uint64_t uid;
	int r;

	invocation_lists_init(&lists);
	*ret_fits = false;
	decided = json_get(approval_check_find(root),
		strcmp(record->decision, "refuse") == 0 ? "refused" : "approved");
	r = decided ? invocation_read(decided, &lists, &asked) : INVOCATION_MALFORMED;
	if (r < 0)
		return r;
	if (r != 0 || !json_get_integer(decided, "uid", UINT32_MAX, &uid))
		return 0;

	fingerprint_compute(&asked, fingerprint);
	notation_hex(fingerprint, sizeof(fingerprint), record->fingerprint);
	approval_record_hash(&asked, (uid_t)uid, json_get_string(decided, "rule"), hash);
	notation_hex(hash, sizeof(hash), record->hash);

	/*
	 * An operator's request names only the token. The request of a refused asker may be
	 * recorded as a hash.
	 */
	*ret_fits = !decision || strcmp(decision, "allow") != 0;
	return *ret_fits ? 0 : check_request(line, len, root, &asked, ret_fits);
}

static bool is_action(const struct json *request, const char *name)
{
	const char *action = request ? json_get_string(request, "action") : NULL;

	return action && strcmp(action, name) == 0;
}

/* Reads the scope of an entry that a request adds, and its values. False: there is no valid one. */
static bool read_scope(const struct json *request, const struct json *scope, struct addition *a,
	struct invocation *values)
{
	uint64_t uid;

	if (!json_is_array(scope) || !json_get_integer(request, "uid", UINT32_MAX, &uid))
		return false;

	a->uid = (uid_t)uid;
	a->scope = SCOPE_USER;
	json_each (word, scope) {
		const char *text = json_string(word);

		a->scope |= text ? scope_parse(text, strlen(text)) : 0;
	}
	for (enum field f = 0; f < FIELDS; f++)
		if (scope_word(f))
			field_set(f, values, json_get_string(request, field_rows[f].name));
	return true;
}

/* Computes what the text must say of the entry that a request adds. False: it adds none. */
static bool read_addition(const struct json *request, struct record *record)
{
	const struct json *scope = json_get(request, "scope");
	struct invocation values = { 0 };
	struct addition a = {
		.pattern = json_get_string(request, "pattern"),
		.agent = json_get_string(request, "agent_id"),
		.values = &values,
	};
	uint8_t hash[SHA256_LEN];

	if (!a.pattern
		|| (json_get(request, "for_ms")
			&& !json_get_integer(request, "for_ms", JSON_INTEGER_MAX, &a.for_ms))
		|| (scope && !read_scope(request, scope, &a, &values))
		|| !addition_entry_hash(&a, json_get(request, "argv"), hash))
		return false;

	notation_hex(hash, sizeof(hash), record->entry);
	record->name_space = SSHSIG_ALLOW;
	return true;
}

int approval_check_record(const char *line, size_t len, const struct allowed_signers *signers,
	size_t *ret_n, struct bytes *why)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const struct json *request, *approval, *approvals;
	struct record record = { .signers = signers, .name_space = SSHSIG_APPROVAL };
	struct scan_fault scan;
	const char *fault, *timestamp;
	bool fits;
	int r;

	*ret_n = 0;
	r = json_parse_within(line, len, &chain_limits, &doc, &scan);
	if (r != 0)
		return r < 0 ? r : 0; /* chain_parse() reports the fault */

	approval = approval_check_find(json_root(doc));
	approvals = approval ? json_get(approval, "approvals") : NULL;
	if (!approvals)
		return 0;

	request = json_get(json_root(doc), "request");
	record.token = json_get_string(approval, "token_id");
	record.decision = is_action(request, "local.exec.revoke") ? "refuse" : "approve";
	timestamp = json_get_string(json_root(doc), "timestamp");
	if (!json_is_array(approvals) || !timestamp
		|| !local_time_read_timestamp(timestamp, &record.wall)) {
		r = bytes_append_str(why, "its approvals can't be read");
		return r < 0 ? r : APPROVAL_CHECK_REFUSED;
	}

	if (is_action(request, "local.exec.allow.add")) {
		fits = read_addition(request, &record);
		r = 0;
	} else {
		r = read_decided(line, len, json_root(doc), &record, &fits);
	}
	if (r >= 0 && !fits)
		r = bytes_append_str(why, "its request is not the one that was approved");
	if (r < 0 || !fits)
		return r < 0 ? r : APPROVAL_CHECK_REFUSED;

	json_each (one, approvals) {
		if (!json_get(one, "signature") && !json_get(one, "text"))
			continue; /* by membership of a Unix group, unsigned */
		++*ret_n;
		fault = fault_of(&record, one);
		if (!fault)
			continue;
		r = bytes_appendf(why, "its approval %zu: %s", *ret_n, fault);
		return r < 0 ? r : APPROVAL_CHECK_REFUSED;
	}
	return 0;
}
