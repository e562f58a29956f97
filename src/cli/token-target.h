/* SPDX-License-Identifier: ISC */
#pragma once

/* What a request of the second contract is about, as text for people. */

#include "base/bytes.h"
#include "gate/invocation.h"

/*
 * Appends what matters of it, without its kind: "/etc/hosts", "push main", "get_issue of tickets".
 * Foreign text is quoted; other words are not, so they can be told apart. `append` is
 * text_append_quoted() or text_append_quoted_lines(). Errors: those of bytes_append().
 */
int token_target_append(const struct invocation *asked,
	int (*append)(struct bytes *b, const char *text, size_t len), struct bytes *b);

/*
 * Appends what is to be written, a line for each line of the text: "+ " before a new one, "- "
 * before an old one. Between them are a blank and a raw newline. "CONTENT NOT SHOWN" if the asker
 * did not send it.
 */
int token_target_append_change(const struct invocation *asked, struct bytes *b);
