/* SPDX-License-Identifier: ISC */

/*
 * `unit witness FILE`: checks that every exchange that witness.c saw keeps to the wire's promises,
 * whatever the test was about.
 *
 * A reply to `local.exec`, or to a line that is no request at all, is a decision: one line, one
 * object, with no key but decision and reason; with pending_hitl also approval_token and
 * retry_after_ms (both, and only then); and rule, expires_at and evidence only if the request says
 * "detail": true. A line that is no request is denied. A request of the second contract gets a
 * response of that contract; so does a line that the strict reader took for a malformed one of it.
 * A reply to an operator's action is lines of objects, of which only the last has an outcome; or a
 * deny, if the strict reader, which knows more faults than the lax one here, refused the action. A
 * peer may get no reply, and one that goes away may get the beginning of a reply.
 *
 * A watcher gets events until it or the daemon goes, so there may be no outcome. The states of a
 * token are told in order: issued, signed and extended (as often as it is), approved, and then one
 * of consumed, revoked, expired; each with its state; signed, approved and revoked, and only these,
 * with an operator.
 *
 * Prints each violation with its request and reply. Exit status: 0 none, 1 some, 2 no such file.
 */

#include "helper/unit.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

/* The bytes of a request or reply that are shown. */
#define SHOWN_MAX 2000

struct text {
	char *data; /* NUL-terminated, may hold others */
	size_t len;
};

struct exchange {
	const char *file;
	unsigned long line;
	struct text request;
	struct text reply;
	bool cut;
	unsigned violations;
};

enum line_kind { LINE_NO_REQUEST, LINE_EVALUATE, LINE_EXEC, LINE_OPERATOR, LINE_WATCH };

/* The events, and their order. */
static const struct event {
	const char *name, *state;
	int rank;
	bool by_operator, repeats;
} events[] = {
	{ "issued", "pending", 1, false, false },
	{ "signed", "pending", 2, true, true },
	{ "extended", "pending", 2, false, true },
	{ "approved", "approved", 3, true, false },
	{ "consumed", "consumed", 4, false, false },
	{ "revoked", "revoked", 4, true, false },
	{ "expired", "expired", 4, false, false },
};

/* The last event of a token in one exchange. */
struct told {
	char id[37];
	int rank;
	struct told *next;
};

static void show(const char *name, struct text text)
{
	printf("  %s: ", name);
	for (size_t i = 0; i < text.len && i < SHOWN_MAX; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c == '\n')
			fputs("\\n", stdout);
		else if (c < ' ' || c > '~')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	puts(text.len > SHOWN_MAX ? "[...]" : "");
}

__attribute__((format(printf, 2, 3))) static void violation(
	struct exchange *e, const char *format, ...)
{
	va_list ap;

	printf("%s:%lu: ", e->file, e->line);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	if (e->violations++ == 0) {
		show("request", e->request);
		show("reply", e->reply);
	}
}

static bool is_one_of(const char *text, const char *const *list)
{
	while (*list && strcmp(*list, text) != 0)
		list++;
	return *list;
}

/* Parses the whole text as an object; NULL: it is none. */
static cJSON *parse_object(const char *data, size_t len)
{
	cleanup(cJSON_Delete_p) cJSON *item = NULL;
	const char *end;

	item = cJSON_ParseWithLengthOpts(data, len, &end, false);
	if (!cJSON_IsObject(item))
		return NULL;

	while (end < data + len && strchr(" \t\r\n", *end) && *end != '\0')
		end++;
	return end == data + len ? steal_ptr(item) : NULL;
}

static const char *string_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static enum line_kind kind_of(const cJSON *request)
{
	static const char prefix[] = "local.exec.";
	const char *action = string_of(request, "action");

	if (string_of(request, "action_type") || (!action && string_of(request, "target"))
		|| cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(request, "release_governance")))
		return LINE_EVALUATE;
	if (action && strcmp(action, "local.exec") == 0)
		return LINE_EXEC;
	if (action && strcmp(action, "local.exec.watch") == 0)
		return LINE_WATCH;
	if (action && strncmp(action, prefix, strlen(prefix)) == 0)
		return LINE_OPERATOR;
	return LINE_NO_REQUEST;
}

