/* SPDX-License-Identifier: ISC */

/* Reads the manifest of a bundle. */

#include "gate/runner/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json/dispatch.h"
#include "base/sha256.h"
#include "gate/limits.h"

#define NUMBERS_MAX 4
#define DIGITS_MAX 9

void bundle_deinit(struct bundle *b)
{
	json_doc_free(b->doc);
	free(b->files);
}

struct bundle_file *bundle_find(const struct bundle *b, const char *path)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->files[i].path, path) == 0)
			return &b->files[i];
	return NULL;
}

bool bundle_has_directory(const struct bundle *b, const char *path)
{
	const size_t len = strlen(path);

	for (size_t i = 0; i < b->n; i++)
		if (strncmp(b->files[i].path, path, len) == 0 && b->files[i].path[len] == '/')
			return true;
	return false;
}

/* --- versions --------------------------------------------------------------------------------- */

bool bundle_is_version(const char *text)
{
	size_t digits;

	for (size_t n = 1; n <= NUMBERS_MAX; n++) {
		digits = strspn(text, "0123456789");
		if (digits == 0 || digits > DIGITS_MAX || (digits > 1 && text[0] == '0'))
			return false;
		text += digits;
		if (text[0] == '\0')
			return true;
		if (text[0] != '.')
			return false;
		text++;
	}
	return false;
}

/* Takes the next number of a version; 0 at its end. */
static long take_number(const char **at)
{
	char *end;
	long number = strtol(*at, &end, 10);

	*at = *end == '.' ? end + 1 : end;
	return number;
}

