/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What rules are tried on: a request and who asks, or an example of a rule, made ready once for all
 * rules. Embedded: candidate_init() or candidate_init_example(), then candidate_deinit(). What it
 * was made from must stay.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "gate/wire/request.h"

/* Who asks: uid and groups are facts, the process is for display alone. */
struct asker {
	uid_t uid;
	const gid_t *groups; /* the primary one is among them */
	size_t n_groups;
	bool more_groups; /* there may be others, which aren't known */
	pid_t pid;        /* 0 where it isn't known */
};

/* Something that may be run: the command itself, or a word behind a wrapper. */
struct candidate_program {
	const char *name; /* the last part of its path */
	const char *path; /* absolute and normal; NULL where it isn't known */
	bool searched;    /* it is a bare name, looked for who knows where */
};

struct candidate_word {
	const char *text;
	struct candidate_program program; /* only behind a wrapper */
	bool options_first;               /* likewise; as below, of the words that follow */
};

struct candidate {
	const struct request *request; /* NULL for an example */
	const struct asker *asker;     /* likewise */
	struct candidate_program executable;
	struct candidate_program real; /* no name where the request doesn't say */

	struct candidate_word *words; /* the arguments */
	size_t n_words;
	bool wrapped;       /* the command is a wrapper: what is run may be among the words */
	bool options_first; /* options of the program stand where its subcommand would */
	bool hidden;        /* …or be in none of them: xargs, env -S */

	struct bytes paths;
};

/* The request is a local.exec without a fault. Error: -ENOMEM, nothing to free then. */
int candidate_init(struct candidate *s, const struct request *request, const struct asker *asker);

/* `words`: n strings, each ended by NUL, of which the first is the command (n > 0). */
int candidate_init_example(struct candidate *s, const char *words, size_t n);

void candidate_deinit(struct candidate *s);
