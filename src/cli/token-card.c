/* SPDX-License-Identifier: ISC */

/*
 * A card is built completely, field by field, and the start of each field is recorded. To cut it,
 * choose the most lines that a field may have, and copy that much of each.
 */

#include "cli/token-card.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/fold.h"
#include "cli/line-session.h"
#include "cli/token-target.h"
#include "gate/allowlist/allow-line.h"
#include "gate/fields.h"
#include "gate/shell/shell-call.h"
#include "gate/token/token.h"

/* The column of the values. */
#define VALUE_COLUMN 13

/* More than there are fields. */
#define FIELDS_MAX 40

/* The index of the command's field. */
#define COMMAND_FIELD 1

struct token_card {
	const struct token_view *token;
	const struct console *console;
	struct bytes text;
	struct bytes value;            /* the value of the field being added, escaped */
	size_t starts[FIELDS_MAX + 1]; /* the end of the last field too */
	size_t lines[FIELDS_MAX];
	enum style styles[FIELDS_MAX];
	size_t n;
	bool likeness_warned;
};

/*
 * Adds a field with the value built so far; without a value the label stands alone. Like all
 * functions here it returns an earlier error `r` unchanged.
 */
static int add(struct token_card *c, int r, const char *label, enum style style)
{
	int width = c->value.len > 0 ? VALUE_COLUMN : 0;

	if (r >= 0)
		r = bytes_appendf(
			&c->text, "%-*s%s", width, label, console_style(c->console, style));
	if (r >= 0)
		r = fold_append_lines(&c->text, bytes_str(&c->value), c->value.len, VALUE_COLUMN,
			VALUE_COLUMN, c->console->columns);
	if (r >= 0)
		r = bytes_appendf(&c->text, "%s\n", console_plain(c->console, style));

	bytes_clear(&c->value);
	c->lines[c->n] =
		console_lines(bytes_str(&c->text) + c->starts[c->n], c->text.len - c->starts[c->n]);
	c->styles[c->n] = style;
	c->starts[++c->n] = c->text.len;
	return r;
}

/* Adds a foreign text, quoted; adds nothing if it is NULL. */
static int add_text(struct token_card *c, int r, const char *label, const char *text)
{
	if (!text)
		return r;
	if (r >= 0)
		r = text_append_quoted(&c->value, text, strlen(text));
	return add(c, r, label, STYLE_NONE);
}

static int add_head(struct token_card *c, int r)
{
	const enum kind kind = c->token->asked.kind;

	if (r >= 0)
		r = bytes_append_str(&c->value, c->token->id);
	r = add(c, r, "token", STYLE_NONE);
	if (r >= 0)
		r = token_view_append_matter_lines(c->token, &c->value);
	return add(c, r, kind == KIND_EXEC ? "command" : kind_name(kind), STYLE_BOLD);
}

/* A file's new content, an edit, or the arguments of a tool; or that they are not shown. */
static int add_change(struct token_card *c, int r)
{
	const struct invocation *asked = &c->token->asked;
	bool shown = asked->content || (asked->old_text && asked->new_text);

	if (asked->kind != KIND_WRITE && !asked->content_sha256 && !asked->old_text
		&& !asked->new_text)
		return r;
	if (r >= 0)
		r = token_target_append_change(asked, &c->value);
	r = add(c, r, asked->kind == KIND_WRITE ? "change" : "content",
		shown ? STYLE_NONE : STYLE_YELLOW);
	return add_text(c, r, "  sha256", asked->content_sha256);
}

static int add_state(struct token_card *c, int r)
{
	const struct token_view *token = c->token;

	if (r >= 0)
		r = text_append_escaped(&c->value, token->state, strlen(token->state));
	if (r >= 0 && token_view_is_live(token)) {
		r = bytes_append_str(&c->value, ", expires in ");
		if (r >= 0)
			r = notation_append_duration(&c->value, token->expires_in_ms * CLOCK_MS);
	}
	return add(c, r, "state", token_view_style(token));
}

