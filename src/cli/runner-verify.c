/* SPDX-License-Identifier: ISC */

/*
 * `firma runner verify`: checks that an allowed signer has signed the whole bundle. The order is
 * the signature of SHA256SUMS, that list, the manifest, each file. Runs nothing of the bundle.
 */

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cli/bundle-files.h"
#include "cli/verb.h"
#include "gate/approval/allowed-signers.h"
#include "gate/limits.h"

struct verify {
	const char *signers, *at_least;
	struct stat signers_stat;
	struct allowed_signers *list;
	struct bytes sums, signature, manifest;
};

static bool parse_version(const char *value, void *to)
{
	*(const char **)to = value;
	return bundle_is_version(value);
}

static const struct option_row rows[] = {
	{ "signers", 0, "FILE", "whose signatures count, see firma-approvers(5)",
		OPTION_STRING(struct verify, signers) },
	{ "at-least", 0, "VERSION", "refuse an older bundle",
		OPTION_PARSED(struct verify, at_least, parse_version),
		.wants = "a version, such as 1.2.3" },
	{ 0 },
};

/* --- the signers ------------------------------------------------------------------------------ */

static int read_signers(struct verify *v)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED, text = BYTES_PRINTED,
					   why = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	int r = 0;

	if (text_append_quoted(&shown, v->signers, strlen(v->signers)) < 0)
		return say_undecided("out of memory");

	fd = open(v->signers, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &v->signers_stat) < 0)
		r = -errno;
	if (r == 0)
		r = file_read(fd, LIMIT_APPROVERS_FILE, &text);
	if (r == 0)
		r = allowed_signers_parse(bytes_str(&text), text.len, &why, &v->list);
	if (r < 0)
		return say_undecided("%s: %s", bytes_str(&shown), strerror(-r));
	return r == 0 ? STATUS_DONE : say_undecided("%s:%s", bytes_str(&shown), bytes_str(&why));
}

/* --- the signature ---------------------------------------------------------------------------- */

static int refuse(const char *name, const char *what)
{
	say("%s: %s", name, what);
	return STATUS_REFUSED;
}

static int read_list(int dir_fd, const char *name, size_t max, struct bytes *ret)
{
	cleanup(close_p) int fd = -1;
	struct stat st;
	int r;

	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return refuse(name,
			errno == ELOOP            ? "is a symbolic link"
				: errno == ENOENT ? "is missing"
						  : strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return refuse(name, "is not a regular file");
	r = file_read(fd, max, ret);
	return r < 0 ? refuse(name, r == -EFBIG ? "is too large" : strerror(-r)) : STATUS_DONE;
}

/* *ret is the signer if the signature is valid; it belongs to v->list. */
static int check_signature(const struct verify *v, const struct allowed_signer **ret)
{
	const uint64_t now = clock_now().wall / CLOCK_SECOND;
	enum signer_standing standing;
	enum sshsig_fault fault;
	struct sshsig sig;

	fault = sshsig_parse(bytes_str(&v->signature), v->signature.len, SSHSIG_RELEASE, &sig);
	if (fault == SSHSIG_FINE)
		fault = sshsig_verify(&sig, SSHSIG_RELEASE, bytes_str(&v->sums), v->sums.len);
	if (fault != SSHSIG_FINE)
		return refuse(BUNDLE_SIGNATURE, sshsig_fault_text(fault));
	standing = allowed_signers_judge(v->list, &sig.key, SSHSIG_RELEASE, now, ret);
	if (standing == SIGNER_UNKNOWN)
		return refuse(BUNDLE_SIGNATURE, "the key is not among those of the signers");
	return standing == SIGNER_GOOD ? STATUS_DONE
				       : refuse(BUNDLE_SIGNATURE, signer_standing_text(standing));
}

/* --- the lists -------------------------------------------------------------------------------- */

static int refuse_list(const char *name, int r, const struct bytes *why)
{
	return r < 0 ? say_undecided("out of memory") : refuse(name, bytes_str(why));
}

/* The manifest is parsed only after its hash was compared. */
static int read_lists(struct verify *v, int dir_fd, struct bundle *bundle)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	char hex[2 * SHA256_LEN + 1];
	uint8_t hash[SHA256_LEN];
	int r, status;

	r = bundle_read_sums(bundle, bytes_str(&v->sums), v->sums.len, &why);
	if (r != 0)
		return refuse_list(BUNDLE_SUMS, r, &why);

	status = read_list(dir_fd, BUNDLE_MANIFEST, LIMIT_BUNDLE_LIST, &v->manifest);
	if (status != STATUS_DONE)
		return status;
	sha256_of(bytes_str(&v->manifest), v->manifest.len, hash);
	notation_hex(hash, sizeof(hash), hex);
	if (strcmp(hex, bundle->own->hash) != 0)
		return refuse(BUNDLE_MANIFEST, "has another content than was signed");

	r = bundle_read_manifest(bundle, bytes_str(&v->manifest), v->manifest.len, &why);
	return r == 0 ? STATUS_DONE : refuse_list(BUNDLE_MANIFEST, r, &why);
}

