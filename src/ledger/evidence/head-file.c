/* SPDX-License-Identifier: ISC */

/* Two slots, of which the one is never touched while the other is written. */

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

#define CHECK_LEN 8 /* bytes of the hash */
#define CHECK_KEY ",\"check\":\""

/* So much of the log may lie behind a mark that is synced. */
#define SYNC_AFTER ((uint64_t)4 << 20)

void mark_deinit(struct mark_file *file)
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

static void print_slot(const struct mark *mark, char ret[static MARK_SLOT])
{
	char check[2 * CHECK_LEN + 1];
	int n;

	n = snprintf(ret, MARK_SLOT,
		"{\"size\":%" PRIu64 ",\"sequence\":%" PRIu64 ",\"hash\":\"%s\"", mark->size,
		mark->head.sequence, mark->head.hash);
	check_text(ret, (size_t)n, check);
	n += snprintf(ret + n, MARK_SLOT - (size_t)n, CHECK_KEY "%s\"}", check);
	memset(ret + n, ' ', MARK_SLOT - (size_t)n);
	ret[MARK_SLOT - 1] = '\n';
}

/* Reads what print_slot() printed, and nothing else: it is printed again and compared. */
static bool parse_slot(const char *slot, struct mark *ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	struct mark mark = { 0 };
	char again[MARK_SLOT];
	const char *hash;

	if (json_parse(slot, MARK_SLOT, &doc, &fault) != 0)
		return false;

	hash = json_get_string(json_root(doc), "hash");
	if (!json_get_integer(json_root(doc), "size", INT64_MAX, &mark.size)
		|| !json_get_integer(
			json_root(doc), "sequence", CHAIN_SEQUENCE_MAX, &mark.head.sequence)
		|| !hash || strlen(hash) > CHAIN_HASH_LEN)
		return false;

	memcpy(mark.head.hash, hash, strlen(hash));
	print_slot(&mark, again);
	if (memcmp(again, slot, MARK_SLOT) != 0)
		return false;

	*ret = mark;
	return true;
}

static int read_slots(struct mark_file *file, struct mark *ret, struct bytes *why)
{
	struct mark marks[2] = { 0 };
	char slots[2 * MARK_SLOT];
	bool holds[2];
	ssize_t n;
	int r;

	n = pread(file->fd, slots, sizeof(slots), 0);
	if (n < 0)
		return -errno;

	for (int i = 0; i < 2; i++)
		holds[i] = n == sizeof(slots)
			&& parse_slot(slots + (ptrdiff_t)i * MARK_SLOT, &marks[i]);
	if (!holds[0] && !holds[1]) {
		r = bytes_append_str(why, "it is damaged");
		return r < 0 ? r : MARK_REFUSED;
	}

	file->slot = holds[0] && (!holds[1] || marks[0].head.sequence >= marks[1].head.sequence);
	*ret = marks[!file->slot];
	file->synced_at = ret->size;
	return 0;
}

int mark_open(
	struct mark_file *file, const struct state_dir *dir, struct mark *ret, struct bytes *why)
{
	int r;

	mark_deinit(file);
	r = file_open(state_dir_fd(dir), MARK_FILE, O_RDWR, state_dir_owner(dir), &file->fd);
	if (r > 0) {
		r = bytes_appendf(why, "it %s", file_fault_text((enum file_fault)r));
		return r < 0 ? r : MARK_REFUSED;
	}
	return r < 0 ? r : read_slots(file, ret, why);
}

int mark_create(struct mark_file *file, struct state_dir *dir)
{
	cleanup(file_replace_deinit) struct file_replace to = FILE_REPLACE_INIT;
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	struct mark nothing = { 0 };
	char slots[2 * MARK_SLOT];
	bool renamed;
	int r;

	print_slot(&nothing, slots);
	print_slot(&nothing, slots + MARK_SLOT);
	r = file_replace_begin(&to, state_dir_fd(dir), MARK_FILE);
	if (r >= 0)
		r = file_write(to.fd, slots, sizeof(slots));
	if (r >= 0)
		r = state_dir_replace(dir, &to, &renamed);
	if (r < 0)
		return r;

	r = mark_open(file, dir, &nothing, &why);
	return r > 0 ? -EIO : r;
}

int mark_sync(struct mark_file *file)
{
	return file->fd < 0 || fdatasync(file->fd) == 0 ? 0 : -errno;
}

int mark_write(struct mark_file *file, const struct mark *mark)
{
	char slot[MARK_SLOT];
	ssize_t n;

	if (file->fd < 0)
		return 0;

	print_slot(mark, slot);
	n = pwrite(file->fd, slot, sizeof(slot), (off_t)file->slot * MARK_SLOT);
	if (n != sizeof(slot))
		return n < 0 ? -errno : -EIO;

	file->slot = !file->slot;
	if (mark->size - file->synced_at < SYNC_AFTER)
		return 0;

	file->synced_at = mark->size;
	return mark_sync(file);
}