/* "uid 1000 (alice)" */
static int append_user(struct token_card *c, int r, uint64_t uid)
{
	const struct passwd *user = getpwuid((uid_t)uid);

	if (r >= 0)
		r = bytes_appendf(&c->value, "uid %llu", (unsigned long long)uid);
	if (r >= 0 && user) {
		r = bytes_append_str(&c->value, " (");
		if (r >= 0)
			r = text_append_escaped(&c->value, user->pw_name, strlen(user->pw_name));
		if (r >= 0)
			r = bytes_append_char(&c->value, ')');
	}
	return r;
}

/* What the kernel says about the asker. A process chooses its own name, so that is a claim. */
static int add_asker(struct token_card *c, int r)
{
	r = append_user(c, r, c->token->uid);
	if (r >= 0 && c->token->pid > 0)
		r = bytes_appendf(&c->value, ", pid %llu", (unsigned long long)c->token->pid);
	return add(c, r, "asked by", STYLE_NONE);
}

/*
 * Adds who approved the token, how that was confirmed, and whether for good; nothing if not
 * approved.
 */
static int add_approval(struct token_card *c, int r)
{
	const struct token_view *token = c->token;
	bool known = token->approved_by != TOKEN_VIEW_UNKNOWN;

	if (!known && !token->always)
		return r;

	r = known ? append_user(c, r, token->approved_by)
		  : bytes_append_str(&c->value, "an unknown user");
	if (r >= 0 && token->confirmed) {
		r = bytes_append_str(&c->value, ", confirmed by ");
		if (r >= 0)
			r = text_append_escaped(
				&c->value, token->confirmed, strlen(token->confirmed));
	}
	if (r >= 0)
		r = token_view_append_always(token, ", always", &c->value);
	r = add(c, r, "approved by", STYLE_NONE);
	return add_text(c, r, "approved", token->approved_at);
}

/* "a security key that is touched, 2 approvers": what an approval requires. */
static int add_demands(struct token_card *c, int r)
{
	static const struct {
		const char *key, *text;
	} flags[] = {
		{ "signed", "a signature" },
		{ "touch", "a security key that is touched" },
		{ "verified", "a security key with a PIN or a fingerprint" },
		{ "not_asker", "not who asked" },
	};
	const struct json *root = json_root(c->token->doc), *groups = json_get(root, "approvers");
	const char *before = "";
	uint64_t needed;
	bool flag;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!json_get(root, flags[i].key) || !json_bool(json_get(root, flags[i].key), &flag)
			|| !flag)
			continue;
		bytes_appendf(&c->value, "%s%s", before, flags[i].text);
		before = ", ";
	}
	if (json_get_integer(root, "needed", UINT32_MAX, &needed)) {
		bytes_appendf(&c->value, "%s%llu approvers", before, (unsigned long long)needed);
		before = ", ";
	}
	if (groups && json_is_array(groups)) {
		json_each (group, groups) {
			if (!json_string(group))
				continue;
			bytes_appendf(&c->value, "%sgroup ", before);
			text_append_quoted(
				&c->value, json_string(group), strlen(json_string(group)));
			before = ", ";
		}
	}
	return c->value.len > 0 ? add(c, r, "needs", STYLE_NONE) : r;
}

/* Whether one approval alone, by any approver, would not be enough from the start. */
static bool has_progress(const struct token_view *t)
{
	return t->n_approved > 0 || t->n_missing > 1;
}

/* "alice, bob: 2 of 3", and who is still needed. */
static int add_signers(struct token_card *c, int r)
{
	const struct token_view *t = c->token;

	if (r >= 0)
		r = token_view_append_approvers(t, &c->value);
	if (r >= 0 && c->value.len > 0 && t->n_missing > 0)
		r = bytes_appendf(&c->value, ": %" PRIu64 " of %" PRIu64, t->n_approved,
			t->n_approved + t->n_missing);
	if (c->value.len > 0)
		r = add(c, r, "signed by", STYLE_NONE);
	if (r >= 0 && has_progress(t))
		r = token_view_append_missing(t, &c->value);
	return c->value.len > 0 ? add(c, r, "missing", STYLE_NONE) : r;
}

