/* SPDX-License-Identifier: ISC */

/*
 * The allowlist file. This code must not
 *
 *  - overwrite a file that it could not read, or has not read;
 *  - bring back an entry that another program removed: the new text is made from the text that was
 *    just read;
 *  - leave half a file, or one that it would refuse to read.
 *
 * An editor doesn't hold the lock. So directly before the new file takes its place, the old one is
 * compared once more with the one that was read.
 */

#include "ledger/allowlist/allowlist-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/warnings.h"
#include "gate/limits.h"

#define LIST_FILE "allowlist.json"

#define USE_PAUSE CLOCK_SECOND
#define RETRY_PAUSE (30 * CLOCK_SECOND)

void allowlist_file_init(struct allowlist_file *f, struct state_dir *dir)
{
	*f = (struct allowlist_file){
		.dir = dir,
		.fault = BYTES_PRINTED,
		.warning = BYTES_PRINTED,
	};
	allowlist_use_init(&f->use);
}

void allowlist_file_deinit(struct allowlist_file *f)
{
	allowlist_free(f->list);
	allowlist_free(f->changed);
	allowlist_use_deinit(&f->use);
	bytes_deinit(&f->fault);
	bytes_deinit(&f->warning);
	f->list = f->changed = NULL;
}

static void __attribute__((format(printf, 3, 4)))
warn(struct allowlist_file *f, const char *name, const char *format, ...)
{
	va_list ap;

	warnings_begin(&f->warning);
	bytes_appendf(&f->warning, "%s/%s: ", state_dir_path(f->dir), name);
	va_start(ap, format);
	bytes_vappendf(&f->warning, format, ap);
	va_end(ap);
}

/* --- reading ---------------------------------------------------------------------------------- */

static int look(const struct allowlist_file *f, struct stat *ret)
{
	return watched_file_look(state_dir_fd(f->dir), LIST_FILE, AT_SYMLINK_NOFOLLOW, ret);
}

static bool has_changed(const struct allowlist_file *f, const struct moment *now)
{
	return watched_file_has_changed(
		&f->watched, state_dir_fd(f->dir), LIST_FILE, AT_SYMLINK_NOFOLLOW, &now->clock);
}

/* The file's text, and its stat(2) from before the text was read. */
static int read_file(const struct allowlist_file *f, struct bytes *text, struct stat *seen,
	const char **ret_fault)
{
	cleanup(close_p) int fd = -1;
	int r;

	*seen = (struct stat){ 0 };
	r = file_open(state_dir_fd(f->dir), LIST_FILE, O_RDONLY, state_dir_owner(f->dir), &fd);
	if (r == -ENOENT)
		return bytes_append_str(text, ALLOWLIST_EMPTY);
	if (r > 0)
		*ret_fault = file_fault_text((enum file_fault)r);
	if (r != 0)
		return r;

	if (fstat(fd, seen) < 0)
		return -errno;

	r = file_read(fd, LIMIT_ALLOWLIST, text);
	if (r == -EFBIG) {
		*ret_fault = "is larger than 8 MiB";
		return ALLOWLIST_FAULTY;
	}
	return r;
}

_Static_assert(LIMIT_ALLOWLIST == 8 << 20, "read_file() names it");

static bool is_text_of(const struct bytes *text, const struct allowlist *list)
{
	return list && text->len == allowlist_text(list)->len
		&& memcmp(bytes_str(text), bytes_str(allowlist_text(list)), text->len) == 0;
}

static void set_fault(struct allowlist_file *f, const char *what)
{
	allowlist_free(f->list);
	f->list = NULL;
	bytes_clear(&f->fault);
	bytes_appendf(&f->fault, "%s/" LIST_FILE ": %s", state_dir_path(f->dir), what);
}

static void take_list(struct allowlist_file *f, struct allowlist *list)
{
	allowlist_free(f->list);
	f->list = list;
	bytes_clear(&f->fault);
}

static void read_list(struct allowlist_file *f, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, why = BYTES_PRINTED;
	struct allowlist *list;
	const char *fault = NULL;
	struct stat seen;
	int r;

	r = read_file(f, &text, &seen, &fault);
	watched_file_note(
		&f->watched, &seen, r < 0 ? WATCHED_FILE_AT_ONCE : CLOCK_NEVER, &now->clock);
	if (r == 0 && is_text_of(&text, f->list))
		return;

	if (r == 0)
		r = allowlist_parse(bytes_str(&text), text.len, &why, &list);
	if (r == 0) {
		take_list(f, list);
		allow_clock_merge(&f->clock, allowlist_clock(list), now);
		f->use.dirty |= allowlist_first_end(list) != ALLOW_FOREVER && !f->anchored;
		return;
	}

	if (r < 0)
		watched_file_retry(&f->watched);
	set_fault(f, r < 0 ? strerror(-r) : fault ? fault : bytes_str(&why));
}

