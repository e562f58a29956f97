/* SPDX-License-Identifier: ISC */

/*
 * Rows are kept until all have arrived: unique ID lengths, column widths and the order depend on
 * all of them. The command is the last column, so nothing follows foreign text.
 */

#include "cli/token-list.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/fold.h"
#include "cli/operator.h"

enum column { TOKEN, STATE, AGE, LEFT, UID, APPROVED, KIND, CELLS };

static const char *const headers[CELLS] = { "TOKEN", "STATE", "AGE", "LEFT", "UID", "APPROVED BY",
	"KIND" };

/* Spaces between two columns. */
#define GAP 2

/* A screen this wide has room for whole IDs. */
#define COLUMNS_WIDE 120

/* The least room for a command; columns are left out in this order to make that room. */
#define COMMAND_ROOM 20

static const enum column dispensable[] = { AGE, UID, APPROVED, LEFT, STATE };

#define CELL_MAX 64

/* The columns of how far an approval has come; a cell always has room for them. */
#define PROGRESS_COLUMNS 40

struct row {
	bool pending, shown, approved;
	bool evaluated; /* of the second contract */
	uint64_t age;
	size_t number; /* order of arrival */
	enum style style;
	char cells[CELLS][CELL_MAX];
	char *command;
	char *notes[FIELDS]; /* claims that are shown after the command, each if it fits; or NULL */
};

/* The columns that are shown, and their widths. */
struct layout {
	size_t token_len;
	size_t widths[CELLS]; /* 0: left out */
	size_t room;          /* for the command; 0: left out, SIZE_MAX: not cut */
};

bool token_list_shortens(const struct token_list *l)
{
	return console_is_there(l->console) && l->console->columns < COLUMNS_WIDE;
}

/* Prints whole seconds: "4min 3s". */
static int print_time(uint64_t ms, char ret[static CELL_MAX])
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(CELL_MAX - 1);
	int r;

	r = notation_append_duration(&text, ms / 1000 * CLOCK_SECOND);
	if (r >= 0)
		memcpy(ret, bytes_str(&text), text.len + 1);
	return r;
}

/* Cuts the command to the screen's width, since a list can be as large as the store. */
static char *make_command(const struct token_list *l, const struct token_view *token)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes cut = BYTES_PRINTED;

	if (token_view_append_matter(token, &text) < 0)
		return NULL;
	if (!console_is_there(l->console))
		return bytes_steal(&text);
	if (fold_append_cut(&cut, bytes_str(&text), text.len, l->console->columns) < 0)
		return NULL;
	return bytes_steal(&cut);
}

/* "  (in /srv/app)": a parenthesis in the command itself would be quoted. */
static int make_note(const char *before, const char *value, char **ret)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	if (!value)
		return 0;

	bytes_appendf(&text, "  (%s ", before);
	text_append_quoted(&text, value, strlen(value));
	bytes_append_char(&text, ')');
	*ret = bytes_steal(&text);
	return *ret ? 0 : -ENOMEM;
}

static int make_notes(const struct token_view *token, char *ret[static FIELDS])
{
	int r = 0;

	for (enum field f = 0; r >= 0 && f < FIELDS; f++)
		if (field_rows[f].note)
			r = make_note(field_rows[f].note, field_get(f, &token->asked), &ret[f]);
	return r;
}

/* "1001 13:31:47Z always for 8h": the user, the time, and whether for good. */
static int print_approval(const struct token_view *token, char ret[static CELL_MAX])
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(CELL_MAX - 1);
	const char *time = token->approved_at;
	int r;

	bytes_appendf(&text, "%llu", (unsigned long long)token->approved_by);
	if (time && strlen(time) > NOTATION_DAYTIME_AT
		&& strspn(time + NOTATION_DAYTIME_AT, "0123456789:") == NOTATION_DAYTIME_LEN)
		bytes_appendf(&text, " %.*sZ", NOTATION_DAYTIME_LEN, time + NOTATION_DAYTIME_AT);
	r = token_view_append_always(token, " always", &text);
	if (r >= 0)
		memcpy(ret, bytes_str(&text), text.len + 1);
	return r;
}

