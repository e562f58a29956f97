/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The limit of everything that a peer can grow. Sizes in bytes, times in µs. If an operator can set
 * a limit, this is its default.
 */

#include <stdint.h>

/* The request line, with its newline; and the most that an operator can set. */
#define LIMIT_REQUEST 65536
#define LIMIT_REQUEST_MAX ((size_t)1 << 20)

/* Bytes of requests that have not arrived completely, or wait for a decision. */
#define LIMIT_IN_FLIGHT ((size_t)64 << 20)
#define LIMIT_IN_FLIGHT_UIDS 16 /* one uid may use a sixteenth of LIMIT_IN_FLIGHT */

#define LIMIT_ARGS 4096
#define LIMIT_PATH 4096
#define LIMIT_PROGRAMS 32    /* commands of a line */
#define LIMIT_NAMES 64       /* names of variables */
#define LIMIT_GROUPS 4096    /* of a user that root asks for */
#define LIMIT_MUST 64        /* keys on which a client relies */
#define LIMIT_SHELL_LINES 64 /* lines of shell in one request that are read */
#define LIMIT_STRING 1024
#define LIMIT_WAIT_MS 600000
#define LIMIT_MAY_LIST ((size_t)1 << 20) /* what an asker may do, as text */

/* Time until the whole request must have arrived, and until the reply must have been read. */
#define LIMIT_EXCHANGE_TIME UINT64_C(10000000)

/*
 * All replies that no peer has read yet. A list may be as large as the store, so the reply that
 * exceeds this limit is still sent, but no further one.
 */
#define LIMIT_UNREAD ((size_t)16 << 20)

/*
 * Bytes after the request that are read before the connection is closed: closing a socket with
 * unread input would lose the reply.
 */
#define LIMIT_DRAIN 65536

#define LIMIT_CONNECTIONS 1024
#define LIMIT_CONNECTIONS_OF_UID 256
#define LIMIT_CONNECTIONS_RESERVED 64 /* kept for the operator door */

#define LIMIT_PENDING_ALIKE 16 /* tokens of one uid for one fingerprint */
#define LIMIT_PENDING_OF_UID 256

/* Tokens that one request revokes; the client sends another request for more. */
#define LIMIT_REVOKE_MANY 4096

#define LIMIT_STORE (UINT64_C(128) << 20)
#define LIMIT_STORE_UIDS 16 /* one uid may use a sixteenth of LIMIT_STORE */

/*
 * Bytes that one uid's denied and pending requests may use in the evidence log within
 * LIMIT_EVIDENCE_TIME. Of further ones, only length and hash are recorded. Approvals and allowed
 * requests are always recorded in full.
 */
#define LIMIT_EVIDENCE_OF_UID (UINT64_C(4) << 20)
#define LIMIT_EVIDENCE_TIME UINT64_C(3600000000)
#define LIMIT_EVIDENCE_UIDS 1024

/*
 * Free space on the file systems of the log and of the state directory. Below LOW, a warning; below
 * KEPT, askers are refused without a record, so that operators can still act. On a small file
 * system the limit is the file system's size divided by PART, if that is less.
 */
#define LIMIT_SPACE_LOW (UINT64_C(256) << 20)
#define LIMIT_SPACE_LOW_PART 4
#define LIMIT_SPACE_KEPT (UINT64_C(16) << 20)
#define LIMIT_SPACE_KEPT_PART 16

#define LIMIT_TURN_ACCEPTS 64
#define LIMIT_TURN_REQUESTS 256
#define LIMIT_TURN_EVENTS 512 /* readable sockets, with or without a complete request */
#define LIMIT_TURN_BYTES ((size_t)16 << 20) /* of requests, which are copied to the records */
#define LIMIT_TURN_TIME UINT64_C(1000000)   /* spent deciding; then replies are sent first */

/*
 * Allowed runs whose end may still be reported: the latest ones. At startup they are read from the
 * last LIMIT_OPEN_RUNS_TAIL bytes of the log.
 */
