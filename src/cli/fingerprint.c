/* SPDX-License-Identifier: ISC */

/* `firma fingerprint`: prints what an approval of a request would hold for. Asks nobody. */

#include <stdio.h>

#include "base/notation.h"
#include "base/text.h"
#include "cli/request-build.h"
#include "cli/verb.h"
#include "gate/wire/request.h"

static const struct option_row rows[] = { REQUEST_BUILD_ROWS, { 0 } };

/* The line is read as the daemon reads it, so that both give the same. */
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
	cleanup(bytes_deinit) struct bytes line = BYTES_INIT(BYTES_UNLIMITED);
	struct request_build build;
	struct options o;
	int option, status;

	request_build_init(&build);
	options_begin(&o, verb, argc, argv);
	while ((option = options_next(&o)) >= 0)
		request_build_take(&build, option, o.value);
	if (option == OPTIONS_LEAVE)
		return o.status;

	build.command = o.rest;
	status = request_build_line(&build, verb, &line);
	return status == STATUS_DONE ? print_fingerprint(&line) : status;
}

const struct verb fingerprint_verb = {
	.name = "fingerprint",
	.arguments = "[--] COMMAND [ARG...]",
	.summary = "Prints the fingerprint of a request",
	.options = rows,
	.run = run,
};
