/* SPDX-License-Identifier: ISC */

/*
 * `firma run`: asks whether a command may run, and executes exactly what was asked about. The file
 * is held open from before the question (cli/pinned-file.h); the program is replaced by it.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/environment.h"
#include "cli/find-command.h"
#include "cli/pinned-file.h"
#include "cli/question.h"
#include "cli/request-build.h"
#include "cli/verb.h"

/* As env(1) has them; other statuses are the command's. */
enum run_status {
	RUN_REFUSED = 125, /* or undecided, or a usage error */
	RUN_CANNOT_EXECUTE = 126,
	RUN_NOT_FOUND = 127,
};

struct run {
	struct request_build build;
	struct question question;
	bool no_wait, wait, quiet;
};

static const struct option_row rows[] = {
	REQUEST_BUILD_ROWS(struct run, build),
	REQUEST_BUILD_PROFILE_ROW(struct run, build),
	REQUEST_BUILD_TOKEN_ROW(struct run, build),
	{ "wait", 0, "TIME", "hold for so long (default: until somebody has decided)",
		OPTION_DURATION(struct run, question.wait_time), OPTION_GIVEN(struct run, wait),
		.wants = "a time, such as 10min" },
	{ "no-wait", 0, NULL, "do not hold until somebody has decided",
		OPTION_FLAG(struct run, no_wait) },
	{ "hash", 0, NULL, "bind the file's content, whoever owns it",
		OPTION_FLAG(struct run, build.hash_all) },
	{ "timeout", 0, "TIME", "wait at most so long for an answer (default: 5s)",
		OPTION_DURATION(struct run, question.ask.timeout) },
	{ "socket", 0, "PATH", "the daemon's socket",
		OPTION_STRING(struct run, question.ask.socket) },
	{ "quiet", 'q', NULL, "print nothing of its own on standard error",
		OPTION_FLAG(struct run, quiet) },
	{ 0 },
};

static int status_of(int r)
{
	return r == -ENOENT ? RUN_NOT_FOUND : RUN_CANNOT_EXECUTE;
}

static int say_failed(int r, const struct bytes *why)
{
	say("%s", bytes_str(why));
	return status_of(r);
}

/* Finds the command, and opens it. Returns STATUS_DONE or the status to end with. */
static int prepare(const struct run *run, struct found_command *command, struct pinned_file *file)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = find_command(run->build.command[0], command, &why);
	if (r < 0)
		return say_failed(r, &why);

	r = pinned_file_open(command->real_path, run->build.hash_all, file, &why);
	if (r < 0)
		return say_failed(r, &why);

	memcpy(command->sha256, file->sha256, sizeof(command->sha256));
	return STATUS_DONE;
}

static int ask(const struct run *run, const struct found_command *command)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	int status;

	status = request_build_found(&run->build, command, &request);
	if (status == STATUS_DONE)
		status = question_ask(&run->question, &request);
	return status == STATUS_DONE ? STATUS_DONE : RUN_REFUSED;
}

/* Returns only where it can't. */
static int execute(
	const struct run *run, const struct found_command *command, const struct pinned_file *file)
{
	cleanup(bytes_deinit) struct bytes dropped = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(free_p) char **variables = NULL;
	int r;

	if (environment_filter(environ, &variables, &dropped) < 0) {
		say("out of memory");
		return RUN_CANNOT_EXECUTE;
	}
	if (dropped.len > 0)
		say_foreign("dropped from the environment: %s", bytes_str(&dropped));

	r = pinned_file_execute(file, command->real_path, run->build.command, variables, &why);
	return say_failed(r, &why);
}

static int run_command(const struct run *run)
{
	cleanup(found_command_deinit) struct found_command command = { 0 };
	cleanup(pinned_file_deinit) struct pinned_file file = PINNED_FILE_INIT;
	int status;

	status = prepare(run, &command, &file);
	if (status == STATUS_DONE)
		status = ask(run, &command);
	return status == STATUS_DONE ? execute(run, &command, &file) : status;
}

static int usage(int status)
{
	return status == STATUS_DONE ? STATUS_DONE : RUN_REFUSED;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct run asked = { .question = QUESTION_INIT };
	struct operands operands;
	int status;

	request_build_init(&asked.build);
	status = verb_read_options(verb, argc, argv, &asked, &operands);
	if (status != VERB_GO)
		return usage(status);
	if (asked.wait && asked.no_wait)
		return usage(usage_error(verb, "--wait excludes --no-wait"));
	if (operands.n == 0)
		return usage(usage_error(verb, "the command is missing"));
	if (asked.quiet)
		say_nothing();

	asked.build.command = operands.words;
	asked.question.token = asked.build.token;
	asked.question.wait = !asked.no_wait;
	return run_command(&asked);
}

const struct verb run_verb = {
	.name = "run",
	.operands = OPERANDS_COMMAND,
	.arguments = "[--] COMMAND [ARG...]",
	.summary = "Asks whether a command may run, and runs it",
	.options = rows,
	.run = run,
};
