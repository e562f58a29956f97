/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Everything that a peer can grow, and how far. Sizes in bytes, times in µs. What an operator may
 * set is the default here.
 */

#include <stdint.h>

/* The request line, with its newline. */
#define LIMIT_REQUEST 65536

#define LIMIT_ARGS 4096
#define LIMIT_PATH 4096
#define LIMIT_PROGRAMS 32    /* of the commands of a line */
#define LIMIT_NAMES 64       /* of variables */
#define LIMIT_SHELL_LINES 64 /* in one request, that are looked at */
#define LIMIT_STRING 1024
#define LIMIT_WAIT_MS 600000

/* For the whole request to arrive, and for the reply to be read. */
#define LIMIT_EXCHANGE_TIME UINT64_C(10000000)

/*
 * All replies that nobody has read yet. A list may be as large as the store, so the one that goes
 * past this is still sent, and no further one.
 */
#define LIMIT_UNREAD ((size_t)16 << 20)

/* Bytes after the request that are read before the close, so that the reply is not lost. */
#define LIMIT_DRAIN 65536

#define LIMIT_CONNECTIONS 1024
#define LIMIT_CONNECTIONS_OF_UID 256
#define LIMIT_CONNECTIONS_RESERVED 64 /* for the operator door */

#define LIMIT_PENDING_ALIKE 16 /* tokens of one uid for one fingerprint */
#define LIMIT_PENDING_OF_UID 256

/* Tokens that one request revokes; whoever wants more asks again. */
#define LIMIT_REVOKE_MANY 4096

#define LIMIT_STORE (UINT64_C(128) << 20)
#define LIMIT_STORE_UIDS 16 /* one uid may take the sixteenth part */

/*
 * What the denied requests of one uid take in the log of evidence in a time. Beyond that they are
 * recorded by length and hash.
 */
#define LIMIT_EVIDENCE_OF_UID (UINT64_C(4) << 20)
#define LIMIT_EVIDENCE_TIME UINT64_C(3600000000)
#define LIMIT_EVIDENCE_UIDS 1024

/*
 * What is left on the file systems of the log and the state directory: below the first, a warning;
 * below the second, askers are refused without a record, so that operators can still act. On a
 * small file system it is this part of its size, if that is less.
 */
#define LIMIT_SPACE_LOW (UINT64_C(256) << 20)
#define LIMIT_SPACE_LOW_PART 4
#define LIMIT_SPACE_KEPT (UINT64_C(16) << 20)
#define LIMIT_SPACE_KEPT_PART 16

#define LIMIT_TURN_ACCEPTS 64
#define LIMIT_TURN_REQUESTS 256
#define LIMIT_TURN_EVENTS 512 /* readable sockets, whether or not a request is complete then */
#define LIMIT_TURN_TIME UINT64_C(1000000) /* of deciding; then who was first is answered */

/* Allows whose end may still be reported: the latest, as far as the end of the log tells of them.
 */
#define LIMIT_OPEN_RUNS 16384
#define LIMIT_OPEN_RUNS_TAIL (UINT64_C(4) << 20)

/* The policy: the operator's file, but no more of it than can be judged in time. */
#define LIMIT_POLICY ((size_t)8 << 20)
#define LIMIT_POLICY_RULES 4096
#define LIMIT_OPERANDS 1024 /* words of a command that are looked at as names of files */
#define LIMIT_PACKS 64
#define LIMIT_TRUSTED_PATHS 64
#define LIMIT_RULE_PATTERNS 64 /* elements of argv */
#define LIMIT_RULE_LIST 256    /* of every other list of a rule, and of one in argv */
#define LIMIT_RULE_ID 128
#define LIMIT_PATTERN 4096

/* The allowlist's file, its entries, and for how long one may be made (100 years). */
#define LIMIT_ALLOWLIST ((size_t)8 << 20)
#define LIMIT_ALLOW_ENTRIES 4096
#define LIMIT_ALLOW_ID 128
/* What an entry by approval keeps of directory and arguments, to be shown: 4,096 of them fit. */
#define LIMIT_ALLOW_SHOWN 1024
#define LIMIT_ALLOW_FOR_MS UINT64_C(3155760000000)

/* The file of those who may approve with a key. */
#define LIMIT_APPROVERS_FILE ((size_t)4 << 20)
#define LIMIT_APPROVERS 4096
#define LIMIT_PRINCIPAL 128
