/* SPDX-License-Identifier: ISC */

/*
 * `firma runner token`: the token of a CI job, in a file for this user alone. Without a file it is
 * printed, but not where it would be read: on a terminal, or in a log that takes both outputs.
 */

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/output-file.h"
#include "cli/runner-source.h"
#include "cli/verb.h"
#include "gate/limits.h"
#include "gate/runner/jwt.h"

#define TIMEOUT_MAX (3600 * CLOCK_SECOND)

struct token {
	const char *audience, *output;
	uint64_t timeout;
};

static const struct option_row rows[] = {
	{ "audience", 0, "AUDIENCE", "for whom the token is made (default: firma)",
		OPTION_TEXT(struct token, audience) },
	{ "output", 0, "FILE", "write it there, for this user alone",
		OPTION_STRING(struct token, output) },
	{ "timeout", 0, "TIME", "wait at most so long for the token (default: 10s)",
		OPTION_DURATION(struct token, timeout), .min = CLOCK_MS, .max = TIMEOUT_MAX,
		.wants = "a time from 1ms to 1h" },
	{ 0 },
};

/* --- standard output -------------------------------------------------------------------------- */

static bool is_shown(void)
{
	struct stat out, err;

	if (isatty(STDOUT_FILENO))
		return true;
	return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0
		&& out.st_dev == err.st_dev && out.st_ino == err.st_ino;
}

/* Whether an older file at the place holds a token. */
static int is_token(const struct bytes *text)
{
	size_t len = text->len;

	if (len > 0 && text->data[len - 1] == '\n')
		len--;
	return jwt_look(bytes_str(text), len, NULL);
}

static const struct output_kind token_kind = {
	.name = "token",
	.max = LIMIT_JWT + 1,
	.mode = 0600,
	.refuse = is_token,
};

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes token = BYTES_PRINTED;
	struct token options = { .timeout = RUNNER_SOURCE_TIMEOUT };
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &options, &none);
	if (status != VERB_GO)
		return status;
	if (options.audience && options.audience[0] == '\0')
		return usage_error(verb, "--audience is empty");
	if (!options.output && is_shown())
		return usage_error(verb, "the token would be seen here: --output is missing");

	status = options.output ? output_file_look(options.output, &token_kind) : STATUS_DONE;
	if (status == STATUS_DONE)
		status = runner_source_get(options.audience, options.timeout, &token);
	if (status != STATUS_DONE)
		return status;

	if (!options.output) {
		puts(bytes_str(&token));
		return STATUS_DONE;
	}
	if (bytes_append_char(&token, '\n') < 0)
		return say_undecided("out of memory");
	return output_file_replace(options.output, &token_kind, token.data, token.len);
}

const struct verb runner_token_verb = {
	.group = "runner",
	.name = "token",
	.summary = "Gets the token of a CI job",
	.options = rows,
	.run = run,
};
