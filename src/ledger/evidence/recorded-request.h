/* SPDX-License-Identifier: ISC */
#pragma once

/* Reads the request of a record, of either contract. */

#include "base/json/tree.h"
#include "gate/invocation-read.h"
#include "gate/wire/request.h"

/* Call recorded_request_init(), then deinit() in any case. */
struct recorded_request {
	struct invocation asked; /* refers to the other members, and to the record's document */
	struct invocation_lists lists;
	struct request *request; /* of the second contract; else NULL */
	struct bytes text;
};

void recorded_request_init(struct recorded_request *r);
void recorded_request_deinit(struct recorded_request *r);

/*
 * `line` is the record, and `root` its document. Returns 0, INVOCATION_MALFORMED or -ENOMEM.
 */
int recorded_request_read(
	struct recorded_request *r, const char *line, size_t len, const struct json *root);
