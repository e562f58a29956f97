/* SPDX-License-Identifier: ISC */
#pragma once

/* What an agent's settings say so that it calls the hook. Errors: those of bytes_append(). */

#include "base/bytes.h"
#include "cli/hook-places.h"

/* These identify an entry, or a file, as written by firma. */
#define HOOK_TEXT_NO_ANSWER "firma: no answer; denied"

/* How the installed line of shell goes on after the hook's command. */
#define HOOK_TEXT_TAIL " || { [ $? = 2 ] || echo '" HOOK_TEXT_NO_ANSWER "' >&2; exit 2; }"
#define HOOK_TEXT_WRITTEN_BY "Written by 'firma hook install"

/* The command that the installed line runs. */
struct hook_command {
	const char *program;  /* its path */
	struct bytes options; /* quoted for a shell, with a space before each */
};

/* Appends the entry of a list in a JSON object (HOOK_FORM_JSON). */
int hook_text_append_entry(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out);

/* Appends a JSON object that holds this entry alone. */
int hook_text_append_object(
	const struct hook_place *place, const struct bytes *entry, struct bytes *out);

/* Appends the content of a file that holds only the hook, in any form. */
int hook_text_append_file(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out);
