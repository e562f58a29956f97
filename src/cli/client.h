/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One exchange with the daemon: client_open(), client_send(), client_read_line() as often as
 * needed, client_close(). Nothing is sent to a listener that isn't the user's own, root's or the
 * user firma's. Waiting for the daemon ends at the deadline.
 *
 * Errors are sentences in `why`, beside a negative result; what they mean is always "could not
 * decide".
 */

#include <stdint.h>

#include "base/bytes.h"

/* A line of a reply: a token's record may be as large as the request was, and its keys. */
#define CLIENT_LINE_MAX ((size_t)256 << 10)

#define CLIENT_TIMEOUT (UINT64_C(5000000))

/* The path after "unix://", if it is written so. */
const char *client_strip_scheme(const char *path);

enum client_door { CLIENT_AGENT, CLIENT_OPERATOR };

/* Who must have called listen(2) there; under systemd that is root. */
enum client_peer {
	CLIENT_PEER_ANY, /* the user, root, or the user firma */
	CLIENT_PEER_ROOT,
	CLIENT_PEER_FIRMA, /* the user firma, or root */
	CLIENT_PEER_OTHER, /* the same, and not the user itself */
};

struct client {
	char *path; /* to be shown */
	int fd;
	uint64_t deadline; /* µs of the boot clock */
	struct bytes in;   /* received, and not read yet */
	struct bytes why;
};

/*
 * Finds the socket (design, section 2): `path`, which may be NULL and may begin with unix://, else
 * the environment, else the usual places; connects; checks who listens.
 */
int client_open(struct client *c, enum client_door door, const char *path, uint64_t timeout);

/* A listener that client_open() takes may still be refused, before anything is sent. */
int client_require_peer(struct client *c, enum client_peer peer);

/* `line` is one line with its newline. A peer that doesn't read all of it is no error. */
int client_send(struct client *c, const struct bytes *line);

/*
 * Replaces `line` by the next line without its newline. Returns 1, or 0 where the peer is done. A
 * line without a newline is an error: the peer died.
 */
int client_read_line(struct client *c, struct bytes *line);

/* The same without waiting: CLIENT_LATER where no whole line is there yet. */
#define CLIENT_LATER 2
int client_take_line(struct client *c, struct bytes *line);

void client_close(struct client *c);
