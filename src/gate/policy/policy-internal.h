/* SPDX-License-Identifier: ISC */
#pragma once

/* What the files that read a policy share. */

#include "gate/policy/policy-document.h"
#include "gate/policy/policy.h"

/* The key that says which CI runners are known. */
#define POLICY_RUNNERS "runners"

/* Call after reading. Error: -ENOMEM. */
int policy_finish(struct policy *policy);

/* Whether the document has the compiled form, and the reader of that form. Error: -ENOMEM. */
bool policy_is_compiled(const struct json *root);
int policy_read_compiled(struct policy *policy, struct faults *faults);