/* "1 of 2: alice; needs audit", cut to the cell: all names are in `token show`. */
static int print_progress(const struct token_view *token, char ret[static CELL_MAX])
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, cut = BYTES_INIT(CELL_MAX - 1);
	int r;

	r = token_view_append_progress(token, &text);
	if (r < 0 || text.len == 0)
		return r;
	r = fold_append_cut(&cut, bytes_str(&text), text.len, PROGRESS_COLUMNS);
	if (r >= 0)
		memcpy(ret, bytes_str(&cut), cut.len + 1);
	return r;
}

static int fill(struct row *row, const struct token_list *l, const struct token_view *token)
{
	enum token_state state = token_state_parse(token->state);
	int r = 0;

	*row = (struct row){
		.pending = state == TOKEN_PENDING,
		.shown = !l->state || strcmp(token->state, l->state) == 0,
		.age = token->age_ms,
		.number = l->n,
		.style = token_view_style(token),
		.cells = { [AGE] = "-", [LEFT] = "-", [APPROVED] = "-" },
	};
	row->evaluated = row->shown && fields_contract(&token->asked) == CONTRACT_EVALUATE;
	snprintf(row->cells[KIND], CELL_MAX, "%s", kind_name(token->asked.kind));
	snprintf(row->cells[TOKEN], CELL_MAX, "%s", token->id);
	snprintf(row->cells[STATE], CELL_MAX, "%s",
		state == TOKEN_ABSENT ? "?" : token_state_name(state));
	snprintf(row->cells[UID], CELL_MAX, "%llu", (unsigned long long)token->uid);
	if (token->age_ms != TOKEN_VIEW_UNKNOWN)
		r = print_time(token->age_ms, row->cells[AGE]);
	if (r >= 0 && token_view_is_live(token))
		r = print_time(token->expires_in_ms, row->cells[LEFT]);
	if (r >= 0 && token->approved_by != TOKEN_VIEW_UNKNOWN)
		r = print_approval(token, row->cells[APPROVED]);
	else if (r >= 0)
		r = print_progress(token, row->cells[APPROVED]);
	row->approved = row->shown && strcmp(row->cells[APPROVED], "-") != 0;
	return r;
}

int token_list_add(struct token_list *l, const struct token_view *token)
{
	struct row *row;
	int r;

	r = ARRAY_RESERVE(&l->rows, l->n, &l->size);
	if (r < 0)
		return r;

	row = &l->rows[l->n];
	r = fill(row, l, token);
	if (r < 0)
		return r;

	row->command = row->shown ? make_command(l, token) : NULL;
	if (row->shown && !row->command)
		return -ENOMEM;
	l->n_shown += row->shown;
	l->n++;
	return row->shown ? make_notes(token, row->notes) : 0;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->cells[TOKEN], ((const struct row *)b)->cells[TOKEN]);
}

/* Pending tokens first, then by age, oldest first, then by order of arrival. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->pending != y->pending)
		return x->pending ? -1 : 1;
	if (x->age != y->age)
		return x->age > y->age ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* The shortest length that keeps all IDs distinct. Sorts the rows. */
static size_t unique_len(struct token_list *l)
{
	size_t len = TOKEN_PREFIX_MIN, same;
	const char *id, *next;

	qsort(l->rows, l->n, sizeof(*l->rows), compare_ids);
	for (size_t i = 0; i + 1 < l->n; i++) {
		id = l->rows[i].cells[TOKEN];
		next = l->rows[i + 1].cells[TOKEN];
		for (same = 0; id[same] != '\0' && id[same] == next[same]; same++)
			;
		if (same + 1 > len)
			len = same + 1;
	}
	return len;
}

static size_t width_of(const struct layout *layout)
{
	size_t width = 0;

	for (size_t c = 0; c < CELLS; c++)
		width += layout->widths[c] > 0 ? layout->widths[c] + GAP : 0;
	return width;
}

