/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What rules are tried on, made ready once for all rules: a request and who asks, an example of a
 * rule, or a part of a line of shell that one of these holds (gate/policy/candidates). Embedded:
 * one of the functions candidate_init…(), then candidate_deinit(). What it was made from must stay.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "gate/policy/candidate-word.h"
#include "gate/shell/shell-line.h"
#include "gate/shell/shell-words.h"
#include "gate/wire/request.h"

/* Who asks: uid and groups are facts, the process is for display alone. */
struct asker {
	uid_t uid;
	const gid_t *groups; /* the primary one is among them */
	size_t n_groups;
	bool more_groups; /* there may be others, which aren't known */
	pid_t pid;        /* 0 where it isn't known */
};

enum candidate_form {
	CANDIDATE_WHOLE,   /* what is asked, or an example */
	CANDIDATE_COMMAND, /* of a plain line */
	CANDIDATE_WORDS,   /* of an opaque line, in one view; no rule that allows matches */
};

struct candidate {
	enum candidate_form form;
	const struct request *request; /* NULL for an example */
	const struct asker *asker;     /* likewise */
	struct candidate_program executable;
	struct candidate_program real; /* no name where the request doesn't say */

	/* The same for rules that allow; without a name, none matches. */
	struct candidate_program narrow, narrow_real;

	const char *directory; /* in which it runs; NULL where that isn't known */

	struct candidate_word *words; /* the arguments */
	size_t n_words;
	bool wrapped;       /* commands are among the words */
	bool options_first; /* options of the program stand where its subcommand would */
	bool hidden;        /* …or be in none of them: xargs, env -S */

	struct bytes paths, word_paths;
	char *path; /* of the executable, where it was made here */
};

/* The request is a local.exec without a fault. Error: -ENOMEM, nothing to free then. */
int candidate_init(struct candidate *s, const struct request *request, const struct asker *asker);

/* `words`: n strings, each ended by NUL, of which the first is the command (n > 0). */
int candidate_init_example(struct candidate *s, const char *words, size_t n);

/*
 * A command of a line that `whole` holds, which the other two functions made, or this one. `paths`
 * are the two of its program, as the asker claims: else no rule that allows matches. They are not
 * believed where they contradict the line.
 */
int candidate_init_command(struct candidate *s, const struct candidate *whole,
	const struct shell_line *line, const struct shell_command *command, const char *paths);

/* The words of an opaque line in one view, of which there is at least one. */
int candidate_init_words(
	struct candidate *s, const struct candidate *whole, const struct shell_words *words);

void candidate_deinit(struct candidate *s);
