/* SPDX-License-Identifier: ISC */

/*
 * `firma doctor`: one page of what is right and what isn't, each with the command that mends it. It
 * changes nothing.
 */

#include "cli/doctor.h"

#include <stdio.h>

struct doctor {
	struct operator_options op;
	bool json, no_hooks;
};

static const struct option_row rows[] = {
	OPERATOR_ROWS(struct doctor, op),
	{ "json", 0, NULL, "print it as a JSON object", OPTION_FLAG(struct doctor, json) },
	{ "no-hooks", 0, NULL, "don't try the hooks of agents",
		OPTION_FLAG(struct doctor, no_hooks) },
	{ 0 },
};

static void look(const struct doctor *d, struct findings *f)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const struct json *status;

	doctor_daemon(&d->op, f, &doc);
	status = doc ? json_root(doc) : NULL;
	if (status) {
		doctor_doors(status, f);
		doctor_self_approval(status, f);
		doctor_policy(status, f);
		doctor_records(status, f);
	}
	doctor_keys(status, f);
	doctor_hooks(&d->op, !d->no_hooks, f);
	doctor_clock(f);
	doctor_unit(status, f);
}

static int exit_status(const struct findings *f)
{
	switch (findings_worst(f)) {
	case FINDING_WRONG:
		return STATUS_REFUSED;
	case FINDING_WARNING:
		return STATUS_WARNED;
	default:
		return STATUS_DONE;
	}
}

static int print(const struct doctor *d, const struct findings *f)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	r = d->json ? findings_print_json(f, &text) : findings_print(f, &text);
	if (r < 0 || f->error < 0)
		return say_undecided("out of memory");
	if (d->json)
		say_json(text.data, text.len);
	else
		fputs(bytes_str(&text), stdout);
	return exit_status(f);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct doctor d = { .op = OPERATOR_INIT(verb) };
	struct findings findings = { 0 };
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &d, &none);
	if (status != VERB_GO)
		return status;

	look(&d, &findings);
	status = print(&d, &findings);
	findings_deinit(&findings);
	return status;
}

const struct verb doctor_verb = {
	.name = "doctor",
	.summary = "Says what is right here and what isn't, and what mends it",
	.options = rows,
	.run = run,
};
