/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One rule of the policy, and whether it matches. Rules that deny or ask match wide, rules that
 * allow match narrow (design, section 8). gate/policy/rule-read makes rules from JSON; their
 * strings belong to the document.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "gate/approval/demand.h"
#include "gate/fields.h"
#include "gate/kind.h"
#include "gate/policy/candidate.h"
#include "gate/policy/program-links.h"
#include "gate/policy/rule-runner.h"
#include "gate/policy/url.h"
#include "gate/run-as.h"
#include "gate/wire/reply.h"

/* The "rule" that decides if no rule does: no rule may have this name. */
#define RULE_DEFAULT "default_action"
#define RULE_TOKEN "approval_token"
#define RULE_BUDGET "require_budget_state_ref"
#define RULE_HIDDEN "hidden_command"
#define RULE_ALLOWLIST "allowlist"
#define RULE_KEPT "kept_variables"
#define RULE_RUN_AS "run_as.default.require_approval"
#define RULE_LINE "shell_line"
#define RULE_OPERAND "commands.operand.require_approval"
#define RULE_STEPS "match_limit"
#define RULE_URL "fetch.url.refused"
#define RULE_RUNTIME "runtime.default.require_approval"

/* Who must approve what RULE_RUNTIME asks about. */
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
	const char *id; /* NULL if missing, which is a fault */
	enum decision action;
	const char *reason;    /* or NULL */
	struct patterns *argv; /* "**" is an element by itself, and not the first */
	size_t n_argv;
	struct ids users, groups;       /* none: all users */
	struct rule_runners runners;    /* none: all, also without a runner */
	struct run_as_list run_as;      /* none: see rule_try_asker() */
	struct patterns claims[FIELDS]; /* of fields with a rule_key; none: any */
	bool remember, opaque;

	/* Demands on an approval, for a rule that asks. */
	bool demands;
	struct demand_flags demand;
	const char *approvers; /* who must approve: a group's name, or NULL */

	/*
	 * Commands that are excluded from the match, as rules with only `argv` and an action: they
	 * match narrow if this rule matches wide, and wide if this rule matches narrow.
	 */
	struct rule *except;
	size_t n_except;

	/*
	 * A rule of another kind, or of a compiled policy, has no `argv`. It is about `targets`:
	 * file paths, URLs, commands as text, branches, servers; none: any target. In a compiled
	 * policy they are patterns for glob_run_wide(), otherwise for gate/policy/glob.
	 */
	enum kind kind;
	bool compiled;
	struct patterns targets;
	struct patterns except_targets; /* compared literally; an unknown target is none of them */
	bool pushes;                    /* KIND_GIT: only what may change the remote repository */
	struct patterns operations;     /* KIND_GIT; none: any */
	struct patterns tools;          /* KIND_MCP; none: any */
	struct url *urls;               /* KIND_FETCH: the targets, parsed */
	size_t n_urls;
	bool content_required;  /* KIND_WRITE: a request without its content is denied */
	enum severity severity; /* SEVERITY_NONE: that of the action */
};

/* Whether an element of argv stands for any number of arguments. */
bool rule_is_any_words(const struct patterns *element);

/* The directories in which a bare name in an allowing rule may lie, and where names in them lead.
 */
struct trusted {
	const char **directories;
	size_t n;
	struct program_links links;
};

/* Whether the file lies directly in one of them. */
bool trusted_has(const struct trusted *trusted, const char *path);

/*
 * Whether a link in a trusted directory is the program that its name says, although it leads to a
 * file with another name or in another place. That is so for a program with many names (busybox),
 * and for a store in which each version has its own directory (/nix/store).
 */
bool trusted_leads(const struct trusted *trusted, const struct candidate_program *link,
	const struct candidate_program *real);

/* The first condition that keeps a rule from matching. */
enum rule_miss {
	RULE_MATCHES,
	RULE_OTHER_PROGRAM,
	RULE_OTHER_TARGET,
	RULE_OTHER_REAL_PATH,
	RULE_UNTRUSTED,
	RULE_OTHER_WORDS,
	RULE_NOT_NARROW, /* it allows, and fits only as a rule that denies or asks would */
	RULE_EXCEPTED,
	RULE_OTHER_USER,
	RULE_OTHER_GROUP,
	RULE_OTHER_RUNNER,
	RULE_LACKS_RUN_AS, /* it allows, but has no `run_as` */
	RULE_OTHER_RUN_AS,
	RULE_LACKS_CLAIM,
	RULE_OTHER_CLAIM,
};

/* Details of a miss. */
struct rule_reach {
	size_t words;     /* for RULE_OTHER_WORDS: number of arguments that fit */
	const char *path; /* for RULE_UNTRUSTED */
	enum field claim; /* for the last two */
};

/* `reach` may be NULL. */
enum rule_miss rule_try(const struct rule *rule, const struct trusted *trusted,
	const struct candidate *candidate, struct rule_reach *reach);

/*
 * Whether users, groups and claims fit; every kind of rule may have these. `directory`: the working
 * directory, or NULL.
 *
 * A rule with `run_as` matches only what a front end such as sudo would run as one of these users.
 * A rule without it never allows a front end's request; it can deny one.
 */
enum rule_miss rule_try_asker(const struct rule *rule, const struct request *request,
	const struct asker *asker, const char *directory, struct rule_reach *reach);

/*
 * Whether users and groups fit, and a rule that allows names no runners: the rule may be about some
 * request of this asker.
 */
bool rule_is_for(const struct rule *rule, const struct asker *asker);

/*
 * Of two rules, the one with the greater number decides. NULL: 0. An answer that may be remembered
 * makes a rule less strict: a person is asked less often.
 */
int rule_strictness(const struct rule *rule);

/* The severity of the rule, or else of its action. */
enum severity rule_severity(const struct rule *rule);
enum severity severity_of(enum decision action);

/*
 * Whether a rule that denies or asks is about programs under the name or path of this link, so that
 * it is also about the program that the link leads to.
 */
bool rule_fits_link(const struct rule *rule, const char *path);

/* rule_try() without users, groups and claims, for examples. */
enum rule_miss rule_try_argv(const struct rule *rule, const struct trusted *trusted,
	const struct candidate *candidate, struct rule_reach *reach);

/* Whether its patterns fit the arguments, for any program. */
bool rule_words_fit(const struct rule *rule, const struct candidate *candidate);

void rule_deinit(struct rule *rule);
