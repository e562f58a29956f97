/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The helper program of the tests, tests/unit: the parts of the .bats files that need C. Each
 * sub-command is called like a main() of its own, with its own name in argv[0], and returns the
 * exit status.
 */

#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>

#include "gate/token/token.h"

enum unit_status {
	UNIT_OK = 0,
	UNIT_FAILED = 1,
	UNIT_USAGE = 2,
	UNIT_TIMEOUT = 3, /* probe, fake: see unit_guard() */
	UNIT_NO_BYTE = 4, /* probe: the peer closed without a byte */
	UNIT_RESET = 5,   /* probe --whole: the peer reset the connection after its reply */
};

int unit_activate(int argc, char **argv);
int unit_clock(int argc, char **argv);
int unit_compare_and_set(int argc, char **argv);
int unit_cost(int argc, char **argv);
int unit_document(int argc, char **argv);
int unit_fake(int argc, char **argv);
int unit_fill(int argc, char **argv);
int unit_fold(int argc, char **argv);
int unit_get(int argc, char **argv);
int unit_jwt(int argc, char **argv);
int unit_latency(int argc, char **argv);
int unit_glob(int argc, char **argv);
int unit_load(int argc, char **argv);
int unit_notifications(int argc, char **argv);
int unit_notify(int argc, char **argv);
int unit_object(int argc, char **argv);
int unit_pass(int argc, char **argv);
int unit_powercut(int argc, char **argv);
int unit_probe(int argc, char **argv);
int unit_programs(int argc, char **argv);
int unit_request(int argc, char **argv);
int unit_shell(int argc, char **argv);
int unit_shell_vectors(int argc, char **argv);
int unit_sshsig(int argc, char **argv);
int unit_store_damage(int argc, char **argv);
int unit_stream(int argc, char **argv);
int unit_text(int argc, char **argv);
int unit_torture(int argc, char **argv);
int unit_vectors(int argc, char **argv);
int unit_watched_file(int argc, char **argv);
int unit_witness(int argc, char **argv);

/*
 * Common functions. On failure they end the process with a message: a test's helper has no caller
 * that could handle an error.
 */

/* "usage: unit FORM" on standard error. Returns UNIT_USAGE. */
int unit_usage(const char *form);

/* Reads all of the file, and adds a NUL that *ret_len doesn't count. The caller frees. */
char *unit_read(FILE *in, size_t *ret_len);

/* Returns zeroed memory, which the caller frees. */
void *unit_allocate(size_t size);

/* Ends the process with a message if `r` is a negative errno. */
void unit_must(int r);

/* Parses decimal digits; any other text ends the process. */
unsigned long unit_number(const char *text);

/* The address of a UNIX socket. */
struct sockaddr_un unit_address(const char *path);

/* The time by the tests' clock. */
struct moment unit_now(void);

/* Prints "ready": the tests wait for this line. */
void unit_ready(void);

/* Seconds that anything may take: many, for valgrind on a busy machine. */
#define UNIT_PATIENCE 300

/* Ends the process with UNIT_TIMEOUT unless called again within so many seconds; 0: no limit. */
void unit_guard(unsigned seconds);
