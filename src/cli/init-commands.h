/* SPDX-License-Identifier: ISC */
#pragma once

/* The programs that `firma init` runs. Each is shown before it is run. */

#include <stdbool.h>
#include <stddef.h>

#define INIT_COMMANDS_MAX 8
#define INIT_WORDS_MAX 12

struct init_commands {
	const char *words[INIT_COMMANDS_MAX][INIT_WORDS_MAX + 1];
	size_t n;
};

/* Adds one; the words end with NULL, and are not copied. */
void init_commands_add(struct init_commands *c, const char *const *words);
#define init_commands_add_words(c, ...) \
	init_commands_add((c), (const char *const[]){ __VA_ARGS__, NULL })

/* Print them as for a shell, each after "  $ " or `prefix`. Error: -ENOMEM. */
int init_commands_print(const struct init_commands *c, const char *prefix);

/* Runs them. Stops at the first that fails, which is printed with what it said. */
int init_commands_run(const struct init_commands *c);

/* The same, but a failure stops nothing. */
void init_commands_try(const struct init_commands *c);

/* Whether this program ends with the status 0; what it prints is dropped. */
bool init_commands_succeeds(const char *const *words);

/* Whether the service manager of the system, or this user's, runs. */
bool init_has_manager(bool system);
