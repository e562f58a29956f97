/* SPDX-License-Identifier: ISC */

#include "cli/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void tally_init(struct tally *t)
{
	*t = (struct tally){ 0 };
	map_init(&t->map, SHA256_LEN);
}

static void free_row(struct tally_row *row)
{
	free(row->name);
	free(row->note);
	free(row);
}

void tally_deinit(struct tally *t)
{
	for (size_t i = 0; i < t->n; i++)
		free_row(t->rows[i]);
	free(t->rows);
	map_deinit(&t->map);
}

/* The length of the part that is kept; it ends at a character's end. */
static size_t kept_len(const char *text)
{
	size_t len = strnlen(text, TALLY_TEXT_MAX);

	if (text[len] == '\0')
		return len;
	while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
		len--;
	return len;
}

/* A copy of the part that is kept. NULL: out of memory. */
static char *keep(const char *text)
{
	static const char cut[] = "…";
	const size_t len = kept_len(text);
	char *kept = malloc(len + sizeof(cut));

	if (!kept)
		return NULL;
	memcpy(kept, text, len);
	if (text[len] == '\0')
		kept[len] = '\0';
	else
		memcpy(kept + len, cut, sizeof(cut));
	return kept;
}

static struct tally_row *new_row(const char *name, const uint8_t key[static SHA256_LEN])
{
	struct tally_row *row = calloc(1, sizeof(*row));

	if (!row)
		return NULL;
	memcpy(row->key, key, SHA256_LEN);
	row->name = keep(name);
	if (!row->name) {
		free(row);
		return NULL;
	}
	return row;
}

struct tally_row *tally_find(struct tally *t, const char *name)
{
	uint8_t key[SHA256_LEN];
	struct tally_row *row;

	if (t->last && strlen(name) <= TALLY_TEXT_MAX && strcmp(t->last->name, name) == 0)
		return t->last;
	sha256_of(name, strlen(name), key);
	row = map_get(&t->map, key);
	if (row) {
		t->last = row;
		return row;
	}
	if (t->n == TALLY_ROWS_MAX)
		return &t->others;
	if (ARRAY_RESERVE(&t->rows, t->n, &t->size) < 0)
		return NULL;

	row = new_row(name, key);
	if (!row)
		return NULL;
	if (map_put(&t->map, row->key, row) < 0) {
		free_row(row);
		return NULL;
	}
	t->rows[t->n++] = row;
	t->last = row;
	return row;
}

int tally_add(struct tally *t, const char *name, size_t column)
{
	struct tally_row *row = tally_find(t, name);

	if (!row)
		return -ENOMEM;
	row->total++;
	row->n[column]++;
	return 0;
}

int tally_set_note(struct tally_row *row, const char *note)
{
	char *kept = keep(note);

	if (!kept)
		return -ENOMEM;
	free(row->note);
	row->note = kept;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct tally_row *x = *(struct tally_row *const *)a,
			       *y = *(struct tally_row *const *)b;

	if (x->total != y->total)
		return x->total > y->total ? -1 : 1;
	return strcmp(x->name, y->name);
}

void tally_sort(struct tally *t)
{
	if (t->n > 0)
		qsort(t->rows, t->n, sizeof(struct tally_row *), compare);
}
