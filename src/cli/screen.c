/* SPDX-License-Identifier: ISC */

#include "cli/screen.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "cli/fold.h"

void screen_look(struct screen *s)
{
	console_look(s->keyboard.fd, &s->console);
}

void screen_put(struct screen *s, const char *text, size_t len)
{
	if (file_write(s->keyboard.fd, text, len) < 0)
		s->failed = true;
}

void screen_put_str(struct screen *s, const char *text)
{
	screen_put(s, text, strlen(text));
}

void screen_put_folded(struct screen *s, const char *text)
{
	cleanup(bytes_deinit) struct bytes folded = BYTES_PRINTED;

	if (fold_append(&folded, text, strlen(text), 0, 0, s->console.columns) >= 0)
		screen_put(s, bytes_str(&folded), folded.len);
}

void screen_erase_prompt(struct screen *s)
{
	if (s->prompt_len > 0)
		dprintf(s->keyboard.fd, "\r%*s\r", (int)s->prompt_len, "");
	s->prompt_len = 0;
}

void screen_prompt(struct screen *s, const char *text, size_t len)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	const size_t columns = s->console.columns;

	screen_erase_prompt(s);
	if (fold_append_cut(
		    &line, text, len, columns > FOLD_COLUMNS_MIN ? columns - 1 : FOLD_COLUMNS_MIN)
		< 0)
		return;

	screen_put(s, bytes_str(&line), line.len);
	s->prompt_len = fold_columns(bytes_str(&line), line.len);
}
