/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One HTTPS request, answered with JSON. libcurl is loaded at the first call. The certificate must
 * be valid by the system's authorities, or by those in the file that CURL_CA_BUNDLE names.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define HTTPS_ANSWER_MAX ((size_t)1 << 20)
#define HTTPS_ETAG_MAX ((size_t)256)

/* How often a redirect to the same host is followed. */
#define HTTPS_REDIRECTS_MAX 3

struct https_question {
	const char *url;
	const char *bearer; /* the secret that authorizes the request, or NULL */
	const char *etag;   /* of the answer that we have, or NULL */
	bool post;          /* with an empty body; else GET */
	bool redirects;     /* follow those to the same host and port; else none */
	uint64_t timeout;   /* µs */
};

struct https_answer {
	struct bytes body;
	struct bytes etag; /* empty if the server gave none */
	bool unchanged;    /* the answer with the question's ETag is still good; no body came */
};

#define HTTPS_ANSWER_INIT                                                       \
	{                                                                       \
		BYTES_INIT(HTTPS_ANSWER_MAX), BYTES_INIT(HTTPS_ETAG_MAX), false \
	}

void https_answer_deinit(struct https_answer *answer);

/*
 * Fills an initialized answer. Errors: -ENOMEM; another negative errno with a sentence in `why`,
 * which has nothing of the question or the answer.
 */
int https_ask(const struct https_question *q, struct https_answer *ret, struct bytes *why);

/* Returns 1 if both URLs name the same host and port by HTTPS, 0 if not, or -ENOMEM. */
int https_same_host(const char *one, const char *other);
