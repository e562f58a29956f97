/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Reads the members of rules that are not about argument vectors: which files, URLs, lines,
 * branches or tools they are about. The functions are for rows of a rule, whose `kind` and
 * `compiled` are set.
 */

#include "base/json/dispatch.h"
#include "gate/policy/rule.h"

dispatch_take_fn rule_take_targets, rule_take_except_targets;
dispatch_take_fn rule_take_words; /* patterns, at the row's offset */
dispatch_take_fn rule_take_content;
