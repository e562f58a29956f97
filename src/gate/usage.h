/* SPDX-License-Identifier: ISC */
#pragma once

/* What the store already holds, counted for one request. */

#include <stddef.h>
#include <stdint.h>

struct usage {
	size_t pending_alike; /* tokens of the request's uid with the request's fingerprint */
	size_t pending_of_uid;
	uint64_t bytes_of_uid;
	uint64_t bytes; /* of all uids */
};
