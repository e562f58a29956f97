/* SPDX-License-Identifier: ISC */

#include "gate/runner/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json/dispatch.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "gate/limits.h"

#define HEX_LEN ((size_t)2 * SHA256_LEN)

/* Between the hash and the name. */
#define GAP "  "
#define GAP_LEN (sizeof(GAP) - 1)

#define NUMBERS_MAX 4
#define DIGITS_MAX 9

void bundle_deinit(struct bundle *b)
{
	free(b->sums);
	json_doc_free(b->manifest);
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

/* Takes the next number of a version; 0 after the last one. */
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

/* --- SHA256SUMS ------------------------------------------------------------------------------- */

/*
 * Only plain relative names are accepted: no name can leave the directory, or hide something on a
 * terminal.
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

static int refuse_line(struct bytes *why, size_t number, const char *what)
{
	return bytes_refuse(why, BUNDLE_FAULTY, "line %zu %s", number, what);
}

/* Takes a line without its line feed; splits it in place into hash and name. */
static int take_line(struct bundle *b, char *line, struct bytes *why)
{
	struct bundle_file *f = &b->files[b->n];
	const size_t number = b->n + 1;
	uint8_t hash[SHA256_LEN];
	const char *fault;

	if (strlen(line) <= HEX_LEN + GAP_LEN
		|| notation_parse_hex(line, HEX_LEN, hash, sizeof(hash)) < 0
		|| memcmp(line + HEX_LEN, GAP, GAP_LEN) != 0)
		return refuse_line(why, number, "is not as sha256sum writes it");

	line[HEX_LEN] = '\0';
	f->hash = line;
	f->path = line + HEX_LEN + GAP_LEN;
	fault = find_path_fault(f->path);
	if (fault)
		return refuse_line(why, number, fault);
	if (strcmp(f->path, BUNDLE_SUMS) == 0 || strcmp(f->path, BUNDLE_SIGNATURE) == 0)
		return refuse_line(why, number, "names this list itself, or its signature");
	if (bundle_find(b, f->path))
		return bytes_refuse(
			why, BUNDLE_FAULTY, "line %zu names %s once more", number, f->path);
	b->n++;
	return 0;
}

int bundle_read_sums(struct bundle *b, const char *text, size_t len, struct bytes *why)
{
	size_t n_lines = 0;
	char *line, *end;
	int r = 0;

	for (size_t i = 0; i < len; i++)
		n_lines += text[i] == '\n';
	if (len == 0 || text[len - 1] != '\n' || memchr(text, '\0', len))
		return bytes_refuse(why, BUNDLE_FAULTY, "does not end with a line feed");
	if (n_lines > LIMIT_BUNDLE_FILES)
		return bytes_refuse(why, BUNDLE_FAULTY, "names too many files");

	b->sums = strndup(text, len);
	b->files = calloc(n_lines, sizeof(*b->files));
	if (!b->sums || !b->files)
		return -ENOMEM;
	for (line = b->sums; r == 0 && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		r = take_line(b, line, why);
	}
	b->own = bundle_find(b, BUNDLE_MANIFEST);
	if (r == 0 && !b->own)
		return bytes_refuse(why, BUNDLE_FAULTY, "does not name " BUNDLE_MANIFEST);
	return r;
}

/* --- the manifest ----------------------------------------------------------------------------- */

/* The kinds of files, and whether a file's version is the bundle's. */
static const struct kind {
	const char *name;
	bool is_ours;
} kinds[] = {
	{ "wrapper", true },
	{ "binary", true },
	{ "library", false },
	{ "source", true },
	{ "sbom", true },
	{ "notice", true },
};

/* An element of `files`. */
struct entry {
	const char *path, *hash, *version, *platform;
	uint64_t size;
	const struct kind *kind;
};

/* Reads the manifest up to its first fault. `place`: such as "files[3]", or "". */
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

static int take_kind(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct entry *e = d->to;

	for (size_t i = 0; v->string && i < LENGTH(kinds); i++)
		if (strcmp(kinds[i].name, v->string) == 0)
			e->kind = &kinds[i];
	return e->kind ? 0 : dispatch_refuse(d, row->key, "is no kind of file that is known");
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

#define AT(member) offsetof(struct entry, member)

static const struct dispatch_row entry_rows[] = {
	{ "path", dispatch_take_word, AT(path), true, LIMIT_BUNDLE_PATH },
	{ "kind", take_kind, 0, true, 0 },
	{ "size", dispatch_take_number, AT(size), true, LIMIT_BUNDLE_FILE },
	{ "sha256", dispatch_take_hash, AT(hash), true, HEX_LEN },
	{ "version", dispatch_take_word, AT(version), true, LIMIT_STRING },
	{ "platform", dispatch_take_word, AT(platform), false, LIMIT_STRING },
	{ "targets", check_targets, 0, true, 0 },
	{ 0 },
};

#undef AT

/* Adds the entry to the file that SHA256SUMS names; the two must agree. */
static int join(struct dispatch *d, const struct entry *e)
{
	const struct reader *r = d->context;
	struct bundle_file *f = bundle_find(r->bundle, e->path);

	if (!f)
		return dispatch_refuse(d, "path", "names a file that " BUNDLE_SUMS " does not");
	if (f->is_described)
		return dispatch_refuse(d, "path", "names %s once more, or this list", f->path);
	if (strcmp(f->hash, e->hash) != 0)
		return dispatch_refuse(d, "sha256", "of %s is not that of " BUNDLE_SUMS, f->path);
	f->size = e->size;
	f->version = e->version;
	f->is_ours = e->kind->is_ours;
	f->is_described = true;
	return 0;
}

static int take_file(struct dispatch *document, const char *where, const struct json *v, void *to)
{
	struct reader r = *(const struct reader *)document->context;
	struct entry entry = { 0 };
	struct dispatch d = { .to = &entry, .context = &r, .fault = note_fault, .all = true };
	int e;

	(void)to;
	snprintf(r.place, sizeof(r.place), "%s", where);
	e = dispatch_object(&d, v, entry_rows);
	return e == 0 ? join(&d, &entry) : e;
}

static int take_files(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return dispatch_array(d, row->key, v->json, 1, LIMIT_BUNDLE_FILES, take_file, NULL);
}

static int take_format(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	if (!v->string || strcmp(v->string, BUNDLE_FORMAT) != 0)
		return dispatch_refuse(d, row->key, "must be " BUNDLE_FORMAT);
	return 0;
}

static int take_version(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	if (!v->string || !bundle_is_version(v->string))
		return dispatch_refuse(d, row->key, "must be whole numbers, such as 1.2.3");
	*(const char **)dispatch_to(d, row) = v->string;
	return 0;
}

#define AT(member) offsetof(struct bundle, member)

static const struct dispatch_row rows[] = {
	{ "format", take_format, 0, true, 0 },
	{ "version", take_version, AT(version), true, 0 },
	{ "commit", dispatch_take_word, AT(commit), true, LIMIT_STRING },
	{ "files", take_files, 0, true, 0 },
	{ 0 },
};

/* A bundle may not ship an older program. */
static int check_files(const struct bundle *b, struct bytes *why)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!b->files[i].is_described)
			return bytes_refuse(
				why, BUNDLE_FAULTY, "says nothing of %s", b->files[i].path);
		if (b->files[i].is_ours && strcmp(b->files[i].version, b->version) != 0)
			return bytes_refuse(why, BUNDLE_FAULTY,
				"has %s in another version than the bundle's", b->files[i].path);
	}
	return 0;
}

int bundle_read_manifest(struct bundle *b, const char *text, size_t len, struct bytes *why)
{
	struct reader r = { .bundle = b, .why = why };
	struct dispatch d = { .to = b, .context = &r, .fault = note_fault, .all = true };
	struct scan_fault fault;
	int e;

	b->own->size = len;
	b->own->is_described = true;
	e = json_parse(text, len, &b->manifest, &fault);
	if (e == JSON_MALFORMED)
		return bytes_refuse(why, BUNDLE_FAULTY, "is not strict JSON: %s, at byte %zu",
			scan_error_text(fault.error), fault.offset);
	if (e == 0)
		e = dispatch_object(&d, json_root(b->manifest), rows);
	if (e == DISPATCH_REFUSED)
		return BUNDLE_FAULTY;
	return e == 0 ? check_files(b, why) : e;
}
