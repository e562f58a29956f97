/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The registry of MCP servers: the approved servers, and their tools and capabilities. It is a
 * document of its own. If there is one, it decides about tools in place of a policy's list of
 * servers, but what that list denies remains denied.
 */

#include "base/json/tree.h"
#include "gate/policy/faults.h"
#include "gate/policy/judgement.h"
#include "gate/policy/target.h"

struct registry;

/*
 * Reads a document, which owns all strings and must outlive the registry. Faults are added to
 * `faults`. Error: -ENOMEM.
 */
int registry_read(const struct json *root, struct faults *faults, struct registry **ret);
void registry_free(struct registry *registry);
DEFINE_CLEANUP(struct registry *, registry_free)

size_t registry_size(const struct registry *registry);

/* The target must be of KIND_MCP. */
struct judgement registry_judge(const struct registry *registry, const struct target *target);

/* Whether the document is a registry. */
bool registry_is_one(const struct json *root);
