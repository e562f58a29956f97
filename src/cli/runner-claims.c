/* SPDX-License-Identifier: ISC */

/* `firma runner claims`: what the environment says of a CI job, as JSON. */

#include "base/cleanup.h"
#include "base/json/writer.h"
#include "cli/runner-variables.h"
#include "cli/verb.h"

struct claims {
	bool confirmed;
};

static const struct option_row rows[] = {
	{ "confirmed", 0, NULL, "only what a token of this CI confirms",
		OPTION_FLAG(struct claims, confirmed) },
	{ 0 },
};

static int print(const char *const identity[RUNNER_FIELDS])
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct writer w;

	writer_init(&w, &line);
	writer_object(&w, NULL);
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++)
		writer_string(&w, runner_field_name(f), identity[f]);
	writer_end(&w);
	if (writer_finish(&w) < 0)
		return say_undecided("out of memory");

	say_json(line.data, line.len);
	return STATUS_DONE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	const char *identity[RUNNER_FIELDS];
	struct claims options = { 0 };
	enum runner_provider provider;
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &options, &none);
	if (status != VERB_GO)
		return status;

	provider = runner_variables_provider();
	if (provider == RUNNER_PROVIDERS)
		return runner_variables_say_unknown();
	runner_variables_read(provider, options.confirmed, identity);
	return print(identity);
}

const struct verb runner_claims_verb = {
	.group = "runner",
	.name = "claims",
	.summary = "Prints what the environment of a CI job says of it",
	.options = rows,
	.run = run,
};