/* "git /usr/bin/git, sh /bin/sh -> /usr/bin/dash": a program's strings, or a single name. */
static int append_element(struct bytes *b, const char *const strings[static 3], bool program)
{
	int r;

	r = text_append_quoted(b, strings[0], strlen(strings[0]));
	if (r < 0 || !program)
		return r;
	r = bytes_append_char(b, ' ');
	if (r >= 0)
		r = text_append_quoted(b, strings[1], strlen(strings[1]));
	if (r < 0 || strcmp(strings[1], strings[2]) == 0)
		return r;
	r = bytes_append_str(b, " -> ");
	return r < 0 ? r : text_append_quoted(b, strings[2], strlen(strings[2]));
}

static int add_list(struct token_card *c, int r, const char *label, enum field f)
{
	const struct string_list *list = field_get_list(f, &c->token->asked);
	const bool program = field_rows[f].kind == FIELD_KIND_PROGRAMS;
	const size_t width = program ? 3 : 1;
	const char *at = list->text, *strings[3];

	if (!at)
		return r;
	if (r >= 0 && list->n == 0)
		r = bytes_append_str(&c->value, "none");
	for (size_t i = 0; r >= 0 && i < list->n; i += width) {
		for (size_t s = 0; s < width; s++, at += strlen(at) + 1)
			strings[s] = at;
		r = bytes_append_str(&c->value, i > 0 ? ", " : "");
		if (r >= 0)
			r = append_element(&c->value, strings, program);
	}
	return add(c, r, label, STYLE_NONE);
}

static int add_claims(struct token_card *c, int r)
{
	const struct token_view *token = c->token;
	char label[VALUE_COLUMN];

	r = add(c, r, "it claims", STYLE_NONE);
	r = add_text(c, r, "  process", token->process);
	for (enum field f = 0; f < FIELDS; f++) {
		if (!field_rows[f].label)
			continue;
		snprintf(label, sizeof(label), "  %s", field_rows[f].label);
		if (!field_is_there(f, &token->asked))
			continue;
		if (field_is_list(f))
			r = add_list(c, r, label, f);
		else
			r = add_text(c, r, label, field_get(f, &token->asked));
	}
	return r;
}

/* Warns about characters in the text that look like others; at most one warning for a card. */
static int add_likeness(struct token_card *c, int r, const char *text)
{
	enum text_likeness likeness;
	uint32_t code;
	char ascii;

	if (r < 0 || !text || c->likeness_warned)
		return r;

	likeness = text_likeness(text, strlen(text), &code, &ascii);
	if (likeness == TEXT_UNLIKE)
		return 0;

	c->likeness_warned = true;
	if (likeness == TEXT_MIXES_SCRIPTS)
		r = bytes_append_str(
			&c->value, "a word mixes Latin letters with Cyrillic or Greek look-alikes");
	else
		r = bytes_appendf(
			&c->value, "U+%04X looks like '%c' but is not", (unsigned int)code, ascii);
	return add(c, r, "warning", STYLE_YELLOW);
}

static int add_note(struct token_card *c, int r, const char *note)
{
	if (r >= 0)
		r = bytes_append_str(&c->value, note);
	return add(c, r, "warning", STYLE_YELLOW);
}

/* Of a line that a shell gets: what an approval of it doesn't cover. */
static int add_line_notes(struct token_card *c, int r)
{
	const struct invocation *asked = &c->token->asked;
	const char *line = asked->executable ? shell_call_line(asked) : NULL;
	enum allow_line kind = ALLOW_LINE_NONE;
	bool opens_session = false;

	if (r < 0 || !line)
		return r;

	r = allow_line_kind(asked, &kind);
	if (r >= 0 && (kind == ALLOW_LINE_OPAQUE || !asked->programs.text))
		r = add_note(c, r, "NOT PINNED: a shell finds out what this line runs");
	if (r >= 0)
		r = line_opens_session(line, &opens_session);
	if (r >= 0 && opens_session)
		r = add_note(c, r,
			"this is for a session: what is typed into it later is not asked about");
	return r;
}

