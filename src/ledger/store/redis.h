/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A connection to a Redis or Valkey server. Each call has a deadline, in µs of the boot clock, for
 * everything it does: a server that hangs, or sends a byte now and then, can't block the caller
 * longer.
 *
 * Append commands to `out` (base/resp), and call redis_send(); then call redis_read() once for each
 * command, in order. After a failure the connection is closed, and `why` says what happened.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/resp.h"
#include "ledger/store/desk-address.h"

struct redis {
	int fd; /* -1: not connected */
	struct bytes out, in;
	size_t taken; /* length of the last reply, at the beginning of `in` */
};

void redis_init(struct redis *r);

/* Also closes the connection. */
void redis_deinit(struct redis *r);
void redis_close(struct redis *r);

/* All return 0, or a negative errno with a sentence appended to `why`. */
int redis_connect(
	struct redis *r, const struct desk_address *address, uint64_t deadline, struct bytes *why);
int redis_send(struct redis *r, uint64_t deadline, struct bytes *why);

/*
 * Reads a reply. *ret is its first item, and *ret_rest the items after it; both point into `r->in`,
 * and are valid until the next call. `ret_rest` may be NULL: then an error that the server reports
 * is a failure of this call.
 */
int redis_read(struct redis *r, uint64_t deadline, struct resp_item *ret, struct resp *ret_rest,
	struct bytes *why);

/* Appends the server's error, escaped and shortened. Returns -EPROTO. */
int redis_refuse(const struct resp_item *error, struct bytes *why);

/* Whether the server has closed an idle connection, or has sent something without a call. */
bool redis_is_broken(const struct redis *r);
