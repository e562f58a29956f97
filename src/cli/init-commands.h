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

/* Adds a command. `words` ends with NULL; the strings are not copied. */
void init_commands_add(struct init_commands *c, const char *const *words);
#define init_commands_add_words(c, ...) \
	init_commands_add((c), (const char *const[]){ __VA_ARGS__, NULL })

/* Prints the commands, quoted as for a shell, each after `prefix`. Error: -ENOMEM. */
int init_commands_print(const struct init_commands *c, const char *prefix);

/* Runs the commands. Stops at the first that fails, and prints it with its output. */
int init_commands_run(const struct init_commands *c);

/* Runs all commands, even after a failure. */
void init_commands_try(const struct init_commands *c);

/* Whether the program exits with status 0; its output is dropped. */
bool init_commands_succeeds(const char *const *words);

/* Whether a service manager runs: the system's, or this user's. */
bool init_has_manager(bool system);
