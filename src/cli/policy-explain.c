/* SPDX-License-Identifier: ISC */

/*
 * `firma policy explain`: collects a request, its asker and the policy; cli/explanation does the
 * rest. The daemon is asked only for the file in force, and for a token.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json/tree.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "base/path.h"
#include "base/text.h"
#include "base/users.h"
#include "cli/absolute.h"
#include "cli/evaluate-build.h"
#include "cli/explain-allowlist.h"
#include "cli/explanation.h"
#include "cli/operator.h"
#include "cli/request-build.h"
#include "cli/token-view.h"
#include "daemon/policy-file.h"
#include "daemon/trusted-links.h"
#include "gate/evaluate-asked.h"
#include "gate/fields.h"

struct explain {
	struct request_build build;
	struct evaluate_build evaluate;
	struct operator_options op;
	const char *token, *policy_path;
	bool json, has_uid;
	uid_t uid;

	/* The collected input. */
	struct bytes line; /* the request's */
	struct request *request;
	struct token_view of_token;  /* owns the strings of `restored` */
	struct request restored;     /* of the second contract, from a token */
	const struct request *asked; /* `request` or `restored` */
	gid_t *groups;
	size_t n_groups;
	bool more_groups;
	bool told_of_packs;
	char *home;
	struct bytes path, shown; /* the policy's path, and the same escaped; "" without a policy */
	struct bytes fault, hash; /* the daemon's fault of the policy; the hash in force */
	enum decision otherwise;
	struct policy *policy;
	bool has_entries, self_approval; /* as the daemon says */
	struct allowlist *allowlist;
};

static bool parse_cwd(const char *value, void *to)
{
	*(const char **)to = value;
	return path_is_normal(value) || strcmp(value, "/") == 0;
}

static const struct option_row rows[] = {
	REQUEST_BUILD_ROWS(struct explain, build),
	EVALUATE_BUILD_ROWS(struct explain, evaluate),
	REQUEST_BUILD_FILE_ROW(struct explain, build),
	REQUEST_BUILD_CLAIM_ROWS(struct explain, build),
	{ "cwd", 0, "DIR", "the directory (default: the current one)",
		OPTION_PARSED(struct explain, build.asked.cwd, parse_cwd),
		OPTION_GIVEN(struct explain, build.described), .wants = "an absolute path" },
	{ "uid", 0, "UID", "who asks (default: you)", OPTION_UID(struct explain, uid),
		OPTION_GIVEN(struct explain, has_uid) },
	{ "token", 0, "ID", "explain the request of this token",
		OPTION_STRING(struct explain, token) },
	{ "policy", 0, "FILE", "go by this policy; no daemon is asked for one",
		OPTION_STRING(struct explain, policy_path) },
	{ "json", 0, NULL, "print it as a JSON object", OPTION_FLAG(struct explain, json) },
	OPERATOR_ROWS(struct explain, op),
	{ 0 },
};

static void explain_deinit(struct explain *e)
{
	bytes_deinit(&e->line);
	request_free(e->request);
	token_view_deinit(&e->of_token);
	free(e->groups);
	free(e->home);
	bytes_deinit(&e->path);
	bytes_deinit(&e->shown);
	bytes_deinit(&e->fault);
	bytes_deinit(&e->hash);
	policy_free(e->policy);
	allowlist_free(e->allowlist);
}

static int out_of_memory(void)
{
	return say_undecided("out of memory");
}

/* --- the policy ------------------------------------------------------------------------------- */

static int append_member(struct bytes *b, const struct json *object, const char *key)
{
	const char *string = json_get_string(object, key);

	return string ? bytes_append_str(b, string) : 0;
}

static bool has_entries(const struct json *status)
{
	const struct json *allowlist = json_get(status, "allowlist");
	uint64_t n = 0;

	return allowlist && json_get_integer(allowlist, "entries", UINT32_MAX, &n) && n > 0;
}

/* Keeps the parts of the daemon's status that concern the policy and the allowlist. */
static int take_status(const struct bytes *line, void *userdata)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct explain *e = userdata;
	const struct json *policy;
	struct scan_fault fault;
	const char *action;
	int r;

	r = json_parse(bytes_str(line), line->len, &doc, &fault);
	if (r < 0)
		return out_of_memory();

	action = r == 0 ? json_get_string(json_root(doc), "default_action") : NULL;
	if (!action || decision_parse(action) == DECISION_NONE)
		return say_undecided("the answer is not a status");

	e->otherwise = decision_parse(action);
	e->has_entries = has_entries(json_root(doc));
	json_bool(json_get(json_root(doc), "self_approval"), &e->self_approval);
	policy = json_get(json_root(doc), "policy");
	e->told_of_packs = json_get(json_root(doc), "policy_packs") != NULL;
	if (e->told_of_packs)
		say("the daemon's policy packs are left out; --policy FILE explains by one of "
		    "them");
	if (!policy)
		return STATUS_DONE;
	if (append_member(&e->path, policy, "path") < 0
		|| append_member(&e->fault, policy, "fault") < 0
		|| append_member(&e->hash, policy, "sha256") < 0)
		return out_of_memory();
	return STATUS_DONE;
}

