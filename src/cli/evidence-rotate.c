/* SPDX-License-Identifier: ISC */

/*
 * `firma evidence rotate`: closes the log as a segment, and begins the next one. Without FILE it
 * asks the daemon. With FILE it rotates the log itself, which requires that no daemon runs.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json/tree.h"
#include "base/text.h"
#include "cli/absolute.h"
#include "cli/daemon-user.h"
#include "cli/operator.h"
#include "daemon/rotate-alone.h"

struct rotate_command {
	struct operator_options op;
	const char *state_dir, *shared_key, *signing_key; /* with FILE */
};

static const struct option_row rows[] = {
	OPERATOR_ROWS(struct rotate_command, op),
	{ "state-dir", 0, "DIR", "with FILE: the state directory of its daemon",
		OPTION_STRING(struct rotate_command, state_dir) },
	{ "key", 0, "FILE", "with FILE: it is signed with this key (HMAC)",
		OPTION_STRING(struct rotate_command, shared_key) },
	{ "signing-key", 0, "FILE", "with FILE: it is signed with this key (Ed25519)",
		OPTION_STRING(struct rotate_command, signing_key) },
	{ 0 },
};

/* Prints the path of the segment that was closed. */
static int print_segment(const struct bytes *line, void *userdata)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	struct scan_fault fault;
	const char *segment;
	int r;

	(void)userdata;
	r = json_parse(bytes_str(line), line->len, &doc, &fault);
	if (r < 0)
		return say_undecided("out of memory");
	segment = r == 0 ? json_get_string(json_root(doc), "segment") : NULL;
	if (!segment)
		return say_undecided("the answer is not a reply");
	if (text_append_escaped(&shown, segment, strlen(segment)) < 0)
		return say_undecided("out of memory");
	puts(bytes_str(&shown));
	return STATUS_DONE;
}

static int ask(struct rotate_command *c)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;

	if (operator_print_request(ACTION_ROTATE, &(struct operation){ 0 }, &request) < 0)
		return say_undecided("out of memory");

	c->op.look = "firma status";
	return operator_ask(&c->op, &request, print_segment, NULL, "the log of evidence");
}

static int rotate(const struct rotate_command *c, const char *state_dir, const char *log)
{
	cleanup(bytes_deinit) struct bytes segment = BYTES_PRINTED, why = BYTES_PRINTED;
	const struct rotate_alone o = {
		.state_dir = state_dir,
		.log = log,
		.key = {
			.path = c->shared_key ? c->shared_key : c->signing_key,
			.kind = c->shared_key ? EVIDENCE_KEY_SHARED : EVIDENCE_KEY_PRIVATE,
		},
	};
	int r;

	r = rotate_alone(&o, &segment, &why);
	if (r < 0)
		return say_undecided("%s: %s", log, strerror(-r));
	if (r == ROTATE_ALONE_REFUSED) {
		say("%s", bytes_str(&why));
		return STATUS_REFUSED;
	}
	puts(bytes_str(&segment));
	return STATUS_DONE;
}

/* Rotates FILE without a daemon. */
static int act_alone(const struct verb *verb, const struct rotate_command *c, const char *file)
{
	cleanup(free_p) char *log = absolute_path(file),
			     *state_dir = daemon_state_dir(c->state_dir);

	if (c->shared_key && c->signing_key)
		return usage_error(verb, "--key and --signing-key exclude each other");
	if (!log)
		return say_undecided("can't tell where the log is");
	if (!state_dir)
		return usage_error(verb,
			"--state-dir is needed: neither it nor the environment names a directory");
	return rotate(c, state_dir, log);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct rotate_command c = { .op = OPERATOR_INIT(verb) };
	struct operands files;
	int status;

	status = verb_read_options(verb, argc, argv, &c, &files);
	if (status != VERB_GO)
		return status;
	if (files.n > 1)
		return usage_error(verb, "one log at a time");
	if (files.n == 1)
		return act_alone(verb, &c, files.words[0]);
	if (c.state_dir || c.shared_key || c.signing_key)
		return usage_error(verb,
			"--state-dir, --key and --signing-key go with a file, where no daemon "
			"runs");
	return ask(&c);
}

const struct verb evidence_rotate_verb = {
	.group = "evidence",
	.name = "rotate",
	.operands = OPERANDS_ANY,
	.arguments = "[FILE]",
	.summary = "Closes the record as a segment, and begins the next one",
	.options = rows,
	.run = run,
};