/* Warns about the first text that reads differently from what would be done. */
static int add_warnings(struct token_card *c, int r)
{
	static const enum field fields[] = { FIELD_EXECUTABLE, FIELD_REAL_PATH, FIELD_TARGET,
		FIELD_REAL_TARGET, FIELD_SERVER, FIELD_TOOL, FIELD_OPERATION, FIELD_ACTION_TYPE,
		FIELD_CWD };
	const struct invocation *asked = &c->token->asked;
	const char *arg = asked->args.text;

	r = add_likeness(c, r, asked->executable);
	for (size_t i = 0; i < asked->args.n; i++, arg += strlen(arg) + 1)
		r = add_likeness(c, r, arg);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		r = add_likeness(c, r, field_get(fields[i], asked));
	return r;
}

/* Adds all fields but the last one, the fingerprint. */
static int build(struct token_card *c)
{
	const struct token_view *token = c->token;
	int r;

	r = add_head(c, 0);
	r = add_change(c, r);
	r = add_warnings(c, r);
	r = add_line_notes(c, r);
	r = add_state(c, r);
	r = add_demands(c, r);
	r = add_signers(c, r);
	r = add_approval(c, r);
	r = add_text(c, r, "reason", token->reason);
	r = add_asker(c, r);
	r = add_claims(c, r);
	r = add_text(c, r, "rule", token->rule);
	r = add_text(c, r, "issued", token->issued_at);
	return add_text(c, r, "expires", token->expires_at);
}

static void init(
	struct token_card *c, const struct token_view *token, const struct console *console)
{
	*c = (struct token_card){
		.token = token,
		.console = console,
		.text = BYTES_INIT(BYTES_UNLIMITED),
		.value = BYTES_INIT(BYTES_UNLIMITED),
	};
}

static void deinit(struct token_card *c)
{
	bytes_deinit(&c->text);
	bytes_deinit(&c->value);
}

static int append(struct token_card *c, struct bytes *b)
{
	return bytes_append(b, bytes_str(&c->text), c->text.len);
}

int token_card_append(
	const struct token_view *token, const struct console *console, struct bytes *b)
{
	struct token_card card;
	int r;

	init(&card, token, console);
	r = build(&card);
	r = add_text(&card, r, "fingerprint", token->fingerprint);
	if (r >= 0)
		r = append(&card, b);
	deinit(&card);
	return r;
}

/* --- cutting a card --------------------------------------------------------------------------- */

