/* SPDX-License-Identifier: ISC */
#pragma once

/* The connection of `firma store` verbs to their server. */

#include "cli/verb.h"
#include "ledger/store/desk-server.h"

struct store_server {
	const char *password; /* path of the password file, or NULL */
	uint64_t timeout;     /* µs */

	struct desk_address address;
	struct redis redis;
	struct desk_server server; /* set by store_server_open() */
};

#define STORE_TIMEOUT (5 * CLOCK_SECOND)
#define STORE_TIMEOUT_MAX (3600 * CLOCK_SECOND)

/* Rows for the option tables of these verbs. */
#define STORE_ROWS(object, member)                                                                \
	{ "password", 0, "FILE", "the server's password",                                         \
		OPTION_STRING(object, member.password) },                                         \
	{                                                                                         \
		"timeout", 0, "TIME", "wait at most so long for an answer (default: 5s)",         \
			OPTION_DURATION(object, member.timeout), .min = CLOCK_MS,                 \
								 .max = STORE_TIMEOUT_MAX,        \
								 .wants = "a time from 1ms to 1h" \
	}

/*
 * Connects to the server at the address `operand`, and reads its properties. Returns STATUS_DONE,
 * or another status with the message already printed. Call store_server_close() in any case.
 */
int store_server_open(const struct verb *verb, const char *operand, struct store_server *s);
void store_server_close(struct store_server *s);

/*
 * Sends the commands in s->redis.out, and reads the first answer, as redis_read(). Returns
 * STATUS_DONE, or STATUS_UNDECIDED with the message already printed.
 */
int store_server_ask(struct store_server *s, struct resp_item *ret, struct resp *ret_rest);
