/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The two keys of the policy that define approvers:
 *
 *	"approver_groups": {"platform": ["alice", "bob", "%firma-operators"]}
 *	"principals": {"bob": {"uid": 1001}}
 *
 * A principal is one of the people who may approve with a key (gate/approval/allowed-signers). A
 * name after '%' is a Unix group, whose members approve without a key. The strings belong to the
 * policy's document.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/json/tree.h"
#include "gate/policy/candidate.h"
#include "gate/policy/faults.h"

struct approver_group {
	const char *name;
	const char **principals;
	gid_t *gids;
	size_t n_principals, n_gids;
};

struct principal_uid {
	const char *principal;
	uid_t uid;
};

struct approver_groups {
	struct approver_group *groups;
	size_t n;
	struct principal_uid *uids;
	size_t n_uids;
};

/* Each reads the value of its key; faults are added to `faults`. Error: -ENOMEM. */
int approver_groups_take(struct approver_groups *g, int (*find_group)(const char *name, gid_t *ret),
	struct faults *faults, const struct json *v);
int approver_groups_take_principals(
	struct approver_groups *g, struct faults *faults, const struct json *v);
void approver_groups_deinit(struct approver_groups *g);

/* NULL if there is no group with that name. */
const struct approver_group *approver_groups_find(
	const struct approver_groups *g, const char *name);

/* Whether any group names a Unix group; else the caller need not look up an operator's groups. */
bool approver_groups_use_gids(const struct approver_groups *g);

bool approver_group_has_principal(const struct approver_group *group, const char *principal);

/* Whether the group names one of the asker's Unix groups. */
bool approver_group_has_asker(const struct approver_group *group, const struct asker *asker);

/* Whether the principal has a uid in the policy, or this uid; and the principal with it, or NULL.
 */
bool approver_groups_has_uid(const struct approver_groups *g, const char *principal);
bool approver_groups_is_uid(const struct approver_groups *g, const char *principal, uid_t uid);
const char *approver_groups_principal_of(const struct approver_groups *g, uid_t uid);
