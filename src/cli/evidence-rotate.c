/* SPDX-License-Identifier: ISC */

/* `firma evidence rotate`: closes the log as a segment, and lets the daemon go on in a new one. */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json/tree.h"
#include "base/text.h"
#include "cli/operator.h"

struct rotate_command {
	struct operator_options op;
};

static const struct option_row rows[] = {
	OPERATOR_ROWS(struct rotate_command, op),
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

static int run(const struct verb *verb, int argc, char **argv)
{
	struct rotate_command c = { .op = OPERATOR_INIT(verb) };
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &c, &none);
	if (status != VERB_GO)
		return status;
	if (operator_print_request(ACTION_ROTATE, &(struct operation){ 0 }, &request) < 0)
		return say_undecided("out of memory");

	c.op.look = "firma status";
	return operator_ask(&c.op, &request, print_segment, NULL, "the log of evidence");
}

const struct verb evidence_rotate_verb = {
	.group = "evidence",
	.name = "rotate",
	.summary = "Closes the record as a segment, and begins the next one",
	.options = rows,
	.run = run,
};
