/* SPDX-License-Identifier: ISC */
#pragma once

/* The options of `firma serve` for a store on a server. */

#include "base/clock.h"
#include "cli/verb.h"
#include "daemon/serve.h"

/* The range of --store-timeout. */
#define SERVE_STORE_TIMEOUT (300 * CLOCK_MS)
#define SERVE_STORE_TIMEOUT_MIN (10 * CLOCK_MS)
#define SERVE_STORE_TIMEOUT_MAX (5 * CLOCK_SECOND)

#define SERVE_STORE_REPLICAS_MAX 16

#define SERVE_WANTS_NAME "at most 64 letters, digits, dots, dashes and underlines"

/* `desk`: a struct desk_options; `password`: the path as given; `given`: a bool. */
#define SERVE_DESK_ROWS(object, desk, password, given)                                       \
	{ "desk", 0, "NAME", "with a server: the desk, which several hosts share",           \
		OPTION_PARSED(object, desk.name, serve_desk_parse_name),                     \
		.wants = SERVE_WANTS_NAME },                                                 \
		{ "host", 0, "NAME", "and this host's name (default: the machine's)",        \
			OPTION_PARSED(object, desk.host, serve_desk_parse_name),             \
			.wants = SERVE_WANTS_NAME },                                         \
		{ "store-password", 0, "FILE", "and the server's password",                  \
			OPTION_STRING(object, password) },                                   \
		{ "store-timeout", 0, "TIME", "and its time to answer (default: 300ms)",     \
			OPTION_DURATION(object, desk.timeout), OPTION_GIVEN(object, given),  \
			.min = SERVE_STORE_TIMEOUT_MIN, .max = SERVE_STORE_TIMEOUT_MAX,      \
			.wants = "a time from 10ms to 5s" },                                 \
		{ "store-replicas", 0, "N", "and the replicas that must have a change",      \
			OPTION_NUMBER(object, desk.replicas), OPTION_GIVEN(object, given),   \
			.max = SERVE_STORE_REPLICAS_MAX, .wants = "a number from 0 to 16" }, \
	{                                                                                    \
		"store-durability", 0, "WHEN",                                               \
			"and when it must sync its log: always, or everysec\n"               \
			"(default: always)",                                                 \
			OPTION_PARSED(object, desk.lax, serve_desk_parse_durability),        \
			OPTION_GIVEN(object, given), .wants = "always or everysec"           \
	}

/* Parsers for these rows (option_parse_fn). */
bool serve_desk_parse_name(const char *value, void *to);
bool serve_desk_parse_durability(const char *value, void *to);

/*
 * Checks --store and the options above. For a server's address, fills in s->desk. `any`: one of the
 * options above was given. Returns STATUS_DONE, or STATUS_USAGE with the message printed.
 */
int serve_desk_check(const struct verb *verb, const char *store, bool any, struct serve_options *s);
