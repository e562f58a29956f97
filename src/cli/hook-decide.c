/* SPDX-License-Identifier: ISC */

/*
 * Asks about each line of a shell, and about each action of another tool, as `firma check` does.
 */

#include "cli/hook-decide.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/check-wait.h"
#include "cli/decision-reply.h"
#include "cli/environment.h"
#include "cli/hook-action.h"
#include "cli/hook-answer.h"
#include "cli/line-session.h"
#include "cli/operator.h"
#include "cli/request-build.h"

#define SYSTEM_SOCKET "/run/firma/agent.sock"

const char *hook_usual_socket(void)
{
	static char path[64];

	if (geteuid() != 0) {
		snprintf(path, sizeof(path), "/run/user/%u/firma/agent.sock",
			(unsigned int)geteuid());
		if (access(path, F_OK) == 0)
			return path;
	}
	return SYSTEM_SOCKET;
}

static enum hook_decision __attribute__((format(printf, 2, 3)))
deny(struct bytes *reason, const char *format, ...)
{
	cleanup(bytes_deinit) struct bytes made = BYTES_PRINTED;
	va_list ap;

	/* The arguments may point into `reason`. */
	va_start(ap, format);
	bytes_vappendf(&made, format, ap);
	va_end(ap);
	bytes_clear(reason);
	bytes_append_str(reason, bytes_str(&made));
	return HOOK_DENIED;
}

static enum hook_decision deny_undecided(struct bytes *reason)
{
	return deny(
		reason, HOOK_UNDECIDED "%s", reason->len > 0 ? bytes_str(reason) : "out of memory");
}

/* The agent's shell gets the line's directory as the system names it, and so does `firma run`. */
static int see_as_run(const struct hook_question *q, char **ret_cwd)
{
	cleanup(bytes_deinit) struct bytes dropped = BYTES_PRINTED;
	const struct environment_keep none = { .n = 0 };

	*ret_cwd = realpath(q->cwd, NULL);
	if (!*ret_cwd)
		return say_undecided("the directory can't be resolved: %s", strerror(errno));
	return environment_filter(environ, &none, &environ, &dropped) < 0
		? say_undecided("out of memory")
		: STATUS_DONE;
}

static int build_request(const struct hook_asker *asker, const struct hook_question *q,
	const char *line, struct bytes *request)
{
	cleanup(free_p) char *copy = strdup(line), *cwd = NULL;
	char bash[] = "bash", sh[] = "/bin/sh", option[] = "-c";
	char *command[] = { asker->rewrite ? sh : bash, option, copy, NULL };
	struct request_build build;
	int status;

	if (!copy)
		return say_undecided("out of memory");
	status = asker->rewrite ? see_as_run(q, &cwd) : STATUS_DONE;
	if (status != STATUS_DONE)
		return status;
	request_build_init_bare(&build);
	build.asked.session_id = q->session;
	build.asked.agent_id = q->agent;
	build.asked.cwd = cwd ? cwd : q->cwd;
	build.asked.purpose = q->purpose;
	build.command = command;
	build.spare = asker->rewrite;
	build.resume = true; /* an agent can't send a token itself */
	build.prompt = asker->prompt;
	build.detail = true;
	return request_build_line(&build, asker->verb, request);
}

/* The default action allows no session: it can't mean what is typed later. */
static enum hook_decision allow(
	const struct decision_reply *reply, bool opens_session, struct bytes *reason)
{
	if (!opens_session || (reply->rule && reply->ground != GROUND_DEFAULT))
		return HOOK_ALLOWED;
	return deny(reason,
		"denied: a shell or interpreter without a script runs what is typed into it "
		"later, and no rule allows that");
}

/* The rule that asks wants no more than any operator's word, so the agent's user may give theirs.
 */
static enum hook_decision leave_to_prompt(const struct decision_reply *reply, struct bytes *reason)
{
	deny(reason, "a person must decide (%s)", reply->reason);
	return HOOK_PROMPT;
}

static enum hook_decision stay_pending(const struct decision_reply *reply, struct bytes *reason)
{
	deny(reason,
		"denied for now: a person must decide (token %s); ask again once a person has "
		"approved",
		reply->token);
	return HOOK_PENDING;
}

/* Reads a reply; `ret_token` is the ID of a token that is pending or was not consumed, else "". */
static enum hook_decision read_reply(const struct hook_asker *asker, const struct bytes *line,
	bool opens_session, char ret_token[static NOTATION_UUID_LEN + 1], struct bytes *reason)
{
	enum hook_decision decision = HOOK_DENIED;
	struct decision_reply reply;

	ret_token[0] = '\0';
	if (decision_reply_read(line, &reply) != 0)
		return deny(reason, HOOK_UNDECIDED "the answer is not a decision");
	if (reply.decision == DECISION_ALLOW) {
		decision = allow(&reply, opens_session, reason);
	} else if (reply.approved && reply.token) {
		snprintf(ret_token, NOTATION_UUID_LEN + 1, "%s", reply.token);
		decision = HOOK_ALLOWED;
	} else if (reply.decision == DECISION_DENY) {
		deny(reason, "denied: %s", reply.reason);
	} else if (!reply.token) {
		deny(reason, "denied: a person would have to decide (%s)", reply.reason);
	} else {
		snprintf(ret_token, NOTATION_UUID_LEN + 1, "%s", reply.token);
		decision = asker->prompt && reply.any_operator ? leave_to_prompt(&reply, reason)
							       : stay_pending(&reply, reason);
	}
	decision_reply_deinit(&reply);
	return decision;
}

