/* SPDX-License-Identifier: ISC */

#include "cli/init-commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/capture.h"
#include "cli/say.h"

#define TIMEOUT (90 * CLOCK_SECOND)
#define OUTPUT_MAX ((size_t)1 << 20)

void init_commands_add(struct init_commands *c, const char *const *words)
{
	size_t n = 0;

	while (n < INIT_WORDS_MAX && words[n]) {
		c->words[c->n][n] = words[n];
		n++;
	}
	c->n++;
}

static int append_words(const char *const *words, struct bytes *b)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && words[i]; i++) {
		if (i > 0)
			bytes_append_char(b, ' ');
		r = text_append_quoted(b, words[i], strlen(words[i]));
	}
	return r;
}

int init_commands_print(const struct init_commands *c, const char *prefix)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;

	for (size_t i = 0; i < c->n; i++) {
		bytes_clear(&line);
		if (append_words(c->words[i], &line) < 0)
			return -ENOMEM;
		printf("%s%s\n", prefix, bytes_str(&line));
	}
	return 0;
}

static int run_one(const char *const *words)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED, shown = BYTES_PRINTED;
	int r, status = 0;

	r = capture_run_joined(words, OUTPUT_MAX, TIMEOUT, &out, &status);
	if (r >= 0 && status == 0)
		return STATUS_DONE;
	bytes_truncate(&out, strcspn(bytes_str(&out), "\n"));
	if (append_words(words, &shown) < 0 || bytes_append_str(&shown, ": ") < 0
		|| text_append_escaped(&shown, bytes_str(&out), out.len) < 0)
		return say_undecided("out of memory");
	if (r < 0)
		return say_undecided("%s%s", bytes_str(&shown), strerror(-r));
	return say_undecided("%s%sstatus %d", bytes_str(&shown), out.len > 0 ? ", " : "", status);
}

int init_commands_run(const struct init_commands *c)
{
	int status = STATUS_DONE;

	for (size_t i = 0; status == STATUS_DONE && i < c->n; i++)
		status = run_one(c->words[i]);
	return status;
}

void init_commands_try(const struct init_commands *c)
{
	for (size_t i = 0; i < c->n; i++)
		run_one(c->words[i]);
}

bool init_commands_succeeds(const char *const *words)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	int status;

	return capture_run_joined(words, OUTPUT_MAX, TIMEOUT, &out, &status) >= 0 && status == 0;
}

bool init_has_manager(bool system)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	cleanup(free_p) char *path = NULL;

	if (system)
		return access("/run/systemd/system", F_OK) == 0;
	if (!runtime || runtime[0] != '/' || asprintf(&path, "%s/systemd/private", runtime) < 0)
		return false;
	return access(path, F_OK) == 0;
}