/* Reads the stamps, once, as soon as the directory is open. */
static void load_use(struct allowlist_file *f, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct allow_clock clock = { 0 };
	int r;

	if (f->loaded_use || now->clock.boot < f->load_use_at)
		return;

	r = allowlist_use_load(&f->use, f->dir, &clock, &why);
	allow_clock_merge(&f->clock, &clock, now);
	f->loaded_use = r >= 0;
	f->use_is_foreign = why.len > 0;
	f->load_use_at = now->clock.boot + RETRY_PAUSE;
	if (r < 0 || why.len > 0)
		warn(f, ALLOWLIST_USE_FILE, "%s", r < 0 ? strerror(-r) : bytes_str(&why));
}

void allowlist_file_refresh(struct allowlist_file *f, const struct moment *now)
{
	if (!f->dir || state_dir_fd(f->dir) < 0)
		return;

	load_use(f, now);
	if (has_changed(f, now))
		read_list(f, now);
	allow_clock_move(&f->clock, now);
}

const char *allowlist_file_closed(const struct allowlist_file *f)
{
	if (!f->dir || f->list)
		return NULL;
	return f->fault.len > 0 ? bytes_str(&f->fault) : "the allowlist was not read yet";
}

/* --- changing --------------------------------------------------------------------------------- */

/* The list, with the changes so far. */
static const struct allowlist *current(const struct allowlist_file *f)
{
	return f->changed ? f->changed : f->list;
}

/* Expiry needs a clock: the file keeps one if an entry expires, or if the file has one already. */
static const struct allow_clock *clock_to_keep(
	const struct allowlist_file *f, const struct allowlist *list, const struct allow_entry *add)
{
	bool timed = allowlist_first_end(list) != ALLOW_FOREVER
		|| (add && add->expires != ALLOW_FOREVER);

	return timed || allowlist_clock(list)->known ? &f->clock : NULL;
}

/*
 * Prints the list without the marked and the expired entries, and parses the result: a text that
 * would be refused at the next read is not written.
 */
static int edit(struct allowlist_file *f, bool *drop, const struct allow_entry *add,
	const struct allow_entry *old)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, why = BYTES_PRINTED;
	const struct allowlist *list = current(f);
	struct allowlist *changed;
	int r;

	for (size_t i = 0; i < allowlist_size(list); i++)
		drop[i] |= allow_entry_is_over(allowlist_entry(list, i), f->clock.wall);

	r = allowlist_print(list, drop, add, old, clock_to_keep(f, list, add), &text);
	if (r >= 0 && text.len > LIMIT_ALLOWLIST)
		r = -EFBIG;
	if (r >= 0)
		r = allowlist_parse(bytes_str(&text), text.len, &why, &changed);
	if (r != 0)
		return r == ALLOWLIST_FAULTY ? -EINVAL : r;

	allowlist_free(f->changed);
	f->changed = changed;
	return 0;
}

/* Replaces an entry with the same identity, but keeps its ID and its unknown members. */
static int add(struct allowlist_file *f, const struct allow_entry *entry, bool *drop)
{
	const struct allowlist *list = current(f);
	const struct allow_entry *old = NULL;

	for (size_t i = 0; i < allowlist_size(list); i++) {
		const struct allow_entry *e = allowlist_entry(list, i);

		if (!allow_entry_is_same(e, entry))
			continue;
		if (!allow_entry_is_over(e, f->clock.wall) && allow_entry_covers(e, entry))
			return 0;
		drop[i] = true;
		old = e;
	}
	return edit(f, drop, entry, old);
}

/* Succeeds if the entry is gone already. */
static int remove_entry(struct allowlist_file *f, const char *id, bool *drop)
{
	const struct allowlist *list = current(f);

	for (size_t i = 0; i < allowlist_size(list); i++) {
		if (strcmp(allowlist_entry(list, i)->id, id) == 0) {
			drop[i] = true;
			return edit(f, drop, NULL, NULL);
		}
	}
	return 0;
}

static bool *new_marks(const struct allowlist *list)
{
	return calloc(allowlist_size(list) + 1, sizeof(bool));
}

int allowlist_file_change(struct allowlist_file *f, const struct allow_change *change)
{
	cleanup(free_p) bool *drop = NULL;

	if (!f->list)
		return -EIO;

	drop = new_marks(current(f));
	if (!drop)
		return -ENOMEM;
	return change->kind == ALLOW_ADD ? add(f, change->entry, drop)
					 : remove_entry(f, change->id, drop);
}

