/* SPDX-License-Identifier: ISC */

/*
 * The key changes at a boundary of segments, and both keys sign that: the segment's last record
 * names the next key, and is signed with the old one; the next segment's first record has the hash
 * of that record as its previous_hash, and is signed with the new one. If the old key is lost, the
 * segment gets no such last record, and only the new key vouches for the boundary.
 */

#include <errno.h>

#include "ledger/evidence/evidence-internal.h"

int evidence_check(struct evidence *e, int fd, struct log_end *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes fault = BYTES_PRINTED;
	int r, old;

	e->leaving = false;
	r = log_check(fd, &e->mark, e->key, ret, why);
	if (r == LOG_OTHER_KEY && e->may_be_lost) {
		bytes_clear(why);
		e->leaving = e->lost = true;
		return log_check_chain(fd, &e->mark, ret, why);
	}
	if (r != LOG_OTHER_KEY || !e->changes)
		return r;

	old = log_check(fd, &e->mark, e->old_key, ret, &fault);
	if (old == LOG_OTHER_KEY)
		return r;
	if (old != 0) {
		bytes_clear(why);
		bytes_append(why, bytes_str(&fault), fault.len);
		return bytes_error(why) < 0 ? -ENOMEM : old;
	}
	bytes_clear(why);
	e->next_key = e->key;
	e->key = e->old_key;
	e->old_key = NULL;
	e->changes = false;
	e->changing = true;
	return 0;
}

void evidence_take_next_key(struct evidence *e)
{
	if (!e->changing)
		return;
	evidence_key_free(e->key);
	e->key = e->next_key;
	e->next_key = NULL;
	e->changing = false;
}
