/* SPDX-License-Identifier: ISC */

/* HTTPS by libcurl, which only a caller of this file loads. */

#include "cli/https.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CURL_DISABLE_TYPECHECK /* its macros take the functions by name */
#include <curl/curl.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/library.h"
#include "gate/policy/url.h"

#define LIBRARY "libcurl.so.4"
#define SCHEME "https://"
#define JSON_TYPE "application/json"

enum { STATUS_OK = 200, STATUS_NOT_MODIFIED = 304 };

LIBRARY_NOTE(note, "runner", "Tokens of CI jobs, and key sets, by HTTPS", "suggested", LIBRARY);

static struct {
	__typeof__(curl_easy_init) *init;
	__typeof__(curl_easy_setopt) *set;
	__typeof__(curl_easy_perform) *perform;
	__typeof__(curl_easy_getinfo) *get;
	__typeof__(curl_easy_header) *header;
	__typeof__(curl_easy_cleanup) *end;
	__typeof__(curl_easy_strerror) *error;
	__typeof__(curl_slist_append) *append;
	__typeof__(curl_slist_free_all) *free_list;
} curl;

static const struct library_function functions[] = {
	{ "curl_easy_init", offsetof(__typeof__(curl), init) },
	{ "curl_easy_setopt", offsetof(__typeof__(curl), set) },
	{ "curl_easy_perform", offsetof(__typeof__(curl), perform) },
	{ "curl_easy_getinfo", offsetof(__typeof__(curl), get) },
	{ "curl_easy_header", offsetof(__typeof__(curl), header) },
	{ "curl_easy_cleanup", offsetof(__typeof__(curl), end) },
	{ "curl_easy_strerror", offsetof(__typeof__(curl), error) },
	{ "curl_slist_append", offsetof(__typeof__(curl), append) },
	{ "curl_slist_free_all", offsetof(__typeof__(curl), free_list) },
};

static void end_p(CURL **handle)
{
	if (*handle)
		curl.end(*handle);
}

static void free_list_p(struct curl_slist **list)
{
	curl.free_list(*list);
}

struct transfer {
	struct bytes *body;
	int error;
};

/* Any other return value than the length ends the transfer. */
static size_t take(char *data, size_t size, size_t n, void *userdata)
{
	struct transfer *t = userdata;

	n *= size;
	t->error = n > HTTPS_ANSWER_MAX - t->body->len ? -EFBIG : bytes_append(t->body, data, n);
	return t->error < 0 ? n + 1 : n;
}

/* Whether the text is one visible word. So the secret can't contain further header lines. */
static bool is_word(const char *text)
{
	if (text[0] == '\0')
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static int add_header(struct curl_slist **list, const char *name, const char *value)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct curl_slist *more;

	if (bytes_appendf(&line, "%s: %s", name, value) < 0)
		return -ENOMEM;
	more = curl.append(*list, bytes_str(&line));
	if (!more)
		return -ENOMEM;
	*list = more;
	return 0;
}

/* An option that this libcurl does not know is an error: none of them may be left out. */
static bool set_up(CURL *handle, const struct https_question *q, struct curl_slist *headers,
	struct transfer *transfer)
{
	const char *authorities = getenv("CURL_CA_BUNDLE");
	bool bad = false;

	bad |= curl.set(handle, CURLOPT_URL, q->url) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_PROTOCOLS_STR, "https") != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_HTTPHEADER, headers) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_USERAGENT, "firma/" PACKAGE_VERSION) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_WRITEFUNCTION, take) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_WRITEDATA, transfer) != CURLE_OK;
	if (authorities && authorities[0] != '\0')
		bad |= curl.set(handle, CURLOPT_CAINFO, authorities) != CURLE_OK;
	if (q->post) {
		bad |= curl.set(handle, CURLOPT_POST, 1L) != CURLE_OK;
		bad |= curl.set(handle, CURLOPT_POSTFIELDS, "") != CURLE_OK;
		bad |= curl.set(handle, CURLOPT_POSTFIELDSIZE, 0L) != CURLE_OK;
	}
	return !bad;
}

/* A key set has a media type of its own, RFC 7517, section 8.5. */
static bool is_json(const char *type)
{
	static const char *const types[] = { JSON_TYPE, "application/jwk-set+json" };

	for (size_t i = 0; type && i < LENGTH(types); i++) {
		const size_t len = strlen(types[i]);

		if (strncasecmp(type, types[i], len) == 0
			&& (type[len] == '\0' || type[len] == ';' || type[len] == ' '))
			return true;
	}
	return false;
}

static int take_etag(CURL *handle, struct bytes *ret)
{
	struct curl_header *header;

	bytes_clear(ret);
	if (curl.header(handle, "ETag", 0, CURLH_HEADER, -1, &header) != CURLHE_OK
		|| strlen(header->value) > HTTPS_ETAG_MAX || !is_word(header->value))
		return 0;
	return bytes_append_str(ret, header->value);
}

