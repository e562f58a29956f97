/* SPDX-License-Identifier: ISC */

/*
 * Signatures of ssh-keygen, by themselves. Standard input is the text that was signed.
 *
 * `unit sshsig verify SIGNERS SIGNATURE [NAMESPACE]`: prints the principal and the kind of key,
 * such as "alice security-key touched 7"; or why the signature is refused, with exit status 1.
 *
 * `unit sshsig bytes SIGNERS SIGNATURE`: changes each byte of the signature to each other value;
 * prints how many changes were tried and how many were accepted.
 *
 * `unit sshsig receipt SIGNERS RECEIPT`: changes each bit of a receipt; prints how many were tried
 * and how many were taken.
 *
 * `unit sshsig cost SIGNERS SIGNATURE`: prints the µs for reading and verifying.
 *
 * `unit sshsig signers`: reads an allowed signers file from standard input; prints a line for each
 * signer, or the fault, with exit status 1.
 */

#include "helper/unit.h"

#include <err.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "gate/approval/allowed-signers.h"
#include "gate/approval/sshsig.h"
#include "ledger/evidence/verify.h"

struct text {
	char *data;
	size_t len;
};

static struct text read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct text text;

	if (!file)
		err(UNIT_FAILED, "%s", path);
	text.data = unit_read(file, &text.len);
	fclose(file);
	return text;
}

static struct allowed_signers *read_signers(struct text text)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct allowed_signers *signers = NULL;
	int r = allowed_signers_parse(text.data, text.len, &why, &signers);

	unit_must(r);
	free(text.data);
	if (r == ALLOWED_SIGNERS_FAULTY)
		puts(bytes_str(&why));
	return signers;
}

static const char *judge(const struct allowed_signers *signers, struct text armor, struct text text,
	const char *name_space, struct sshsig *s, const struct allowed_signer **ret)
{
	uint64_t wall = clock_now().wall / CLOCK_SECOND;
	enum signer_standing standing;
	enum sshsig_fault fault;

	fault = sshsig_parse(armor.data, armor.len, name_space, s);
	if (fault == SSHSIG_FINE)
		fault = sshsig_verify(s, name_space, text.data, text.len);
	if (fault != SSHSIG_FINE)
		return sshsig_fault_text(fault);
	standing = allowed_signers_judge(signers, &s->key, name_space, wall, ret);
	return standing == SIGNER_GOOD ? NULL : signer_standing_text(standing);
}

static int verify(const struct allowed_signers *signers, struct text armor, struct text text,
	const char *name_space)
{
	const struct allowed_signer *signer = NULL;
	struct sshsig s;
	const char *why = judge(signers, armor, text, name_space, &s, &signer);

	if (why || !signer) {
		puts(why);
		return UNIT_FAILED;
	}
	printf("%s %s%s%s %" PRIu32 "\n", signer->principal,
		s.key.security_key ? "security-key" : "key",
		s.flags & SSHSIG_TOUCHED ? " touched" : "",
		s.flags & SSHSIG_VERIFIED ? " verified" : "", s.counter);
	return UNIT_OK;
}

static int change_bytes(const struct allowed_signers *signers, struct text armor, struct text text)
{
	const struct allowed_signer *signer;
	size_t tried = 0, taken = 0;
	struct sshsig s;

	for (size_t i = 0; i < armor.len; i++) {
		char was = armor.data[i];

		for (int c = 0; c < 256; c++) {
			armor.data[i] = (char)c;
			if ((char)c == was)
				continue;
			tried++;
			taken += !judge(signers, armor, text, SSHSIG_APPROVAL, &s, &signer);
		}
		armor.data[i] = was;
	}
	printf("%zu tried, %zu taken\n", tried, taken);
	return UNIT_OK;
}

static int count_fault(uint64_t line, const char *what, void *userdata)
{
	(void)line;
	(void)what;
	++*(size_t *)userdata;
	return 0;
}

