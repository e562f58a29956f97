/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The thing that rules are tried on, prepared once for all rules: a request and its asker, an
 * example of a rule, or a part of a line of shell within one of these (gate/policy/candidates).
 * Embedded: one of the functions candidate_init…(), then candidate_deinit(). The input must outlive
 * it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "gate/policy/candidate-word.h"
#include "gate/shell/shell-line.h"
#include "gate/shell/shell-words.h"
#include "gate/wire/request.h"

/* The asker: uid and groups are facts, the process is for display only. */
struct asker {
	uid_t uid;
	const gid_t *groups; /* the primary one is among them */
	size_t n_groups;
	bool more_groups; /* there may be more groups, not known */
	pid_t pid;        /* 0 if not known */
	const char *home; /* the home directory; NULL if not known */
};

enum candidate_form {
	CANDIDATE_WHOLE,   /* the request, or an example */
	CANDIDATE_COMMAND, /* a command of a plain line */
	CANDIDATE_WORDS,   /* an opaque line in one view: no allowing rule matches */
};

struct candidate {
	enum candidate_form form;
	const struct request *request; /* NULL for an example */
	const struct asker *asker;     /* NULL for an example */
	struct candidate_program executable;
	struct candidate_program real; /* name is NULL if the request lacks it */

	/* The same for rules that allow; if name is NULL, none matches. */
	struct candidate_program narrow, narrow_real;

	const char *directory; /* the working directory; NULL if not known */

	/*
	 * The directory that a wrapper (env -C) gives to its command. All relative words are then
	 * taken from there, but none in a rule that allows.
	 */
	char *inner_directory;    /* or NULL */
	bool any_inner_directory; /* it is not known */

	/* A directory that it may run in, or NULL. Only for words, in rules that deny or ask. */
	const char *likely_directory;

	bool normal_directories; /* each of them is a normal path */

	struct candidate_word *words; /* the arguments */
	size_t n_words;
	bool wrapped;       /* some words may be commands */
	bool options_first; /* options precede the subcommand */
	bool hidden;        /* the words don't show all that is run: xargs, env -S */

	struct bytes paths, word_paths;
	char *path; /* of the executable, if allocated */
};

/* The directory from which relative words are taken; NULL if not known. */
const char *candidate_directory(const struct candidate *s);

/*
 * As path_normalize(), faster if the candidate's directories are normal. `directory`: one of these,
 * or NULL.
 */
size_t candidate_write_path(
	const struct candidate *s, const char *directory, const char *path, char *ret);

/* The real program's name if it is another than the program's; else NULL. */
const char *candidate_other_name(
	const struct candidate_program *program, const struct candidate_program *real);

/* The request must be a local.exec without a fault. Error: -ENOMEM, with nothing to free. */
int candidate_init(struct candidate *s, const struct request *request, const struct asker *asker);

/* `words`: n strings, each ended by NUL; the first is the command (n > 0). */
int candidate_init_example(struct candidate *s, const char *words, size_t n);

/*
 * A command of a line within `whole`, which any of these functions made. `paths` are the path and
 * the real path of its program, as the asker claims; without them no rule that allows matches.
 * Claims that contradict the line are not used.
 */
int candidate_init_command(struct candidate *s, const struct candidate *whole,
	const struct shell_line *line, const struct shell_command *command, const char *paths);

/* The words of an opaque line in one view; there is at least one word. */
int candidate_init_words(
	struct candidate *s, const struct candidate *whole, const struct shell_words *words);

void candidate_deinit(struct candidate *s);
