/* SPDX-License-Identifier: ISC */

/*
 * Records of evidence for people. Members that a record lacks are left out, since other daemons
 * write fewer or other members.
 */

#include "cli/evidence-line.h"

#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/evidence-record.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "ledger/evidence/approval-check.h"
#include "ledger/evidence/chain.h"
#include "ledger/evidence/open-runs.h"

/* Missing members are NULL. */
struct evidence_line {
	const char *timestamp, *event;
	uint64_t sequence;
	const struct json *request, *response, *approval, *peer;
};

static const struct json *member(const struct json *object, const char *key)
{
	return object ? json_get(object, key) : NULL;
}

static const char *string(const struct json *object, const char *key)
{
	const struct json *m = member(object, key);

	return m ? json_string(m) : NULL;
}

/* The token that the record is about, or NULL. */
static const char *token_of(const struct evidence_line *e)
{
	static const char *const keys[] = { "token_id", "approval_token" };
	const char *token = NULL;

	for (size_t i = 0; !token && i < LENGTH(keys); i++)
		token = string(e->response, keys[i]);
	for (size_t i = 0; !token && i < LENGTH(keys); i++)
		token = string(e->request, keys[i]);
	return token;
}

static bool is(const char *value, const char *wanted)
{
	return !wanted || (value && strcmp(value, wanted) == 0);
}

static bool begins(const char *value, const char *wanted)
{
	return !wanted || (value && strncmp(value, wanted, strlen(wanted)) == 0);
}

/* Whether a member that names tokens has one that begins with `token`. */
static bool names_token(const struct evidence_line *e, const char *token)
{
	const struct json *many = member(e->response, "tokens");

	if (begins(string(e->response, "token_id"), token)
		|| begins(string(e->request, "token_id"), token)
		|| begins(string(e->response, "approval_token"), token)
		|| begins(string(e->request, "approval_token"), token))
		return true;

	if (many && json_is_array(many))
		json_each (child, many)
			if (begins(json_string(child), token))
				return true;
	return false;
}

/* Times in the same format compare like strings. */
static bool is_in_time(const struct evidence_line *e, const struct evidence_line_filter *f)
{
	char text[64] = "";
	size_t len = e->timestamp ? strcspn(e->timestamp, "Z") : 0;

	if (f->since[0] == '\0' && f->until[0] == '\0')
		return true;
	if (len == 0 || len >= sizeof(text))
		return false;

	memcpy(text, e->timestamp, len);
	return (f->since[0] == '\0' || strcmp(text, f->since) >= 0)
		&& (f->until[0] == '\0' || strcmp(text, f->until) <= 0);
}

static bool is_decision(const struct evidence_line *e, const char *wanted)
{
	const char *decision = string(e->response, "decision");

	if (!wanted || !decision || strcmp(decision, wanted) == 0)
		return is(decision, wanted);
	return evidence_record_decision(decision) != DECISION_NONE
		&& evidence_record_decision(decision) == evidence_record_decision(wanted);
}

/* The kind of the requested action; NULL if there was none. */
static const char *kind_of(const struct evidence_line *e)
{
	const enum kind kind = evidence_record_kind(string(e->request, "action"),
		string(e->request, "action_type"), member(e->request, "release_governance"),
		string(e->request, "target"));

	return kind == KINDS ? NULL : kind_name(kind);
}

/* The asker: the peer, or the user that root asked for. NULL if the record has none. */
static const struct json *asker_of(const struct evidence_line *e)
{
	const struct json *uid = member(e->peer, "uid"),
			  *other = member(e->request, "on_behalf_uid");
	uint64_t number;

	return uid && other && json_count(uid) == 0
			&& json_get_integer(e->request, "on_behalf_uid", UINT32_MAX - 1, &number)
		? other
		: uid;
}

static bool is_wanted(const struct evidence_line *e, const struct evidence_line_filter *f)
{
	const struct json *uid = asker_of(e);

	return is_in_time(e, f) && is_decision(e, f->decision) && is(kind_of(e), f->kind)
		&& is(string(e->request, "agent_id"), f->agent) && names_token(e, f->token)
		&& (!f->has_uid || (uid && (uint64_t)json_count(uid) == f->uid));
}

static int append_escaped(struct bytes *b, const char *before, const char *text)
{
	size_t start = b->len;
	int r;

	if (!text)
		return 0;

	bytes_append_str(b, before);
	r = text_append_escaped(b, text, strlen(text));
	if (r < 0)
		bytes_undo(b, start, r);
	return r;
}

static int append_quoted(struct bytes *b, const char *before, const char *text)
{
	int r;

	if (!text)
		return 0;

	r = bytes_append_str(b, before);
	return r < 0 ? r : text_append_quoted(b, text, strlen(text));
}

