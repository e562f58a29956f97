/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What takes the value of a request's field. A function that refuses one says so as "what is wrong"
 * behind the field's name, and gives FIELD_REFUSED.
 */

#include "base/json/tree.h"
#include "gate/wire/request.h"

/* The value is refused; `why` has been appended to. */
#define FIELD_REFUSED 1

struct field {
	const char *key;
	bool required;
	size_t offset; /* in struct request */
	int (*take)(
		struct request *q, const struct field *f, const struct json *v, struct bytes *why);
};

int request_refuse(struct bytes *why, const char *what);

typedef int request_take_fn(
	struct request *q, const struct field *f, const struct json *v, struct bytes *why);

request_take_fn request_take_string, request_take_word, request_take_agent, request_take_path,
	request_take_directory, request_take_sha256, request_take_args, request_take_hitl_mode,
	request_take_wait, request_take_detail, request_take_true, request_take_for,
	request_take_pattern, request_take_argv, request_take_uid, request_take_state;
