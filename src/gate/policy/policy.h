/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The policy: an operator's rules, read from one JSON document, and what they say of a request.
 * Judging reads nothing but its arguments and changes nothing.
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

/* How users and groups are found by their name. Negative where there is none of that name. */
struct policy_names {
	int (*user)(const char *name, uid_t *ret);
	int (*group)(const char *name, gid_t *ret);
};

/* The document has faults. */
#define POLICY_FAULTY 1

/*
 * Reads a document. Returns 0, POLICY_FAULTY or -ENOMEM; all that is wrong is added to `faults`,
 * with 0 warnings alone.
 */
int policy_parse(const char *text, size_t len, const struct policy_names *names,
	struct faults *faults, struct policy **ret);
void policy_free(struct policy *policy);
DEFINE_CLEANUP(struct policy *, policy_free)

/* As in its metadata, or NULL. */
const char *policy_id(const struct policy *policy);
const char *policy_version(const struct policy *policy);

size_t policy_size(const struct policy *policy);

/* The same with the rules of other kinds. */
size_t policy_size_of_all(const struct policy *policy);
const struct rule *policy_rule(const struct policy *policy, size_t index);

/* Without a policy (NULL) those that a policy has which names none. */
const struct trusted *policy_trusted(const struct policy *policy);

/* What the document is: a registry is read as a policy that has nothing else; NULL: it is none. */
const struct registry *policy_registry(const struct policy *policy);
bool policy_is_of_compiled_form(const struct policy *policy);

/* Whether a rule is about groups: else nobody needs to know the asker's. */
bool policy_uses_groups(const struct policy *policy);

/* DECISION_NONE where it doesn't say. */
enum decision policy_default(const struct policy *policy);

/*
 * The strictest rule that matches, else the policy's default, else `otherwise`, which also decides
 * where there is no policy (NULL). The request is a local.exec without a fault, or one of the
 * second contract about a line of shell, which is written into it as a shell that is given the
 * line. Error: -ENOMEM.
 */
int policy_judge(const struct policy *policy, const struct request *request,
	const struct asker *asker, enum decision otherwise, struct judgement *ret);

/*
 * Adds what the rules that ask about this request demand of an approval. The groups' names are the
 * policy's. No policy (NULL) demands nothing. Error: -ENOMEM.
 */
int policy_demand(const struct policy *policy, const struct request *request,
	const struct asker *asker, struct demand *d);

/* Never NULL: without a policy there are none. */
const struct approver_groups *policy_approvers(const struct policy *policy);

/*
 * What the policy (not NULL) says of a request of the second contract that is not about a command.
 * Where it says nothing of the target's kind, a person is asked.
 */
struct judgement policy_judge_target(const struct policy *policy, const struct target *target);
