/* SPDX-License-Identifier: ISC */

/* `firma evidence keygen`: an Ed25519 key pair in two new files. */

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/output-file.h"
#include "cli/verb.h"
#include "ledger/evidence/key.h"

static const struct option_row rows[] = { { 0 } };

#define PRIVATE_MODE 0600
#define PUBLIC_MODE 0644

static void free_private(char **text)
{
	sodium_free(*text);
}

static int make_pair(const char *path)
{
	cleanup(bytes_deinit) struct bytes public = BYTES_PRINTED, why = BYTES_PRINTED;
	cleanup(evidence_key_free_p) struct evidence_key *key = NULL;
	cleanup(free_private) char *private = NULL;
	cleanup(free_p) char *public_path = NULL;
	int status;

	if (asprintf(&public_path, "%s.pub", path) < 0) {
		public_path = NULL;
		return say_undecided("out of memory");
	}
	if (evidence_key_make_pair(&private, &public) < 0)
		return say_undecided("out of memory");

	status = output_file_create(path, PRIVATE_MODE, private, strlen(private));
	if (status != STATUS_DONE)
		return status;

	status = output_file_create(public_path, PUBLIC_MODE, bytes_str(&public), public.len);
	if (status != STATUS_DONE) {
		unlink(path);
		return status;
	}

	/* Read the key back, as `evidence verify` will read it. */
	if (evidence_key_load(public_path, EVIDENCE_KEY_PUBLIC, geteuid(), false, &key, &why) != 0)
		return say_undecided("what was written can't be read again");
	puts(evidence_key_id(key));
	return STATUS_DONE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct operands operands;
	int status;

	status = verb_read_options(verb, argc, argv, NULL, &operands);
	if (status != VERB_GO)
		return status;
	if (sodium_init() < 0)
		return say_undecided("libsodium can't be used here");

	return make_pair(operands.words[0]);
}

const struct verb evidence_keygen_verb = {
	.group = "evidence",
	.name = "keygen",
	.operands = OPERANDS_ONE,
	.operand = "file",
	.arguments = "FILE",
	.summary = "Makes a pair of keys: FILE to sign, FILE.pub to verify",
	.options = rows,
	.run = run,
};
