/* SPDX-License-Identifier: ISC */
#pragma once

/* What the parts of the decision share. */

#include "gate/decide.h"

/* Each gives the whole answer. `reason` and `rule` may be NULL. Error: -ENOMEM. */
int verdict_decide(struct verdict *v, enum decision decision, const char *reason, const char *rule);
int verdict_conclude(struct verdict *v, enum outcome outcome, const char *reason);
int verdict_show(struct verdict *v, enum view view);
int verdict_close(const struct question *q, struct verdict *v);

/* The state in which the question's token is to be seen. */
enum token_state question_state(const struct question *q);

/* What the table of states says of the question's token. */
int decide_step(const struct question *q, enum token_event event, struct verdict *v);

/* What no rule allows may be allowed by an entry: 1 where it is, else 0. */
int decide_by_allowlist(const struct question *q, const struct judgement *j, struct verdict *v);

/* The entry that a consumed token leaves behind, if any. */
int decide_entry(const struct question *q, const struct judgement *j, struct verdict *v);

/* An approval for good, of a token that is pending or approved. */
int decide_always(const struct question *q, struct verdict *v);

/* The operators' actions on the allowlist. */
int decide_allow_action(const struct question *q, struct verdict *v);
