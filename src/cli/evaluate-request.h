/* SPDX-License-Identifier: ISC */
#pragma once

/* The line of a request of the second contract. */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* A member that is NULL is left out. */
struct evaluate_request {
	const char *action_type, *session_id, *agent_id;
	const char *operation, *target, *server, *tool, *capability;
	const char *cwd, *real_target;
	const char *content;
	size_t content_len;
	const char *content_sha256;
	const char *old_text, *new_text;
	const char *release; /* JSON */
	size_t release_len;
	const char *purpose;
	const char *token;
	bool detail, resume, prompt;
};

/* Appends the line with its newline. All strings must be UTF-8. Errors: bytes_append()'s. */
int evaluate_request_print(const struct evaluate_request *request, struct bytes *line);

/*
 * Resolves a path relative to `directory` (NULL: the current directory). Its last parts need not
 * exist yet. NULL if it can't be resolved.
 */
char *evaluate_request_real_target(const char *directory, const char *path);
