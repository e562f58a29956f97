/* SPDX-License-Identifier: ISC */

/* Two slots: while one is written, the other is not touched. */

#include "ledger/evidence/head-file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "ledger/state-file.h"

#define CHECK_LEN 8 /* bytes of the hash */
#define CHECK_KEY ",\"check\":\""

/* The mark is synced when the log has grown by this many bytes. */
#define SYNC_AFTER ((uint64_t)4 << 20)

void head_file_deinit(struct head_file *file)
{
	close_p(&file->fd);
	file->fd = -1;
}

static void check_text(const char *text, size_t len, char ret[static 2 * CHECK_LEN + 1])
{
	uint8_t hash[SHA256_LEN];

	sha256_of(text, len, hash);
	notation_hex(hash, CHECK_LEN, ret);
}

static void print_slot(const struct log_position *mark, char ret[static HEAD_FILE_SLOT])
{
	char check[2 * CHECK_LEN + 1];
	int n;

	n = snprintf(ret, HEAD_FILE_SLOT,
		"{\"size\":%" PRIu64 ",\"sequence\":%" PRIu64 ",\"hash\":\"%s\"", mark->size,
		mark->head.sequence, mark->head.hash);
	if (mark->noted > 0)
		n += snprintf(
			ret + n, HEAD_FILE_SLOT - (size_t)n, ",\"noted\":%" PRIu64, mark->noted);
	check_text(ret, (size_t)n, check);
	n += snprintf(ret + n, HEAD_FILE_SLOT - (size_t)n, CHECK_KEY "%s\"}", check);
	memset(ret + n, ' ', HEAD_FILE_SLOT - (size_t)n);
	ret[HEAD_FILE_SLOT - 1] = '\n';
}

/* Accepts only the form that print_slot() writes: the slot is printed again and compared. */
static bool parse_slot(const char *slot, struct log_position *ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	struct log_position mark = { 0 };
	char again[HEAD_FILE_SLOT];
	const char *hash;

	if (json_parse(slot, HEAD_FILE_SLOT, &doc, &fault) != 0)
		return false;

	hash = json_get_string(json_root(doc), "hash");
	/* `noted` may be missing; the comparison below finds a wrong one. */
	(void)json_get_integer(json_root(doc), "noted", CHAIN_SEQUENCE_MAX, &mark.noted);
	if (!json_get_integer(json_root(doc), "size", INT64_MAX, &mark.size)
		|| !json_get_integer(
			json_root(doc), "sequence", CHAIN_SEQUENCE_MAX, &mark.head.sequence)
		|| !hash || strlen(hash) > CHAIN_HASH_LEN)
		return false;

	memcpy(mark.head.hash, hash, strlen(hash));
	print_slot(&mark, again);
	if (memcmp(again, slot, HEAD_FILE_SLOT) != 0)
		return false;

	*ret = mark;
	return true;
}

/*
 * Two marks of the same record: a rotation sets `size` to 0, and after that evidence_finish() sets
 * `noted` to 0.
 */
static bool is_newer(const struct log_position *a, const struct log_position *b)
{
	if (a->head.sequence != b->head.sequence)
		return a->head.sequence > b->head.sequence;
	return a->size != b->size ? a->size < b->size : a->noted <= b->noted;
}

static int read_slots(struct head_file *file, struct log_position *ret, struct bytes *why)
{
	struct log_position marks[2] = { 0 };
	char slots[2 * HEAD_FILE_SLOT];
	bool holds[2];
	ssize_t n;
	int r;

	n = pread(file->fd, slots, sizeof(slots), 0);
	if (n < 0)
		return -errno;

	for (int i = 0; i < 2; i++)
		holds[i] = n == sizeof(slots)
			&& parse_slot(slots + (ptrdiff_t)i * HEAD_FILE_SLOT, &marks[i]);
	if (!holds[0] && !holds[1]) {
		r = bytes_append_str(why, "it is damaged");
		return r < 0 ? r : HEAD_FILE_REFUSED;
	}

	file->slot = holds[0] && (!holds[1] || is_newer(&marks[0], &marks[1]));
	*ret = marks[!file->slot];
	file->synced_at = ret->size;
	file_see(file->fd, &file->seen);
	return 0;
}

int head_file_open(struct head_file *file, const struct state_dir *dir, struct log_position *ret,
	struct bytes *why)
{
	int r;

	head_file_deinit(file);
	r = file_open(state_dir_fd(dir), HEAD_FILE_NAME, O_RDWR, state_dir_owner(dir), &file->fd);
	if (r > 0) {
		r = bytes_appendf(why, "it %s", file_fault_text((enum file_fault)r));
		return r < 0 ? r : HEAD_FILE_REFUSED;
	}
	return r < 0 ? r : read_slots(file, ret, why);
}

int head_file_create(struct head_file *file, struct state_dir *dir)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct log_position nothing = { 0 };
	char slots[2 * HEAD_FILE_SLOT];
	int r;

	print_slot(&nothing, slots);
	print_slot(&nothing, slots + HEAD_FILE_SLOT);
	r = state_file_write(dir, HEAD_FILE_NAME, slots, sizeof(slots));
	if (r < 0)
		return r;

	r = head_file_open(file, dir, &nothing, &why);
	return r > 0 ? -EIO : r;
}

int head_file_sync(struct head_file *file)
{
	return file->fd < 0 || fdatasync(file->fd) == 0 ? 0 : -errno;
}

int head_file_write(struct head_file *file, const struct log_position *mark)
{
	char slot[HEAD_FILE_SLOT];
	ssize_t n;

	if (file->fd < 0)
		return 0;

	print_slot(mark, slot);
	n = pwrite(file->fd, slot, sizeof(slot), (off_t)file->slot * HEAD_FILE_SLOT);
	if (n != sizeof(slot))
		return n < 0 ? -errno : -EIO;

	file->slot = !file->slot;
	file_see(file->fd, &file->seen);
	if (mark->size >= file->synced_at && mark->size - file->synced_at < SYNC_AFTER)
		return 0;

	file->synced_at = mark->size;
	return head_file_sync(file);
}