static int check_version(const struct verify *v, const struct bundle *bundle)
{
	if (!v->at_least || bundle_compare_versions(bundle->version, v->at_least) >= 0)
		return STATUS_DONE;
	say("the bundle is of version %s, which is older than %s", bundle->version, v->at_least);
	return STATUS_REFUSED;
}

static int print_result(const struct bundle *bundle, const struct allowed_signer *signer)
{
	cleanup(bytes_deinit) struct bytes who = BYTES_PRINTED;

	text_append_escaped(&who, signer->principal, strlen(signer->principal));
	bytes_append_str(&who, ", ");
	if (sshsig_key_append_fingerprint(&signer->key, &who) < 0)
		return say_undecided("out of memory");
	printf("version %s, %zu files, signed by %s\n", bundle->version, bundle->n,
		bytes_str(&who));
	return STATUS_DONE;
}

static int verify(struct verify *v, int dir_fd)
{
	cleanup(bundle_deinit) struct bundle bundle = { 0 };
	const struct allowed_signer *signer = NULL;
	int status;

	status = read_signers(v);
	if (status == STATUS_DONE)
		status = read_list(dir_fd, BUNDLE_SIGNATURE, SSHSIG_MAX, &v->signature);
	if (status == STATUS_DONE)
		status = read_list(dir_fd, BUNDLE_SUMS, LIMIT_BUNDLE_LIST, &v->sums);
	if (status == STATUS_DONE)
		status = check_signature(v, &signer);
	if (status == STATUS_DONE)
		status = read_lists(v, dir_fd, &bundle);
	if (status == STATUS_DONE)
		status = check_version(v, &bundle);
	if (status == STATUS_DONE)
		status = bundle_files_check(&bundle, dir_fd, &v->signers_stat);
	return status == STATUS_DONE ? print_result(&bundle, signer) : status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct verify v = {
		.sums = BYTES_PRINTED, .signature = BYTES_PRINTED, .manifest = BYTES_PRINTED
	};
	cleanup(close_p) int dir_fd = -1;
	struct operands directory;
	int status;

	status = verb_read_options(verb, argc, argv, &v, &directory);
	if (status != VERB_GO)
		return status;
	if (!v.signers)
		return usage_error(verb, "--signers is needed: it says whose signature counts");
	if (sodium_init() < 0)
		return say_undecided("libsodium can't be used here");

	dir_fd = open(directory.words[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return say_undecided("the bundle's directory: %s", strerror(errno));
	status = verify(&v, dir_fd);
	allowed_signers_free(v.list);
	bytes_deinit(&v.sums);
	bytes_deinit(&v.signature);
	bytes_deinit(&v.manifest);
	return status;
}

const struct verb runner_verify_verb = {
	.group = "runner",
	.name = "verify",
	.operands = OPERANDS_ONE,
	.operand = "directory",
	.arguments = "DIR",
	.summary = "Checks whether a release's bundle is what was signed",
	.options = rows,
	.run = run,
};
