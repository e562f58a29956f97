/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes what reads signatures and their signers. The first byte says which: an armored signature,
 * the blob of one (which is armored here), or an allowed signers file.
 *
 * Nothing that is read as a signature is one of the text below: no key of ours signed it. What is
 * read of an armor is read again of its own text. A list has no key twice, no principal that is a
 * pattern, and is the same when it is read again.
 */

#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gate/approval/allowed-signers.h"
#include "gate/approval/sshsig.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(sodium_init() >= 0);
	return 0;
}

static void try_armor(const char *armor, size_t len)
{
	struct sshsig s, again;
	enum sshsig_fault fault = sshsig_parse(armor, len, SSHSIG_APPROVAL, &s);

	must(sshsig_fault_text(fault) != NULL);
	if (fault != SSHSIG_FINE)
		return;
	must(sshsig_parse(armor, len, SSHSIG_APPROVAL, &again) == SSHSIG_FINE
		&& memcmp(s.signature, again.signature, sizeof(s.signature)) == 0
		&& sshsig_key_is_same(&s.key, &again.key) && s.counter == again.counter);
	must(s.key.security_key || (s.flags == 0 && s.counter == 0));
	must(sshsig_verify(&s, SSHSIG_APPROVAL, "not signed", 10) == SSHSIG_WRONG);
}

static void try_blob(const uint8_t *data, size_t size)
{
	cleanup(bytes_deinit) struct bytes armor = BYTES_PRINTED;
	char base64[8192];

	if (size > 4096)
		return;
	sodium_bin2base64(base64, sizeof(base64), data, size, sodium_base64_VARIANT_ORIGINAL);
	must(bytes_append_str(&armor, "-----BEGIN SSH SIGNATURE-----\n") >= 0);
	for (size_t at = 0, len = strlen(base64); at < len; at += 70)
		must(bytes_appendf(&armor, "%.70s\n", base64 + at) >= 0);
	must(bytes_append_str(&armor, "-----END SSH SIGNATURE-----\n") >= 0);
	try_armor(bytes_str(&armor), armor.len);
}

static void try_signers(const char *text, size_t len)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	cleanup(allowed_signers_free_p) struct allowed_signers *list = NULL, *again = NULL;
	const struct allowed_signer *a, *b, *found;
	int r = allowed_signers_parse(text, len, &why, &list);

	must(r == 0 || (r == ALLOWED_SIGNERS_FAULTY && why.len > 0));
	if (r != 0)
		return;

	must(allowed_signers_parse(text, len, &why, &again) == 0 && why.len == 0);
	must(allowed_signers_count(list) == allowed_signers_count(again));
	for (size_t i = 0; i < allowed_signers_count(list); i++) {
		a = allowed_signers_at(list, i);
		b = allowed_signers_at(again, i);
		must(a->line == b->line && strcmp(a->principal, b->principal) == 0
			&& sshsig_key_is_same(&a->key, &b->key));
		must(a->principal[0] != '\0' && !strpbrk(a->principal, ",*?!%\" \t"));
		must(a->valid_after < a->valid_before);
		allowed_signers_judge(list, &a->key, SSHSIG_APPROVAL, a->valid_after, &found);
		must(found == a);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 'a')
		try_armor((const char *)data + 1, size - 1);
	else if (data[0] == 'b')
		try_blob(data + 1, size - 1);
	else
		try_signers((const char *)data + 1, size - 1);
	return 0;
}
