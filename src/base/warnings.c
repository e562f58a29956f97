/* SPDX-License-Identifier: ISC */

/* Sentences for the log. */

#include "base/warnings.h"

void warnings_begin(struct bytes *w)
{
	/* An error must not stick: it would keep all later sentences out. */
	bytes_truncate(w, w->len);
	if (w->len > 0)
		bytes_append_str(w, "; ");
}

bool warnings_take(struct bytes *w, struct bytes *b)
{
	if (w->len == 0)
		return false;

	bytes_deinit(b);
	*b = *w;
	bytes_init(w, w->max);
	return true;
}
