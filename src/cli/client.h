/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One exchange with the daemon: client_open(), client_send(), client_read_line() as often as
 * needed, client_close(). Nothing is sent unless the listener runs as the user, root or the user
 * firma. Waiting for the daemon ends at the deadline.
 *
 * An error is a negative result with a sentence in `why`. To the caller, every error means "could
 * not decide". -EACCES: this user may not connect.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "gate/limits.h"

/* The longest line of a reply. A token's record may be as large as its request, plus the keys. */
#define CLIENT_LINE_MAX (LIMIT_REQUEST_MAX + ((size_t)256 << 10))

#define CLIENT_TIMEOUT (UINT64_C(5000000))

/* Returns the path without a leading "unix://", if it has one. */
const char *client_strip_scheme(const char *path);

enum client_door { CLIENT_AGENT, CLIENT_OPERATOR };

/* The user that must have called listen(2) on the socket; under systemd that is root. */
enum client_peer {
	CLIENT_PEER_ANY, /* the user, root, or the user firma */
	CLIENT_PEER_ROOT,
	CLIENT_PEER_FIRMA, /* the user firma, or root */
	CLIENT_PEER_OTHER, /* the same, but never the user that runs this client */
};

struct client {
	char *path; /* for messages */
	int fd;
	uint64_t deadline; /* µs of the boot clock */
	bool trusts_place; /* the listener may have no uid here */
	struct bytes in;   /* received but not read yet */
	struct bytes why;
};

/*
 * Finds the socket (design, section 2), connects, and checks who listens. The socket is `path`
 * (which may begin with unix://); if `path` is NULL, the environment's; else one of the usual
 * places.
 */
int client_open(struct client *c, enum client_door door, const char *path, uint64_t timeout);

/*
 * The same, but connecting also ends when the descriptor `stop` becomes readable: -ECANCELED,
 * without a sentence. -1: as client_open().
 */
int client_open_unless(
	struct client *c, enum client_door door, const char *path, uint64_t timeout, int stop);

/*
 * The same with the agent's socket at `path`. If its listener has no uid in this user namespace,
 * the place of the socket decides (cli/trusted-socket).
 */
int client_open_by_place(struct client *c, const char *path, uint64_t timeout);

/* Checks the listener more strictly than client_open() does. Call it before anything is sent. */
int client_require_peer(struct client *c, enum client_peer peer);

/* `line` is one line with its newline. It is no error if the peer doesn't read all of it. */
int client_send(struct client *c, const struct bytes *line);

enum client_line {
	CLIENT_END, /* the reply has ended */
	CLIENT_LINE,
	CLIENT_LATER, /* no whole line has arrived yet */
};

/*
 * Replaces `line` by the next line without its newline. Returns CLIENT_LINE, CLIENT_END, or a
 * negative errno. A line without a newline is an error: the peer died.
 */
int client_read_line(struct client *c, struct bytes *line);

/* The same without waiting: may also return CLIENT_LATER. */
int client_take_line(struct client *c, struct bytes *line);

void client_close(struct client *c);
