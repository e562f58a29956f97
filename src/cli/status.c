/* SPDX-License-Identifier: ISC */

/* `firma status`: whether the daemon runs, whether and why it is closed, and what it holds. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/approver-files.h"
#include "cli/operator.h"
#include "gate/wire/request.h"

struct status_view {
	struct operator_options op;
	bool json;
	bool closed, policy_fault;
};

static const struct option_row rows[] = {
	OPERATOR_ROWS(struct status_view, op),
	{ "json", 0, NULL, "print it as a JSON object", OPTION_FLAG(struct status_view, json) },
	{ 0 },
};

static int append_escaped(struct bytes *b, const char *text)
{
	return text_append_escaped(b, text ? text : "?", strlen(text ? text : "?"));
}

static int append_labelled(struct bytes *b, const char *label, const char *text)
{
	bytes_appendf(b, "%-15s", label);
	append_escaped(b, text);
	return bytes_append_char(b, '\n');
}

static int append_head(const struct json *root, struct bytes *b)
{
	const char *closed = json_get_string(root, "closed");
	uint64_t ms, pid;

	if (!json_get_integer(root, "uptime_ms", UINT64_MAX / CLOCK_MS, &ms)
		|| !json_get_integer(root, "pid", INT32_MAX, &pid))
		return -EINVAL;

	append_labelled(b, closed ? "closed" : "state", closed ? closed : "answering");
	bytes_appendf(b, "%-15s", "daemon");
	append_escaped(b, json_get_string(root, "version"));
	bytes_appendf(b, ", pid %llu, up ", (unsigned long long)pid);
	notation_append_duration(b, ms * CLOCK_MS);
	return bytes_append_char(b, '\n');
}

static int append_doors(const struct json *root, struct bytes *b)
{
	const struct json *doors = json_get(root, "doors");

	if (!doors || !json_is_array(doors))
		return -EINVAL;

	json_each (door, doors) {
		bytes_appendf(b, "%-15s", "door");
		append_escaped(b, json_get_string(door, "role"));
		bytes_append_char(b, ' ');
		append_escaped(b, json_get_string(door, "path"));
		bytes_append_char(b, '\n');
	}
	return bytes_error(b);
}

static int append_self_approval(const struct json *root, struct bytes *b)
{
	const struct json *member = json_get(root, "self_approval");
	bool possible;

	if (!member || !json_bool(member, &possible))
		return -EINVAL;
	return append_labelled(b, "self-approval",
		possible ? "possible: the asker can be the approver" : "refused");
}

static int append_counts(const struct json *object, const char *label, struct bytes *b)
{
	const char *separator = "";

	bytes_appendf(b, "%-15s", label);
	json_each (member, object) {
		bytes_appendf(b, "%s%lld ", separator, (long long)json_count(member));
		append_escaped(b, token_state_word(json_key(member)));
		separator = ", ";
	}
	return bytes_append_char(b, '\n');
}

/* Appends the default action; the policy's, if it has one. */
static int append_default(const struct json *root, struct bytes *b)
{
	const struct json *policy = json_get(root, "policy");
	const char *action = policy ? json_get_string(policy, "default_action") : NULL;

	return append_labelled(
		b, "default action", action ? action : json_get_string(root, "default_action"));
}

/* Appends " team-baseline 2026.11, 12 rules", after the file. */
static int append_policy_head(const struct json *policy, struct bytes *b)
{
	const char *id = json_get_string(policy, "id"),
		   *version = json_get_string(policy, "version");
	const struct json *rules = json_get(policy, "rules");

	if (!rules)
		return 0;
	if (id) {
		bytes_append_str(b, ", ");
		append_escaped(b, id);
	}
	if (version) {
		bytes_append_char(b, ' ');
		append_escaped(b, version);
	}
	return bytes_appendf(
		b, ", %lld rule%s", (long long)json_count(rules), text_plural(json_count(rules)));
}

/*
 * Appends "1 issuer, 1 signer; HMAC-SHA256 is replayable"; nothing if no runner is known. `object`:
 * the policy for the runners of the policy, the whole status for those of the daemon's options.
 */
