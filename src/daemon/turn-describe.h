/* SPDX-License-Identifier: ISC */
#pragma once

/* A request in the daemon's log. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "gate/wire/request.h"

/*
 * Appends "/usr/bin/git for uid 1000 (agent 'a b')", or "by uid 0" for an operator's action
 * (`operates`). `uid`: the asker, or the operator. Never the arguments. Errors: those of
 * bytes_append().
 */
int turn_describe(const struct request *request, uid_t uid, bool operates, struct bytes *what);
