/* SPDX-License-Identifier: ISC */
#pragma once

/* Writes rules and their patterns as JSON, with the keys that a policy has for them. */

#include "base/json/writer.h"
#include "gate/policy/rule.h"

/* A string, or an array if there are several. */
void rule_write_patterns(struct writer *w, const char *key, const struct patterns *patterns);

/* The elements of `argv` from `first` on. */
void rule_write_argv(struct writer *w, const char *key, const struct rule *rule, size_t first);

/*
 * The members that say to an asker what a rule allows or asks about: not who else may, nor who
 * approves, nor what is excepted; of exceptions only that there are some.
 */
void rule_write_for_asker(struct writer *w, const struct rule *rule);
