/* SPDX-License-Identifier: ISC */

/*
 * A file is its content at the last sync, and the writes and truncations since. The directory is
 * its name → file table at the last sync, and its changes since. Files are never forgotten: which
 * of them can still be found depends on which changes of the directory took place.
 */

#include "helper/disk.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "helper/unit.h"

#define FILES_MAX 64
#define NAMES_MAX 8
#define CHANGES_MAX 9 /* of the directory, between two syncs */
#define WRITES_MAX 64 /* of a file, between two syncs */

#define NO_FILE (-1)

/* A write at `offset`; or, if `data` is NULL, a new length. */
struct write {
	char *data;
	size_t offset, len;
};

struct file {
	struct bytes synced;
	struct bytes current;
	struct write writes[WRITES_MAX];
	size_t n_writes;
};

/* `file` gets the name `to` (-1: none), and loses the name `from`. All are indices. */
struct change {
	int file, from, to;
};

struct disk {
	struct file files[FILES_MAX];
	size_t n_files;
	char *names[NAMES_MAX];
	size_t n_names;
	int synced[NAMES_MAX]; /* name → file */
	int current[NAMES_MAX];
	struct change changes[CHANGES_MAX];
	size_t n_changes;
};

static void must_fit(size_t n, size_t max, const char *what)
{
	if (n >= max)
		errx(UNIT_FAILED, "disk: too many %s", what);
}

struct disk *disk_new(void)
{
	struct disk *d = unit_allocate(sizeof(*d));

	for (size_t i = 0; i < NAMES_MAX; i++)
		d->synced[i] = d->current[i] = NO_FILE;
	return d;
}

static void forget_writes(struct file *f)
{
	while (f->n_writes > 0)
		free(f->writes[--f->n_writes].data);
}

void disk_free(struct disk *d)
{
	if (!d)
		return;

	for (size_t i = 0; i < d->n_files; i++) {
		forget_writes(&d->files[i]);
		bytes_deinit(&d->files[i].synced);
		bytes_deinit(&d->files[i].current);
	}
	for (size_t i = 0; i < d->n_names; i++)
		free(d->names[i]);
	free(d);
}

static int name_index(struct disk *d, const char *name)
{
	for (size_t i = 0; i < d->n_names; i++)
		if (strcmp(d->names[i], name) == 0)
			return (int)i;

	must_fit(d->n_names, NAMES_MAX, "names");
	d->names[d->n_names] = strdup(name);
	unit_must(d->names[d->n_names] ? 0 : -1);
	return (int)d->n_names++;
}

static struct file *find(struct disk *d, const char *name)
{
	int file = d->current[name_index(d, name)];

	return file == NO_FILE ? NULL : &d->files[file];
}

static int new_file(struct disk *d)
{
	must_fit(d->n_files, FILES_MAX, "files");
	bytes_init(&d->files[d->n_files].synced, BYTES_PRINTED_MAX);
	bytes_init(&d->files[d->n_files].current, BYTES_PRINTED_MAX);
	return (int)d->n_files++;
}

static void apply(int names[static NAMES_MAX], const struct change *c)
{
	if (c->from >= 0 && names[c->from] == c->file)
		names[c->from] = NO_FILE;
	if (c->to >= 0)
		names[c->to] = c->file;
}

static void change(struct disk *d, int file, int from, int to)
{
	must_fit(d->n_changes, CHANGES_MAX, "changes of the directory");
	d->changes[d->n_changes] = (struct change){ file, from, to };
	apply(d->current, &d->changes[d->n_changes++]);
}

void disk_begin_with(struct disk *d, const char *name, const char *data, size_t len)
{
	int i = name_index(d, name), file = new_file(d);

	unit_must(bytes_append(&d->files[file].synced, data, len));
	unit_must(bytes_append(&d->files[file].current, data, len));
	d->synced[i] = d->current[i] = file;
}

void disk_create(struct disk *d, const char *name)
{
	if (!find(d, name))
		change(d, new_file(d), -1, name_index(d, name));
}

static void add_write(struct file *f, const struct write *w)
{
	must_fit(f->n_writes, WRITES_MAX, "writes without a sync");
	f->writes[f->n_writes++] = *w;
}

bool disk_append(struct disk *d, const char *name, const char *data, size_t len)
{
	struct file *f = find(d, name);

	return f && disk_write(d, name, f->current.len, data, len);
}

