/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The groups of approvers that the policy names, and those of the packs. A group of the policy
 * comes before one of the same name in a pack.
 */

#include "gate/decide-input.h"

/* NULL if there is no group with that name. */
const struct approver_group *decide_approvers_find(const struct decide_input *in, const char *name);

/* Whether the principal has a uid, or this uid; and a principal with this uid, or NULL. */
bool decide_approvers_has_uid(const struct decide_input *in, const char *principal);
bool decide_approvers_is_uid(const struct decide_input *in, const char *principal, uid_t uid);
const char *decide_approvers_principal_of(const struct decide_input *in, uid_t uid);
