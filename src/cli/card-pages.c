/* SPDX-License-Identifier: ISC */

#include "cli/card-pages.h"

#include <string.h>

#include "cli/token-card.h"

int card_pages_begin(struct card_pages *p, const struct token_view *token,
	const struct console *console, size_t rows)
{
	struct console plain = *console;
	int r;

	plain.colour = false; /* a page may begin inside a styled field */
	bytes_clear(&p->text);
	r = token_card_append(token, &plain, &p->text);
	if (r < 0)
		return r;

	p->rows = rows;
	p->page = 0;
	p->n = (console_lines(bytes_str(&p->text), p->text.len) + rows - 1) / rows;
	return 0;
}

void card_pages_deinit(struct card_pages *p)
{
	bytes_deinit(&p->text);
}

const char *card_pages_current(const struct card_pages *p, size_t *ret_len)
{
	const char *end, *start = bytes_str(&p->text);

	for (size_t skip = p->page * p->rows; skip > 0; skip--)
		start = strchr(start, '\n') + 1;
	end = start;
	for (size_t n = 0; n < p->rows && *end; n++)
		end = strchr(end, '\n') + 1;
	*ret_len = (size_t)(end - start);
	return start;
}

enum card_pages_turn card_pages_turn(struct card_pages *p, int key)
{
	switch (key) {
	case ' ':
	case '\n':
		return ++p->page < p->n ? CARD_PAGES_SHOW : CARD_PAGES_SEEN;
	case 'b':
		if (p->page > 0)
			p->page--;
		return CARD_PAGES_SHOW;
	case 'q':
		return CARD_PAGES_LEFT;
	default:
		return CARD_PAGES_STAY;
	}
}
