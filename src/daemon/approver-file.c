/* SPDX-License-Identifier: ISC */

/* The file of approvers; it is read again if stat(2) shows a change. */

#include "daemon/approver-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/trust.h"
#include "gate/limits.h"
#include "ledger/approval/counter-file.h"

/* A faulty file is read again after this, as a faulty policy is. */
#define FAULT_PAUSE CLOCK_SECOND

int approver_file_init(struct approver_file *f, const char *path, uid_t owner)
{
	*f = (struct approver_file){
		.path = path,
		.owner = owner,
		.shown = BYTES_PRINTED,
		.fault = BYTES_PRINTED,
		.closed = BYTES_PRINTED,
	};
	return path ? text_append_escaped(&f->shown, path, strlen(path)) : 0;
}

void approver_file_deinit(struct approver_file *f)
{
	allowed_signers_free(f->signers);
	sk_counters_deinit(&f->counters);
	bytes_deinit(&f->shown);
	bytes_deinit(&f->fault);
	bytes_deinit(&f->closed);
}

/* --- the gate --------------------------------------------------------------------------------- */

static void close_for(struct approver_file *f, const struct bytes *why, int r)
{
	bytes_clear(&f->closed);
	if (r < 0)
		r = bytes_appendf(&f->closed, "%s: the gate's ID or counters: %s; restart it",
			state_dir_path(f->dir), strerror(-r));
	else
		r = bytes_appendf(&f->closed, "%s/%s", state_dir_path(f->dir), bytes_str(why));
	if (r < 0)
		f->loaded = false;
}

bool approver_file_load(struct approver_file *f, struct state_dir *dir)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	int r;

	if (!f->path || f->loaded || (dir && !state_dir_is_locked(dir)))
		return false;

	f->dir = dir;
	f->loaded = true;
	if (!dir) {
		randombytes_buf(f->gate.id, sizeof(f->gate.id));
		return false;
	}

	r = gate_id_load(dir, &f->gate, &why);
	if (r == 0)
		r = counter_file_load(dir, &f->counters, &why);
	if (r != 0)
		close_for(f, &why, r);
	return r == 0 && f->gate.renewed;
}

int approver_file_note(struct approver_file *f, const struct sk_use *use)
{
	f->dirty |= use->made;
	return use->made ? sk_counters_note(&f->counters, use) : 0;
}

int approver_file_write(struct approver_file *f)
{
	int r;

	if (!f->dirty || !f->dir)
		return 0;

	r = counter_file_write(f->dir, &f->counters);
	if (r >= 0)
		f->dirty = false;
	return r;
}

/* --- the file --------------------------------------------------------------------------------- */

/* Returns 0, ALLOWED_SIGNERS_FAULTY with `why`, or an error that is passing (see base/file.h). */
static int read_file(const struct approver_file *f, struct bytes *why, struct stat *seen,
	uint8_t hash[static SHA256_LEN], struct allowed_signers **ret)
{
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED, text = BYTES_PRINTED,
					   what = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	int r;

	*seen = (struct stat){ 0 };
	r = trust_open(f->path, f->owner, &at, &fd);
	if (file_error_is_passing(r))
		return r;
	if (r != 0) {
		bytes_appendf(why, "%s: ", bytes_str(&f->shown));
		r = trust_append_fault(why, f->path, bytes_str(&at), r);
		return r < 0 ? r : ALLOWED_SIGNERS_FAULTY;
	}

	/* fstat() before reading: a later write then shows as a change. */
	if (fstat(fd, seen) < 0)
		*seen = (struct stat){ 0 };
	r = file_read(fd, LIMIT_APPROVERS_FILE, &text);
	if (file_error_is_passing(r))
		return r;
	if (r < 0) {
		r = bytes_appendf(why, "%s: %s", bytes_str(&f->shown), strerror(-r));
		return r < 0 ? r : ALLOWED_SIGNERS_FAULTY;
	}

	sha256_of(bytes_str(&text), text.len, hash);
	r = allowed_signers_parse(bytes_str(&text), text.len, &what, ret);
	if (r == ALLOWED_SIGNERS_FAULTY)
		r = bytes_appendf(why, "%s:%s", bytes_str(&f->shown), bytes_str(&what)) < 0
			? -ENOMEM
			: ALLOWED_SIGNERS_FAULTY;
	return r;
}

static uint64_t read_again(const struct approver_file *f, int r, const struct clock_time *now)
{
	if (f->unknown)
		return WATCHED_FILE_AT_ONCE;
	return r != 0 ? now->boot + FAULT_PAUSE : CLOCK_NEVER;
}

enum approver_file_change approver_file_refresh(
	struct approver_file *f, const struct clock_time *now)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct allowed_signers *signers = NULL;
	uint8_t hash[SHA256_LEN] = { 0 };
	struct stat seen;
	bool other, same;
	int r;

	if (!f->path || !watched_file_has_changed(&f->watched, AT_FDCWD, f->path, 0, now))
		return APPROVER_FILE_SAME;

	r = read_file(f, &why, &seen, hash, &signers);
	if (r < 0)
		bytes_appendf(&why, "%s: can't be read: %s", bytes_str(&f->shown), strerror(-r));
	f->unknown = r < 0;
	other = strcmp(bytes_str(&why), bytes_str(&f->fault)) != 0;
	bytes_clear(&f->fault);
	if (bytes_append_str(&f->fault, bytes_str(&why)) < 0)
		f->unknown = true;
	watched_file_note(&f->watched, &seen, read_again(f, r, now), now);
	if (r != 0)
		return other ? APPROVER_FILE_FAULTY : APPROVER_FILE_SAME;

	same = f->signers && memcmp(hash, f->hash, sizeof(hash)) == 0;
	memcpy(f->hash, hash, sizeof(hash));
	allowed_signers_free(f->signers);
	f->signers = signers;
	f->approving = (struct approving){ f->signers, f->gate.id, &f->counters };
	return same && !other ? APPROVER_FILE_SAME : APPROVER_FILE_READ;
}

const char *approver_file_closed(const struct approver_file *f)
{
	if (!f->path)
		return NULL;
	if (f->closed.len > 0)
		return bytes_str(&f->closed);
	if (!f->loaded)
		return "the gate has no ID yet";
	if (f->signers && !f->unknown)
		return NULL;
	return f->fault.len > 0 ? bytes_str(&f->fault) : "the file of approvers was not read yet";
}

const struct approving *approver_file_approving(const struct approver_file *f)
{
	return f->path && !approver_file_closed(f) ? &f->approving : NULL;
}