static int append_runners(const struct json *object, struct bytes *b)
{
	const struct json *runners = json_get(object, "runners");
	uint64_t issuers = 0, signers = 0;
	bool replayable = false;

	if (!runners)
		return 0;
	json_get_integer(runners, "issuers", JSON_INTEGER_MAX, &issuers);
	json_get_integer(runners, "signers", JSON_INTEGER_MAX, &signers);
	json_bool(json_get(runners, "replayable"), &replayable);
	return bytes_appendf(b, "%-15s%llu issuer%s, %llu signer%s%s\n", "runners",
		(unsigned long long)issuers, text_plural(issuers), (unsigned long long)signers,
		text_plural(signers),
		replayable ? "; signatures of HMAC-SHA256 are replayable" : "");
}

/* Appends nothing if there is no policy. */
static int append_policy(const struct json *root, struct bytes *b)
{
	const struct json *policy = json_get(root, "policy");
	const char *fault, *unused = json_get_string(root, "policy_not_in_force");

	append_runners(root, b);
	if (unused)
		append_labelled(b, "not in force", unused);
	if (!policy)
		return 0;

	bytes_appendf(b, "%-15s", "policy");
	append_escaped(b, json_get_string(policy, "path"));
	append_policy_head(policy, b);
	bytes_append_char(b, '\n');
	append_runners(policy, b);

	fault = json_get_string(policy, "fault");
	return !fault ? bytes_error(b) : append_labelled(b, "policy fault", fault);
}

/* Appends the packs and the registry, and which claims of an asker are trusted. */
static int append_packs(const struct json *root, struct bytes *b)
{
	const struct json *packs = json_get(root, "policy_packs");
	const struct json *registry = json_get(root, "registry");
	const struct json *by_asker = json_get(root, "packs_by_asker");
	const char *approvals = json_get_string(root, "release_approvals"), *id, *fault;
	bool chosen = false;

	if (packs && json_is_array(packs)) {
		json_each (pack, packs) {
			id = json_get_string(pack, "id");
			fault = json_get_string(pack, "fault");
			append_labelled(b, "policy pack", id ? id : json_get_string(pack, "path"));
			if (fault)
				append_labelled(b, "policy fault", fault);
		}
	}
	if (by_asker && json_bool(by_asker, &chosen) && chosen)
		append_labelled(b, "packs", "the asker chooses which of them judges");
	if (registry)
		append_labelled(b, "registry", json_get_string(registry, "path"));
	if (registry && json_get_string(registry, "fault"))
		append_labelled(b, "registry fault", json_get_string(registry, "fault"));
	if (approvals && strcmp(approvals, "claimed") == 0)
		append_labelled(b, "releases", "approved by what their records claim");
	return bytes_error(b);
}

/* Appends a shared store's desk, and how long its server has been unreachable. */
static int append_desk(const struct json *store, struct bytes *b)
{
	const char *server = json_get_string(store, "server"),
		   *desk = json_get_string(store, "desk"), *host = json_get_string(store, "host");
	uint64_t ms;

	if (!server || !desk || !host)
		return 0;

	bytes_appendf(b, "%-15s", "desk");
	append_escaped(b, desk);
	bytes_append_str(b, " at ");
	append_escaped(b, server);
	bytes_append_str(b, ", this host is ");
	append_escaped(b, host);
	if (json_get_integer(store, "closed_ms", JSON_INTEGER_MAX, &ms)) {
		bytes_append_str(b, ", away for ");
		notation_append_duration(b, ms * CLOCK_MS);
	}
	return bytes_append_char(b, '\n');
}

static int append_store(const struct json *root, struct bytes *b)
{
	const struct json *store = json_get(root, "store"), *tokens = json_get(root, "tokens");
	const char *directory;
	int r;

	if (!store)
		return -EINVAL;

	/* If the store can't be read, there are no counts. */
	r = tokens ? append_counts(tokens, "tokens", b) : 0;
	directory = json_get_string(store, "directory");
	if (r >= 0)
		r = append_labelled(
			b, "store", directory ? directory : json_get_string(store, "kind"));
	return r < 0 ? r : append_desk(store, b);
}

/* Appends the free space of the fullest file system that the daemon writes to. */
static int append_space(const struct json *root, struct bytes *b)
{
	const struct json *space = json_get(root, "space");
	uint64_t left;

	if (!space || !json_get_integer(space, "free_bytes", JSON_INTEGER_MAX, &left))
		return 0;

	bytes_appendf(b, "%-15s", "space left");
	notation_append_size(b, left);
	if (json_is_true(space, "low")) {
		bytes_append_str(b, " beside ");
		append_escaped(b, json_get_string(space, "path"));
		bytes_append_str(b,
			json_is_true(space, "full") ? ": askers are refused"
						    : ": soon askers will be refused");
	}
	return bytes_append_char(b, '\n');
}