static void lay_out(struct token_list *l, struct layout *ret)
{
	size_t columns = l->console->columns, len;
	bool any_approved = false, any_evaluated = false;

	*ret = (struct layout){ .token_len = NOTATION_UUID_LEN, .room = SIZE_MAX };
	if (token_list_shortens(l))
		ret->token_len = unique_len(l);

	for (size_t c = 0; c < CELLS; c++)
		ret->widths[c] = strlen(headers[c]);
	ret->widths[TOKEN] = ret->token_len;
	for (size_t i = 0; i < l->n; i++) {
		any_approved |= l->rows[i].approved;
		any_evaluated |= l->rows[i].evaluated;
		for (size_t c = TOKEN + 1; l->rows[i].shown && c < CELLS; c++) {
			len = strlen(l->rows[i].cells[c]);
			if (len > ret->widths[c])
				ret->widths[c] = len;
		}
	}

	if (!any_approved)
		ret->widths[APPROVED] = 0;
	if (!any_evaluated)
		ret->widths[KIND] = 0;
	if (!console_is_there(l->console))
		return;
	for (size_t i = 0; i < LENGTH(dispensable) && width_of(ret) + COMMAND_ROOM > columns; i++)
		ret->widths[dispensable[i]] = 0;
	ret->room = width_of(ret) + FOLD_COLUMNS_MIN > columns ? 0 : columns - width_of(ret);
}

static int append_cell(const struct token_list *l, const struct layout *layout, enum column c,
	const char *text, enum style style, struct bytes *b)
{
	size_t len =
		c == TOKEN && strlen(text) > layout->token_len ? layout->token_len : strlen(text);

	return bytes_appendf(b, "%s%.*s%s%*s", console_style(l->console, style), (int)len, text,
		console_plain(l->console, style), (int)(layout->widths[c] + GAP - len), "");
}

static int append_last(const struct layout *layout, const char *text, struct bytes *b)
{
	if (layout->room == SIZE_MAX)
		return bytes_append_str(b, text);
	return layout->room > 0 ? fold_append_cut(b, text, strlen(text), layout->room) : 0;
}

/* A note is shown whole or not at all: a cut would look like a cut command. */
static void append_notes(const struct layout *layout, const struct row *row, struct bytes *b)
{
	size_t used = fold_columns(row->command, strlen(row->command)), more;

	for (enum field f = 0; f < FIELDS; f++) {
		if (!row->notes[f])
			continue;
		more = fold_columns(row->notes[f], strlen(row->notes[f]));
		if (layout->room != SIZE_MAX && used + more > layout->room)
			continue;
		bytes_append_str(b, row->notes[f]);
		used += more;
	}
}

static int append_row(const struct token_list *l, const struct layout *layout,
	const struct row *row, struct bytes *b)
{
	for (enum column c = TOKEN; c < CELLS; c++)
		if (layout->widths[c] > 0)
			append_cell(l, layout, c, row->cells[c],
				c == STATE ? row->style : STYLE_NONE, b);
	append_last(layout, row->command, b);
	append_notes(layout, row, b);
	return bytes_append_char(b, '\n');
}

static int append_header(const struct token_list *l, const struct layout *layout, struct bytes *b)
{
	bytes_append_str(b, console_style(l->console, STYLE_BOLD));
	for (enum column c = TOKEN; c < CELLS; c++)
		if (layout->widths[c] > 0)
			append_cell(l, layout, c, headers[c], STYLE_NONE, b);
	append_last(layout, layout->widths[KIND] > 0 ? "WHAT" : "COMMAND", b);
	return bytes_appendf(b, "%s\n", console_plain(l->console, STYLE_BOLD));
}

int token_list_append(struct token_list *l, struct bytes *b)
{
	struct layout layout;
	int r;

	if (l->n_shown == 0)
		return 0;

	lay_out(l, &layout);
	qsort(l->rows, l->n, sizeof(*l->rows), compare_rows);
	r = append_header(l, &layout, b);
	for (size_t i = 0; r >= 0 && i < l->n; i++)
		if (l->rows[i].shown)
			r = append_row(l, &layout, &l->rows[i], b);
	return r;
}

void token_list_deinit(struct token_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->rows[i].command);
		for (enum field f = 0; f < FIELDS; f++)
			free(l->rows[i].notes[f]);
	}
	free(l->rows);
	*l = (struct token_list)TOKEN_LIST_INIT(l->console, l->state);
}
