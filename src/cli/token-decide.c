/* SPDX-License-Identifier: ISC */

/*
 * `firma token approve` and `firma token revoke`. On a terminal the request is shown first, and the
 * decision names its fingerprint, so that it holds only for the shown request. Off a terminal,
 * approving requires --yes. The daemon is told how the approval was confirmed.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/allow.h"
#include "cli/always-text.h"
#include "cli/approver-key.h"
#include "cli/confirm.h"
#include "cli/fold.h"
#include "cli/operator.h"
#include "cli/revoke-many.h"
#include "cli/signature.h"
#include "cli/token-card.h"
#include "cli/token-selection.h"
#include "cli/token-view.h"
#include "gate/wire/request.h"

struct deciding {
	struct operator_options op;
	enum action action;
	const char *question, *done; /* texts */
	bool yes;
	const char *reason;
	const char *key;                  /* for signing; NULL: none given */
	bool always;                      /* approve for good */
	uint64_t for_time;                /* µs; 0: no time limit */
	uint8_t scope;                    /* with `always`; 0: the usual one */
	struct token_selection selection; /* instead of IDs */
	int terminal;                     /* for the question; -1: don't ask */
};

#define KEY_ROW                                                               \
	{                                                                     \
		"key", 0, "FILE",                                             \
			"sign with this SSH key, see firma-approvers(5)\n"    \
			"(default: $FIRMA_APPROVER_KEY, where it is needed)", \
			OPTION_TEXT(struct deciding, key)                     \
	}

static const struct option_row approve_rows[] = {
	OPERATOR_ROWS(struct deciding, op),
	{ "yes", 'y', NULL,
		"approve without showing and asking; needed where\n"
		"there is no terminal, and recorded",
		OPTION_FLAG(struct deciding, yes) },
	{ "always", 0, NULL,
		"once it was used, allow just this without asking:\n"
		"an entry of the allowlist",
		OPTION_FLAG(struct deciding, always) },
	{ "for", 0, "TIME", "with --always: for so long (default: until removed)",
		ALLOW_FOR(struct deciding, for_time) },
	{ "scope", 0, "WORDS",
		"with --always: what a later request must share, of\n"
		"user,agent,session,sandbox,profile,directory\n"
		"(default: all of these but the session)",
		OPTION_PARSED(struct deciding, scope, always_text_parse_scope),
		.wants = "words of user, agent, session, sandbox, profile and directory, with "
			 "commas" },
	KEY_ROW,
	{ "uid", 0, "USER", "those that this user asked for, one after another",
		OPTION_UID(struct deciding, selection.uid),
		OPTION_GIVEN(struct deciding, selection.by_uid) },
	{ "session", 0, "ID", "those of this session, one after another",
		OPTION_TEXT(struct deciding, selection.session) },
	{ 0 },
};

static const struct option_row revoke_rows[] = {
	OPERATOR_ROWS(struct deciding, op),
	{ "yes", 'y', NULL,
		"refuse without showing and asking, which is done\n"
		"on a terminal only",
		OPTION_FLAG(struct deciding, yes) },
	{ "reason", 0, "TEXT", "tell the asker why", OPTION_TEXT(struct deciding, reason) },
	KEY_ROW,
	{ "all", 0, NULL, "all that are pending or approved",
		OPTION_FLAG(struct deciding, selection.all) },
	{ "uid", 0, "USER", "those that this user asked for",
		OPTION_UID(struct deciding, selection.uid),
		OPTION_GIVEN(struct deciding, selection.by_uid) },
	{ "session", 0, "ID", "those of this session",
		OPTION_TEXT(struct deciding, selection.session) },
	{ 0 },
};

/* The token as it was shown. */
struct shown {
	const struct deciding *d;
	struct console console;
	bool found;
	bool live;  /* there is something to decide */
	bool whole; /* it was not cut to the screen */
	char fingerprint[FINGERPRINT_HEX_LEN + 1];
	struct bytes line;   /* as received */
	struct bytes always; /* what approving always means; or empty */
};

static struct standing standing_of(const struct deciding *d)
{
	return (struct standing){ d->always, d->scope, d->for_time / CLOCK_MS };
}

/* Only for an approval of a cut card: the proof shows that the whole token was seen elsewhere. */
static bool wants_proof(const struct deciding *d, bool whole)
{
	return !whole && d->action == ACTION_APPROVE;
}

static int append_question(const struct shown *shown, bool whole, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	if (shown->always.len > 0) {
		fold_append(b, bytes_str(&shown->always), shown->always.len, 0, 0,
			shown->console.columns);
		bytes_append_char(b, '\n');
	}
	if (wants_proof(shown->d, whole))
		r = bytes_appendf(&text,
			"%s? Type the first %d characters of its fingerprint, the last line of "
			"'firma token show': ",
			shown->d->question, TOKEN_CARD_PROOF_LEN);
	else
		r = bytes_appendf(&text, "%s? [y/N] ", shown->d->question);
	return r < 0 ? r : fold_append(b, bytes_str(&text), text.len, 0, 2, shown->console.columns);
}

