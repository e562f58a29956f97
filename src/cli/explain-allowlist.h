/* SPDX-License-Identifier: ISC */
#pragma once

/* The allowlist of the daemon, for `policy explain`: asked for at the operator door. */

#include "cli/operator.h"
#include "gate/allowlist/allowlist.h"

/* Returns STATUS_DONE, or the status to exit with, with the message already printed. */
int explain_allowlist_read(const struct operator_options *op, struct allowlist **ret);
