/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Where a desk's server is:
 *
 *	redis:unix:[USER@]/PATH
 *	redis://[USER@]ADDRESS[:PORT][/DB]
 *
 * ADDRESS is an IP address (IPv6 in brackets) or `localhost`. Names are not looked up: that could
 * hold the daemon's loop for as long as a name server likes.
 */

#include <stdbool.h>
#include <sys/socket.h>

struct desk_address {
	const char *text; /* as given; not owned */
	struct sockaddr_storage to;
	socklen_t len;
	char user[65]; /* or "" */
	unsigned int database;
};

/* Whether the text is about a server at all: then it must be an address. */
bool desk_address_is_meant(const char *text);

/* False: it is no such address. */
bool desk_address_parse(const char *text, struct desk_address *ret);