/* A reply repeats the keys on which its request relies; only a refusal may lack them. */
static void check_must(struct exchange *e, const cJSON *request, const cJSON *reply, bool refuses)
{
	const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(request, "must");
	const cJSON *found = cJSON_GetObjectItemCaseSensitive(reply, "must");

	if (cJSON_IsNull(wanted))
		wanted = NULL;
	if (found ? !cJSON_Compare(wanted, found, true) : wanted && !refuses)
		violation(e, "'must' of the reply is not that of the request");
}

static bool wants(const cJSON *request, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(request, key));
}

static void check_keys(struct exchange *e, const cJSON *reply, bool detail, bool prompt)
{
	static const char *const always[] = { "decision", "reason", "approval_token",
		"retry_after_ms", "must", NULL };
	static const char *const with_detail[] = { "rule", "expires_at", "evidence", "token_state",
		NULL };
	const cJSON *item;

	cJSON_ArrayForEach(item, reply)
	{
		if (!is_one_of(item->string, always)
			&& !(detail && is_one_of(item->string, with_detail))
			&& !(prompt && strcmp(item->string, "any_operator") == 0))
			violation(e, "the reply has the key '%s'", item->string);
		if (cJSON_GetObjectItemCaseSensitive(reply, item->string) != item)
			violation(e, "the reply has the key '%s' twice", item->string);
	}
}

/* Pending replies must have both members, other replies neither. */
static void check_pending(struct exchange *e, const cJSON *reply, bool pending)
{
	const cJSON *token = cJSON_GetObjectItemCaseSensitive(reply, "approval_token");
	const cJSON *retry = cJSON_GetObjectItemCaseSensitive(reply, "retry_after_ms");

	if (!pending && token)
		violation(e, "approval_token, but not pending_hitl");
	if (!pending && retry)
		violation(e, "retry_after_ms, but not pending_hitl");
	if (pending && !cJSON_IsString(token))
		violation(e, "pending_hitl without approval_token");
	if (pending && !cJSON_IsNumber(retry))
		violation(e, "pending_hitl without retry_after_ms");
}

/* A response is one line with no key but these, each at most once and in this order. */
static void check_response(struct exchange *e, const cJSON *reply, const cJSON *request)
{
	static const char *const keys[] = { "decision_id", "session_id", "agent_id", "actor",
		"action_type", "target", "requested_operation", "policy_pack", "policy_id",
		"rule_id", "decision", "severity", "reason", "evidence_refs", "approver_group",
		"timestamp", "correlation_id", "approval_token", "retry_after_ms", "expires_at",
		"rule", "token_state", "any_operator", "must", NULL };
	static const char *const decisions[] = { "allow", "block", "require_approval", NULL };
	const char *decision = string_of(reply, "decision"), *const *next = keys;
	const cJSON *item;

	cJSON_ArrayForEach(item, reply)
	{
		if (!is_one_of(item->string, next)) {
			violation(e, "the response has the key '%s', or not in its place",
				item->string);
			return;
		}
		while (strcmp(*next++, item->string) != 0)
			;
	}
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(request, "detail"))
		&& (string_of(reply, "approval_token") || string_of(reply, "rule")))
		violation(e, "the response tells details, which nobody asked for");
	if (!wants(request, "prompt") && cJSON_GetObjectItemCaseSensitive(reply, "any_operator"))
		violation(e, "the response has any_operator, which nobody asked for");
	check_must(e, request, reply, decision && strcmp(decision, "block") == 0);
	if (!decision || !is_one_of(decision, decisions) || !string_of(reply, "rule_id"))
		violation(e, "the response has no decision, or no rule");
	else if (!request && strcmp(decision, "block") != 0)
		violation(e, "'%s' to what is no request", decision);
}

