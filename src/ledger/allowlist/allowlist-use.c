/* SPDX-License-Identifier: ISC */

/* The stamps, in an array that is sorted by ID. */

#include "ledger/allowlist/allowlist-use.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/scan-value.h"
#include "base/json/tree.h"
#include "gate/limits.h"
#include "ledger/state-file.h"

/* The file's size limit: a stamp for each entry, with a path of any length. */
#define USE_MAX ((size_t)64 << 20)

void allowlist_use_init(struct allowlist_use *use)
{
	*use = (struct allowlist_use){ 0 };
}

static void free_stamp(struct allowlist_stamp *s)
{
	free(s->id);
	free(s->path);
}

void allowlist_use_deinit(struct allowlist_use *use)
{
	for (size_t i = 0; i < use->n; i++)
		free_stamp(&use->stamps[i]);
	free(use->stamps);
	allowlist_use_init(use);
}

/* The index of the ID's stamp, or the index at which to insert it. */
static size_t find(const struct allowlist_use *use, const char *id, bool *ret_there)
{
	size_t low = 0, high = use->n, middle;
	int r;

	while (low < high) {
		middle = low + (high - low) / 2;
		r = strcmp(use->stamps[middle].id, id);
		if (r == 0) {
			*ret_there = true;
			return middle;
		}
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_there = false;
	return low;
}

int allowlist_use_add(struct allowlist_use *use, char **id, char **path, uint64_t at)
{
	struct allowlist_stamp *s;
	bool there;
	size_t i;
	int r;

	r = ARRAY_RESERVE(&use->stamps, use->n, &use->size);
	if (r < 0)
		return r;

	i = find(use, *id, &there);
	s = &use->stamps[i];
	if (there) {
		free_stamp(s);
	} else {
		memmove(s + 1, s, (use->n - i) * sizeof(*s));
		use->n++;
	}
	*s = (struct allowlist_stamp){ steal_ptr(*id), steal_ptr(*path), at };
	use->dirty = true;
	return 0;
}

struct allow_use allowlist_use_find(const struct allowlist_use *use, const char *id)
{
	bool there;
	size_t i = find(use, id, &there);

	if (!there)
		return (struct allow_use){ 0 };
	return (struct allow_use){ use->stamps[i].at, use->stamps[i].path };
}

/* --- reading ---------------------------------------------------------------------------------- */

struct allowlist_use_reader {
	struct allowlist_use *use;
	struct allow_clock *clock;
	bool version, faulty;
};

struct stamp_reader {
	struct bytes path;
	uint64_t at;
	bool has_at, has_path;
};

static bool is_key(const struct scan_member *m, const char *key)
{
	return strlen(key) == m->key_len && memcmp(key, m->key, m->key_len) == 0;
}

static int take_stamp_member(const struct scan_member *m, void *userdata)
{
	struct stamp_reader *r = userdata;
	int e = 0;

	if (is_key(m, "lastUsedAt"))
		r->has_at = scan_integer_value(m->value, m->value_len, JSON_INTEGER_MAX, &r->at);
	if (is_key(m, "lastResolvedPath")) {
		e = scan_string_value(m->value, m->value_len, &r->path);
		r->has_path = e == 0;
	}
	return e < 0 ? e : 0;
}

static int take_stamp(const struct scan_member *m, void *userdata)
{
	struct stamp_reader s = { .path = BYTES_PRINTED };
	cleanup(free_p) char *id = strndup(m->key, m->key_len);
	cleanup(free_p) char *path = NULL;
	struct allowlist_use_reader *r = userdata;
	struct scan_fault f;
	int e = id ? 0 : -ENOMEM;

	if (e == 0 && m->value[0] == '{')
		e = scan_object(m->value, m->value_len, take_stamp_member, &s, &f);
	if (e == 0 && s.has_at && s.has_path && r->use->n < LIMIT_ALLOW_ENTRIES) {
		path = bytes_steal(&s.path);
		e = path ? allowlist_use_add(r->use, &id, &path, s.at) : -ENOMEM;
	} else if (e == 0) {
		r->faulty = true;
	}
	bytes_deinit(&s.path);
	return e;
}

static int take_member(const struct scan_member *m, void *userdata)
{
	struct allowlist_use_reader *r = userdata;
	struct scan_fault f;
	uint64_t version;
	bool fine;
	int e;

	if (is_key(m, "version"))
		r->version =
			scan_integer_value(m->value, m->value_len, 1, &version) && version == 1;
	if (is_key(m, "clock")) {
		e = allow_clock_read(m->value, m->value_len, r->clock, &fine);
		r->faulty |= !fine;
		return e;
	}
	if (!is_key(m, "used"))
		return 0;
	if (m->value[0] == '{')
		return scan_object(m->value, m->value_len, take_stamp, r, &f);
	r->faulty = true;
	return 0;
}

static int read_text(const struct bytes *text, struct allowlist_use_reader *r, struct bytes *why)
{
	struct scan_fault f;
	int e;

	e = scan_object(bytes_str(text), text->len, NULL, NULL, &f);
	if (e == SCAN_REFUSED)
		return bytes_appendf(
			why, "%s (at byte %zu)", scan_error_text(f.error), f.offset + 1);
	if (e == 0)
		e = scan_object(bytes_str(text), text->len, take_member, r, &f);
	if (e == 0 && (r->faulty || !r->version))
		e = bytes_append_str(why, "is not what firma wrote");
	return e;
}

int allowlist_use_load(struct allowlist_use *use, struct state_dir *dir,
	struct allow_clock *ret_clock, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct allow_clock clock = { 0 };
	struct allowlist_use_reader r = { .use = use, .clock = &clock };
	cleanup(close_p) int fd = -1;
	int e;

	e = file_open(state_dir_fd(dir), ALLOWLIST_USE_FILE, O_RDONLY, state_dir_owner(dir), &fd);
	if (e == -ENOENT)
		return 0;
	if (e > 0)
		return bytes_append_str(why, file_fault_text((enum file_fault)e));
	if (e == 0)
		e = file_read(fd, USE_MAX, &text);
	if (e == -EFBIG || e == -ELOOP)
		return bytes_append_str(why, strerror(-e));
	if (e < 0)
		return e;

	e = read_text(&text, &r, why);
	use->dirty = false;
	if (e == 0)
		*ret_clock = clock;
	return e;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void print_stamp(const struct allowlist_stamp *s, bool first, struct bytes *b)
{
	bytes_append_str(b, first ? "\n" : ",\n");
	json_append_string(b, s->id);
	bytes_appendf(b, ":{\"lastUsedAt\":%llu,\"lastResolvedPath\":", (unsigned long long)s->at);
	json_append_string(b, s->path);
	bytes_append_char(b, '}');
}

static int print(const struct allowlist_use *use, const struct allow_clock *clock, struct bytes *b)
{
	bytes_append_str(b, "{\"version\":1,\"clock\":");
	allow_clock_print(clock, b);
	bytes_append_str(b, ",\"used\":{");
	for (size_t i = 0; i < use->n; i++)
		print_stamp(&use->stamps[i], i == 0, b);
	return bytes_append_str(b, "}}\n");
}

/* Drops the stamps of entries that are no longer in the list. */
static void forget_others(struct allowlist_use *use, const struct allowlist *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < use->n; i++) {
		if (allowlist_find(list, use->stamps[i].id))
			use->stamps[kept++] = use->stamps[i];
		else
			free_stamp(&use->stamps[i]);
	}
	use->n = kept;
}

int allowlist_use_write(struct allowlist_use *use, struct state_dir *dir,
	const struct allowlist *list, const struct allow_clock *clock)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	forget_others(use, list);
	r = print(use, clock, &text);
	if (r >= 0)
		r = state_file_write(dir, ALLOWLIST_USE_FILE, text.data, text.len);
	if (r >= 0)
		use->dirty = false;
	return r;
}
