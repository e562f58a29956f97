/* SPDX-License-Identifier: ISC */
#pragma once

/* Reading a rule from JSON, and everything that can be wrong with it. */

#include "base/json/dispatch.h"
#include "gate/policy/policy.h"

/*
 * A section of the document. Rules about lines of shell are of KIND_EXEC, but have no argv: their
 * patterns are for the text, as in compiled policies.
 */
struct rule_section {
	const char *name;
	enum kind kind;
	bool lines;
};

/*
 * Reads the element at `index` of a section. Faults are added to `faults`; the rule must then only
 * be passed to rule_deinit(), which is needed in any case. Error: -ENOMEM.
 */
int rule_read(const struct json *value, const struct rule_section *section, size_t index,
	const struct trusted *trusted, const struct policy_names *names, struct faults *faults,
	struct rule *ret);

/* For rows: an enum decision, by its name. */
dispatch_take_fn rule_take_action;