bool disk_write(struct disk *d, const char *name, size_t offset, const char *data, size_t len)
{
	struct file *f = find(d, name);
	size_t inside;
	char *copy;

	if (!f || offset > f->current.len)
		return false;

	copy = unit_allocate(len + 1);
	memcpy(copy, data, len);
	add_write(f, &(struct write){ copy, offset, len });
	inside = len < f->current.len - offset ? len : f->current.len - offset;
	if (inside > 0)
		memcpy(f->current.data + offset, data, inside);
	unit_must(bytes_append(&f->current, data + inside, len - inside));
	return true;
}

bool disk_truncate(struct disk *d, const char *name, size_t len)
{
	struct file *f = find(d, name);

	if (!f || len > f->current.len)
		return false;

	add_write(f, &(struct write){ .len = len });
	bytes_truncate(&f->current, len);
	return true;
}

bool disk_sync(struct disk *d, const char *name)
{
	struct file *f = find(d, name);

	if (!f)
		return false;

	forget_writes(f);
	bytes_clear(&f->synced);
	unit_must(bytes_append(&f->synced, bytes_str(&f->current), f->current.len));
	return true;
}

bool disk_rename(struct disk *d, const char *from, const char *to)
{
	int from_index = name_index(d, from), to_index = name_index(d, to);

	if (d->current[from_index] == NO_FILE)
		return false;

	change(d, d->current[from_index], from_index, to_index);
	return true;
}

bool disk_remove(struct disk *d, const char *name)
{
	int i = name_index(d, name);

	if (d->current[i] == NO_FILE)
		return false;

	change(d, d->current[i], i, -1);
	return true;
}

void disk_sync_directory(struct disk *d)
{
	d->n_changes = 0;
	memcpy(d->synced, d->current, sizeof(d->synced));
}

/* --- the states ------------------------------------------------------------------------------- */

/* One enumeration of the states; `files` is the next state. */
struct walk {
	const struct disk *disk;
	const char *name; /* of the file whose contents are tried in full */
	size_t step;      /* between lengths */
	disk_state_fn fn;
	void *userdata;
	int names[NAMES_MAX];
	struct disk_file files[NAMES_MAX];
	size_t n_states;
};

/* A part of a write that gets to the disk whole or not at all. */
struct piece {
	size_t offset, len;
	const char *data;
};

static size_t cut_pieces(const struct file *f, struct piece **ret)
{
	struct piece *pieces = NULL;
	size_t n = 0;

	for (size_t i = 0; i < f->n_writes; i++) {
		const struct write *w = &f->writes[i];

		for (size_t at = 0, len; w->data && at < w->len; at += len) {
			len = DISK_SECTOR - (w->offset + at) % DISK_SECTOR;
			len = len < w->len - at ? len : w->len - at;
			pieces = reallocarray(pieces, n + 1, sizeof(*pieces));
			if (!pieces)
				err(UNIT_FAILED, "disk");
			pieces[n++] = (struct piece){ w->offset + at, len, w->data + at };
		}
	}
	*ret = pieces;
	return n;
}

/* The length after the first `n` writes. */
static size_t length_after(const struct file *f, size_t n)
{
	size_t len = f->synced.len;

	for (size_t i = 0; i < n; i++) {
		const struct write *w = &f->writes[i];

		if (!w->data)
			len = w->len;
		else if (w->offset + w->len > len)
			len = w->offset + w->len;
	}
	return len;
}

static void choose_names(struct walk *w, size_t i);

/* Tries a file of `len` bytes with the pieces that `there` marks. */
static void show_content(struct walk *w, size_t name, size_t len, const struct piece *pieces,
	size_t n, const bool *there)
{
	const struct file *f = &w->disk->files[w->names[name]];
	char *data = unit_allocate(len + 1);
	size_t kept = f->synced.len < len ? f->synced.len : len;

	memcpy(data, bytes_str(&f->synced), kept);
	for (size_t i = 0; i < n; i++) {
		const struct piece *p = &pieces[i];

		if (there[i] && p->offset < len)
			memcpy(data + p->offset, p->data,
				p->len < len - p->offset ? p->len : len - p->offset);
	}

	w->files[name] = (struct disk_file){ w->disk->names[name], data, len };
	choose_names(w, name + 1);
	free(data);
}

/* Tries a subset with every length that the file may have. */
static void show_subset(
	struct walk *w, size_t name, const struct piece *pieces, size_t n, const bool *there)
{
	const struct file *f = &w->disk->files[w->names[name]];

	for (size_t i = 0; i <= f->n_writes; i++)
		show_content(w, name, length_after(f, i), pieces, n, there);
}

static void all_subsets(struct walk *w, size_t name, const struct piece *pieces, size_t n)
{
	bool there[DISK_SECTORS_MAX] = { false };

	for (size_t subset = 0; subset < (size_t)1 << n; subset++) {
		for (size_t i = 0; i < n; i++)
			there[i] = subset >> i & 1;
		show_subset(w, name, pieces, n, there);
	}
}

