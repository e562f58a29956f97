/* SPDX-License-Identifier: ISC */

/*
 * `firma hook`: answers a coding agent that asks before it uses a tool, in the agent's dialect. It
 * doesn't read the environment, since a project's settings can set it.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/hook-answer.h"
#include "cli/hook-decide.h"
#include "cli/hook-headless.h"
#include "cli/hook-mcp.h"
#include "cli/hook-question.h"
#include "cli/hook-rewrite.h"
#include "cli/own-path.h"
#include "cli/verb.h"

/*
 * If no person has decided, an alarm ends the hook this long after the wait, well before the
 * agent's own limit.
 */
#define ALARM_MARGIN_SECONDS 60

/* Time for the question to arrive. */
#define READ_SECONDS 20

struct hook {
	struct hook_asker asker;
	bool managed, mcp;
	bool defer; /* end a run without a user if nobody has decided; it can be resumed */
};

static bool parse_peer(const char *value, void *to)
{
	if (strcmp(value, "root") == 0)
		*(enum client_peer *)to = CLIENT_PEER_ROOT;
	else if (strcmp(value, "firma") == 0)
		*(enum client_peer *)to = CLIENT_PEER_FIRMA;
	else
		return false;
	return true;
}

static const struct option_row rows[] = {
	{ "wait", 0, "TIME", "hold until a person has decided, for so long (default: 55min)",
		OPTION_DURATION(struct hook, asker.wait), .max = HOOK_WAIT_MAX,
		.wants = "at most 55min" },
	{ "socket", 0, "PATH", "the daemon's socket",
		OPTION_STRING(struct hook, asker.ask.socket) },
	{ "peer", 0, "USER", "who must listen there: root, or firma (or root)",
		OPTION_PARSED(struct hook, asker.ask.peer, parse_peer), .wants = "root or firma" },
	{ "managed", 0, NULL, "refuse a listener of one's own uid",
		OPTION_FLAG(struct hook, managed) },
	{ "only-shell", 0, NULL, "leave tools other than shells to the agent's own rules",
		OPTION_FLAG(struct hook, asker.only_shell) },
	{ "rewrite", 0, NULL, "let the agent run 'firma run' instead of the line itself",
		OPTION_FLAG(struct hook, asker.rewrite) },
	{ "ask", 0, NULL, "let the agent's own user decide where any operator could",
		OPTION_FLAG(struct hook, asker.prompt) },
	{ "defer", 0, NULL, "end 'claude -p' until a person has decided; it can be resumed",
		OPTION_FLAG(struct hook, defer) },
	{ "mcp", 0, NULL, "serve claude's --permission-prompt-tool on standard input and output",
		OPTION_FLAG(struct hook, mcp) },
	{ 0 },
};

static _Noreturn void __attribute__((format(printf, 1, 2))) deny(const char *format, ...)
{
	struct bytes reason = BYTES_PRINTED;
	va_list ap;

	va_start(ap, format);
	bytes_vappendf(&reason, format, ap);
	va_end(ap);
	hook_answer_deny(reason.len > 0 ? bytes_str(&reason) : HOOK_UNDECIDED "out of memory");
}

/* Allows the tool, but only to run exactly what was asked about. */
static _Noreturn void answer_rewritten(const struct hook *hook, const struct hook_question *q,
	const struct bytes *text, const char *token)
{
	struct bytes made = BYTES_PRINTED;
	char program[PATH_MAX];
	int r;

	r = own_path(program);
	if (r < 0)
		deny(HOOK_UNDECIDED "can't tell where this program is: %s", strerror(-r));

	r = hook_rewrite_answer(q, text, program, hook->asker.ask.socket, token, &made);
	if (r == -E2BIG)
		deny("denied: the line is too long to be rewritten");
	if (r < 0)
		deny(HOOK_UNDECIDED "the line can't be rewritten: %s", strerror(-r));
	hook_answer_other(bytes_str(&made));
}

