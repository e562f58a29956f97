/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One rule of the policy, and whether it matches: denying and asking wide, allowing narrow (design,
 * section 8). gate/policy/rule-read makes rules from JSON; their strings belong to the document.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "gate/approval/demand.h"
#include "gate/fields.h"
#include "gate/kind.h"
#include "gate/policy/candidate.h"
#include "gate/policy/url.h"
#include "gate/wire/reply.h"

/* What decides where no rule does: no rule may be called so. */
#define RULE_DEFAULT "default_action"
#define RULE_TOKEN "approval_token"
#define RULE_BUDGET "require_budget_state_ref"
#define RULE_HIDDEN "hidden_command"
#define RULE_ALLOWLIST "allowlist"
#define RULE_KEPT "kept_variables"
#define RULE_LINE "shell_line"
#define RULE_OPERAND "commands.operand.require_approval"
#define RULE_URL "fetch.url.refused"
#define RULE_RUNTIME "runtime.default.require_approval"

/* Who is to approve what RULE_RUNTIME asks about. */
#define APPROVERS_RUNTIME "Repository Owners"

/* One pattern or, as a list, any of several. */
struct patterns {
	const char **any;
	size_t n;
};

struct ids {
	id_t *ids;
	size_t n;
};

struct rule {
	const char *id; /* NULL where it lacks one, which is a fault */
	enum decision action;
	const char *reason;    /* or NULL */
	struct patterns *argv; /* "**" stands alone, and not first */
	size_t n_argv;
	struct ids users, groups;       /* none: whoever */
	struct patterns claims[FIELDS]; /* of those that have a rule_key; none: any */
	bool remember, opaque;

	/* What it demands of an approval, of a rule that asks. */
	bool demands;
	struct demand_flags demand;
	const char *approvers; /* who is to approve: the name of a group, or NULL */

	/*
	 * Commands that it does not match after all, as rules that have only `argv` and an action:
	 * they match narrow where this rule matches wide, and wide where it matches narrow.
	 */
	struct rule *except;
	size_t n_except;

	/*
	 * A rule of another kind, or of a compiled policy, has no `argv`. It is about `targets`:
	 * file paths, URLs, commands as text, branches, servers; none: whatever the target is. Of a
	 * compiled policy they are patterns of glob_run_wide(), else those of gate/policy/glob.
	 */
	enum kind kind;
	bool compiled;
	struct patterns targets;
	struct patterns except_targets; /* literally; a target that isn't known is none of them */
	bool pushes;                    /* of KIND_GIT: only what may change the other side */
	struct patterns operations;     /* of KIND_GIT; none: any */
	struct patterns tools;          /* of KIND_MCP; none: any */
	struct url *urls;               /* of KIND_FETCH: the targets, taken apart */
	size_t n_urls;
	bool content_required;  /* of KIND_WRITE: without its content, what is written is denied */
	enum severity severity; /* SEVERITY_NONE: the one of its action */
};

/* Whether an element of argv is any number of arguments. */
bool rule_is_any_words(const struct patterns *element);

/* Directories in which a bare name of an allowing rule is looked for. */
struct trusted {
	const char **directories;
	size_t n;
};

/* Whether the file lies in one of them. */
bool trusted_has(const struct trusted *trusted, const char *path);

/*
 * Whether a link in a trusted directory is the program that it is called by, although it leads to a
 * file of another name or place: to a program of many names (busybox), or into a store, in which
 * each version has a directory of its own (/nix/store).
 */
bool trusted_leads(const struct trusted *trusted, const struct candidate_program *link,
	const struct candidate_program *real);

/* The first that keeps a rule from matching. */
enum rule_miss {
	RULE_MATCHES,
	RULE_OTHER_PROGRAM,
	RULE_OTHER_REAL_PATH,
	RULE_UNTRUSTED,
	RULE_OTHER_WORDS,
	RULE_EXCEPTED,
	RULE_OTHER_USER,
	RULE_OTHER_GROUP,
	RULE_LACKS_CLAIM,
	RULE_OTHER_CLAIM,
};

/* More about a miss. */
struct rule_reach {
	size_t words;     /* of RULE_OTHER_WORDS: so many arguments fit */
	const char *path; /* of RULE_UNTRUSTED */
	enum field claim; /* of the last two */
};

/* `reach` may be NULL. */
enum rule_miss rule_try(const struct rule *rule, const struct trusted *trusted,
	const struct candidate *candidate, struct rule_reach *reach);

/*
 * Whether users, groups and claims fit: what every kind of rule may be narrowed by. `directory`:
 * where it happens, or NULL.
 */
enum rule_miss rule_try_asker(const struct rule *rule, const struct request *request,
	const struct asker *asker, const char *directory, struct rule_reach *reach);

/* The severity that the rule or its action has. */
enum severity rule_severity(const struct rule *rule);
enum severity severity_of(enum decision action);

/* rule_try() without users, groups and claims, for examples. */
enum rule_miss rule_try_argv(const struct rule *rule, const struct trusted *trusted,
	const struct candidate *candidate, struct rule_reach *reach);

/* Whether its patterns fit the arguments, whatever the program is. */
bool rule_words_fit(const struct rule *rule, const struct candidate *candidate);

void rule_deinit(struct rule *rule);
