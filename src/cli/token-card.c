/* SPDX-License-Identifier: ISC */

#include "cli/token-card.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/idna.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/card.h"
#include "cli/fold.h"
#include "cli/line-session.h"
#include "cli/token-target.h"
#include "cli/user.h"
#include "gate/allowlist/allow-line.h"
#include "gate/fields.h"
#include "gate/run-as.h"
#include "gate/shell/shell-call.h"
#include "gate/token/token.h"

struct token_card {
	const struct token_view *token;
	struct card card;
	struct bytes *value; /* of `card` */
	bool likeness_warned;
};

static void add(struct token_card *c, const char *label, enum style style)
{
	card_add(&c->card, label, style);
}

static void add_text(struct token_card *c, const char *label, const char *text)
{
	card_add_text(&c->card, label, text);
}

static void append_escaped(struct token_card *c, const char *text)
{
	text_append_escaped(c->value, text, strlen(text));
}

/* Adds "uid 0 (root), gid 0, through sudo" if a front end would run the command as another user. */
static void add_front(struct token_card *c)
{
	const struct invocation *asked = &c->token->asked;
	struct run_as is;

	if (!asked->run_as)
		return;
	if (run_as_parse(asked->run_as, &is)) {
		user_append(c->value, is.uid);
		bytes_appendf(c->value, ", gid %u", (unsigned int)is.gid);
	} else {
		append_escaped(c, asked->run_as);
	}
	if (asked->via) {
		bytes_append_str(c->value, ", through ");
		append_escaped(c, asked->via);
	}
	add(c, field_rows[FIELD_RUN_AS].label, STYLE_YELLOW);
}

static void add_head(struct token_card *c)
{
	const enum kind kind = c->token->asked.kind;

	bytes_append_str(c->value, c->token->id);
	add(c, "token", STYLE_NONE);
	c->card.long_field = c->card.n;
	card_check(&c->card, token_view_append_matter_lines(c->token, c->value));
	add(c, kind == KIND_EXEC ? "command" : kind_name(kind), STYLE_BOLD);
}

/* A file's new content, an edit, or the arguments of a tool; or that they are not shown. */
static void add_change(struct token_card *c)
{
	const struct invocation *asked = &c->token->asked;
	bool shown = asked->content || (asked->old_text && asked->new_text);

	if (asked->kind != KIND_WRITE && !asked->content_sha256 && !asked->old_text
		&& !asked->new_text)
		return;
	card_check(&c->card, token_target_append_change(asked, c->value));
	add(c, asked->kind == KIND_WRITE ? "change" : "content", shown ? STYLE_NONE : STYLE_YELLOW);
	add_text(c, "  sha256", asked->content_sha256);
}

static void add_state(struct token_card *c)
{
	const struct token_view *token = c->token;

	append_escaped(c, token_state_word(token->state));
	if (token_view_is_live(token)) {
		bytes_append_str(c->value, ", expires in ");
		notation_append_duration(c->value, token->expires_in_ms * CLOCK_MS);
	}
	add(c, "state", token_view_style(token));
}

/*
 * What the kernel says about the first asker. If others have asked since, the approval may be used
 * by another process. A process chooses its own name, so that is a claim.
 */
static void add_asker(struct token_card *c)
{
	bool joined;

	user_append(c->value, c->token->uid);
	if (c->token->pid > 0)
		bytes_appendf(c->value, ", pid %llu", (unsigned long long)c->token->pid);
	if (json_bool(json_get(json_root(c->token->doc), "joined"), &joined) && joined)
		bytes_append_str(c->value, "; and asked again since, by this user");
	add(c, "asked by", STYLE_NONE);
}

/*
 * Adds who approved the token, how that was confirmed, and whether for good; nothing if not
 * approved.
 */