#define LIMIT_OPEN_RUNS 16384
#define LIMIT_OPEN_RUNS_TAIL (UINT64_C(4) << 20)

/* The policy is the operator's file, but it must be possible to judge a request in time. */
#define LIMIT_POLICY ((size_t)8 << 20)
#define LIMIT_POLICY_RULES 4096
#define LIMIT_MATCH_STEPS (UINT64_C(32) << 20) /* of matching patterns, for one request */
#define LIMIT_OPERANDS 1024                    /* texts in words of a command that may name files */
#define LIMIT_PACKS_NAMED 64                   /* by the options, and by the policy */
#define LIMIT_PACKS (2 * LIMIT_PACKS_NAMED)
#define LIMIT_TRUSTED_PATHS 64
#define LIMIT_TRUSTED_LINKS 65536 /* in the trusted directories */
#define LIMIT_RULE_PATTERNS 64    /* elements of argv */
#define LIMIT_RULE_LIST 256       /* elements of any other list of a rule */
#define LIMIT_RULE_ID 128
#define LIMIT_PATTERN 4096

/* The allowlist's file, its entries, and the longest life of an entry (100 years). */
#define LIMIT_ALLOWLIST ((size_t)8 << 20)
#define LIMIT_ALLOW_ENTRIES 4096
#define LIMIT_ALLOW_ID 128
/*
 * Bytes of directory and arguments that an entry by approval keeps for display. LIMIT_ALLOW_ENTRIES
 * such entries fit into LIMIT_ALLOWLIST.
 */
#define LIMIT_ALLOW_SHOWN 1024
#define LIMIT_ALLOW_FOR_MS UINT64_C(3155760000000)

/* The file of the people who may approve with a key. */
#define LIMIT_APPROVERS_FILE ((size_t)4 << 20)
#define LIMIT_APPROVERS 4096
#define LIMIT_PRINCIPAL 128
#define LIMIT_SIGNED_TIME_MS UINT64_C(300000) /* between a signed addition and now */

/*
 * The file of security keys' counters and used nonces. Nonces take no more entries than this; the
 * rest of the file is room for new keys.
 */
#define LIMIT_COUNTERS_FILE ((size_t)16 << 20)
#define LIMIT_COUNTERS 131072

/* A runner's token and its claims; an issuer's key set, its keys, and a number of a key as text. */
#define LIMIT_JWT 16384
#define LIMIT_JWKS ((size_t)1 << 20)
#define LIMIT_JWKS_KEYS 128
#define LIMIT_JWK_NUMBER 4096

/* The age of the file of a key set; µs. */
#define LIMIT_JWKS_AGE UINT64_C(2678400000000)
#define DEFAULT_JWKS_AGE UINT64_C(86400000000)

/* Issuers and signers in a policy, pins of an issuer, and values of a pin. */
#define LIMIT_RUNNER_ISSUERS 32
#define LIMIT_RUNNER_PINS 32
#define LIMIT_RUNNER_PIN_VALUES 64

/* Used tokens of runners that are kept, and their file. */
#define LIMIT_RUNNER_USES 16384
#define LIMIT_RUNNER_USES_FILE ((size_t)4 << 20)

/* Times of a runner's token, in seconds: its life, and the difference between two clocks. */
#define LIMIT_JWT_LIFE 3600
#define LIMIT_RUNNER_SKEW 60

/* How long a runner's signature with a shared key is valid, in seconds. */
#define LIMIT_RUNNER_SIGNATURE_LIFE 300

/* A release's bundle: its files, the size of each, of its lists, and the CI systems of a file. */
#define LIMIT_BUNDLE_FILES 256
#define LIMIT_BUNDLE_FILE (UINT64_C(256) << 20)
#define LIMIT_BUNDLE_LIST ((size_t)1 << 20)
#define LIMIT_BUNDLE_PATH 255
#define LIMIT_BUNDLE_TARGETS 32
