/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The parts of `firma doctor`. Each looks at one matter and adds what it finds. `status` is the
 * daemon's answer to `firma status`, and has the keys that firma(7) describes.
 */

#include <stddef.h>

#include "base/json/tree.h"
#include "cli/findings.h"
#include "cli/operator.h"

/*
 * Asks the daemon for its status; the caller frees *ret. NULL: there is no answer, which is a
 * finding.
 */
void doctor_daemon(const struct operator_options *op, struct findings *f, struct json_doc **ret);

/* What decides: the policy and its packs, and the default action. */
void doctor_policy(const struct json *status, struct findings *f);

/* Who may ask and who may approve, and whether that can be the same user. */
void doctor_doors(const struct json *status, struct findings *f);
void doctor_self_approval(const struct json *status, struct findings *f);

/* Where the daemon writes: free space, and the log of evidence and its end. */
void doctor_records(const struct json *status, struct findings *f);

/* Key files that approve and can be used without a passphrase. `status` may be NULL. */
void doctor_keys(const struct json *status, struct findings *f);

/* The hooks of agents: where they are, and with `try` whether they are called. */
void doctor_hooks(const struct operator_options *op, bool try, struct findings *f);

/* The clock, and the service's exposure. `status` may be NULL. */
void doctor_clock(struct findings *f);
void doctor_unit(const struct json *status, struct findings *f);