static _Noreturn void answer(struct hook *hook, const struct hook_dialect *dialect)
{
	struct bytes text = BYTES_PRINTED, reason = BYTES_PRINTED;
	char token[NOTATION_UUID_LEN + 1];
	struct hook_question q;
	int r;

	r = hook_question_read(STDIN_FILENO, &text);
	if (r < 0)
		deny(HOOK_UNDECIDED "the question can't be read: %s", strerror(-r));
	hook_answer_has_read();
	if (hook_question_parse(dialect, &text, hook->asker.only_shell, &q, &reason) < 0)
		deny(HOOK_UNDECIDED "%s", bytes_str(&reason));

	hook_answer_alarm(hook->asker.wait / CLOCK_SECOND + ALARM_MARGIN_SECONDS);
	switch (hook_decide(&hook->asker, &q, token, &reason)) {
	case HOOK_ALLOWED:
		if (hook->asker.rewrite && q.is_shell)
			answer_rewritten(hook, &q, &text, token);
		hook_answer_allow(q.dialect);
	case HOOK_NO_OPINION:
		hook_answer_none(q.dialect);
	case HOOK_PROMPT:
		hook_answer_ask(q.dialect, bytes_str(&reason));
	case HOOK_PENDING:
		if (hook->defer)
			hook_answer_defer(q.dialect);
		__attribute__((fallthrough));
	default:
		hook_answer_deny(
			reason.len > 0 ? bytes_str(&reason) : HOOK_UNDECIDED "out of memory");
	}
}

/* The server answers many calls, so the guard for a single answer is off. */
static int serve(struct hook *hook, const struct hook_dialect *dialect)
{
	if (strcmp(dialect->name, "claude") != 0)
		deny(HOOK_UNDECIDED "--mcp is for claude");
	hook_answer_disarm();
	return hook_mcp_serve(&hook->asker);
}

/* Called before the options are read: errors in them must be reported in the agent's dialect. */
static const struct hook_dialect *find_dialect(int argc, char **argv)
{
	const struct hook_dialect *found = NULL;

	for (int i = 1; i < argc && !found; i++)
		found = hook_dialect_find(argv[i]);
	return found;
}

static void check_usage(const struct hook *hook, const struct hook_dialect *dialect)
{
	if (hook->asker.rewrite && (hook->mcp || !hook_rewrite_is_possible(dialect)))
		deny(HOOK_UNDECIDED "--rewrite is for the hooks of claude, codex, gemini and "
				    "copilot");
	if (hook->asker.prompt && (hook->mcp || hook->asker.rewrite || !dialect->ask[0]))
		deny(HOOK_UNDECIDED "--ask is for the hooks of claude and copilot, without "
				    "--rewrite");
	if (hook->defer && (hook->mcp || !dialect->defer))
		deny(HOOK_UNDECIDED "--defer is for the hook of claude");
}

static int run(const struct verb *verb, int argc, char **argv)
{
	const struct hook_dialect *dialect = find_dialect(argc, argv);
	struct hook hook = { .asker = { .ask.timeout = CLIENT_TIMEOUT, .wait = HOOK_WAIT_MAX } };
	struct operands operands;
	int status;

	hook.asker.verb = verb;
	hook_answer_arm(dialect);
	hook_answer_alarm(READ_SECONDS);

	status = verb_read_options(verb, argc, argv, &hook, &operands);
	if (status == STATUS_DONE)
		return status;
	if (status != VERB_GO)
		deny(HOOK_UNDECIDED "the hook's own command line is wrong");
	if (!dialect || strcmp(dialect->name, operands.words[0]) != 0)
		deny(HOOK_UNDECIDED "no agent is called %s", operands.words[0]);

	check_usage(&hook, dialect);
	if (!hook.asker.ask.socket)
		hook.asker.ask.socket = hook_usual_socket();
	if (hook.managed && hook.asker.ask.peer == CLIENT_PEER_ANY)
		hook.asker.ask.peer = CLIENT_PEER_OTHER;
	if (hook.mcp)
		return serve(&hook, dialect);
	if (hook.defer) {
		hook.defer = hook_headless_is();
		hook.asker.prompt &= !hook.defer;
	}
	answer(&hook, dialect);
}

const struct verb hook_verb = {
	.name = "hook",
	.operands = OPERANDS_ONE,
	.operand = "agent",
	.arguments = "AGENT",
	.summary = "Answers a coding agent that asks before it uses a tool",
	.options = rows,
	.run = run,
};