static void check_decision(struct exchange *e, const cJSON *request)
{
	static const char *const decisions[] = { "allow", "deny", "pending_hitl", "approved",
		NULL };
	cleanup(cJSON_Delete_p) cJSON *reply = NULL;
	const char *newline = memchr(e->reply.data, '\n', e->reply.len);
	const char *decision, *reason;

	if (e->cut)
		return;
	if (!newline || newline != e->reply.data + e->reply.len - 1)
		violation(e, "the reply is not one line, ended by a newline");

	reply = parse_object(e->reply.data, e->reply.len);
	if (!reply) {
		violation(e, "the reply is no JSON object");
		return;
	}

	if (string_of(reply, "rule_id")) {
		check_response(e, reply, kind_of(request) == LINE_EVALUATE ? request : NULL);
		return;
	}
	if (kind_of(request) == LINE_EVALUATE)
		violation(e, "the reply is not one of the second contract");

	check_keys(e, reply, wants(request, "detail"), wants(request, "prompt"));

	decision = string_of(reply, "decision");
	reason = string_of(reply, "reason");
	if (!reason || !*reason)
		violation(e, "the reply has no reason");
	if (!decision || !is_one_of(decision, decisions)) {
		violation(e, "the reply has no decision");
		return;
	}

	check_must(e, request, reply, strcmp(decision, "deny") == 0);
	if (strcmp(decision, "approved") == 0
		&& !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(request, "consume")))
		violation(e, "'approved' to a request that would have consumed the token");
	if (string_of(request, "hitl_mode") && strcmp(decision, "pending_hitl") == 0
		&& strcmp(string_of(request, "hitl_mode"), "sync_wait") == 0)
		violation(e, "'pending_hitl' to who asked for nothing but the decision");
	check_pending(e, reply,
		strcmp(decision, "pending_hitl") == 0 || strcmp(decision, "approved") == 0);
	if (kind_of(request) != LINE_EXEC && strcmp(decision, "deny") != 0)
		violation(e, "'%s' to what is no request", decision);
}

static void check_outcome(struct exchange *e, const cJSON *line, bool last)
{
	static const char *const outcomes[] = { "ok", "not_found", "already_consumed",
		"already_revoked", "expired", "unsupported_action", NULL };
	const char *outcome = string_of(line, "outcome");

	if (!last && outcome)
		violation(e, "an outcome before the last line");
	if (last && !outcome)
		violation(e, "the last line has no outcome");
	if (last && outcome && !is_one_of(outcome, outcomes))
		violation(e, "the outcome '%s'", outcome);
}

static struct told *find_told(struct told **list, const char *id)
{
	struct told *t;

	for (t = *list; t; t = t->next)
		if (strcmp(t->id, id) == 0)
			return t;

	t = unit_allocate(sizeof(*t));
	snprintf(t->id, sizeof(t->id), "%s", id);
	t->next = *list;
	*list = t;
	return t;
}

static void free_told(struct told *list)
{
	struct told *next;

	for (; list; list = next) {
		next = list->next;
		free(list);
	}
}
DEFINE_CLEANUP(struct told *, free_told)

static void check_event(struct exchange *e, const cJSON *line, struct told **list)
{
	const char *name = string_of(line, "event"), *id = string_of(line, "token_id");
	const char *state = string_of(line, "state");
	bool by_operator = cJSON_GetObjectItemCaseSensitive(line, "by_uid");
	const struct event *event = NULL;
	struct told *told;

	for (size_t i = 0; i < LENGTH(events); i++)
		if (strcmp(name, events[i].name) == 0)
			event = &events[i];
	if (!event || !id || !state) {
		violation(e, "the event '%s', or one without a token", name);
		return;
	}

	told = find_told(list, id);
	if (strcmp(state, event->state) != 0)
		violation(e, "'%s' of a token that is %s", name, state);
	if (by_operator != event->by_operator)
		violation(e, "'%s' %s an operator", name, by_operator ? "by" : "without");
	if (told->rank > event->rank || (told->rank == event->rank && !event->repeats))
		violation(e, "'%s' of %s after what comes later", name, id);
	told->rank = event->rank;
}

