/* SPDX-License-Identifier: ISC */

/*
 * `firma hook`: answers a coding agent, which asks before it uses a tool, in that agent's dialect.
 * The environment is not read: a project's settings can set it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/ask.h"
#include "cli/check-wait.h"
#include "cli/hook-answer.h"
#include "cli/hook-question.h"
#include "cli/request-build.h"
#include "cli/verb.h"
#include "gate/wire/reply.h"

/*
 * When this is over after nobody has decided, whatever holds the hook up is ended by an alarm, well
 * before the agent's own limit.
 */
#define ALARM_MARGIN_SECONDS 60

/* For the question to arrive. */
#define READ_SECONDS 20

#define SYSTEM_SOCKET "/run/firma/agent.sock"

struct hook {
	struct ask ask;
	uint64_t wait;
	bool only_shell, managed;
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
		OPTION_DURATION(struct hook, wait), .max = HOOK_WAIT_MAX,
		.wants = "at most 55min" },
	{ "socket", 0, "PATH", "the daemon's socket", OPTION_STRING(struct hook, ask.socket) },
	{ "peer", 0, "USER", "who must listen there: root, or firma (or root)",
		OPTION_PARSED(struct hook, ask.peer, parse_peer), .wants = "root or firma" },
	{ "managed", 0, NULL, "refuse a listener of one's own uid",
		OPTION_FLAG(struct hook, managed) },
	{ "only-shell", 0, NULL, "leave tools other than shells to the agent's own rules",
		OPTION_FLAG(struct hook, only_shell) },
	{ 0 },
};

static _Noreturn void __attribute__((format(printf, 1, 2))) deny(const char *format, ...)
{
	struct bytes reason = BYTES_INIT(BYTES_UNLIMITED);
	va_list ap;

	va_start(ap, format);
	bytes_vappendf(&reason, format, ap);
	va_end(ap);
	hook_answer_deny(reason.len > 0 ? bytes_str(&reason) : "could not decide: out of memory");
}

/* As a client without an environment would find it. */
static const char *usual_socket(void)
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

/* What stands for a decision; returns where the line may run, or is pending with its token. */
static bool read_reply(const struct bytes *line, char ret_token[static NOTATION_UUID_LEN + 1])
{
	struct parsed_reply reply;
	bool allowed = false;

	if (reply_parse(bytes_str(line), line->len, &reply) != 0)
		deny("could not decide: the answer is not a reply");
	switch (reply.reply.decision) {
	case DECISION_ALLOW:
		allowed = true;
		break;
	case DECISION_PENDING:
		snprintf(ret_token, NOTATION_UUID_LEN + 1, "%s", reply.reply.approval_token);
		break;
	case DECISION_DENY:
		deny("denied: %s", reply.reply.reason);
	default:
		deny("could not decide: the answer is not a decision");
	}
	parsed_reply_deinit(&reply);
	return allowed;
}

/* Returns where the line may run; all else is answered at once. */
static void ask_about(const struct hook *hook, const struct hook_question *q, const char *line)
{
	cleanup(free_p) char *copy = strdup(line);
	char *command[] = { (char[]){ "bash" }, (char[]){ "-c" }, copy, NULL };
	struct request_build build;
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes reply = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	char token[NOTATION_UUID_LEN + 1];
	const struct check_wait hold = { .ask = &hook->ask, .time = hook->wait, .token = token };

	if (!copy)
		deny("could not decide: out of memory");
	request_build_init_bare(&build);
	build.asked.session_id = q->session;
	build.asked.agent_id = q->agent;
	build.asked.cwd = q->cwd;
	build.command = command;
	build.resume = true; /* an agent asks again without a token */
	say_keep(&why);
	if (request_build_line(&build, &hook_verb, &request) != STATUS_DONE)
		deny("could not decide: %s", bytes_str(&why));
	if (ask_once(&hook->ask, &request, 0, &reply, &why) != STATUS_DONE)
		deny("could not decide: %s", bytes_str(&why));
	if (read_reply(&reply, token))
		return;

	if (hook->wait > 0 && check_wait_until_decided(&hold, &request, &reply) != STATUS_DONE)
		deny("%s", bytes_str(&why));
	if (!read_reply(&reply, token))
		deny("denied for now: a person must decide (token %s); ask again once a person has "
		     "approved",
			token);
}

static _Noreturn void answer(struct hook *hook, const struct hook_dialect *dialect)
{
	struct bytes text = BYTES_INIT(BYTES_UNLIMITED), why = BYTES_INIT(BYTES_UNLIMITED);
	struct hook_question q;
	int r;

	r = hook_question_read(STDIN_FILENO, &text);
	if (r < 0)
		deny("could not decide: the question can't be read: %s", strerror(-r));
	hook_answer_has_read();

	if (hook_question_parse(dialect, &text, &q, &why) < 0)
		deny("could not decide: %s", bytes_str(&why));
	if (hook_dialect_is_opaque(q.dialect, q.tool))
		deny("denied: what the tool %s runs can't be asked about", q.tool);
	if (!q.is_shell) {
		if (hook->only_shell)
			hook_answer_none(q.dialect);
		deny("denied: the tool %s is no shell, and this hook asks about shells alone",
			q.tool);
	}

	hook_answer_alarm(hook->wait / CLOCK_SECOND + ALARM_MARGIN_SECONDS);
	for (size_t i = 0; i < q.n_lines; i++)
		ask_about(hook, &q, q.lines[i]);
	hook_answer_allow(q.dialect);
}

/* Before the options are read: what is wrong with them must be said in the agent's dialect. */
static const struct hook_dialect *find_dialect(int argc, char **argv)
{
	const struct hook_dialect *found = NULL;

	for (int i = 1; i < argc && !found; i++)
		found = hook_dialect_find(argv[i]);
	return found;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	const struct hook_dialect *dialect = find_dialect(argc, argv);
	struct hook hook = { .ask.timeout = CLIENT_TIMEOUT, .wait = HOOK_WAIT_MAX };
	struct operands operands;
	int status;

	hook_answer_arm(dialect);
	hook_answer_alarm(READ_SECONDS);

	status = verb_read_options(verb, argc, argv, &hook, &operands);
	if (status == STATUS_DONE)
		return status;
	if (status != VERB_GO)
		deny("could not decide: the hook's own command line is wrong");
	if (!dialect || strcmp(dialect->name, operands.words[0]) != 0)
		deny("could not decide: no agent is called %s", operands.words[0]);

	if (!hook.ask.socket)
		hook.ask.socket = usual_socket();
	if (hook.managed && hook.ask.peer == CLIENT_PEER_ANY)
		hook.ask.peer = CLIENT_PEER_OTHER;
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