/* `end`: when the answer must be here. */
static int transfer(CURL *handle, const struct transfer *t, uint64_t end, struct bytes *why)
{
	const uint64_t now = clock_now().boot;
	const long ms = now < end ? (long)((end - now) / CLOCK_MS) : 0;
	CURLcode code = curl.set(handle, CURLOPT_TIMEOUT_MS, ms > 0 ? ms : 1L);

	if (code == CURLE_OK)
		code = curl.perform(handle);
	if (t->error == -ENOMEM || code == CURLE_OUT_OF_MEMORY)
		return -ENOMEM;
	if (t->error == -EFBIG)
		return bytes_refuse(why, -EIO, "the answer is longer than 1 MiB");
	if (code == CURLE_OPERATION_TIMEDOUT)
		return bytes_refuse(why, -EIO, "no answer in time");
	if (code != CURLE_OK)
		return bytes_refuse(why, -EIO, "%s", curl.error(code));
	return 0;
}

static int take_answer(
	CURL *handle, const struct https_question *q, struct https_answer *ret, struct bytes *why)
{
	const char *type = NULL;
	long status = 0;

	if (curl.get(handle, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
		status = 0;
	ret->unchanged = q->etag && status == STATUS_NOT_MODIFIED;
	if (ret->unchanged)
		return 0;
	if (status != STATUS_OK)
		return bytes_refuse(why, -EIO, "the server answered with status %ld", status);
	if (curl.get(handle, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || !is_json(type))
		return bytes_refuse(why, -EIO, "the answer is not JSON");
	return take_etag(handle, &ret->etag);
}

int https_same_host(const char *one, const char *other)
{
	cleanup(url_deinit) struct url a = { 0 }, b = { 0 };
	const char *fault;
	int r;

	r = url_parse(one, URL_ADDRESS, &a, &fault);
	if (r == 0)
		r = url_parse(other, URL_ADDRESS, &b, &fault);
	if (r != 0)
		return r < 0 ? r : 0;
	return strcmp(a.scheme, "https") == 0 && strcmp(b.scheme, "https") == 0
		&& strcmp(a.host, b.host) == 0 && strcmp(a.port, b.port) == 0;
}

/*
 * Prepares the handle for where the answer redirects to. Returns 1, 0 if it is no redirect that may
 * be followed, or -ENOMEM.
 */
static int follow(CURL *handle, const struct https_question *q)
{
	cleanup(free_p) char *to = NULL;
	char *next = NULL, *now = NULL;
	int r;

	if (!q->redirects || curl.get(handle, CURLINFO_REDIRECT_URL, &next) != CURLE_OK || !next
		|| curl.get(handle, CURLINFO_EFFECTIVE_URL, &now) != CURLE_OK)
		return 0;
	r = https_same_host(now, next);
	if (r <= 0)
		return r;
	/* The handle owns `next`, and frees it with the next transfer. */
	to = strdup(next);
	return to && curl.set(handle, CURLOPT_URL, to) == CURLE_OK ? 1 : -ENOMEM;
}

static int add_headers(struct curl_slist **list, const struct https_question *q)
{
	cleanup(bytes_deinit) struct bytes bearer = BYTES_PRINTED;

	if (q->bearer
		&& (bytes_appendf(&bearer, "Bearer %s", q->bearer) < 0
			|| add_header(list, "Authorization", bytes_str(&bearer)) < 0))
		return -ENOMEM;
	if (q->etag && add_header(list, "If-None-Match", q->etag) < 0)
		return -ENOMEM;
	if (q->post && add_header(list, "Content-Type", JSON_TYPE) < 0)
		return -ENOMEM;
	return add_header(list, "Accept", JSON_TYPE);
}

static int ask(const struct https_question *q, struct https_answer *ret, struct bytes *why)
{
	/* The handle uses the list until it is freed, which is done first. */
	cleanup(free_list_p) struct curl_slist *headers = NULL;
	cleanup(end_p) CURL *handle = curl.init();
	const uint64_t end = clock_now().boot + q->timeout;
	struct transfer t = { .body = &ret->body };
	int r;

	if (!handle || add_headers(&headers, q) < 0)
		return -ENOMEM;
	if (!set_up(handle, q, headers, &t))
		return bytes_refuse(why, -ENOTSUP, "this libcurl is too old");
	for (unsigned int n = 0;; n++) {
		bytes_clear(&ret->body);
		r = transfer(handle, &t, end, why);
		if (r == 0 && n < HTTPS_REDIRECTS_MAX)
			r = follow(handle, q);
		if (r <= 0)
			break;
	}
	return r < 0 ? r : take_answer(handle, q, ret, why);
}

void https_answer_deinit(struct https_answer *answer)
{
	bytes_deinit(&answer->body);
	bytes_deinit(&answer->etag);
}

int https_ask(const struct https_question *q, struct https_answer *ret, struct bytes *why)
{
	const char *fault;
	int r;

	if (strncasecmp(q->url, SCHEME, strlen(SCHEME)) != 0)
		return bytes_refuse(why, -EINVAL, "it is no URL that begins with " SCHEME);
	if ((q->bearer && !is_word(q->bearer)) || (q->etag && !is_word(q->etag)))
		return bytes_refuse(why, -EINVAL, "the secret for it is malformed");

	r = library_load(LIBRARY, functions, LENGTH(functions), &curl, &fault);
	if (r < 0)
		return bytes_refuse(why, r, "libcurl can't be loaded: %s", fault);
	return ask(q, ret, why);
}