static const char *field(const struct token_card *c, size_t i, size_t *ret_len)
{
	*ret_len = c->starts[i + 1] - c->starts[i];
	return bytes_str(&c->text) + c->starts[i];
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Lines of field `i` if a field may have `allowed`. A command has at least three, so its end is
 * shown.
 */
static size_t lines_taken(const struct token_card *c, size_t i, size_t allowed)
{
	if (i == COMMAND_FIELD && allowed < 3)
		allowed = 3;
	return smaller(c->lines[i], allowed);
}

/*
 * The most lines that a field may have so that all fields fit into `rows`; at least two: one of the
 * field, and one that says how many are missing.
 */
static size_t lines_allowed(const struct token_card *c, size_t rows)
{
	size_t allowed, sum;

	for (allowed = rows; allowed > 2; allowed--) {
		sum = 0;
		for (size_t i = 0; i < c->n; i++)
			sum += lines_taken(c, i, allowed);
		if (sum <= rows)
			break;
	}
	return allowed < 2 ? 2 : allowed;
}

/* The length in bytes of the first `n` lines. */
static size_t lines_len(const char *text, size_t n)
{
	const char *p = text;

	while (n-- > 0)
		p = strchr(p, '\n') + 1;
	return (size_t)(p - text);
}

/*
 * Appends a field cut to `allowed` lines: its first lines, one that says how many are missing, and
 * its end, since a command may hide something there.
 */
static int append_shortened(const struct token_card *c, size_t i, size_t allowed, struct bytes *b)
{
	size_t n = c->lines[i], tail = allowed / 3, head = allowed - 1 - tail, len, skip;
	const char *text = field(c, i, &len);
	int r;

	r = bytes_append(b, text, lines_len(text, head));
	if (r >= 0)
		r = bytes_appendf(b, "%s%s-- %zu lines of this are not shown --%s\n%s",
			console_plain(c->console, c->styles[i]),
			console_style(c->console, STYLE_YELLOW), n - head - tail,
			console_plain(c->console, STYLE_YELLOW),
			tail > 0 ? console_style(c->console, c->styles[i]) : "");
	skip = lines_len(text, n - tail);
	return r < 0 || tail == 0 ? r : bytes_append(b, text + skip, len - skip);
}

/* Appends as much as fits into `rows`; *ret_hidden is the number of lines left out. */
static int append_cut(const struct token_card *c, size_t rows, struct bytes *b, size_t *ret_hidden)
{
	size_t allowed = lines_allowed(c, rows), hidden = 0, n, taken, len;
	const char *text;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < c->n; i++) {
		n = c->lines[i];
		taken = lines_taken(c, i, allowed);
		text = field(c, i, &len);
		if (taken > rows) {
			hidden += n;
			continue;
		}

		rows -= taken;
		if (taken == n) {
			r = bytes_append(b, text, len);
		} else {
			hidden += n - (taken - 1);
			r = append_shortened(c, i, taken, b);
		}
	}
	*ret_hidden = hidden;
	return r;
}

/* Appends the last field of a cut card. The command to type has its own line, for copying. */
static int append_note(const struct token_card *c, size_t hidden, struct bytes *b)
{
	struct token_card note;
	int r;

	init(&note, c->token, c->console);
	r = bytes_appendf(&note.value,
		"%zu of %zu lines are not shown; to see all of them:", hidden,
		console_lines(bytes_str(&c->text), c->text.len));
	r = add(&note, r, "cut", STYLE_YELLOW);
	if (r >= 0)
		r = bytes_appendf(&note.value, "firma token show %s", c->token->id);
	r = add(&note, r, "", STYLE_NONE);
	if (r >= 0)
		r = append(&note, b);
	deinit(&note);
	return r;
}

/* Cuts a card without its fingerprint. */
static int cut(const struct token_card *c, size_t rows, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes note = BYTES_INIT(BYTES_UNLIMITED);
	size_t hidden, room;
	int r;

	/* The note is longest with the largest number. */
	r = append_note(c, console_lines(bytes_str(&c->text), c->text.len), &note);
	if (r < 0)
		return r;

	room = console_lines(bytes_str(&note), note.len);
	r = append_cut(c, rows > room ? rows - room : 0, b, &hidden);
	return r < 0 ? r : append_note(c, hidden, b);
}

int token_card_append_fitting(const struct token_view *token, const struct console *console,
	size_t rows, struct bytes *b, bool *ret_whole)
{
	struct token_card card;
	size_t len;
	int r;

	init(&card, token, console);
	r = build(&card);
	len = card.text.len;
	r = add_text(&card, r, "fingerprint", token->fingerprint);
	if (r >= 0) {
		/* If even the labels don't fit, the number of lines is unknown. */
		*ret_whole = !console_is_there(console)
			|| (console->columns >= VALUE_COLUMN
				&& console_lines(bytes_str(&card.text), card.text.len) <= rows);
		if (*ret_whole) {
			r = append(&card, b);
		} else {
			bytes_truncate(&card.text, len);
			card.n--;
			r = cut(&card, rows, b);
		}
	}
	deinit(&card);
	return r;
}

bool token_card_is_proof(const char *text, const char *fingerprint)
{
	return strlen(text) == TOKEN_CARD_PROOF_LEN && strlen(fingerprint) >= TOKEN_CARD_PROOF_LEN
		&& memcmp(text, fingerprint, TOKEN_CARD_PROOF_LEN) == 0;
}
