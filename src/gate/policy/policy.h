/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The policy: an operator's rules, read from one JSON document, and their judgement of a request.
 * Judging reads only its arguments and changes nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "gate/approval/demand.h"
#include "gate/policy/approver-groups.h"
#include "gate/policy/candidate.h"
#include "gate/policy/faults.h"
#include "gate/policy/judgement.h"
#include "gate/policy/rule.h"
#include "gate/policy/target.h"
#include "gate/wire/reply.h"

struct policy;
struct registry;
struct runners;

/* Functions that find users and groups by name. Negative if there is no such user or group. */
struct policy_names {
	int (*user)(const char *name, uid_t *ret);
	int (*group)(const char *name, gid_t *ret);
	int (*primary_group)(uid_t uid, gid_t *ret);
};

/* The document has faults. */
enum { POLICY_FAULTY = 1 };

/*
 * Reads a document. Returns 0, POLICY_FAULTY or -ENOMEM. All faults and warnings are added to
 * `faults`; with 0 only warnings.
 */
int policy_parse(const char *text, size_t len, const struct policy_names *names,
	struct faults *faults, struct policy **ret);
void policy_free(struct policy *policy);
DEFINE_CLEANUP(struct policy *, policy_free)

/* From its metadata; or NULL. */
const char *policy_id(const struct policy *policy);
const char *policy_version(const struct policy *policy);

size_t policy_size(const struct policy *policy);

/* The same, with the rules of other kinds. */
size_t policy_size_of_all(const struct policy *policy);
const struct rule *policy_rule(const struct policy *policy, size_t index);

/* The rules of a kind that are not about argument vectors; NULL if there are none. */
const struct rule *policy_rules_of(const struct policy *policy, enum kind kind, size_t *ret_n);

/* The rule that decides about a kind if no other does; NULL if there is none. */
const struct rule *policy_default_rule(const struct policy *policy, enum kind kind);

/* For NULL: the directories of a policy that names none. */
const struct trusted *policy_trusted(const struct policy *policy);

/*
 * Where names lead in the trusted directories is found by the caller: the links that the policy
 * wants, if it has rules that deny or ask about commands (of text rules, any may be about a link).
 * policy_set_links() takes over what `links` holds, in place of those before.
 */
bool policy_has_wide_rules(const struct policy *policy);
bool policy_wants_link(const struct policy *policy, const char *path);
void policy_set_links(struct policy *policy, struct program_links *links);

/* The registry, if the document is one: it is read as a policy without rules; else NULL. */
const struct registry *policy_registry(const struct policy *policy);
bool policy_is_of_compiled_form(const struct policy *policy);

/* Whether a rule needs the asker's groups; else the caller need not look them up. */
bool policy_uses_groups(const struct policy *policy);

/* The names of the packs that the policy puts in force in addition to itself. */
const char *const *policy_packs(const struct policy *policy, size_t *ret_n);

/* Whether a rule is about paths in the asker's home directory, and needs to know it. */
bool policy_uses_home(const struct policy *policy);

/* DECISION_NONE if the document doesn't say. */
enum decision policy_default(const struct policy *policy);

/*
 * The strictest rule that matches decides, else the policy's default, else `otherwise`, which also
 * decides without a policy (NULL). The request is a local.exec without a fault, or one of the
 * second contract about a line of shell; for the latter, the caller sets the executable and
 * arguments to a shell that runs the line. Error: -ENOMEM.
 */
int policy_judge(const struct policy *policy, const struct request *request,
	const struct asker *asker, enum decision otherwise, struct judgement *ret);

/*
 * Adds the demands on an approval of the rules that ask about this request. The names of groups
 * belong to the policy. No policy (NULL) demands nothing. Error: -ENOMEM.
 */
int policy_demand(const struct policy *policy, const struct request *request,
	const struct asker *asker, struct demand *d);

/* NULL if the policy has no key `runners`; `policy` may be NULL. */
const struct runners *policy_runners(const struct policy *policy);

/* Never NULL: without a policy the result has no groups. */
const struct approver_groups *policy_approvers(const struct policy *policy);

/*
 * Judges a request of the second contract that is not about a command; `policy` is not NULL. If the
 * policy has no rule for the target, a person is asked.
 */
struct judgement policy_judge_target(const struct policy *policy, const struct target *target);
