/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A verb is a row of a table: its name, what it takes, and the function that does it. Help and the
 * reading of options come from the same rows.
 */

#include <stddef.h>

#include "cli/say.h"

struct option_row {
	const char *name;  /* long, without the dashes */
	char letter;       /* or '\0' */
	const char *value; /* what it takes, such as "ID"; "[=TIME]" where it may be left out; or
			      NULL */
	const char *help;  /* may have several lines */
};

struct verb {
	const char *group; /* such as "token", or NULL */
	const char *name;
	const char *arguments;            /* behind the options in the usage line */
	const char *summary;              /* one line, without a full stop */
	const struct option_row *options; /* the last has no name; --help is not among them */
	int (*run)(const struct verb *verb, int argc, char **argv); /* argv[0] is the verb */
};

extern const struct verb evidence_head_verb, evidence_keygen_verb, evidence_show_verb;
extern const struct verb evidence_verify_verb;
extern const struct verb check_verb, fingerprint_verb, serve_verb, status_verb;
extern const struct verb allow_add_verb, allow_list_verb, allow_remove_verb;
extern const struct verb policy_check_verb, policy_explain_verb;
extern const struct verb token_approve_verb, token_list_verb, token_revoke_verb, token_show_verb,
	token_watch_verb;

/* Results of options_next() that are no index of a row. */
#define OPTIONS_END -1
#define OPTIONS_LEAVE -2 /* `status` says how */

/* The reading of a command line: options_begin(), options_next() until it is OPTIONS_END. */
struct options {
	const struct verb *verb;
	int argc;
	char **argv;
	const char *value; /* of the option that was just read */
	int status;        /* with OPTIONS_LEAVE */

	/* At OPTIONS_END: what follows the options. */
	int n_rest;
	char **rest;
};

/*
 * Options end with the first word that is none. --help prints the help; what is wrong is said in
 * one line: both are OPTIONS_LEAVE.
 */
void options_begin(struct options *o, const struct verb *verb, int argc, char **argv);
int options_next(struct options *o);

/* Says what is wrong, and where help is. Always returns STATUS_USAGE. */
int usage_error(const struct verb *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
