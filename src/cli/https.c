/* SPDX-License-Identifier: ISC */

/* libcurl, which only the caller of this pays for. */

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

#define LIBRARY "libcurl.so.4"
#define SCHEME "https://"
#define JSON_TYPE "application/json"

LIBRARY_NOTE(
	note, "runner-token", "Tokens of CI jobs that are fetched by HTTPS", "suggested", LIBRARY);

static struct {
	__typeof__(curl_easy_init) *init;
	__typeof__(curl_easy_setopt) *set;
	__typeof__(curl_easy_perform) *perform;
	__typeof__(curl_easy_getinfo) *get;
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

struct answer {
	struct bytes *text;
	size_t start;
	int error;
};

/* Any other return value than the length ends the transfer. */
static size_t take(char *data, size_t size, size_t n, void *userdata)
{
	struct answer *a = userdata;

	n *= size;
	if (n > HTTPS_ANSWER_MAX - (a->text->len - a->start))
		a->error = -EFBIG;
	else
		a->error = bytes_append(a->text, data, n);
	return a->error < 0 ? n + 1 : n;
}

/* Header lines can't be smuggled in: the secret is one visible word. */
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
	struct answer *answer)
{
	const char *authorities = getenv("CURL_CA_BUNDLE");
	const long ms = (long)(q->timeout / CLOCK_MS);
	bool bad = false;

	bad |= curl.set(handle, CURLOPT_URL, q->url) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_PROTOCOLS_STR, "https") != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_HTTPHEADER, headers) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_USERAGENT, "firma/" PACKAGE_VERSION) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_TIMEOUT_MS, ms > 0 ? ms : 1L) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_WRITEFUNCTION, take) != CURLE_OK;
	bad |= curl.set(handle, CURLOPT_WRITEDATA, answer) != CURLE_OK;
	if (authorities && authorities[0] != '\0')
		bad |= curl.set(handle, CURLOPT_CAINFO, authorities) != CURLE_OK;
	if (q->post) {
		bad |= curl.set(handle, CURLOPT_POST, 1L) != CURLE_OK;
		bad |= curl.set(handle, CURLOPT_POSTFIELDS, "") != CURLE_OK;
		bad |= curl.set(handle, CURLOPT_POSTFIELDSIZE, 0L) != CURLE_OK;
	}
	return !bad;
}

static bool is_json(const char *type)
{
	const size_t len = strlen(JSON_TYPE);

	return type && strncasecmp(type, JSON_TYPE, len) == 0
		&& (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

static int perform(CURL *handle, const struct answer *answer, struct bytes *why)
{
	const char *type = NULL;
	long status = 0;
	CURLcode code;

	code = curl.perform(handle);
	if (answer->error == -ENOMEM || code == CURLE_OUT_OF_MEMORY)
		return -ENOMEM;
	if (answer->error == -EFBIG)
		return bytes_refuse(why, -EIO, "the answer is longer than 1 MiB");
	if (code == CURLE_OPERATION_TIMEDOUT)
		return bytes_refuse(why, -EIO, "no answer in time");
	if (code != CURLE_OK)
		return bytes_refuse(why, -EIO, "%s", curl.error(code));

	if (curl.get(handle, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
		return bytes_refuse(why, -EIO, "the server answered with status %ld", status);
	if (curl.get(handle, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || !is_json(type))
		return bytes_refuse(why, -EIO, "the answer is not JSON");
	return 0;
}

static int add_headers(struct curl_slist **list, const struct https_question *q)
{
	cleanup(bytes_deinit) struct bytes bearer = BYTES_PRINTED;
	int r;

	r = bytes_appendf(&bearer, "Bearer %s", q->bearer);
	if (r >= 0)
		r = add_header(list, "Authorization", bytes_str(&bearer));
	if (r >= 0)
		r = add_header(list, "Accept", JSON_TYPE);
	if (r >= 0 && q->post)
		r = add_header(list, "Content-Type", JSON_TYPE);
	return r;
}

static int ask(const struct https_question *q, struct bytes *ret, struct bytes *why)
{
	/* The handle uses the list until it is freed, which is done first. */
	cleanup(free_list_p) struct curl_slist *headers = NULL;
	cleanup(end_p) CURL *handle = curl.init();
	struct answer answer = { .text = ret, .start = ret->len };

	if (!handle || add_headers(&headers, q) < 0)
		return -ENOMEM;
	if (!set_up(handle, q, headers, &answer))
		return bytes_refuse(why, -ENOTSUP, "this libcurl is too old");
	return perform(handle, &answer, why);
}

int https_ask(const struct https_question *q, struct bytes *ret, struct bytes *why)
{
	const char *fault;
	int r;

	if (strncasecmp(q->url, SCHEME, strlen(SCHEME)) != 0)
		return bytes_refuse(why, -EINVAL, "it is no URL that begins with " SCHEME);
	if (!is_word(q->bearer))
		return bytes_refuse(why, -EINVAL, "the secret for it is malformed");

	r = library_load(LIBRARY, functions, LENGTH(functions), &curl, &fault);
	if (r < 0)
		return bytes_refuse(why, r, "libcurl can't be loaded: %s", fault);
	return ask(q, ret, why);
}
