/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The registry of MCP servers: which of them are approved, and for which tools and capabilities. It
 * is a document of its own; where there is one, it decides about tools instead of the list of
 * servers that a policy has, but what that denies stays denied.
 */

#include "base/json/tree.h"
#include "gate/policy/faults.h"
#include "gate/policy/judgement.h"
#include "gate/policy/target.h"

struct registry;

/*
 * Reads a document, which must stay: it owns all strings. What is wrong is added to `faults`.
 * Error: -ENOMEM.
 */
int registry_read(const struct json *root, struct faults *faults, struct registry **ret);
void registry_free(struct registry *registry);
DEFINE_CLEANUP(struct registry *, registry_free)

size_t registry_size(const struct registry *registry);

/* The target is of KIND_MCP. */
struct judgement registry_judge(const struct registry *registry, const struct target *target);

/* Whether the document is a registry. */
bool registry_is_one(const struct json *root);
