/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The address of a desk's server:
 *
 *	redis:unix:[USER@]/PATH
 *	redis://[USER@]ADDRESS[:PORT][/DB]
 *
 * ADDRESS is an IP address (IPv6 in brackets) or `localhost`. Names are not resolved: a slow name
 * server would block the daemon's loop.
 */

#include <stdbool.h>
#include <sys/socket.h>

struct desk_address {
	const char *text; /* as given; not owned */
	struct sockaddr_storage to;
	socklen_t len;
	char user[65]; /* "": none */
	unsigned int database;
};

/* Whether the text begins like an address ("redis:"); it may still be malformed. */
bool desk_address_is_meant(const char *text);

/* Returns false if the address is malformed. */
bool desk_address_parse(const char *text, struct desk_address *ret);
