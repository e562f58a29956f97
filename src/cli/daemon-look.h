/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A daemon without a service manager (`firma daemon`): where its files are, whether its process
 * lives, and whether it answers at its socket. The kernel says which process that is: the holder of
 * the pid file's lock, and the listener of the socket.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/pid-file.h"
#include "cli/client.h"
#include "cli/verb.h"

/*
 * The first rows of each such verb's table. `prefix` leads to the object's struct daemon_options:
 * "daemon.", or nothing if the object is one.
 */
#define DAEMON_ROWS(object, prefix)                                                                \
	{ "socket", 0, "PATH", "where the daemon answers", OPTION_STRING(object, prefix socket) }, \
		{ "pid-file", 0, "FILE", "its pid file (default: the socket's, with .pid)",        \
			OPTION_STRING(object, prefix pid_file) },                                  \
	{                                                                                          \
		"timeout", 0, "TIME", "wait at most so long for it (default: 5s)",                 \
			OPTION_DURATION(object, prefix timeout)                                    \
	}

#define DAEMON_INIT                       \
	{                                 \
		.timeout = CLIENT_TIMEOUT \
	}

struct daemon_options {
	const char *socket, *pid_file;
	uint64_t timeout;
};

/* Absolute paths, and the same escaped for messages. */
struct daemon_place {
	char *socket, *pid_file;
	struct bytes shown_socket, shown_pid_file;
};

/*
 * Finds the paths. Without an option: $FIRMA_SOCKET, else agent.sock in the runtime directory of
 * the user or, for root, of the system. Returns STATUS_DONE, or another status after a message.
 */
int daemon_place_find(
	const struct verb *verb, const struct daemon_options *options, struct daemon_place *ret);
void daemon_place_deinit(struct daemon_place *place);

struct daemon_look {
	pid_t pid;       /* 0: no process; -1: one that can't be seen from here */
	bool responsive; /* it answers at the socket, and it is that process */
	struct bytes message;
};

/*
 * Finds out whether the daemon runs. Opens `f` unless it is open; it stays closed if there is no
 * pid file. Asks for the gate's ID, which leaves no record. Returns STATUS_DONE, or
 * STATUS_UNDECIDED after a message.
 */
int daemon_look(const struct daemon_place *place, uint64_t timeout, struct pid_file *f,
	struct daemon_look *ret);

/*
 * Opens the pid file, which is made if it is missing, and waits until no other start or stop is
 * under way, at most `timeout` µs. Returns STATUS_DONE, or another status after a message.
 */
int daemon_manage(const struct daemon_place *place, uint64_t timeout, struct pid_file *ret);