/* Checks a line of the reply to an operator. */
static void check_line_of(
	struct exchange *e, const cJSON *line, enum line_kind kind, bool last, struct told **list)
{
	if (kind == LINE_WATCH && string_of(line, "event"))
		check_event(e, line, list);
	else
		check_outcome(e, line, last);
}

static void check_operator(struct exchange *e, const cJSON *request)
{
	const char *at = e->reply.data, *end = at + e->reply.len;
	cleanup(free_told_p) struct told *list = NULL;

	while (at < end) {
		cleanup(cJSON_Delete_p) cJSON *line = NULL;
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline) {
			if (!e->cut)
				violation(e, "the reply does not end with a newline");
			return;
		}

		line = parse_object(at, (size_t)(newline - at));
		if (!line) {
			violation(e, "a line of the reply is no JSON object");
			return;
		}
		if (at == e->reply.data && string_of(line, "decision")) {
			check_decision(e, request);
			return;
		}
		check_line_of(e, line, kind_of(request), newline + 1 == end && !e->cut, &list);
		at = newline + 1;
	}
}

static void check(struct exchange *e)
{
	cleanup(cJSON_Delete_p) cJSON *request = NULL;
	const char *newline = memchr(e->request.data, '\n', e->request.len);

	if (e->reply.len == 0)
		return;

	/* The text after the newline does not belong to the request. */
	request = parse_object(
		e->request.data, newline ? (size_t)(newline - e->request.data) : e->request.len);
	if (kind_of(request) == LINE_OPERATOR || kind_of(request) == LINE_WATCH)
		check_operator(e, request);
	else
		check_decision(e, request);
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool unhex(const char *hex, struct text *ret)
{
	size_t len = hex ? strlen(hex) / 2 : 0;
	char *data;

	if (!hex || strlen(hex) % 2 != 0)
		return false;

	data = malloc(len + 1);
	if (!data)
		err(UNIT_FAILED, "witness");
	for (size_t i = 0; i < len; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0) {
			free(data);
			return false;
		}
		data[i] = (char)(high << 4 | low);
	}
	data[len] = '\0';
	*ret = (struct text){ .data = data, .len = len };
	return true;
}

/* The number of violations in one line of the file. */
static unsigned check_line(const char *file, unsigned long number, const char *line, size_t len)
{
	cleanup(cJSON_Delete_p) cJSON *record = parse_object(line, len);
	struct exchange e = { .file = file, .line = number };

	if (unhex(string_of(record, "request_hex"), &e.request)
		&& unhex(string_of(record, "reply_hex"), &e.reply)) {
		e.cut = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "cut"));
		check(&e);
	} else {
		printf("%s:%lu: this is no line of a witness\n", file, number);
		e.violations++;
	}

	free(e.request.data);
	free(e.reply.data);
	return e.violations;
}

int unit_witness(int argc, char **argv)
{
	cleanup(free_p) char *line = NULL;
	unsigned violations = 0;
	size_t size = 0;
	ssize_t len;
	FILE *file;

	if (argc != 2)
		return unit_usage("witness FILE");

	file = fopen(argv[1], "re");
	if (!file)
		err(UNIT_USAGE, "%s", argv[1]);
	for (unsigned long n = 1; (len = getline(&line, &size, file)) > 0; n++)
		violations += check_line(argv[1], n, line, (size_t)len);
	if (ferror(file))
		err(UNIT_USAGE, "%s", argv[1]);
	fclose(file);
	return violations > 0 ? UNIT_FAILED : UNIT_OK;
}