/* Tries some subsets of pieces that are too many for all subsets: see the head of disk.h. */
static void some_subsets(struct walk *w, size_t name, const struct piece *pieces, size_t n)
{
	bool *there = unit_allocate(n * sizeof(*there));

	for (size_t chosen = 0; chosen < n; chosen++) {
		for (int way = 0; way < 4; way++) {
			for (size_t i = 0; i < n; i++)
				there[i] = way == 0 ? i == chosen
					: way == 1  ? i != chosen
					: way == 2  ? i < chosen
						    : i > chosen;
			show_subset(w, name, pieces, n, there);
		}
	}
	memset(there, true, n * sizeof(*there));
	show_subset(w, name, pieces, n, there);
	free(there);
}

/* Tries each length between two writes' ends, with all data up to that length. */
static void show_prefixes(struct walk *w, size_t name, const struct piece *pieces, size_t n)
{
	const struct file *f = &w->disk->files[w->names[name]];
	bool *there = unit_allocate((n + 1) * sizeof(*there));

	memset(there, true, n * sizeof(*there));
	for (size_t i = 0; i < f->n_writes; i++)
		for (size_t len = length_after(f, i) + 1; len < length_after(f, i + 1);
			len += w->step)
			show_content(w, name, len, pieces, n, there);
	free(there);
}

static void show_contents(struct walk *w, size_t name)
{
	const struct file *f = &w->disk->files[w->names[name]];
	struct piece *pieces = NULL;
	size_t n = cut_pieces(f, &pieces);

	if (n <= DISK_SECTORS_MAX)
		all_subsets(w, name, pieces, n);
	else
		some_subsets(w, name, pieces, n);
	show_prefixes(w, name, pieces, n);
	free(pieces);
}

/* Tries the file as synced, as written last, and half written. */
static void show_three_contents(struct walk *w, size_t name)
{
	const struct file *f = &w->disk->files[w->names[name]];
	bool same_len = f->current.len == f->synced.len;
	size_t middle = (f->synced.len + f->current.len) / 2;
	char *half = unit_allocate(f->current.len + f->synced.len + 1);
	const struct disk_file contents[] = {
		{ w->disk->names[name], bytes_str(&f->synced), f->synced.len },
		{ w->disk->names[name], bytes_str(&f->current), f->current.len },
		{ w->disk->names[name], half, same_len ? f->current.len : middle },
	};

	memcpy(half, bytes_str(&f->synced), f->synced.len);
	memcpy(half, bytes_str(&f->current),
		same_len || middle > f->current.len ? f->current.len / 2 : middle);
	for (size_t i = 0; i < (f->n_writes > 0 ? 3 : 1); i++) {
		w->files[name] = contents[i];
		choose_names(w, name + 1);
	}
	free(half);
}

/* Gives the names from `i` on their contents; after the last one, the state is complete. */
static void choose_names(struct walk *w, size_t i)
{
	if (i == w->disk->n_names) {
		w->n_states++;
		w->fn(w->files, w->disk->n_names, w->userdata);
	} else if (w->names[i] == NO_FILE) {
		w->files[i] = (struct disk_file){ .name = w->disk->names[i] };
		choose_names(w, i + 1);
	} else if (strcmp(w->disk->names[i], w->name) == 0) {
		show_contents(w, i);
	} else {
		show_three_contents(w, i);
	}
}

/* The names after a subset of the directory's changes. */
static void name_files(const struct disk *d, size_t subset, int ret[static NAMES_MAX])
{
	memcpy(ret, d->synced, sizeof(d->synced));
	for (size_t i = 0; i < d->n_changes; i++)
		if (subset >> i & 1)
			apply(ret, &d->changes[i]);
}

/* Whether a smaller subset gives the same names. */
static bool is_known(const struct disk *d, size_t subset, const int names[static NAMES_MAX])
{
	int others[NAMES_MAX];

	for (size_t other = 0; other < subset; other++) {
		name_files(d, other, others);
		if (memcmp(others, names, sizeof(others)) == 0)
			return true;
	}
	return false;
}

size_t disk_states(
	const struct disk *d, const char *name, size_t step, disk_state_fn fn, void *userdata)
{
	struct walk w = { .disk = d, .name = name, .step = step, .fn = fn, .userdata = userdata };

	for (size_t subset = 0; subset < (size_t)1 << d->n_changes; subset++) {
		name_files(d, subset, w.names);
		if (!is_known(d, subset, w.names))
			choose_names(&w, 0);
	}
	return w.n_states;
}