/* Warns about a key without a passphrase, which any program of this user could approve with. */
static void append_open_key(const char *path, enum approver_key kind, void *userdata)
{
	struct bytes *b = userdata;

	if (kind != APPROVER_KEY_OPEN)
		return;
	bytes_appendf(b, "%-15s", "approver key");
	append_escaped(b, path);
	bytes_append_str(b, " has no passphrase: every program of this user can approve with it\n");
}

static int append_open_keys(const char *approvers, struct bytes *b)
{
	cleanup(allowed_signers_free_p) struct allowed_signers *list =
		approvers ? approver_files_read_list(approvers) : NULL;
	int r;

	r = approver_files_each(list, append_open_key, b);
	return r < 0 ? r : bytes_error(b);
}

/* Appends whose signatures approve, if there is a file of approvers. */
static int append_approvers(const struct json *root, struct bytes *b)
{
	const struct json *approvers = json_get(root, "approvers"), *keys;
	const char *fault;

	if (!approvers)
		return 0;

	if (json_get_string(root, "gate"))
		append_labelled(b, "gate", json_get_string(root, "gate"));
	bytes_appendf(b, "%-15s", "approvers");
	append_escaped(b, json_get_string(approvers, "path"));
	keys = json_get(approvers, "keys");
	if (keys)
		bytes_appendf(b, ", %lld key%s", (long long)json_count(keys),
			text_plural(json_count(keys)));
	if (json_is_true(approvers, "require_signature"))
		bytes_append_str(b, ", a signature is needed");
	if (json_is_true(approvers, "require_signature") && json_is_true(approvers, "advisory"))
		bytes_append_str(b, " (advice: askers have the daemon's own uid)");
	bytes_append_char(b, '\n');

	fault = json_get_string(approvers, "fault");
	if (fault)
		append_labelled(b, "approver fault", fault);
	return append_open_keys(json_get_string(approvers, "path"), b);
}

/* Appends the state of the evidence log, if there is one. */
static int append_evidence(const struct json *root, struct bytes *b)
{
	const struct json *evidence = json_get(root, "evidence");
	const struct json *sequence = evidence ? json_get(evidence, "sequence") : NULL;
	const long long n = sequence ? (long long)json_count(sequence) : 0;

	if (!evidence)
		return 0;

	bytes_appendf(b, "%-15s", "evidence");
	append_escaped(b, json_get_string(evidence, "path"));
	bytes_appendf(b, ", %s, %lld record%s\n",
		json_get_string(evidence, "closed") ? "closed" : "open", n, text_plural(n));
	return bytes_error(b);
}

static int append_status(const struct json *root, struct bytes *b)
{
	static int (*const parts[])(const struct json *root, struct bytes *b) = { append_head,
		append_doors, append_default, append_self_approval, append_policy, append_packs,
		append_approvers, append_store, append_space, append_evidence };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < LENGTH(parts); i++)
		r = parts[i](root, b);
	return r;
}

static int show_item(const struct bytes *line, void *userdata)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct status_view *showing = userdata;
	const struct json *policy;
	struct scan_fault fault;
	int r;

	r = json_parse(bytes_str(line), line->len, &doc, &fault);
	if (r == 0)
		r = append_status(json_root(doc), &text);
	if (r == -ENOMEM)
		return say_undecided("out of memory");
	if (r != 0)
		return say_undecided("the answer is not a status");

	policy = json_get(json_root(doc), "policy");
	showing->closed = json_get_string(json_root(doc), "closed") != NULL;
	showing->policy_fault = policy && json_get_string(policy, "fault");
	if (showing->json)
		say_json(line->data, line->len);
	else
		fputs(bytes_str(&text), stdout);
	return STATUS_DONE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	struct status_view view = { .op = OPERATOR_INIT(verb) };
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &view, &none);
	if (status != VERB_GO)
		return status;

	if (operator_print_request(ACTION_STATUS, &(struct operation){ 0 }, &request) < 0)
		return say_undecided("out of memory");

	status = operator_ask(&view.op, &request, show_item, &view, NULL);
	if (status != STATUS_DONE)
		return status;
	if (view.closed)
		return STATUS_REFUSED;
	return view.policy_fault ? STATUS_POLICY_FAULT : STATUS_DONE;
}

const struct verb status_verb = {
	.name = "status",
	.summary = "Shows whether the daemon answers, and what it holds",
	.options = rows,
	.run = run,
};
