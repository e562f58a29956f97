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
#include "cli/table.h"
#include "cli/user.h"

enum column { TOKEN, STATE, AGE, LEFT, UID, NAME, AGENT, SESSION, APPROVED, KIND, CELLS };

/* The least room for a command; and for one beside what is only shown where there is room. */
#define COMMAND_ROOM 20
#define COMMAND_ROOM_WIDE 60

static const struct table_column columns[CELLS] = {
	[TOKEN] = { .header = "TOKEN" },
	[STATE] = { .header = "STATE", .rank = 8, .room = COMMAND_ROOM },
	[AGE] = { .header = "AGE", .rank = 4, .room = COMMAND_ROOM },
	[LEFT] = { .header = "LEFT", .rank = 7, .room = COMMAND_ROOM },
	[UID] = { .header = "UID", .rank = 5, .room = COMMAND_ROOM },
	[NAME] = { .header = "NAME", .rank = 3, .room = COMMAND_ROOM_WIDE, .wide = true },
	[AGENT] = { .header = "AGENT", .rank = 2, .room = COMMAND_ROOM_WIDE, .wide = true },
	[SESSION] = { .header = "SESSION", .rank = 1, .room = COMMAND_ROOM_WIDE, .wide = true },
	[APPROVED] = { .header = "APPROVED BY", .rank = 6, .room = COMMAND_ROOM },
	[KIND] = { .header = "KIND" },
};

#define CELL_MAX 64

/* The columns of how far an approval has come; a cell always has room for them. */
#define PROGRESS_COLUMNS 40

/* Of a name that an asker chose. */
#define CLAIM_COLUMNS 16

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

bool token_list_shortens(const struct token_list *l)
{
	return console_is_there(l->console) && l->console->columns < TABLE_COLUMNS_WIDE;
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

/* Copies a text that fits into a cell. */
static int finish_cell(const struct bytes *text, char ret[static CELL_MAX])
{
	if (bytes_error(text) == 0)
		memcpy(ret, bytes_str(text), text->len + 1);
	return bytes_error(text);
}

static int print_user(uint64_t uid, char ret[static CELL_MAX])
{
	cleanup(bytes_deinit) struct bytes name = BYTES_PRINTED, cut = BYTES_INIT(CELL_MAX - 1);

	user_append_name(&name, uid);
	if (name.len > 0)
		fold_append_cut(&cut, bytes_str(&name), name.len, CLAIM_COLUMNS);
	else
		bytes_append_char(&cut, '-');
	return finish_cell(&cut, ret);
}

static int print_claim(const char *claim, char ret[static CELL_MAX])
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, cut = BYTES_INIT(CELL_MAX - 1);

	if (claim)
		text_append_quoted(&text, claim, strlen(claim));
	else
		bytes_append_char(&text, '-');
	fold_append_cut(&cut, bytes_str(&text), text.len, CLAIM_COLUMNS);
	return finish_cell(&cut, ret);
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
		state == TOKEN_ABSENT ? "?" : token_state_word(token_state_name(state)));
	snprintf(row->cells[UID], CELL_MAX, "%llu", (unsigned long long)token->uid);
	r = print_user(token->uid, row->cells[NAME]);
	if (r >= 0)
		r = print_claim(token->asked.agent_id, row->cells[AGENT]);
	if (r >= 0)
		r = print_claim(token->asked.session_id, row->cells[SESSION]);
	if (r >= 0 && token->age_ms != TOKEN_VIEW_UNKNOWN)
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

/* The length of the IDs that are shown. */
static int choose_len(const struct token_list *l, size_t *ret)
{
	cleanup(free_p) const char **ids = NULL;

	*ret = NOTATION_UUID_LEN;
	if (!token_list_shortens(l))
		return 0;
	ids = calloc(l->n, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		ids[i] = l->rows[i].cells[TOKEN];
	*ret = table_unique_len(ids, l->n, TOKEN_PREFIX_MIN);
	return 0;
}

static int lay_out(struct token_list *l, struct table *t)
{
	bool any_approved = false, any_evaluated = false;
	size_t token_len;
	int r;

	r = choose_len(l, &token_len);
	if (r < 0)
		return r;
	for (size_t i = 0; i < l->n; i++) {
		l->rows[i].cells[TOKEN][token_len] = '\0';
		any_approved |= l->rows[i].approved;
		any_evaluated |= l->rows[i].evaluated;
	}
	table_init(t, l->console, columns, CELLS, any_evaluated ? "WHAT" : "COMMAND");
	for (size_t i = 0; i < l->n; i++)
		for (size_t c = 0; l->rows[i].shown && c < CELLS; c++)
			table_widen(t, c, l->rows[i].cells[c]);
	if (!any_approved)
		table_leave_out(t, APPROVED);
	if (!any_evaluated)
		table_leave_out(t, KIND);
	table_lay_out(t);
	return 0;
}

/* A note is shown whole or not at all: a cut would look like a cut command. */
static void append_notes(const struct table *t, const struct row *row, struct bytes *b)
{
	size_t used = fold_columns(row->command, strlen(row->command)), more;

	for (enum field f = 0; f < FIELDS; f++) {
		if (!row->notes[f])
			continue;
		more = fold_columns(row->notes[f], strlen(row->notes[f]));
		if (t->room != SIZE_MAX && used + more > t->room)
			continue;
		bytes_append_str(b, row->notes[f]);
		used += more;
	}
}

static int append_row(const struct table *t, const struct row *row, struct bytes *b)
{
	for (size_t c = 0; c < CELLS; c++)
		table_append_cell(t, c, row->cells[c], c == STATE ? row->style : STYLE_NONE, b);
	table_append_last(t, row->command, strlen(row->command), b);
	append_notes(t, row, b);
	return bytes_append_char(b, '\n');
}

int token_list_append(struct token_list *l, struct bytes *b)
{
	struct table table;
	int r;

	if (l->n_shown == 0)
		return 0;

	r = lay_out(l, &table);
	if (r < 0)
		return r;
	qsort(l->rows, l->n, sizeof(*l->rows), compare_rows);
	r = table_append_header(&table, b);
	for (size_t i = 0; r >= 0 && i < l->n; i++)
		if (l->rows[i].shown)
			r = append_row(&table, &l->rows[i], b);
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