void allowlist_file_forget(struct allowlist_file *f)
{
	allowlist_free(f->changed);
	f->changed = NULL;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Another process has written the file since it was read. */
enum { CHANGED_MEANWHILE = 1 };

static int replace(struct allowlist_file *f, const struct allowlist *list)
{
	cleanup(file_replace_deinit) struct file_replace to = FILE_REPLACE_INIT;
	const struct bytes *text = allowlist_text(list);
	struct stat st;
	bool renamed;
	int r;

	r = file_replace_begin(&to, state_dir_fd(f->dir), LIST_FILE);
	if (r >= 0)
		r = file_write(to.fd, bytes_str(text), text->len);
	/* The slow sync comes before the comparison. */
	if (r >= 0 && fsync(to.fd) < 0)
		r = -errno;
	if (r >= 0)
		r = look(f, &st);
	if (r < 0)
		return r;
	if (!watched_file_is_same(&f->watched, &st))
		return CHANGED_MEANWHILE;

	r = state_dir_replace(f->dir, &to, &renamed);
	return r < 0 ? r : watched_file_wrote(&f->watched, to.fd);
}

int allowlist_file_commit(struct allowlist_file *f)
{
	struct allowlist *changed = steal_ptr(f->changed);
	int r;

	if (!changed)
		return 0;

	r = replace(f, changed);
	if (r != 0) {
		watched_file_retry(&f->watched);
		allowlist_free(changed);
		return r == CHANGED_MEANWHILE ? -EAGAIN : r;
	}
	take_list(f, changed);
	return 0;
}

/* --- after the replies ------------------------------------------------------------------------ */

/* Removes expired entries from the file: a clock that is set back later must not revive them. */
static void drop_over(struct allowlist_file *f, const struct moment *now)
{
	cleanup(free_p) bool *drop = NULL;
	int r;

	if (!f->list || f->clock.wall < allowlist_first_end(f->list)
		|| now->clock.boot < f->drop_at)
		return;

	drop = new_marks(f->list);
	r = drop ? edit(f, drop, NULL, NULL) : -ENOMEM;
	if (r == 0)
		r = allowlist_file_commit(f);
	if (r >= 0)
		return;

	f->drop_at = now->clock.boot + RETRY_PAUSE;
	warn(f, LIST_FILE, "what is over could not be removed: %s", strerror(-r));
}

/* Keeps a file that can't be understood. It is not lost when ours takes its place. */
static int keep_foreign_use(struct allowlist_file *f)
{
	unsigned int number;
	int r;

	if (!f->use_is_foreign)
		return 0;

	r = file_keep_aside(state_dir_fd(f->dir), ALLOWLIST_USE_FILE, &number);
	if (r < 0)
		return r;
	f->use_is_foreign = false;
	if (number > 0)
		warn(f, ALLOWLIST_USE_FILE,
			"what was found in its place is kept as " ALLOWLIST_USE_FILE ".replaced.%u",
			number);
	return 0;
}

static void write_use(struct allowlist_file *f, const struct moment *now)
{
	int r;

	f->use.write_at = now->clock.boot + USE_PAUSE;
	r = f->loaded_use ? keep_foreign_use(f) : -EAGAIN;
	if (r >= 0)
		r = allowlist_use_write(&f->use, f->dir, f->list, &f->clock);
	f->anchored |= r >= 0;
	if (r >= 0)
		return;

	f->use.write_at = now->clock.boot + RETRY_PAUSE;
	if (r != -EAGAIN)
		warn(f, ALLOWLIST_USE_FILE, "could not be written: %s", strerror(-r));
}

void allowlist_file_keep(struct allowlist_file *f, const struct moment *now)
{
	drop_over(f, now);
	if (f->list && f->use.dirty && now->clock.boot >= f->use.write_at)
		write_use(f, now);
}

uint64_t allowlist_file_due(const struct allowlist_file *f)
{
	return f->list && f->use.dirty ? f->use.write_at : CLOCK_NEVER;
}

/* Writes the clock if an entry expires: at the next start the wall clock may have been set back. */
void allowlist_file_finish(struct allowlist_file *f, const struct moment *now)
{
	if (!f->list || state_dir_fd(f->dir) < 0)
		return;

	allow_clock_move(&f->clock, now);
	if (f->use.dirty || allowlist_first_end(f->list) != ALLOW_FOREVER)
		write_use(f, now);
}

bool allowlist_file_take_warning(struct allowlist_file *f, struct bytes *b)
{
	return warnings_take(&f->warning, b);
}