/* Whether a receipt is taken, read from its descriptor. */
static bool takes_receipt(const struct allowed_signers *signers, int fd)
{
	const struct verify_options options = { .receipt = true, .approvers = signers };
	struct verify_report report;
	size_t faults = 0;

	if (lseek(fd, 0, SEEK_SET) < 0)
		err(UNIT_FAILED, "lseek");
	unit_must(verify_stream(
		fd, &options, &(struct verify_calls){ .fault = count_fault }, &faults, &report));
	return faults == 0;
}

/* Each bit of each byte. */
static int change_receipt(const struct allowed_signers *signers, struct text receipt)
{
	cleanup(close_p) int fd = memfd_create("receipt", MFD_CLOEXEC);
	size_t tried = 0, taken = 0;

	if (fd < 0 || pwrite(fd, receipt.data, receipt.len, 0) != (ssize_t)receipt.len)
		err(UNIT_FAILED, "memfd");
	if (!takes_receipt(signers, fd))
		errx(UNIT_FAILED, "the receipt does not hold");
	for (size_t i = 0; i < receipt.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			char changed = (char)(receipt.data[i] ^ (1 << bit));

			if (pwrite(fd, &changed, 1, (off_t)i) != 1)
				err(UNIT_FAILED, "pwrite");
			tried++;
			taken += takes_receipt(signers, fd);
		}
		if (pwrite(fd, receipt.data + i, 1, (off_t)i) != 1)
			err(UNIT_FAILED, "pwrite");
	}
	printf("%zu tried, %zu taken\n", tried, taken);
	return UNIT_OK;
}

static int cost(const struct allowed_signers *signers, struct text armor, struct text text)
{
	const struct allowed_signer *signer;
	const int n = 2000;
	clock_t begin = clock();
	struct sshsig s;

	for (int i = 0; i < n; i++)
		if (judge(signers, armor, text, SSHSIG_APPROVAL, &s, &signer))
			errx(UNIT_FAILED, "the signature is not good");
	printf("%.1f\n", (double)(clock() - begin) / CLOCKS_PER_SEC / n * 1e6);
	return UNIT_OK;
}

static int list(const struct allowed_signers *signers)
{
	for (size_t i = 0; i < allowed_signers_count(signers); i++) {
		cleanup(bytes_deinit) struct bytes key = BYTES_PRINTED;
		const struct allowed_signer *s = allowed_signers_at(signers, i);

		unit_must(sshsig_key_append_fingerprint(&s->key, &key));
		printf("%u %s %s %s %" PRIu64 " %s\n", s->line, s->principal, bytes_str(&key),
			s->namespaces ? s->namespaces : "-", s->valid_after,
			s->valid_before == ALLOWED_SIGNERS_NO_END ? "-" : "ends");
	}
	return UNIT_OK;
}

int unit_sshsig(int argc, char **argv)
{
	cleanup(allowed_signers_free_p) struct allowed_signers *signers = NULL;
	const char *what = argc > 1 ? argv[1] : "";
	struct text text = { 0 }, armor = { 0 };
	int status = UNIT_USAGE;

	if (sodium_init() < 0)
		errx(UNIT_FAILED, "libsodium does not start");
	text.data = unit_read(stdin, &text.len);
	if (strcmp(what, "signers") == 0 && argc == 2) {
		signers = read_signers(text);
		return signers ? list(signers) : UNIT_FAILED;
	}
	if (argc < 4)
		return unit_usage("sshsig verify|bytes|receipt|cost SIGNERS SIGNATURE [NAMESPACE]");

	signers = read_signers(read_file(argv[2]));
	armor = read_file(argv[3]);
	if (!signers)
		status = UNIT_FAILED;
	else if (strcmp(what, "verify") == 0)
		status = verify(signers, armor, text, argc > 4 ? argv[4] : SSHSIG_APPROVAL);
	else if (strcmp(what, "bytes") == 0)
		status = change_bytes(signers, armor, text);
	else if (strcmp(what, "receipt") == 0)
		status = change_receipt(signers, armor);
	else if (strcmp(what, "cost") == 0)
		status = cost(signers, armor, text);
	free(text.data);
	free(armor.data);
	return status;
}
