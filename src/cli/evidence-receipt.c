/* SPDX-License-Identifier: ISC */

/*
 * `firma evidence receipt`: prints the record of the allow that a token led to, with the request,
 * the decision and the approvers' signatures. `firma evidence verify --receipt` can check it
 * without the rest of the stream.
 */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/lines.h"
#include "base/notation.h"
#include "cli/evidence-file.h"
#include "cli/verb.h"
#include "ledger/evidence/chain.h"
#include "ledger/evidence/receipt.h"

static const struct option_row rows[] = {
	{ 0 },
};

/* A line in the buffer is not NUL-terminated. */
static int print(const struct line *line)
{
	cleanup(bytes_deinit) struct bytes copy = BYTES_PRINTED;
	int r;

	r = bytes_append(&copy, line->text, line->len);
	if (r >= 0)
		say_json(bytes_str(&copy), copy.len);
	return r;
}

static int find(int fd, const char *token, bool *ret_found)
{
	struct lines lines;
	struct line line;
	int r;

	*ret_found = false;
	lines_init(&lines, fd, CHAIN_LINE_MAX);
	while (!*ret_found && (r = lines_next(&lines, &line)) == LINES_ONE)
		*ret_found = line.text && receipt_is_of(line.text, line.len, token);
	if (*ret_found)
		r = print(&line);
	lines_deinit(&lines);
	return r;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	uint8_t id[16];
	cleanup(close_p) int fd = -1;
	struct operands words;
	bool found;
	int r, status;
	int none = 0;

	status = verb_read_options(verb, argc, argv, &none, &words);
	if (status != VERB_GO)
		return status;
	if (words.n != 2)
		return usage_error(verb, "a token's ID and a log are wanted");
	if (notation_parse_uuid(words.words[0], strlen(words.words[0]), id) < 0)
		return usage_error(verb, "a receipt wants the whole ID of a token");

	status = evidence_file_open(words.words[1], &fd);
	if (status != STATUS_DONE)
		return status;
	r = find(fd, words.words[0], &found);
	if (r < 0)
		return evidence_file_say_error(words.words[1], r);
	if (!found) {
		say("%s: there is no allow that rests on an approval of it", words.words[0]);
		return STATUS_REFUSED;
	}
	return STATUS_DONE;
}

const struct verb evidence_receipt_verb = {
	.group = "evidence",
	.name = "receipt",
	.operands = OPERANDS_SOME,
	.operand = "token's ID",
	.arguments = "TOKEN FILE",
	.summary = "Prints proof of what a token allowed, verified offline",
	.options = rows,
	.run = run,
};
