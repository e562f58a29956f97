/* SPDX-License-Identifier: ISC */

/*
 * `firma run`: asks whether a command may run, and executes exactly the file that was asked about,
 * which is held open since before the question (cli/pinned-file.h). The command replaces this
 * program; but if the allow is on record, this program stays to report how the command ended.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json/tree.h"
#include "base/json/writer.h"
#include "cli/ask.h"
#include "cli/child.h"
#include "cli/environment.h"
#include "cli/find-command.h"
#include "cli/line-run.h"
#include "cli/pinned-file.h"
#include "cli/question.h"
#include "cli/request-build.h"
#include "cli/verb.h"
#include "gate/shell/shell-line.h"
#include "gate/wire/reply.h"
#include "gate/wire/request.h"

/* The same statuses as env(1)'s; all others are the command's. */
enum run_status {
	RUN_REFUSED = 125, /* or undecided, or a usage error */
	RUN_CANNOT_EXECUTE = 126,
	RUN_NOT_FOUND = 127,
};

struct run {
	struct request_build build;
	struct question question;
	bool no_wait, wait, quiet;
	struct environment_keep keep;
	const char *shell;    /* a line to run instead of a command */
	struct line_run line; /* empty for an opaque line, or without one */
};

static const struct option_row rows[] = {
	REQUEST_BUILD_ROWS(struct run, build),
	REQUEST_BUILD_CLAIM_ROWS(struct run, build),
	REQUEST_BUILD_TOKEN_ROW(struct run, build),
	REQUEST_BUILD_REASON_ROW(struct run, build),
	{ "wait", 0, "TIME", "hold for so long (default: until somebody has decided)",
		OPTION_DURATION(struct run, question.wait_time), OPTION_GIVEN(struct run, wait),
		.wants = "a time, such as 10min" },
	{ "no-wait", 0, NULL, "do not hold until somebody has decided",
		OPTION_FLAG(struct run, no_wait) },
	{ "hash", 0, NULL, "bind the file's content, also of a file of root",
		OPTION_FLAG(struct run, build.hash_all) },
	{ "shell", 0, "LINE", "run a line of shell", OPTION_STRING(struct run, shell) },
	{ "keep-env", 0, "NAME", "do not drop this variable (may be repeated)",
		OPTION_PARSED(struct run, keep, environment_parse_keep),
		.wants = "the name of a variable" },
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

/* Finds the command and opens its file. Returns STATUS_DONE, or the status to exit with. */
static int prepare(const struct run *run, struct found_command *command, struct pinned_file *file)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
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

/* A line_run_find_fn: finds the path in the request's claim, [PATH, REAL PATH]. */
static const char *program_in_request(const char *name, const void *userdata)
{
	const struct json *programs = json_get(userdata, "programs");
	const struct json *program = programs ? json_get(programs, name) : NULL;
	const char *path = NULL;

	if (program && json_is_array(program))
		json_each (child, program)
			path = json_string(child); /* the last one is the real path */
	return path;
}

#define NOT_PINNED "not pinned: /bin/sh runs the line, since it "

/*
 * Opens the programs that the request names. A shell runs the line instead if it is opaque, or if
 * the request names no programs because their directory is missing or is a link.
 */
static int open_line(struct run *run, const struct bytes *request)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	cleanup(shell_line_deinit) struct shell_line line = { 0 };
	struct scan_fault fault;
	int r;

	if (shell_line_scan(&line, run->shell) < 0
		|| json_parse(bytes_str(request), request->len, &doc, &fault) != 0)
		return say_undecided("out of memory");
	if (line.fault != SHELL_PLAIN) {
		say(NOT_PINNED "%s", shell_fault_text(line.fault));
		return STATUS_DONE;
	}
	if (!json_get(json_root(doc), "programs")) {
		say(NOT_PINNED "is not known where it would run");
		return STATUS_DONE;
	}

	r = line_run_open(&run->line, &line, program_in_request, json_root(doc), &why);
	return r < 0 ? say_failed(r, &why) : STATUS_DONE;
}

static int ask(struct run *run, const struct found_command *command,
	char ret_record_id[static QUESTION_RECORD_ID_MAX + 1])
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	int status;

	status = request_build_found(&run->build, command, &request);
	if (status == STATUS_DONE && run->shell) {
		status = open_line(run, &request);
		if (status >= RUN_CANNOT_EXECUTE)
			return status;
	}
	if (status == STATUS_DONE)
		status = question_ask(&run->question, &request, ret_record_id);
	return status == STATUS_DONE ? STATUS_DONE : RUN_REFUSED;
}

struct execution {
	const struct pinned_file *file;
	const char *path;
	char **argv, **envp;
	const struct line_run *line; /* NULL: execute the file */
};

/* A child_execute_fn. */
static int execute(const void *userdata, struct bytes *why)
{
	const struct execution *e = userdata;

	if (!e->line)
		return pinned_file_execute(e->file, e->path, e->argv, e->envp, why);

	child_has_begun();
	return line_run_execute(e->line, e->envp);
}

