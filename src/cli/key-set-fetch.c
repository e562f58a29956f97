/* SPDX-License-Identifier: ISC */

/*
 * Beside the file, FILE.etag has one line: the ETag that came with the set, and the SHA-256 of the
 * file. So a file that was changed by hand is never taken for the set with that ETag.
 */

#include "cli/key-set-fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/rs256.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cli/https.h"
#include "cli/output-file.h"
#include "cli/say.h"
#include "gate/limits.h"
#include "gate/runner/jwks.h"

#define DISCOVERY "/.well-known/openid-configuration"
#define ETAG_FILE ".etag"
#define ETAG_LINE_MAX 1024

/* What one fetch is about. */
struct fetch {
	const char *issuer, *path;
	struct bytes shown; /* the issuer, for messages */
	uint64_t end;       /* when all must be here */
};

static int say_out_of_memory(void)
{
	return say_undecided("out of memory");
}

static int say_failure(const struct fetch *f, int r, const struct bytes *why)
{
	if (r == -ENOMEM)
		return say_out_of_memory();
	return say_undecided("%s gave no key set: %s", bytes_str(&f->shown), bytes_str(why));
}

/* --- the file --------------------------------------------------------------------------------- */

#define HASH_LEN (2 * (size_t)SHA256_LEN)

static void hash_set(const struct bytes *set, char ret[static HASH_LEN + 1])
{
	uint8_t hash[SHA256_LEN];

	sha256_of(set->data, set->len, hash);
	notation_hex(hash, sizeof(hash), ret);
}

static int is_key_set(const struct bytes *text)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED, warnings = BYTES_PRINTED;
	cleanup(jwks_free_p) struct jwks *set = NULL;

	return jwks_parse(bytes_str(text), text->len, &why, &warnings, &set);
}

static int is_etag_line(const struct bytes *text)
{
	return text->data[text->len - 1] == '\n' && memchr(text->data, '"', text->len) ? 0 : 1;
}

static const struct output_kind key_set_kind = {
	.name = "key set",
	.max = LIMIT_JWKS,
	.mode = 0644,
	.refuse = is_key_set,
};

static const struct output_kind etag_kind = {
	.name = "ETag",
	.max = ETAG_LINE_MAX,
	.mode = 0644,
	.refuse = is_etag_line,
};

static int append_etag_line(struct bytes *b, const char *etag, const struct bytes *set)
{
	char hash[HASH_LEN + 1];

	hash_set(set, hash);
	return bytes_appendf(b, "%s %s\n", hash, etag);
}

/* Appends the ETag of the set in the file; nothing if it isn't known. Error: -ENOMEM. */
static int read_etag(const char *path, const char *etag_path, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes set = BYTES_PRINTED, line = BYTES_PRINTED;
	char hash[HASH_LEN + 1];
	int r;

	r = output_file_read(path, LIMIT_JWKS, &set);
	if (r == 0)
		r = output_file_read(etag_path, ETAG_LINE_MAX, &line);
	if (r < 0)
		return r == -ENOMEM ? r : 0;

	hash_set(&set, hash);
	if (line.len < HASH_LEN + 2 || memcmp(line.data, hash, HASH_LEN) != 0)
		return 0;
	/* Without the space before it and the newline after it. */
	return bytes_append(ret, line.data + HASH_LEN + 1, line.len - HASH_LEN - 2);
}

/* --- the questions ---------------------------------------------------------------------------- */

static int ask(const struct fetch *f, const char *url, const char *etag, struct https_answer *ret)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	const uint64_t now = clock_now().boot;
	const struct https_question q = {
		.url = url,
		.etag = etag,
		.redirects = true,
		.timeout = now < f->end ? f->end - now : 0,
	};
	int r;

	r = https_ask(&q, ret, &why);
	return r < 0 ? say_failure(f, r, &why) : STATUS_DONE;
}

/* Takes the key set's URL from the answer: it must be on the issuer's own host. */
static int take_place(const struct fetch *f, const struct bytes *answer, char **ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const char *issuer, *place;
	struct scan_fault fault;
	int r;

	r = json_parse(bytes_str(answer), answer->len, &doc, &fault);
	if (r == -ENOMEM)
		return say_out_of_memory();
	issuer = r == 0 ? json_get_string(json_root(doc), "issuer") : NULL;
	place = r == 0 ? json_get_string(json_root(doc), "jwks_uri") : NULL;
	if (!issuer || !place)
		return say_undecided(
			"%s gave no key set: its configuration is malformed", bytes_str(&f->shown));
	if (strcmp(issuer, f->issuer) != 0)
		return say_undecided("%s gave no key set: its configuration is another issuer's",
			bytes_str(&f->shown));

	r = https_same_host(f->issuer, place);
	if (r == 0)
		return say_undecided(
			"%s gave no key set: it is on another host", bytes_str(&f->shown));
	*ret = r < 0 ? NULL : strdup(place);
	return *ret ? STATUS_DONE : say_out_of_memory();
}