/* Appends " (in '/a b')", as for a token. */
static void append_note(struct bytes *b, const char *word, const char *text)
{
	if (!text || !text[0])
		return;
	bytes_appendf(b, " (%s", word);
	append_quoted(b, " ", text);
	bytes_append_char(b, ')');
}

/* Appends the command or the target, and its notes, in the same form as for a token. */
static int append_command(struct bytes *b, const struct json *request)
{
	const struct json *args = member(request, "args");
	const char *arg;

	append_quoted(b, " ", string(request, "executable"));
	if (args && json_is_array(args))
		json_each (child, args) {
			arg = json_string(child);
			append_quoted(b, " ", arg ? arg : "?");
		}
	append_quoted(b, " ", string(request, "target"));
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].note)
			append_note(b, field_rows[f].note, string(request, field_rows[f].name));
	return bytes_error(b);
}

/* Appends what a later request must share, if the approver named it: ", for the same agent". */
static void append_scope(struct bytes *b, const struct json *scope)
{
	const char *before = ", for the same ";

	if (!scope || !json_is_array(scope))
		return;
	json_each (word, scope) {
		append_escaped(b, before, json_string(word));
		before = ", ";
	}
}

/*
 * Appends what was approved or refused: the command, its user, the confirmation, and whether it was
 * approved for good.
 */
static int append_decided(struct bytes *b, const struct evidence_line *e)
{
	const struct json *approved = member(e->response, "approved");
	const struct json *decided = approved ? approved : member(e->response, "refused");
	const struct json *uid = member(decided, "uid");
	bool always = false;
	uint64_t ms;

	append_command(b, decided);
	if (uid)
		bytes_appendf(b, " for uid %lld", (long long)json_count(uid));
	if (member(e->request, "always") && json_bool(member(e->request, "always"), &always)
		&& always)
		bytes_append_str(b, ", always");
	if (always && json_get_integer(e->request, "for_ms", LIMIT_ALLOW_FOR_MS, &ms)) {
		bytes_append_str(b, " for ");
		notation_append_duration(b, ms * CLOCK_MS);
	}
	if (always)
		append_scope(b, member(e->request, "scope"));
	return append_escaped(b, ", confirmed by ", string(e->request, "confirmed"));
}

/* Appends an argument of an entry: a pattern, or a list of patterns of which any fits. */
static int append_pattern(struct bytes *b, const struct json *pattern)
{
	if (!json_is_array(pattern))
		return append_quoted(b, " ", json_string(pattern));

	bytes_append_str(b, " {");
	json_each (alternative, pattern)
		append_quoted(b, " ", json_string(alternative));
	return bytes_append_str(b, " }");
}

/* Appends an entry of the allowlist; `entry` is the entry, or the request that adds it. */
static int append_entry(struct bytes *b, const struct json *entry)
{
	const struct json *argv = member(entry, "argv");

	if (!string(entry, "pattern"))
		return 0;
	append_quoted(b, " ", string(entry, "pattern"));
	if (argv && json_is_array(argv))
		json_each (pattern, argv)
			append_pattern(b, pattern);
	else if (!string(entry, "argPattern"))
		bytes_append_str(b, " **");
	if (!argv)
		append_quoted(b, " ", string(entry, "argPattern"));
	return append_escaped(b, " entry ", string(entry, "id"));
}

/* Appends the values in the scope of an entry. */
static int append_bounds(struct bytes *b, const struct json *entry)
{
	const struct json *uid = member(entry, "uid");

	if (!member(entry, "scope"))
		return 0;
	if (uid)
		bytes_appendf(b, ", for uid %lld", (long long)json_count(uid));
	append_quoted(b, ", session ", string(entry, "session"));
	append_quoted(b, ", sandbox ", string(entry, "sandbox"));
	append_quoted(b, ", profile ", string(entry, "profile"));
	append_scope(b, member(entry, "scope"));
	return bytes_error(b);
}

/* Appends the change of the allowlist that an operator, or an interrupted turn, has made. */
static int append_allow_change(struct bytes *b, const struct evidence_line *e)
{
	const struct json *entry = member(e->response, "entry");
	uint64_t ms;

	if (string(e->request, "change")) {
		append_escaped(b, " local.exec.allow.", string(e->request, "change"));
		append_escaped(b, " entry ", string(e->request, "id"));
		entry = member(e->request, "entry");
	}
	append_entry(b, entry ? entry : e->request);
	append_bounds(b, entry);
	if (string(e->request, "pattern")
		&& json_get_integer(e->request, "for_ms", LIMIT_ALLOW_FOR_MS, &ms)) {
		bytes_append_str(b, " for ");
		notation_append_duration(b, ms * CLOCK_MS);
	}
	/* append_who() shows the agent that a request names. */
	return string(e->request, "agent_id")
		? bytes_error(b)
		: append_escaped(b, " for agent ", string(e->response, "agent_id"));
}

