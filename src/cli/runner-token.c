/* SPDX-License-Identifier: ISC */

/*
 * `firma runner token`: the token of a CI job, in a file for this user alone. Without a file it is
 * printed, but not where it would be read: on a terminal, or in a log that takes both outputs.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
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

/* --- file ------------------------------------------------------------------------------------- */

/* Whether the file may be replaced: it holds a token, or nothing. Returns 0, 1, or -errno. */
static int look(int fd)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 1;
	r = file_read(fd, LIMIT_JWT + 1, &text);
	if (r < 0)
		return r == -EFBIG ? 1 : r;

	if (text.len > 0 && text.data[text.len - 1] == '\n')
		bytes_truncate(&text, text.len - 1);
	if (text.len == 0)
		return 0;
	r = jwt_look(bytes_str(&text), text.len, NULL);
	return r <= 0 ? r : 1;
}

static int look_at_old(const char *path, const char *shown)
{
	cleanup(close_p) int fd = -1;
	int r;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return STATUS_DONE;
	r = fd < 0 ? -errno : look(fd);
	if (r == 0)
		return STATUS_DONE;
	if (r < 0 && r != -ELOOP)
		return say_undecided("%s: %s", shown, strerror(-r));
	say("%s holds no token, and stays as it is", shown);
	return STATUS_REFUSED;
}

static void remove_p(char **path)
{
	if (*path)
		unlink(*path);
	free(*path);
}

/* A reader finds the whole old token or the whole new one. */
static int write_file(const char *path, const struct bytes *token)
{
	cleanup(close_p) int fd = -1;
	cleanup(remove_p) char *made = NULL;
	cleanup(free_p) char *temporary = NULL;
	int r;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC); /* with O_EXCL and mode 0600 */
	if (fd < 0)
		return -errno;
	made = steal_ptr(temporary);

	r = file_write(fd, token->data, token->len);
	if (r >= 0)
		r = file_write(fd, "\n", 1);
	if (r < 0)
		return r;
	if (fsync(fd) < 0 || rename(made, path) < 0)
		return -errno;
	free(made);
	made = NULL;
	return 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes token = BYTES_PRINTED, shown = BYTES_PRINTED;
	struct token options = { .timeout = RUNNER_SOURCE_TIMEOUT };
	struct operands none;
	int status, r;

	status = verb_read_options(verb, argc, argv, &options, &none);
	if (status != VERB_GO)
		return status;
	if (options.audience && options.audience[0] == '\0')
		return usage_error(verb, "--audience is empty");
	if (!options.output && is_shown())
		return usage_error(verb, "the token would be seen here: --output is missing");
	if (options.output
		&& text_append_quoted(&shown, options.output, strlen(options.output)) < 0)
		return say_undecided("out of memory");

	status = options.output ? look_at_old(options.output, bytes_str(&shown)) : STATUS_DONE;
	if (status == STATUS_DONE)
		status = runner_source_get(options.audience, options.timeout, &token);
	if (status != STATUS_DONE)
		return status;

	if (!options.output) {
		puts(bytes_str(&token));
		return STATUS_DONE;
	}
	r = write_file(options.output, &token);
	return r < 0 ? say_undecided("could not write %s: %s", bytes_str(&shown), strerror(-r))
		     : STATUS_DONE;
}

const struct verb runner_token_verb = {
	.group = "runner",
	.name = "token",
	.summary = "Gets the token of a CI job",
	.options = rows,
	.run = run,
};