static int find(const struct fetch *f, char **ret)
{
	cleanup(https_answer_deinit) struct https_answer answer = HTTPS_ANSWER_INIT;
	cleanup(bytes_deinit) struct bytes url = BYTES_PRINTED;
	size_t len = strlen(f->issuer);
	int status;

	if (f->issuer[len - 1] == '/')
		len--;
	bytes_append(&url, f->issuer, len);
	if (bytes_append_str(&url, DISCOVERY) < 0)
		return say_out_of_memory();
	status = ask(f, bytes_str(&url), NULL, &answer);
	return status == STATUS_DONE ? take_place(f, &answer.body, ret) : status;
}

static void print_warnings(const struct fetch *f, const struct bytes *warnings)
{
	const char *at = bytes_str(warnings), *end;

	for (; (end = strchr(at, '\n')); at = end + 1)
		say("%s: %.*s", bytes_str(&f->shown), (int)(end - at), at);
}

/* Writes the set, then its ETag: the other way round a crash could leave a wrong pair. */
static int take_set(const struct fetch *f, const char *etag_path, const struct https_answer *answer)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED, warnings = BYTES_PRINTED,
					   line = BYTES_PRINTED;
	cleanup(jwks_free_p) struct jwks *set = NULL;
	const struct bytes *body = &answer->body;
	int status, r;

	r = jwks_parse(bytes_str(body), body->len, &why, &warnings, &set);
	if (r < 0)
		return say_out_of_memory();
	if (r != 0)
		return say_undecided("%s gave a key set that can't be used: %s",
			bytes_str(&f->shown), bytes_str(&why));
	print_warnings(f, &warnings);

	status = output_file_replace(f->path, &key_set_kind, body->data, body->len);
	if (status != STATUS_DONE || answer->etag.len == 0)
		return status;
	if (append_etag_line(&line, bytes_str(&answer->etag), body) < 0)
		return say_out_of_memory();
	return output_file_replace(etag_path, &etag_kind, line.data, line.len);
}

static int fetch(const struct fetch *f, const char *etag_path)
{
	cleanup(https_answer_deinit) struct https_answer answer = HTTPS_ANSWER_INIT;
	cleanup(bytes_deinit) struct bytes etag = BYTES_PRINTED;
	cleanup(free_p) char *url = NULL;
	int status;

	status = find(f, &url);
	if (status != STATUS_DONE)
		return status;
	if (read_etag(f->path, etag_path, &etag) < 0)
		return say_out_of_memory();

	status = ask(f, url, etag.len > 0 ? bytes_str(&etag) : NULL, &answer);
	if (status != STATUS_DONE)
		return status;
	if (!answer.unchanged)
		return take_set(f, etag_path, &answer);
	if (utimensat(AT_FDCWD, f->path, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		return say_undecided(
			"the key set of %s has not changed, but its file's time can't be set: %s",
			bytes_str(&f->shown), strerror(errno));
	return STATUS_DONE;
}

int key_set_has_issuer(const char *issuer)
{
	return strpbrk(issuer, "?#") ? 0 : https_same_host(issuer, issuer);
}

int key_set_fetch(const char *issuer, const char *path, uint64_t timeout)
{
	cleanup(free_p) char *etag_path = NULL;
	struct fetch f = { issuer, path, BYTES_PRINTED, clock_now().boot + timeout };
	const char *why;
	int status;

	if (rs256_load(&why) < 0)
		return say_undecided("no key set can be read: %s", why);
	if (asprintf(&etag_path, "%s" ETAG_FILE, path) < 0) {
		etag_path = NULL;
		return say_out_of_memory();
	}

	status = text_append_quoted(&f.shown, issuer, strlen(issuer)) < 0 ? say_out_of_memory()
									  : STATUS_DONE;
	if (status == STATUS_DONE)
		status = output_file_look(path, &key_set_kind);
	if (status == STATUS_DONE)
		status = output_file_look(etag_path, &etag_kind);
	if (status == STATUS_DONE)
		status = fetch(&f, etag_path);
	bytes_deinit(&f.shown);
	return status;
}