static int append_who(struct bytes *b, const struct evidence_line *e)
{
	const struct json *uid = asker_of(e);

	if (uid)
		bytes_appendf(b, ", uid %lld", (long long)json_count(uid));
	append_quoted(b, ", agent ", string(e->request, "agent_id"));
	return append_escaped(b, ", token ", token_of(e));
}

static int append_count(struct bytes *b, const char *before, const struct json *object,
	const char *key, const char *after)
{
	const struct json *v = member(object, key);

	return v ? bytes_appendf(b, "%s%lld%s", before, (long long)json_count(v), after) : 0;
}

/* Appends an asker's report about an allowed command. */
static int append_report(struct bytes *b, const struct json *request)
{
	append_escaped(b, " says that it ran: record ", string(request, "record_id"));
	append_count(b, ", status ", request, "status", "");
	append_count(b, ", signal ", request, "signal", "");
	append_count(b, ", after ", request, "time_ms", " ms");
	return bytes_error(b);
}

/* Appends the decision; if there is none, the event and an operator's action. */
static int append_what(struct bytes *b, const struct evidence_line *e, struct table_word *ret_word)
{
	const char *decision = string(e->response, "decision");

	if (decision) {
		ret_word->at = b->len + 1;
		append_escaped(b, " ", decision);
		ret_word->len = b->len - ret_word->at;
		ret_word->style = table_decision_style(evidence_record_decision(decision));
		if (!string(e->request, "action"))
			append_escaped(b, " ", kind_of(e));
		return bytes_error(b);
	}

	if (e->event && strcmp(e->event, OPEN_RUN_REPORTED) == 0)
		return append_report(b, e->request);
	append_escaped(b, " ", e->event);
	append_escaped(b, " ", string(e->request, "action"));
	return bytes_error(b);
}

static bool is_true(const struct json *object, const char *key)
{
	const struct json *m = member(object, key);
	bool value;

	return m && json_bool(m, &value) && value;
}

/* ", approved by alice (security key, touched) and bob (key)" */
static int append_approvals(struct bytes *b, const struct evidence_line *e)
{
	const struct json *approvals = member(e->approval, "approvals");
	const char *before = string(e->response, "outcome") ? ", signed by " : ", approved by ";

	if (!approvals || !json_is_array(approvals))
		return 0;
	json_each (approval, approvals) {
		append_escaped(b, before, string(approval, "by"));
		if (string(approval, "signature"))
			bytes_appendf(b, " (%s%s%s)",
				is_true(approval, "security_key") ? "security key" : "key",
				is_true(approval, "touched") ? ", touched" : "",
				is_true(approval, "verified") ? ", verified" : "");
		before = " and ";
	}
	return bytes_error(b);
}

static int append_line(struct bytes *b, const struct evidence_line *e, struct table_word *ret_word)
{
	append_escaped(b, "", e->timestamp ? e->timestamp : "?");
	bytes_appendf(b, " %llu", (unsigned long long)e->sequence);
	append_what(b, e, ret_word);
	append_command(b, e->request);
	append_allow_change(b, e);
	append_decided(b, e);
	append_who(b, e);
	append_escaped(b, ": ", string(e->response, "outcome"));
	append_escaped(b, ": ", string(e->response, "reason"));
	return append_approvals(b, e);
}

int evidence_line_append(const char *line, size_t len, const struct evidence_line_filter *filter,
	struct bytes *b, struct table_word *ret_word)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const struct json *root;
	struct scan_fault fault;
	struct evidence_line e = { 0 };
	int r;

	r = json_parse_within(line, len, &chain_limits, &doc, &fault);
	if (r < 0)
		return r;
	if (r == JSON_MALFORMED)
		return EVIDENCE_LINE_MALFORMED;

	root = json_root(doc);
	e.timestamp = string(root, "timestamp");
	e.event = string(root, "event_type");
	e.request = member(root, "request");
	e.response = member(root, "response");
	e.approval = approval_check_find(root);
	e.peer = member(root, "peer");
	if (!json_get_integer(root, "sequence", CHAIN_SEQUENCE_MAX, &e.sequence))
		return EVIDENCE_LINE_MALFORMED;
	if (!is_wanted(&e, filter))
		return EVIDENCE_LINE_HIDDEN;

	*ret_word = (struct table_word){ 0 };
	r = append_line(b, &e, ret_word);
	return r < 0 ? r : EVIDENCE_LINE_SHOWN;
}
