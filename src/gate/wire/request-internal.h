/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The functions that read the value of a request's key. To refuse a value, a function appends the
 * reason, worded to follow the key's name, and returns REQUEST_REFUSED.
 */

#include "base/json/tree.h"
#include "gate/wire/request.h"

/* The value is refused; the reason was appended to `why`. */
#define REQUEST_REFUSED 1

struct request_key {
	const char *key;
	bool required;
	size_t offset; /* in struct request */
	int (*take)(struct request *q, const struct request_key *k, const struct json *v,
		struct bytes *why);
};

int request_refuse(struct bytes *why, const char *what);

/*
 * Reads the member of the outermost object with this key. Returns 0, REQUEST_REFUSED with the fault
 * noted, or a negative errno.
 */
int request_read_member(struct request *q, const struct request_key *k);

/*
 * Sets the fault to "malformed request: " and the formatted text. Returns REQUEST_REFUSED, -ENOMEM.
 */
int request_set_fault(struct request *q, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

typedef int request_take_fn(
	struct request *q, const struct request_key *k, const struct json *v, struct bytes *why);

request_take_fn request_take_string, request_take_word, request_take_agent, request_take_path,
	request_take_directory, request_take_sha256, request_take_args, request_take_hitl_mode,
	request_take_wait, request_take_detail, request_take_true, request_take_for,
	request_take_pattern, request_take_argv, request_take_uid, request_take_state,
	request_take_confirmed, request_take_status, request_take_signal, request_take_time,
	request_take_signature, request_take_text, request_take_object;

request_take_fn request_take_programs, request_take_names;

/*
 * Reads the members of a request of the second contract from its document. Returns 0,
 * REQUEST_REFUSED with the fault noted, or -ENOMEM.
 */
int request_read_evaluate(struct request *q);
void request_deinit_evaluate(struct evaluate *evaluate);
