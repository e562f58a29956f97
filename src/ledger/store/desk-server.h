/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What a daemon wants to know of a desk's server before it trusts it: version, role, durability,
 * and the library of functions. desk_server_look() asks, desk_server_judge() decides.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "ledger/store/redis.h"

enum desk_library {
	DESK_LIBRARY_MISSING,
	DESK_LIBRARY_OTHER, /* its text is not that of this firma */
	DESK_LIBRARY_FINE,
};

struct desk_server {
	bool is_valkey;
	char version[32];
	char run_id[64]; /* of the process: another one after each start */
	char role[16];
	bool loading;
	bool has_aof, aof_failed;
	char fsync[16]; /* always, everysec or no; "": it may not be asked */
	char eviction[32];
	enum desk_library library;
	char library_hash[65]; /* "" if it is missing */
};

/*
 * Connects, says who asks, and looks. `password`: NULL or "": none. Returns 0, or a negative errno
 * with a sentence in `why`. If it succeeds, the connection is ready for commands.
 */
int desk_server_look(struct redis *redis, const struct desk_address *address, const char *password,
	uint64_t deadline, struct desk_server *ret, struct bytes *why);

/*
 * Whether the server keeps what it has answered. `lax`: it may lose the last second, and it need
 * not tell. Returns true, or false with the reason in `why`.
 */
bool desk_server_judge(const struct desk_server *server, bool lax, struct bytes *why);

/*
 * Reads a password file into `ret`, without its last newline. The file must belong to the caller or
 * to root, and must be closed to others. Returns 0, or a negative errno with a sentence in `why`.
 */
int desk_server_password(const char *path, struct bytes *ret, struct bytes *why);