int bundle_compare_versions(const char *a, const char *b)
{
	long x, y;

	while (a[0] || b[0]) {
		x = take_number(&a);
		y = take_number(&b);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

/* --- files ------------------------------------------------------------------------------------ */

/*
 * Names are of few characters: no name can lead out of the directory, hide in a terminal, or be
 * read as two.
 */
static const char *find_path_fault(const char *path)
{
	const char *part = path;
	size_t len;

	if (strlen(path) > LIMIT_BUNDLE_PATH)
		return "has a name that is too long";
	if (path[0] == '/')
		return "has an absolute name";
	if (path[strspn(
		    path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-/")])
		return "has a name with a character that is not in [A-Za-z0-9._+-/]";
	for (;; part += len + 1) {
		len = strcspn(part, "/");
		if (len == 0 || strncmp(part, ".", len) == 0 || strncmp(part, "..", len) == 0)
			return "has a name with an empty part, '.' or '..'";
		if (part[len] == '\0')
			return NULL;
	}
}

/* Which versions a file may have. */
static const struct kind_row {
	const char *name;
	bool is_ours; /* its version is that of the bundle */
} kinds[] = {
	{ "wrapper", true },
	{ "binary", true },
	{ "library", false },
	{ "source", true },
	{ "sbom", true },
	{ "sums", true },
};

static const struct kind_row *find_kind(const char *name)
{
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* The first fault is told; `place`: such as "files[3]", or "". */
struct reader {
	struct bundle *bundle;
	struct bytes *why;
	char place[32];
};

static int note_fault(struct dispatch *d, const char *where, const char *what)
{
	const struct reader *r = d->context;

	if (r->why->len > 0)
		return 0;
	return bytes_append_strs(r->why, r->place, r->place[0] && where ? "." : "",
		where ? where : "", r->place[0] || where ? " " : "", what);
}

static int take_name(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const struct reader *r = d->context;
	const char *fault = v->string ? find_path_fault(v->string) : "must be a text";

	if (!fault
		&& (strcmp(v->string, BUNDLE_MANIFEST) == 0
			|| strcmp(v->string, BUNDLE_SIGNATURE) == 0))
		fault = "is the manifest's own, or its signature's";
	if (!fault && bundle_find(r->bundle, v->string))
		return dispatch_refuse(d, row->key, "names %s twice", v->string);
	if (fault)
		return dispatch_refuse(d, row->key, "%s", fault);
	*(const char **)dispatch_to(d, row) = v->string;
	return 0;
}

static int take_kind(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const struct kind_row *kind = v->string ? find_kind(v->string) : NULL;
	struct bundle_file *f = d->to;

	if (!kind)
		return dispatch_refuse(d, row->key, "is no kind of file that is known");
	f->kind = kind->name;
	f->is_ours = kind->is_ours;
	return 0;
}

/* A library's version is its maker's. */
static int take_version(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	if (!v->string || v->string[0] == '\0' || strlen(v->string) > LIMIT_STRING)
		return dispatch_refuse(d, row->key, "must be a version, such as 1.2.3");
	*(const char **)dispatch_to(d, row) = v->string;
	return 0;
}

static int check_target(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	(void)to;
	return json_string(v) ? 0 : dispatch_refuse(d, where, "must be a text");
}

static int check_targets(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return dispatch_array(d, row->key, v->json, 0, LIMIT_BUNDLE_TARGETS, check_target, NULL);
}

#define AT(member) offsetof(struct bundle_file, member)

static const struct dispatch_row file_rows[] = {
	{ "path", take_name, AT(path), true, 0 },
	{ "kind", take_kind, 0, true, 0 },
	{ "size", dispatch_take_number, AT(size), true, LIMIT_BUNDLE_FILE },
	{ "sha256", dispatch_take_hash, AT(hash), true, 2 * SHA256_LEN },
	{ "version", take_version, AT(version), true, 0 },
	{ "platform", dispatch_take_word, AT(platform), false, LIMIT_STRING },
	{ "targets", check_targets, 0, true, 0 },
	{ 0 },
};

#undef AT

static int take_file(struct dispatch *document, const char *where, const struct json *v, void *to)
{
	struct reader r = *(const struct reader *)document->context;
	struct bundle *b = to;
	struct dispatch d = {
		.to = &b->files[b->n], .context = &r, .fault = note_fault, .all = true
	};
	int e;

	snprintf(r.place, sizeof(r.place), "%s", where);
	e = dispatch_object(&d, v, file_rows);
	if (e == 0)
		b->n++;
	return e;
}

/* --- the document ----------------------------------------------------------------------------- */

static int take_format(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	if (!v->string || strcmp(v->string, BUNDLE_FORMAT) != 0)
		return dispatch_refuse(d, row->key, "must be " BUNDLE_FORMAT);
	return 0;
}

static int take_files(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct bundle *b = d->to;

	b->files = calloc(json_size(v->json) + 1, sizeof(*b->files));
	if (!b->files)
		return -ENOMEM;
	return dispatch_array(d, row->key, v->json, 1, LIMIT_BUNDLE_FILES, take_file, b);
}

#define AT(member) offsetof(struct bundle, member)

static const struct dispatch_row rows[] = {
	{ "format", take_format, 0, true, 0 },
	{ "version", take_version, AT(version), true, 0 },
	{ "commit", dispatch_take_word, AT(commit), true, LIMIT_STRING },
	{ "files", take_files, 0, true, 0 },
	{ 0 },
};

/* Our own files are of the bundle's version: an old one among them is a fault. */
static int check_versions(const struct bundle *b, struct bytes *why)
{
	if (!bundle_is_version(b->version))
		return bytes_refuse(
			why, BUNDLE_FAULTY, "version must be whole numbers, such as 1.2.3");
	for (size_t i = 0; i < b->n; i++)
		if (b->files[i].is_ours && strcmp(b->files[i].version, b->version) != 0)
			return bytes_refuse(why, BUNDLE_FAULTY,
				"%s is of another version than the bundle", b->files[i].path);
	return 0;
}

int bundle_read(struct bundle *b, const char *text, size_t len, struct bytes *why)
{
	struct reader r = { .bundle = b, .why = why };
	struct dispatch d = { .to = b, .context = &r, .fault = note_fault, .all = true };
	struct scan_fault fault;
	int e;

	e = json_parse(text, len, &b->doc, &fault);
	if (e == JSON_MALFORMED)
		return bytes_refuse(why, BUNDLE_FAULTY, "is not strict JSON: %s, at byte %zu",
			scan_error_text(fault.error), fault.offset);
	if (e == 0)
		e = dispatch_object(&d, json_root(b->doc), rows);
	if (e == DISPATCH_REFUSED)
		return BUNDLE_FAULTY;
	return e == 0 ? check_versions(b, why) : e;
}