static void add_approval(struct token_card *c)
{
	const struct token_view *token = c->token;
	bool known = token->approved_by != TOKEN_VIEW_UNKNOWN;

	if (!known && !token->standing.always)
		return;

	if (known)
		user_append(c->value, token->approved_by);
	else
		bytes_append_str(c->value, "an unknown user");
	if (token->confirmed) {
		bytes_append_str(c->value, ", confirmed by ");
		append_escaped(c, token->confirmed);
	}
	card_check(&c->card, token_view_append_always(token, ", always", c->value));
	card_check(&c->card, token_view_append_scope(token, c->value));
	add(c, "approved by", STYLE_NONE);
	add_text(c, "approved", token->approved_at);
}

/* "a security key that is touched, 2 approvers": what an approval requires. */
static void add_demands(struct token_card *c)
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

	for (size_t i = 0; i < LENGTH(flags); i++) {
		if (!json_get(root, flags[i].key) || !json_bool(json_get(root, flags[i].key), &flag)
			|| !flag)
			continue;
		bytes_appendf(c->value, "%s%s", before, flags[i].text);
		before = ", ";
	}
	if (json_get_integer(root, "needed", UINT32_MAX, &needed)) {
		bytes_appendf(c->value, "%s%llu approver%s", before, (unsigned long long)needed,
			text_plural(needed));
		before = ", ";
	}
	if (groups && json_is_array(groups)) {
		json_each (group, groups) {
			if (!json_string(group))
				continue;
			bytes_appendf(c->value, "%sgroup ", before);
			text_append_quoted(
				c->value, json_string(group), strlen(json_string(group)));
			before = ", ";
		}
	}
	if (c->value->len > 0)
		add(c, "needs", STYLE_NONE);
}

/* Whether one approval alone, by any approver, would not be enough from the start. */
static bool has_progress(const struct token_view *t)
{
	return t->n_approved > 0 || t->n_missing > 1 || t->progress_unknown;
}

/* "alice, bob: 2 of 3", and who is still needed. */
static void add_signers(struct token_card *c)
{
	const struct token_view *t = c->token;

	card_check(&c->card, token_view_append_approvers(t, c->value));
	if (c->value->len > 0 && t->n_missing > 0)
		bytes_appendf(c->value, ": %" PRIu64 " of %" PRIu64, t->n_approved,
			t->n_approved + t->n_missing);
	if (c->value->len > 0)
		add(c, "signed by", STYLE_NONE);
	if (has_progress(t))
		card_check(&c->card, token_view_append_missing(t, c->value));
	if (c->value->len > 0)
		add(c, "missing", STYLE_NONE);
}

/* "git /usr/bin/git, sh /bin/sh -> /usr/bin/dash": a program's strings, or a single name. */
static void append_element(struct bytes *b, const char *const strings[static 3], bool program)
{
	text_append_quoted(b, strings[0], strlen(strings[0]));
	if (!program)
		return;
	bytes_append_char(b, ' ');
	text_append_quoted(b, strings[1], strlen(strings[1]));
	if (strcmp(strings[1], strings[2]) == 0)
		return;
	bytes_append_str(b, " -> ");
	text_append_quoted(b, strings[2], strlen(strings[2]));
}

static void add_list(struct token_card *c, const char *label, enum field f)
{
	const struct string_list *list = field_get_list(f, &c->token->asked);
	const bool program = field_rows[f].kind == FIELD_KIND_PROGRAMS;
	const size_t width = program ? 3 : 1;
	const char *at = list->text, *strings[3];

	if (!at)
		return;
	if (list->n == 0)
		bytes_append_str(c->value, "none");
	for (size_t i = 0; i < list->n; i += width) {
		for (size_t s = 0; s < width; s++, at += strlen(at) + 1)
			strings[s] = at;
		bytes_append_str(c->value, i > 0 ? ", " : "");
		append_element(c->value, strings, program);
	}
	add(c, label, STYLE_NONE);
}

/* Adds the facts that only some requests have: the CI runner that has proved its identity. */
static void add_facts(struct token_card *c)
{
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].fact && field_is_there(f, &c->token->asked))
			add_list(c, field_rows[f].label, f);
}

