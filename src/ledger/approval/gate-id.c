/* SPDX-License-Identifier: ISC */

/* One line: format, ID, device, inode, birth time. */

#include "ledger/approval/gate-id.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/notation.h"

#define NAME "gate"
#define FORMAT "firma.gate.v1"
#define LINE_MAX_LEN 256

/* Prints the place, which tells a directory from its copy. 0 stands for an unknown birth time. */
static int print_place(const struct state_dir *dir, struct bytes *b)
{
	struct statx st;

	if (statx(state_dir_fd(dir), "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &st) < 0)
		return -errno;
	if (!(st.stx_mask & STATX_BTIME))
		st.stx_btime = (struct statx_timestamp){ 0 };
	return bytes_appendf(b, "%u:%u %" PRIu64 " %" PRId64 ".%09u\n", st.stx_dev_major,
		st.stx_dev_minor, (uint64_t)st.stx_ino, (int64_t)st.stx_btime.tv_sec,
		st.stx_btime.tv_nsec);
}

static int write_id(struct state_dir *dir, const struct bytes *place, struct gate_id *ret)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_INIT(LINE_MAX_LEN);
	char hex[2 * GATE_ID_LEN + 1];
	int r;

	randombytes_buf(ret->id, sizeof(ret->id));
	notation_hex(ret->id, sizeof(ret->id), hex);
	r = bytes_appendf(&line, FORMAT " %s %s", hex, bytes_str(place));
	return r < 0 ? r : state_file_write(dir, NAME, line.data, line.len);
}

/* "firma.gate.v1 ID PLACE"; *ret_place is the text after the ID. */
static bool parse(const struct bytes *line, struct gate_id *ret, const char **ret_place)
{
	const size_t head = sizeof(FORMAT), hex = (size_t)2 * GATE_ID_LEN;

	if (line->len < head + hex + 2 || memcmp(line->data, FORMAT " ", head) != 0
		|| notation_parse_hex(line->data + head, hex, ret->id, sizeof(ret->id)) < 0
		|| line->data[head + hex] != ' ')
		return false;
	*ret_place = line->data + head + hex + 1;
	return strlen(line->data) == line->len && line->data[line->len - 1] == '\n';
}

int gate_id_load(struct state_dir *dir, struct gate_id *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED, place = BYTES_INIT(LINE_MAX_LEN);
	struct gate_id id = { 0 };
	const char *recorded;
	int r;

	r = print_place(dir, &place);
	if (r < 0)
		return r;

	r = state_file_read(dir, NAME, LINE_MAX_LEN, &line, why);
	if (r != 0 && r != -ENOENT)
		return r;
	if (r == 0) {
		if (!parse(&line, &id, &recorded))
			return state_file_refuse(NAME, why);
		if (strcmp(recorded, bytes_str(&place)) == 0) {
			*ret = id;
			return 0;
		}
		id.renewed = true;
	}

	r = write_id(dir, &place, &id);
	if (r >= 0)
		*ret = id;
	return r < 0 ? r : 0;
}
