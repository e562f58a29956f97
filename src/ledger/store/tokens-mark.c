/* SPDX-License-Identifier: ISC */

/* One slot, within one sector: the header, blanks, a newline. */

#include "ledger/store/tokens-mark.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define SLOT_LEN 256

_Static_assert(JOURNAL_MARK_MAX < SLOT_LEN, "a header fits");

void tokens_mark_deinit(struct tokens_mark *mark)
{
	close_p(&mark->fd);
	mark->fd = -1;
}

/* The length of the text without the blanks and the newline at its end. */
static size_t text_length(const char *slot, size_t len)
{
	while (len > 0 && (slot[len - 1] == ' ' || slot[len - 1] == '\n'))
		len--;
	return len;
}

int tokens_mark_open(struct tokens_mark *mark, const struct state_dir *dir)
{
	char slot[SLOT_LEN];
	ssize_t n;
	int r;

	tokens_mark_deinit(mark);
	mark->last = (struct journal_mark){ 0 };
	r = file_open(state_dir_fd(dir), TOKENS_MARK_NAME, O_RDWR, state_dir_owner(dir), &mark->fd);
	if (r != 0)
		return r == -ENOENT ? 0 : r;

	n = pread(mark->fd, slot, sizeof(slot), 0);
	if (n < 0)
		return -errno;

	r = journal_mark_parse(slot, text_length(slot, (size_t)n), &mark->last);
	return r < 0 ? r : 0;
}

int tokens_mark_write(
	struct tokens_mark *mark, const struct state_dir *dir, const struct journal_mark *last)
{
	char slot[SLOT_LEN];
	size_t len = strlen(last->header);
	ssize_t n;
	int r;

	if (mark->fd < 0) {
		r = file_open(state_dir_fd(dir), TOKENS_MARK_NAME, O_RDWR | O_CREAT,
			state_dir_owner(dir), &mark->fd);
		if (r != 0)
			return r < 0 ? r : -EPERM;
	}

	memset(slot, ' ', sizeof(slot));
	memcpy(slot, last->header, len);
	slot[sizeof(slot) - 1] = '\n';
	n = pwrite(mark->fd, slot, sizeof(slot), 0);
	if (n != sizeof(slot))
		return n < 0 ? -errno : -EIO;

	mark->last = *last;
	return 0;
}