/* "firma, started by make, claude" */
static void append_process(const struct token_view *token, struct bytes *b)
{
	const struct json *parents = json_get(json_root(token->doc), "parents");
	const char *before = ", started by ";

	text_append_quoted(b, token->process, strlen(token->process));
	if (!parents || !json_is_array(parents))
		return;
	json_each (parent, parents) {
		if (!json_string(parent))
			continue;
		bytes_append_str(b, before);
		text_append_quoted(b, json_string(parent), strlen(json_string(parent)));
		before = ", ";
	}
}

/*
 * On one line, so that it takes no room from the rest: all of it is in the token's JSON.
 * systemd-socket-proxyd hands on what others ask, so it and what started it say nothing of them;
 * the kernel cuts its name to 15 bytes.
 */
static void add_process(struct token_card *c)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	const char *name = c->token->process;
	size_t columns = c->card.console->columns;

	if (!name)
		return;
	if (strcmp(name, "systemd-socket-") == 0)
		bytes_append_str(&text, "through a proxy (systemd-socket-proxyd)");
	else
		append_process(c->token, &text);
	if (console_is_there(c->card.console) && columns > CARD_VALUE_COLUMN + FOLD_COLUMNS_MIN)
		fold_append_cut(c->value, bytes_str(&text), text.len, columns - CARD_VALUE_COLUMN);
	else
		bytes_append(c->value, bytes_str(&text), text.len);
	card_check(&c->card, bytes_error(&text));
	add(c, "  process", STYLE_NONE);
}

static void add_claims(struct token_card *c)
{
	const struct token_view *token = c->token;
	char label[CARD_VALUE_COLUMN];

	add(c, "it claims", STYLE_NONE);
	add_process(c);
	for (enum field f = 0; f < FIELDS; f++) {
		if (!field_rows[f].label || field_rows[f].fact || field_rows[f].of_root
			|| !field_is_there(f, &token->asked))
			continue;
		snprintf(label, sizeof(label), "  %s", field_rows[f].label);
		if (field_is_list(f))
			add_list(c, label, f);
		else
			add_text(c, label, field_get(f, &token->asked));
	}
}

/* Adds the host in letters if the request has it in the form of the DNS. */
static void add_decoded(struct token_card *c)
{
	cleanup(bytes_deinit) struct bytes decoded = BYTES_PRINTED;
	const char *url = c->token->asked.target;

	if (c->token->asked.kind != KIND_FETCH || !url)
		return;
	card_check(&c->card, idna_append_decoded(&decoded, url, strlen(url)));
	if (strcmp(bytes_str(&decoded), url) != 0)
		add_text(c, "reads as", bytes_str(&decoded));
}

/*
 * Warns about characters that look like others, also in hosts in the form of the DNS; at most one
 * warning for a card.
 */
static void add_likeness(struct token_card *c, const char *text)
{
	cleanup(bytes_deinit) struct bytes decoded = BYTES_PRINTED;
	enum text_likeness likeness;
	uint32_t code;
	char ascii;

	if (!text || c->likeness_warned)
		return;

	card_check(&c->card, idna_append_decoded(&decoded, text, strlen(text)));
	likeness = text_likeness(bytes_str(&decoded), decoded.len, &code, &ascii);
	if (likeness == TEXT_UNLIKE)
		return;

	c->likeness_warned = true;
	if (likeness == TEXT_MIXES_SCRIPTS)
		bytes_append_str(
			c->value, "a word mixes Latin letters with Cyrillic or Greek look-alikes");
	else
		bytes_appendf(
			c->value, "U+%04X looks like '%c' but is not", (unsigned int)code, ascii);
	add(c, "warning", STYLE_YELLOW);
}

static void add_note(struct token_card *c, const char *note)
{
	bytes_append_str(c->value, note);
	add(c, "warning", STYLE_YELLOW);
}

