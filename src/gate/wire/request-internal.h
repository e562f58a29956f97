/* SPDX-License-Identifier: ISC */
#pragma once

/* What the files that read requests share. */

#include "base/json/dispatch.h"
#include "gate/wire/request.h"

/* The request is refused: its fault was noted. */
enum { REQUEST_REFUSED = DISPATCH_REFUSED };

/*
 * Reads the members of the outermost object by a table into `to`: most often the request itself,
 * which the functions below need. Returns 0, REQUEST_REFUSED with the fault noted, or a negative
 * errno.
 */
int request_read_members(struct request *q, void *to, const struct dispatch_row *rows);

/*
 * The same with the whole table of an action, except the key `action`: the member `must` may name
 * only keys of this table.
 */
int request_read_action(struct request *q, const struct dispatch_row *rows);

/*
 * Sets the fault to "malformed request: " and the formatted text. Returns REQUEST_REFUSED, -ENOMEM.
 */
int request_set_fault(struct request *q, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Functions for rows of requests, in addition to those of base/json/dispatch. */
dispatch_take_fn request_take_non_empty, request_take_args, request_take_programs,
	request_take_names, request_take_hitl_mode, request_take_argv, request_take_uid,
	request_take_state, request_take_confirmed, request_take_scope, request_take_consume,
	request_take_runner, request_refuse_fact, request_take_behalf, request_take_groups,
	request_take_via, request_take_run_as;

/*
 * Reads the members of a request of the second contract from its document. Returns 0,
 * REQUEST_REFUSED with the fault noted, or -ENOMEM.
 */
int request_read_evaluate(struct request *q);
void request_deinit_evaluate(struct evaluate *evaluate);