/* Reports to the daemon how the command ended. A failure doesn't change the exit status. */
static void report(const struct ask *how, const char *record_id, const struct child_end *end)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED, reply = BYTES_PRINTED,
					   why = BYTES_PRINTED;
	struct parsed_reply parsed;
	struct writer w;
	int r;

	writer_init(&w, &line);
	writer_object(&w, NULL);
	writer_string(&w, "action", action_name(ACTION_DONE));
	writer_string(&w, "record_id", record_id);
	writer_integer(&w, "status", end->status);
	if (end->signal)
		writer_integer(&w, "signal", end->signal);
	writer_unsigned(&w, "time_ms", end->time / CLOCK_MS);
	writer_end(&w);
	r = writer_finish(&w);
	if (r < 0 || bytes_append_char(&line, '\n') < 0)
		return;

	if (ask_once(how, &line, 0, &reply, &why) != STATUS_DONE) {
		say("could not report how the command ended: %s", bytes_str(&why));
		return;
	}
	if (reply_parse(bytes_str(&reply), reply.len, &parsed) != 0)
		return;
	if (parsed.reply.outcome != OUTCOME_OK)
		say("the report of how the command ended was not taken: %s",
			outcome_name(parsed.reply.outcome));
	parsed_reply_deinit(&parsed);
}

/* If the allow is on record, waits for the command's end and reports it. */
static int execute_and_report(
	const struct run *run, const struct execution *execution, const char *record_id)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct child_end end = { 0 };
	int r;

	r = record_id[0] ? child_run(execute, execution, &end, &why) : execute(execution, &why);
	if (r < 0)
		return say_failed(r, &why);
	if (!record_id[0])
		return r;

	report(&run->question.ask, record_id, &end);
	return child_end_alike(&end);
}

static int execute_command(const struct run *run, const struct found_command *command,
	const struct pinned_file *file, const struct bytes *dropped, const char *record_id)
{
	const struct execution execution = {
		.file = file,
		.path = command->real_path,
		.argv = run->build.command,
		.envp = environ,
		.line = run->line.line.n_commands > 0 ? &run->line : NULL,
	};

	if (dropped->len > 0)
		say_foreign("dropped from the environment: %s", bytes_str(dropped));
	return execute_and_report(run, &execution, record_id);
}

/*
 * Changes this process's environment to the command's, so that the question is about the
 * environment that the command gets.
 */
static int reduce_environment(struct run *run, struct bytes *dropped, struct bytes *claim)
{
	char **kept;
	size_t n;

	if (environment_filter(environ, &run->keep, &kept, dropped) < 0
		|| environment_claim(kept, &run->keep, claim, &n) < 0)
		return say_undecided("out of memory");

	environ = kept;
	if (n > 0)
		run->build.asked.environment = string_list_of(claim->data, n, claim->len);
	return STATUS_DONE;
}

static int run_command(struct run *run)
{
	cleanup(found_command_deinit) struct found_command command = { 0 };
	cleanup(pinned_file_deinit) struct pinned_file file = PINNED_FILE_INIT;
	cleanup(bytes_deinit) struct bytes dropped = BYTES_PRINTED, claim = BYTES_PRINTED;
	char record_id[QUESTION_RECORD_ID_MAX + 1];
	int status;

	if (reduce_environment(run, &dropped, &claim) != STATUS_DONE)
		return RUN_REFUSED;

	status = prepare(run, &command, &file);
	if (status == STATUS_DONE)
		status = ask(run, &command, record_id);
	return status == STATUS_DONE ? execute_command(run, &command, &file, &dropped, record_id)
				     : status;
}

static int usage(int status)
{
	return status == STATUS_DONE ? STATUS_DONE : RUN_REFUSED;
}

/* Returns VERB_GO, or the status to exit with. */
static int check_usage(const struct run *asked, const struct verb *verb, int n_words)
{
	if (asked->wait && asked->no_wait)
		return usage_error(verb, "--wait excludes --no-wait");
	if (n_words == 0 && !asked->shell)
		return usage_error(verb, "the command is missing");
	if (n_words > 0 && asked->shell)
		return usage_error(verb, "--shell excludes a command");
	return VERB_GO;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct run asked = { .question = QUESTION_INIT };
	char sh[] = "/bin/sh", option[] = "-c", *line[] = { sh, option, NULL, NULL };
	cleanup(free_p) char *text = NULL;
	struct operands operands;
	int status;

	request_build_init(&asked.build);
	status = verb_read_options(verb, argc, argv, &asked, &operands);
	if (status == VERB_GO)
		status = check_usage(&asked, verb, operands.n);
	if (status != VERB_GO)
		return usage(status);
	if (asked.quiet)
		say_nothing();

	if (asked.shell) {
		text = strdup(asked.shell);
		if (!text)
			return usage(say_undecided("out of memory"));
	}
	line[2] = text;
	asked.build.command = asked.shell ? line : operands.words;
	asked.question.token = asked.build.token;
	asked.question.wait = !asked.no_wait;
	asked.build.detail = true; /* for the record's ID */
	status = run_command(&asked);
	line_run_deinit(&asked.line);
	return status;
}

const struct verb run_verb = {
	.name = "run",
	.operands = OPERANDS_COMMAND,
	.arguments = "[--] COMMAND [ARG...] | --shell LINE",
	.summary = "Asks whether a command may run, and runs it",
	.options = rows,
	.run = run,
};