/* Appends the card, leaving room for a question below it. */
static int append_card(
	struct shown *shown, const struct token_view *token, bool whole, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes question = BYTES_PRINTED;
	size_t lines;
	int r;

	r = append_question(shown, whole, &question);
	if (r < 0)
		return r;

	lines = console_lines(bytes_str(&question), question.len);
	return token_card_append_fitting(token, &shown->console,
		shown->console.rows > lines ? shown->console.rows - lines : 0, b, &shown->whole);
}

static int show_item(const struct bytes *line, void *userdata)
{
	cleanup(bytes_deinit) struct bytes card = BYTES_PRINTED;
	struct shown *shown = userdata;
	const struct standing standing = standing_of(shown->d);
	struct token_view token;
	int status, r;

	status = token_view_read(line, &token);
	if (status != STATUS_DONE)
		return status;

	if (bytes_append(&shown->line, line->data, line->len) < 0) {
		token_view_deinit(&token);
		return say_undecided("out of memory");
	}
	shown->live = token_view_is_live(&token);
	shown->found = strlen(token.fingerprint) == FINGERPRINT_HEX_LEN;
	if (shown->found)
		memcpy(shown->fingerprint, token.fingerprint, sizeof(shown->fingerprint));
	console_look(shown->d->terminal, &shown->console);
	r = shown->d->always ? always_text_append(&token, &standing, &shown->always) : 0;
	if (r >= 0)
		r = append_card(shown, &token, true, &card);
	if (r >= 0 && !shown->whole) {
		bytes_clear(&card);
		r = append_card(shown, &token, false, &card);
	}
	token_view_deinit(&token);
	if (r < 0)
		return say_undecided("out of memory");

	/* If the request can't be shown, it must not be decided. */
	r = file_write(shown->d->terminal, bytes_str(&card), card.len);
	return r < 0 ? say_undecided("can't show the request: %s", strerror(-r)) : STATUS_DONE;
}

static bool ask_about(const struct shown *shown)
{
	cleanup(bytes_deinit) struct bytes question = BYTES_PRINTED;
	char answer[CONFIRM_ANSWER_MAX];

	if (append_question(shown, shown->whole, &question) < 0
		|| !confirm_read(shown->d->terminal, &question, answer))
		return false;
	return wants_proof(shown->d, shown->whole) ? token_card_is_proof(answer, shown->fingerprint)
						   : confirm_is_yes(answer);
}

static int show_and_ask(const struct deciding *d, const char *id, struct shown *shown)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	int status;

	if (operator_print_request(ACTION_SHOW, &(struct operation){ .token_id = id }, &request)
		< 0)
		return say_undecided("out of memory");

	status = operator_ask(&d->op, &request, show_item, shown, id);
	if (status != STATUS_DONE)
		return status;
	if (!shown->found)
		return say_undecided("%s: the answer doesn't show the token", id);

	/* If the token is over, the daemon refuses the decision. */
	if (!shown->live || ask_about(shown))
		return STATUS_DONE;
	say("%s: left as it is", id);
	return STATUS_REFUSED;
}

/* A refusal needs no signature; it is signed only if --key is given. */
static int sign(const struct deciding *d, const struct shown *shown, struct operation *operation,
	struct bytes *signature)
{
	bool approve = d->action == ACTION_APPROVE;
	const struct signing signing = {
		.key = d->key     ? d->key
			: approve ? approver_key_usual()
				  : NULL,
		.wanted = d->key != NULL,
		.approve = approve,
	};
	int status;

	status = signature_make(
		&d->op, &signing, operation, shown->line.len > 0 ? &shown->line : NULL, signature);
	if (signature->len > 0)
		operation->signature = bytes_str(signature);
	return status;
}

/* `fingerprint` is the token's, if it is known from a list; else NULL. */
static int decide_one(const struct deciding *d, const char *text, const char *fingerprint)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	struct operator_options op = d->op;
	char id[NOTATION_UUID_LEN + 1];
	cleanup(bytes_deinit) struct bytes signature = BYTES_PRINTED;
	struct shown shown = { .d = d, .line = BYTES_PRINTED, .always = BYTES_PRINTED };
	struct operation operation = {
		.token_id = id,
		.reason = d->reason,
		.standing = standing_of(d),
	};
	int status;

	status = operator_find_token(&d->op, text, id);
	if (status == STATUS_DONE && d->terminal >= 0)
		status = show_and_ask(d, id, &shown);
	bytes_deinit(&shown.always);
	if (status != STATUS_DONE) {
		bytes_deinit(&shown.line);
		return status;
	}

	operation.fingerprint = shown.found ? shown.fingerprint : fingerprint;
	if (d->action == ACTION_APPROVE)
		operation.confirmed =
			d->terminal >= 0 ? CONFIRMED_ON_TERMINAL : CONFIRMED_BY_OPTION;
	status = sign(d, &shown, &operation, &signature);
	bytes_deinit(&shown.line);
	if (status != STATUS_DONE)
		return status;
	if (operator_print_request(d->action, &operation, &request) < 0)
		return say_undecided("out of memory");

	op.done = d->done;
	return operator_ask(&op, &request, NULL, NULL, id);
}

