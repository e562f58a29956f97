/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A verb is a row of a table: its name, its arguments, and its function. The help and the reader of
 * the command line use the same rows.
 */

#include "cli/option.h"
#include "cli/say.h"

/* The operands that a verb accepts. */
enum verb_operands {
	OPERANDS_NONE,
	OPERANDS_ONE,
	OPERANDS_SOME, /* at least one */
	OPERANDS_ANY,

	/* Any number. Words after the first belong to it, even if they begin with a dash. */
	OPERANDS_COMMAND,
};

struct verb {
	const char *group; /* such as "token", or NULL */
	const char *name;
	const char *arguments; /* shown after the options in the usage line */
	enum verb_operands operands;
	const char *operand;              /* of OPERANDS_ONE and _SOME: "file", for messages */
	const char *summary;              /* one line, without a full stop */
	const struct option_row *options; /* the last has no name; --help is not in the table */
	int (*run)(const struct verb *verb, int argc, char **argv); /* argv[0] is the verb */
};

extern const struct verb evidence_head_verb, evidence_keygen_verb, evidence_receipt_verb,
	evidence_report_verb, evidence_rotate_verb, evidence_show_verb, evidence_verify_verb;
extern const struct verb check_verb, doctor_verb, fingerprint_verb, hook_verb, init_verb,
	notify_verb, run_verb, serve_verb, status_verb;
extern const struct verb daemon_start_verb, daemon_status_verb, daemon_stop_verb;
extern const struct verb hook_install_verb, hook_status_verb, hook_uninstall_verb;
extern const struct verb allow_add_verb, allow_list_verb, allow_remove_verb;
extern const struct verb policy_check_verb, policy_convert_verb, policy_explain_verb;
extern const struct verb runner_claims_verb, runner_keys_verb, runner_token_verb,
	runner_verify_verb;
extern const struct verb store_install_verb, store_list_verb, store_status_verb;
extern const struct verb token_approve_verb, token_list_verb, token_receipt_verb, token_revoke_verb,
	token_withdraw_verb, token_show_verb, token_watch_verb;

/* The words on a command line that are not options. */
struct operands {
	int n;
	char **words; /* NULL-terminated */
};

/* The command line is valid, and the verb should proceed. */
enum { VERB_GO = -1 };

/*
 * Reads the command line; values of options go to `object`, as the verb's table says. Options may
 * also follow operands, except after a command. Returns VERB_GO, or the status to exit with: --help
 * has printed the help, or an error was printed in one line.
 */
int verb_read_options(const struct verb *verb, int argc, char **argv, void *object,
	struct operands *ret_operands);

void verb_print_help(const struct verb *verb);

/* Prints the error, and where to find help. Always returns STATUS_USAGE. */
int usage_error(const struct verb *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
