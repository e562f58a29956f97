/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * In a user namespace, every uid that is not mapped shows as 65534. If the listener has this uid,
 * only the place of its socket can show that it is the right one.
 */

#include "base/bytes.h"

struct trusted_socket {
	int directory, socket; /* descriptors for the path alone (O_PATH), or -1 */
};

#define TRUSTED_SOCKET_INIT                   \
	{                                     \
		.directory = -1, .socket = -1 \
	}

/*
 * Opens the socket, so that the one that is checked is the one to connect to. Error: a negative
 * errno with a sentence in `why`. Call trusted_socket_deinit() in either case.
 */
int trusted_socket_open(const char *path, struct trusted_socket *ret, struct bytes *why);
void trusted_socket_deinit(struct trusted_socket *socket);

/*
 * Whether an unmapped listener may be trusted there: uid 65534 is not a user of this namespace, and
 * the socket is below a read-only mount, or in a directory of the user who runs this program that
 * no other user can write to. Returns 0, or a negative errno with a sentence in `why`.
 */
int trusted_socket_check(const struct trusted_socket *socket, struct bytes *why);