/* For a line that a shell gets: says what an approval of the line doesn't cover. */
static void add_line_notes(struct token_card *c)
{
	const struct invocation *asked = &c->token->asked;
	const char *line = asked->executable ? shell_call_line(asked) : NULL;
	enum allow_line kind = ALLOW_LINE_NONE;
	bool opens_session = false;

	if (!line)
		return;

	card_check(&c->card, allow_line_kind(asked, &kind));
	if (kind == ALLOW_LINE_OPAQUE || !asked->programs.text)
		add_note(c, "NOT PINNED: a shell finds out what this line runs");
	card_check(&c->card, line_opens_session(line, &opens_session));
	if (opens_session)
		add_note(
			c, "this is for a session: what is typed into it later is not asked about");
}

/* Warns about the first text that reads differently from what would be done. */
static void add_warnings(struct token_card *c)
{
	static const enum field fields[] = { FIELD_EXECUTABLE, FIELD_REAL_PATH, FIELD_TARGET,
		FIELD_REAL_TARGET, FIELD_SERVER, FIELD_TOOL, FIELD_OPERATION, FIELD_ACTION_TYPE,
		FIELD_CWD };
	const struct invocation *asked = &c->token->asked;
	const char *arg = asked->args.text;

	add_likeness(c, asked->executable);
	for (size_t i = 0; i < asked->args.n; i++, arg += strlen(arg) + 1)
		add_likeness(c, arg);
	for (size_t i = 0; i < LENGTH(fields); i++)
		add_likeness(c, field_get(fields[i], asked));
}

/* "push: what leaves the machine is seen by a person first" */
static void add_rule(struct token_card *c)
{
	const char *rule = c->token->rule;

	text_append_quoted(c->value, rule, strlen(rule));
	if (c->token->rule_reason) {
		bytes_append_str(c->value, ": ");
		append_escaped(c, c->token->rule_reason);
	}
	add(c, "rule", STYLE_NONE);
}

/* Builds all fields; the fingerprint is the last one. */
static void build(
	struct token_card *c, const struct token_view *token, const struct console *console)
{
	c->token = token;
	c->value = &c->card.value;
	c->likeness_warned = false;
	card_init(&c->card, console);
	add_front(c);
	add_head(c);
	add_decoded(c);
	add_change(c);
	add_warnings(c);
	add_line_notes(c);
	add_state(c);
	add_demands(c);
	add_signers(c);
	add_approval(c);
	add_text(c, "reason", token->reason);
	add_asker(c);
	add_facts(c);
	add_claims(c);
	add_rule(c);
	add_text(c, "issued", token->issued_at);
	add_text(c, "expires", token->expires_at);
	add_text(c, "fingerprint", token->fingerprint);
}

int token_card_append(
	const struct token_view *token, const struct console *console, struct bytes *b)
{
	struct token_card c;
	int r;

	build(&c, token, console);
	r = card_append(&c.card, b);
	card_deinit(&c.card);
	return r;
}

int token_card_append_fitting(const struct token_view *token, const struct console *console,
	size_t rows, struct bytes *b, bool *ret_whole)
{
	char command[NOTATION_UUID_LEN + 32];
	struct token_card c;
	int r;

	build(&c, token, console);
	*ret_whole = card_fits(&c.card, rows);
	if (*ret_whole) {
		r = card_append(&c.card, b);
	} else {
		card_drop(&c.card);
		snprintf(command, sizeof(command), "firma token show %s", token->id);
		r = card_append_cut(&c.card, rows, command, b);
	}
	card_deinit(&c.card);
	return r;
}

bool token_card_is_proof(const char *text, const char *fingerprint)
{
	return strlen(text) == TOKEN_CARD_PROOF_LEN && strlen(fingerprint) >= TOKEN_CARD_PROOF_LEN
		&& memcmp(text, fingerprint, TOKEN_CARD_PROOF_LEN) == 0;
}
