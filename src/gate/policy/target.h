/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What a request of the second contract is about, made ready for rules that are not about argument
 * vectors: a path and where it may lead, a line of shell and the commands in it, branches, a server
 * and its tool. Embedded: target_init(), then target_deinit(). What it was made from must stay.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gate/kind.h"
#include "gate/policy/candidates.h"
#include "gate/policy/glob.h"
#include "gate/policy/rule.h"
#include "gate/wire/request.h"

/* A text that a rule may be about, and where in it a pattern may begin. */
struct target_text {
	char *text;
	size_t len;
	enum glob_reach reach;
	bool name;    /* of KIND_GIT: the whole name of a branch; the others are its last part */
	bool command; /* of KIND_EXEC: one of those that a rule that allows must fit, each of them
		       */
};

struct target {
	enum kind kind;
	const struct request *request;
	const struct asker *asker;

	/* For rules that deny or ask, it is each of these. */
	struct target_text *texts;
	size_t n, size;

	/* Of KIND_EXEC. */
	bool understood; /* all that is run is among the texts that are commands */
	bool grave;      /* it speaks of applying or deleting something */

	/* Of KIND_READ and KIND_WRITE; NULL where it isn't known. */
	const char *absolute; /* written out, without "." and ".." */
	const char *real;     /* where it leads, as the asker says */
	const char *directory;
	bool leads_up; /* there is a ".." in what was sent */

	/* Of KIND_FETCH. */
	struct url url;        /* nothing where it has a fault */
	const char *url_fault; /* a sentence without its subject, or NULL */

	/* Of KIND_GIT. */
	const char *operation; /* or NULL */
	bool pushes;           /* it may change the other side */
	bool any_branch;       /* it may be about each branch, such as a wildcard or HEAD */
	bool odd_branch;       /* a branch can't have such a name */
	bool no_branch;        /* a command that does not say which */

	/* Of KIND_MCP; NULL where the request doesn't say. */
	const char *server, *tool, *capability;
};

/* The request is one of the second contract without a fault, and not of KIND_EXEC. Error: -ENOMEM,
 * nothing to free. */
int target_init(struct target *t, const struct request *request, const struct asker *asker);

/*
 * The same for a path alone, of KIND_READ or KIND_WRITE, as a command names it that is run in
 * `directory` (or NULL).
 */
int target_init_path(struct target *t, enum kind kind, const char *path, const char *directory,
	const struct request *request, const struct asker *asker);

/*
 * What a request would run, as text: words are joined by blanks. `line` is the line of shell that
 * was asked about, and the first candidate a shell that is given it; NULL: it is a local.exec.
 */
int target_init_candidates(struct target *t, const struct candidates *candidates, const char *line,
	const struct trusted *trusted);

/*
 * The branches to which a command pushes. Returns 0 where it is no git push, 1 where it is one, or
 * -ENOMEM; target_deinit() after 1.
 */
int target_init_push(struct target *t, const struct candidate *command);

/* Whether a command is git, also after a wrapper, and this its first word that is no option. */
bool target_is_git(const struct candidate *command, const char *subcommand);

void target_deinit(struct target *t);