static int ask_for_policy(struct explain *e)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	int status;

	if (operator_print_request(ACTION_STATUS, &(struct operation){ 0 }, &request) < 0)
		return out_of_memory();

	status = operator_ask(&e->op, &request, take_status, e, NULL);
	if (status != STATUS_DONE)
		say("--policy FILE explains without a daemon");
	return status;
}

static int find_policy(struct explain *e)
{
	cleanup(free_p) char *absolute = NULL;

	if (!e->policy_path)
		return ask_for_policy(e);

	absolute = absolute_path(e->policy_path);
	if (!absolute || bytes_append_str(&e->path, absolute) < 0)
		return say_undecided("can't tell where the policy is");
	return STATUS_DONE;
}

/* Warns if the file is not the policy that the daemon uses. */
static void warn_of_other(const struct explain *e, const struct policy_source *source)
{
	char hex[2 * POLICY_HASH_LEN + 1];

	notation_hex(source->hash, sizeof(source->hash), hex);
	if (e->fault.len > 0)
		say("the daemon does not take this file: %s", bytes_str(&e->fault));
	else if (e->hash.len > 0 && strcmp(bytes_str(&e->hash), hex) != 0)
		say("the file has changed since the daemon read it; the next question is judged "
		    "by it");
}

static int read_links(struct explain *e)
{
	const struct clock_time now = clock_now();
	struct trusted_links links = { 0 };
	int r;

	r = trusted_links_read(&links, e->policy, &now);
	trusted_links_deinit(&links);
	return r < 0 ? say_undecided("can't tell where names lead: %s", strerror(-r)) : STATUS_DONE;
}

static int read_policy(struct explain *e)
{
	cleanup(bytes_deinit) struct bytes fault = BYTES_PRINTED;
	struct policy_source source;
	struct faults faults;
	size_t n_packs;
	int r;

	if (e->path.len == 0)
		return STATUS_DONE;
	if (text_append_escaped(&e->shown, e->path.data, e->path.len) < 0)
		return out_of_memory();

	faults_init(&faults);
	r = policy_file_check(bytes_str(&e->path), geteuid(), &faults, &source, &e->policy);
	if (r == POLICY_FAULTY)
		r = faults_summarize(&faults, bytes_str(&e->shown), &fault) < 0 ? -ENOMEM : r;
	faults_deinit(&faults);
	if (r < 0)
		return say_undecided("%s: %s", bytes_str(&e->shown), strerror(-r));
	if (!e->policy)
		return say_undecided("%s", bytes_str(&fault));

	if (fault.len > 0)
		say("%s", bytes_str(&fault));
	warn_of_other(e, &source);
	policy_packs(e->policy, &n_packs);
	if (n_packs > 0 && !e->told_of_packs)
		say("the packs that the policy names are left out; --policy FILE explains by one "
		    "of them");
	return read_links(e);
}

/* --- the request ------------------------------------------------------------------------------ */

/* Stands for budget_state_ref: a token does not keep it, but was only issued if there was one. */
#define BUDGET_OF_TOKEN "of the token"

static int write_line(const struct invocation *asked, struct bytes *b)
{
	struct writer w;
	int r;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, "action", action_name(ACTION_EXEC));
	fields_write(&w, asked);
	writer_string(&w, "hitl_mode", "async_token");
	writer_string(&w, "budget_state_ref", BUDGET_OF_TOKEN);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

/*
 * Restores a request of the second contract. A token's fields are bound already. A release can't be
 * restored, since its token does not keep the record as it was sent.
 */
static int restore(struct explain *e)
{
	if (e->of_token.asked.kind == KIND_RELEASE)
		return say_undecided("no rule of a policy is about a release; --release FILE "
				     "explains its record");
	evaluate_restore(&e->of_token.asked, &e->restored);
	e->restored.budget_state_ref = BUDGET_OF_TOKEN;
	e->restored.evaluate.bound = true;
	e->asked = &e->restored;
	return STATUS_DONE;
}

/* Rebuilds the request that a token was issued for. */
static int take_item(const struct bytes *line, void *userdata)
{
	struct explain *e = userdata;
	int status;

	status = token_view_read(line, &e->of_token);
	if (status != STATUS_DONE)
		return status;

	e->uid = (uid_t)e->of_token.uid;
	e->has_uid = true;
	if (!e->of_token.asked.executable)
		return restore(e);
	return write_line(&e->of_token.asked, &e->line) < 0 ? out_of_memory() : STATUS_DONE;
}

