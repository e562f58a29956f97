/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One question by HTTPS, answered with JSON. libcurl is loaded at the first call. No redirect is
 * followed, and the certificate must hold: by the system's authorities, or by those of the file
 * that CURL_CA_BUNDLE names.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define HTTPS_ANSWER_MAX ((size_t)1 << 20)

struct https_question {
	const char *url;
	const char *bearer; /* the secret that lets us ask */
	bool post;          /* with an empty body; else GET */
	uint64_t timeout;   /* µs */
};

/*
 * Appends the body of the answer. Errors: -ENOMEM; another negative errno with a sentence in `why`,
 * which has nothing of the question or the answer.
 */
int https_ask(const struct https_question *q, struct bytes *ret, struct bytes *why);