static int check_usage(const struct deciding *d, int n_ids)
{
	const struct token_selection *s = &d->selection;
	int n = (n_ids > 0 ? 1 : 0) + s->all + s->by_uid + (s->session ? 1 : 0);

	if (d->for_time > 0 && !d->always)
		return usage_error(d->op.verb, "--for goes with --always");
	if (d->scope != 0 && !d->always)
		return usage_error(d->op.verb, "--scope goes with --always");
	if (n == 0)
		return usage_error(d->op.verb, "the token's ID is missing");
	if (n > 1)
		return usage_error(d->op.verb, "IDs,%s --uid, --session exclude one another",
			d->action == ACTION_REVOKE ? " --all," : "");
	return STATUS_DONE;
}

/* Every token is tried; the worst status is returned. */
static int decide_each(const struct deciding *d, const struct selected_tokens *tokens)
{
	int one, status = STATUS_DONE;

	for (size_t i = 0; i < tokens->n; i++) {
		one = decide_one(d, tokens->list[i].id, tokens->list[i].fingerprint);
		status = one > status ? one : status;
	}
	return status;
}

static int approve_selected(const struct deciding *d)
{
	cleanup(selected_tokens_deinit) struct selected_tokens tokens = SELECTED_TOKENS_INIT;
	cleanup(bytes_deinit) struct bytes which = BYTES_PRINTED;
	int status;

	status = token_selection_list(&d->op, &d->selection, true,
		d->terminal >= 0 ? d->terminal : STDOUT_FILENO, &tokens);
	if (status != STATUS_DONE)
		return status;
	if (d->terminal < 0 && selected_tokens_are_of_several(&tokens)) {
		say("several users name this session, so none of it is approved unseen: name the "
		    "IDs, or a user with --uid");
		return STATUS_REFUSED;
	}
	if (tokens.n > 0)
		return decide_each(d, &tokens);

	if (token_selection_describe(&d->selection, &which) < 0)
		return say_undecided("out of memory");
	say_foreign("there are no pending tokens%s", bytes_str(&which));
	return STATUS_REFUSED;
}

static int decide_selected(const struct deciding *d)
{
	return d->action == ACTION_APPROVE
		? approve_selected(d)
		: revoke_many(&d->op, &d->selection, d->reason, d->terminal);
}

static int run(struct deciding *d, int argc, char **argv)
{
	cleanup(close_p) int terminal = -1;
	struct operands ids;
	int one, status;

	status = verb_read_options(d->op.verb, argc, argv, d, &ids);
	if (status != VERB_GO)
		return status;
	status = check_usage(d, ids.n);
	if (status != STATUS_DONE)
		return status;

	if (d->always) {
		d->question = "Approve this, and allow it from then on";
		d->done = "approved; always, once the asker has used it";
	}
	if (!d->yes && !isatty(STDIN_FILENO) && d->action == ACTION_APPROVE)
		return usage_error(d->op.verb, "approving without a terminal needs --yes");
	if (!d->yes && isatty(STDIN_FILENO)) {
		terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
		if (terminal < 0)
			return say_undecided("can't ask on the terminal: %s (--yes doesn't ask)",
				strerror(errno));
	}

	/* Every token is tried; the worst status is returned. */
	d->terminal = terminal;
	if (token_selection_is_made(&d->selection))
		return decide_selected(d);
	for (int i = 0; i < ids.n; i++) {
		one = decide_one(d, ids.words[i], NULL);
		if (one > status)
			status = one;
	}
	return status;
}

static int run_approve(const struct verb *verb, int argc, char **argv)
{
	struct deciding d = {
		.op = OPERATOR_INIT(verb),
		.action = ACTION_APPROVE,
		.question = "Approve this",
		.done = "approved",
	};

	return run(&d, argc, argv);
}

static int run_revoke(const struct verb *verb, int argc, char **argv)
{
	struct deciding d = {
		.op = OPERATOR_INIT(verb),
		.action = ACTION_REVOKE,
		.question = "Refuse this",
		.done = "refused",
	};

	return run(&d, argc, argv);
}

const struct verb token_approve_verb = {
	.group = "token",
	.name = "approve",
	.operands = OPERANDS_ANY,
	.arguments = "ID...|--session ID|--uid USER",
	.summary = "Approves pending requests",
	.options = approve_rows,
	.run = run_approve,
};

const struct verb token_revoke_verb = {
	.group = "token",
	.name = "revoke",
	.operands = OPERANDS_ANY,
	.arguments = "ID...|--all|--session ID|--uid USER",
	.summary = "Refuses pending or approved requests",
	.options = revoke_rows,
	.run = run_revoke,
};
