/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A connection to a server of Redis or Valkey. Each call has a deadline, in µs of the boot clock,
 * for all that it does: a server that stands still, or sends a byte now and then, holds the caller
 * no longer.
 *
 * Commands are put into `out` (base/resp). redis_send() sends them; then redis_read() takes the
 * replies, one for each command, in their order. After a failure the connection is useless, and is
 * closed; `why` says what happened.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/resp.h"
#include "ledger/store/desk-address.h"

struct redis {
	int fd; /* -1: not connected */
	struct bytes out, in;
	size_t taken; /* bytes of `in` that the last reply takes */
};

void redis_init(struct redis *r);

/* Closes the connection too. */
void redis_deinit(struct redis *r);
void redis_close(struct redis *r);

/* The results are 0, or a negative errno with a sentence appended to `why`. */
int redis_connect(
	struct redis *r, const struct desk_address *address, uint64_t deadline, struct bytes *why);
int redis_send(struct redis *r, uint64_t deadline, struct bytes *why);

/*
 * Reads a reply. *ret is its first item, and `r->in` holds it until the next call; *ret_rest, which
 * may be NULL, has the items after the first. An error that the server reports is a failure of the
 * call only if `ret_rest` is NULL.
 */
int redis_read(struct redis *r, uint64_t deadline, struct resp_item *ret, struct resp *ret_rest,
	struct bytes *why);

/* Appends what the server has reported, escaped and cut. Returns -EPROTO. */
int redis_refuse(const struct resp_item *error, struct bytes *why);

/* Whether the server has ended an idle connection, or sends something without a call. */
bool redis_is_broken(const struct redis *r);
