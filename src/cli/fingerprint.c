/* SPDX-License-Identifier: ISC */

/*
 * `firma fingerprint`: prints the fingerprint that an approval of a request would bind. Sends no
 * request.
 */

#include <stdio.h>

#include "base/notation.h"
#include "base/text.h"
#include "cli/request-build.h"
#include "cli/verb.h"
#include "gate/wire/request.h"

struct fingerprint {
	struct request_build build;
};

static const struct option_row rows[] = {
	REQUEST_BUILD_ROWS(struct fingerprint, build),
	REQUEST_BUILD_FILE_ROW(struct fingerprint, build),
	{ 0 },
};

/* Parses the line as the daemon does, so that both compute the same fingerprint. */
static int print_fingerprint(const struct bytes *line)
{
	cleanup(request_free_p) struct request *request = NULL;
	uint8_t fingerprint[FINGERPRINT_LEN];
	char hex[FINGERPRINT_HEX_LEN + 1];

	if (request_parse(line->data, line->len - 1, &request) < 0)
		return say_undecided("out of memory");
	if (request->fault)
		return say_undecided("%s", request->fault);
	if (request->action != ACTION_EXEC)
		return say_undecided(
			"only a request of action %s has a fingerprint", action_name(ACTION_EXEC));

	fingerprint_compute(&request->asked, fingerprint);
	notation_hex(fingerprint, sizeof(fingerprint), hex);
	puts(hex);
	return STATUS_DONE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct fingerprint f;
	struct operands operands;
	int status;

	request_build_init(&f.build);
	status = verb_read_options(verb, argc, argv, &f, &operands);
	if (status != VERB_GO)
		return status;

	f.build.command = operands.words;
	status = request_build_line(&f.build, verb, &line);
	return status == STATUS_DONE ? print_fingerprint(&line) : status;
}

const struct verb fingerprint_verb = {
	.name = "fingerprint",
	.operands = OPERANDS_COMMAND,
	.arguments = "[--] COMMAND [ARG...]",
	.summary = "Prints the fingerprint of a request",
	.options = rows,
	.run = run,
};
