/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The target of a request of the second contract, prepared for rules that are not about argument
 * vectors: a path and its real path, a line of shell and its commands, branches, a server and its
 * tool. Embedded: target_init(), then target_deinit(). The input must outlive it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gate/kind.h"
#include "gate/policy/candidates.h"
#include "gate/policy/glob.h"
#include "gate/policy/rule.h"
#include "gate/wire/request.h"

/* A text that a rule may be about, and where in the text a pattern may begin. */
struct target_text {
	char *text;
	size_t len;
	enum glob_reach reach;
	bool name;    /* KIND_GIT: a full branch name; other texts are the last part */
	bool command; /* KIND_EXEC: an allowing rule must fit each of these */
};

struct target {
	enum kind kind;
	const struct request *request;
	const struct asker *asker;

	/* A rule that denies or asks is tried on each of these. */
	struct target_text *texts;
	size_t n, size;
	int error; /* of the first text that could not be added, or 0: no further one is added */

	/* Of KIND_EXEC. */
	bool understood; /* all that is run is in texts with `command` */
	bool grave;      /* it has "apply" or "delete" in it */

	/* Of KIND_READ and KIND_WRITE; NULL if not known. */
	const char *absolute; /* absolute, without "." and ".." */
	const char *real;     /* the real path, as the asker says */
	const char *directory;
	bool leads_up; /* the path as sent has a ".." */
	bool operand;  /* a command names it; where links lead is never known */

	/* Of KIND_FETCH. */
	struct url url;        /* empty if it has a fault */
	const char *url_fault; /* a predicate without its subject, or NULL */

	/* Of KIND_GIT. */
	const char *operation; /* or NULL */
	bool pushes;           /* it may change the remote repository */
	bool any_branch;       /* may be any branch, such as a wildcard or HEAD */
	bool odd_branch;       /* it is not a valid branch name */
	bool no_branch;        /* a command that doesn't name a branch */

	/* Of KIND_MCP; NULL if the request lacks it. */
	const char *server, *tool, *capability;
};

/*
 * The request must be one of the second contract without a fault, and not of KIND_EXEC. Error:
 * -ENOMEM, with nothing to free.
 */
int target_init(struct target *t, const struct request *request, const struct asker *asker);

/*
 * The same for one path, of KIND_READ or KIND_WRITE, that a command run in `directory` (or NULL)
 * names.
 */
int target_init_path(struct target *t, enum kind kind, const char *path, const char *directory,
	const struct request *request, const struct asker *asker);

/*
 * The commands of a request, as text: words are joined by blanks. `line` is the line of shell that
 * the request is about; the first candidate is then a shell that runs it. NULL: a local.exec.
 */
int target_init_candidates(struct target *t, const struct candidates *candidates, const char *line,
	const struct trusted *trusted);

/*
 * The branches to which a command pushes. Returns 0 if it is not a git push, 1 if it is, or
 * -ENOMEM; call target_deinit() after 1.
 */
int target_init_push(struct target *t, const struct candidate *command);

/*
 * Whether a command is git, also after a wrapper, and `subcommand` is its first word that is not an
 * option.
 */
bool target_is_git(const struct candidate *command, const char *subcommand);

void target_deinit(struct target *t);