static int ask_for_token(struct explain *e)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	char id[NOTATION_UUID_LEN + 1];
	int status;

	status = operator_find_token(&e->op, e->token, id);
	if (status != STATUS_DONE)
		return status;
	if (operator_print_request(ACTION_SHOW, &(struct operation){ .token_id = id }, &request)
		< 0)
		return out_of_memory();
	return operator_ask(&e->op, &request, take_item, e, id);
}

static int build_line(struct explain *e)
{
	if (e->token)
		return ask_for_token(e);
	if (evaluate_build_is_asked(&e->evaluate))
		return evaluate_build_line(&e->evaluate, &e->build, e->op.verb, &e->line);
	return request_build_line(&e->build, e->op.verb, &e->line);
}

static int make_request(struct explain *e)
{
	int status;

	status = build_line(e);
	if (status != STATUS_DONE || e->asked)
		return status;

	/* Parse the line as the daemon does. */
	if (request_parse(e->line.data, e->line.len - 1, &e->request) < 0)
		return out_of_memory();
	if (e->request->fault)
		return say_undecided("%s", e->request->fault);
	if (e->request->action != ACTION_EXEC && e->request->action != ACTION_EVALUATE)
		return say_undecided("no rule is about %s", action_name(e->request->action));
	/* Sets the arguments that the allowlist's entries are bound to. */
	if (e->request->action == ACTION_EVALUATE && evaluate_bind(e->request) < 0)
		return out_of_memory();
	e->asked = e->request;
	return STATUS_DONE;
}

/* --- the asker -------------------------------------------------------------------------------- */

static int own_groups(struct explain *e)
{
	int n = getgroups(0, NULL), got;

	e->groups = malloc(((size_t)(n > 0 ? n : 0) + 1) * sizeof(*e->groups));
	if (!e->groups)
		return -ENOMEM;

	e->groups[0] = getegid();
	got = getgroups(n, e->groups + 1);
	e->n_groups = 1 + (size_t)(got > 0 ? got : 0);
	return 0;
}

/* For another user, takes the groups in the user database; the asker's process may have others. */
static int find_asker(struct explain *e)
{
	int r;

	if (!e->has_uid) {
		e->uid = geteuid();
		r = own_groups(e);
	} else {
		r = users_groups(e->uid, &e->groups, &e->n_groups);
		e->more_groups = r == -ENOENT;
	}
	if (r != -ENOMEM)
		r = users_home(e->uid, &e->home);
	return r == -ENOMEM ? out_of_memory() : STATUS_DONE;
}

/* --- the command line ------------------------------------------------------------------------- */

static int explain(struct explain *e)
{
	struct explanation_input m;
	int status;

	if (e->token
		&& (e->build.command[0] || e->build.described || e->build.request_file
			|| evaluate_build_is_asked(&e->evaluate) || e->has_uid))
		return usage_error(e->op.verb, "--token takes the whole request from the token");

	status = make_request(e);
	if (status == STATUS_DONE)
		status = find_asker(e);
	if (status == STATUS_DONE)
		status = find_policy(e);
	if (status == STATUS_DONE)
		status = read_policy(e);
	if (status == STATUS_DONE && e->has_entries)
		status = explain_allowlist_read(&e->op, &e->allowlist);
	if (status != STATUS_DONE)
		return status;

	m = (struct explanation_input){
		.policy = e->policy,
		.file = e->policy ? bytes_str(&e->shown) : NULL,
		.request = e->asked,
		.asker = {
			.uid = e->uid,
			.groups = e->groups,
			.n_groups = e->n_groups,
			.more_groups = e->more_groups,
			.home = e->home,
		},
		.otherwise = e->otherwise,
		.allowlist = e->allowlist,
		.self_approval = e->self_approval,
	};
	return explanation_print(&m, e->json);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct explain e = {
		.op = OPERATOR_INIT(verb),
		.line = BYTES_PRINTED,
		.path = BYTES_PRINTED,
		.shown = BYTES_PRINTED,
		.fault = BYTES_PRINTED,
		.hash = BYTES_PRINTED,
		.otherwise = DECISION_DENY,
	};
	struct operands operands;
	int status;

	request_build_init(&e.build);
	e.build.missing_too = true;
	status = verb_read_options(verb, argc, argv, &e, &operands);
	if (status != VERB_GO)
		return status;

	e.build.command = operands.words;
	status = explain(&e);
	explain_deinit(&e);
	return status;
}

const struct verb policy_explain_verb = {
	.group = "policy",
	.name = "explain",
	.operands = OPERANDS_COMMAND,
	.arguments = "[--] COMMAND [ARG...]",
	.summary = "Says which rule decides a command or another action, and why",
	.options = rows,
	.run = run,
};
