/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The facts about a desk's server on which a daemon's trust depends: version, role, durability, and
 * the library of functions. desk_server_look() asks for them, desk_server_judge() decides.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "ledger/store/redis.h"

enum desk_library {
	DESK_LIBRARY_MISSING,
	DESK_LIBRARY_OTHER, /* its text differs from this program's */
	DESK_LIBRARY_FINE,
};

struct desk_server {
	bool is_valkey;
	char version[32];
	char run_id[64]; /* of the server's process; changes at each start */
	char role[16];
	bool loading;
	bool has_aof, aof_failed;
	char fsync[16]; /* always, everysec or no; "": not permitted to ask */
	char eviction[32];
	enum desk_library library;
	char library_hash[65]; /* "" if it is missing */
};

/*
 * Connects, authenticates, and asks the server. `password`: NULL or "" for none. Returns 0, and the
 * connection is ready for commands; or a negative errno with a sentence in `why`.
 */
int desk_server_look(struct redis *redis, const struct desk_address *address, const char *password,
	uint64_t deadline, struct desk_server *ret, struct bytes *why);

/*
 * Whether a daemon may use the server: it must keep every change that it has acknowledged. `lax`:
 * it may lose the last second, and need not tell its setting. If false, `why` has the reason.
 */
bool desk_server_judge(const struct desk_server *server, bool lax, struct bytes *why);

/*
 * Reads a password file into `ret`, without its last newline. The file must belong to the caller or
 * to root, and others must have no access. Returns 0, or a negative errno with a sentence in `why`.
 */
int desk_server_password(const char *path, struct bytes *ret, struct bytes *why);