/* Ends the request that the agent's user decides instead. */
static enum hook_decision withdraw(
	const struct hook_asker *asker, const char *token, struct bytes *reason)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, reply = BYTES_PRINTED,
					   why = BYTES_PRINTED;
	const struct operation operation = { .token_id = token };
	struct parsed_reply parsed;
	enum outcome outcome;

	if (operator_print_request(ACTION_WITHDRAW, &operation, &request) < 0)
		return deny(reason, HOOK_UNDECIDED "out of memory");
	if (ask_once(&asker->ask, &request, 0, &reply, &why) != STATUS_DONE)
		return deny(reason, HOOK_UNDECIDED "%s", bytes_str(&why));
	if (reply_parse(bytes_str(&reply), reply.len, &parsed) != 0)
		return deny(reason, HOOK_UNDECIDED "the answer is not an outcome");
	outcome = parsed.reply.outcome;
	parsed_reply_deinit(&parsed);
	return outcome == OUTCOME_OK
		? HOOK_PROMPT
		: deny(reason, HOOK_UNDECIDED "token %s can't be withdrawn", token);
}

/* Asks, and waits for a person as long as the hook may. */
static enum hook_decision ask(const struct hook_asker *asker, struct bytes *request,
	bool opens_session, char token[static NOTATION_UUID_LEN + 1], struct bytes *reason)
{
	cleanup(bytes_deinit) struct bytes reply = BYTES_PRINTED;
	const struct check_wait hold = { .ask = &asker->ask, .time = asker->wait, .token = token };
	enum hook_decision decision;

	if (ask_once(&asker->ask, request, 0, &reply, reason) != STATUS_DONE)
		return deny_undecided(reason);

	decision = read_reply(asker, &reply, opens_session, token, reason);
	if (decision == HOOK_PENDING && asker->wait > 0) {
		if (check_wait_until_decided(&hold, request, &reply) != STATUS_DONE)
			return reason->len > 0 ? HOOK_DENIED : deny_undecided(reason);
		decision = read_reply(asker, &reply, opens_session, token, reason);
	}
	return decision == HOOK_PROMPT ? withdraw(asker, token, reason) : decision;
}

/* The user's yes would run all of it, so the rest is asked about as well. */
static bool may_go_on(enum hook_decision decision)
{
	return decision == HOOK_ALLOWED || decision == HOOK_PROMPT;
}

/* Of a decision with which it goes on, and the next one. */
static enum hook_decision strictest(enum hook_decision before, enum hook_decision next)
{
	return next == HOOK_ALLOWED ? before : next;
}

static enum hook_decision ask_about(const struct hook_asker *asker, const struct hook_question *q,
	const char *line, char token[static NOTATION_UUID_LEN + 1], struct bytes *reason)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	bool opens_session = false;

	say_keep(reason);
	if (q->dialect->has_sessions && line_opens_session(line, &opens_session) < 0)
		return deny(reason, HOOK_UNDECIDED "out of memory");
	if (build_request(asker, q, line, &request) != STATUS_DONE)
		return deny_undecided(reason);
	return ask(asker, &request, opens_session, token, reason);
}

/* --- tools that aren't shells ----------------------------------------------------------------- */

static enum hook_decision ask_about_action(
	const struct hook_asker *asker, struct evaluate_request *action, struct bytes *reason)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	char token[NOTATION_UUID_LEN + 1];

	say_keep(reason);
	action->prompt = asker->prompt;
	if (hook_action_print(action, &request) < 0)
		return deny(reason, HOOK_UNDECIDED "out of memory");
	return ask(asker, &request, false, token, reason);
}

static enum hook_decision ask_about_actions(
	const struct hook_asker *asker, const struct hook_question *q, struct bytes *reason)
{
	enum hook_decision decision = HOOK_ALLOWED;
	struct hook_actions actions;

	if (hook_actions_find(q, &actions) < 0)
		decision = deny(reason, HOOK_UNDECIDED "out of memory");
	else if (actions.n == 0)
		decision = HOOK_NO_OPINION;
	for (size_t i = 0; i < actions.n && may_go_on(decision); i++)
		decision =
			strictest(decision, ask_about_action(asker, &actions.requests[i], reason));
	hook_actions_deinit(&actions);
	return decision;
}

enum hook_decision hook_decide(const struct hook_asker *asker, const struct hook_question *q,
	char ret_token[static NOTATION_UUID_LEN + 1], struct bytes *reason)
{
	enum hook_decision decision = HOOK_ALLOWED;

	ret_token[0] = '\0';
	if (hook_dialect_is_opaque(q->dialect, q->tool))
		return deny(reason, "denied: what the tool %s runs can't be asked about", q->tool);
	if (!q->is_shell)
		return asker->only_shell ? HOOK_NO_OPINION : ask_about_actions(asker, q, reason);

	for (size_t i = 0; i < q->n_lines && may_go_on(decision); i++)
		decision = strictest(decision, ask_about(asker, q, q->lines[i], ret_token, reason));
	return decision;
}
