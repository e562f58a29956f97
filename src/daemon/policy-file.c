/* SPDX-License-Identifier: ISC */

/* Reading a policy from its file. */

#include "daemon/policy-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/trust.h"
#include "base/users.h"
#include "gate/limits.h"

static const struct policy_names names = { users_find, users_find_group, users_primary_group };

static int open_trusted(const char *path, uid_t owner, struct faults *faults, int *ret_fd)
{
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED, why = BYTES_PRINTED;
	int r;

	r = trust_open(path, owner, &at, ret_fd);
	if (r == 0 || file_error_is_passing(r))
		return r;

	r = trust_append_fault(&why, path, bytes_str(&at), r);
	if (r < 0)
		return r;
	faults_add(faults, ":", "%s", bytes_str(&why));
	return POLICY_FAULTY;
}

static int read_text(int fd, struct faults *faults, struct bytes *text)
{
	int r;

	r = file_read(fd, LIMIT_POLICY, text);
	if (r != -EFBIG)
		return r;

	faults_add(faults, ":", "is larger than %zu MiB", LIMIT_POLICY >> 20);
	return POLICY_FAULTY;
}

/*
 * `last`: the hash of the text that was read before; NULL: always parse. Returns as
 * policy_file_read(), but any negative errno if the file can't be read.
 */
static int read_policy(int fd, const uint8_t *last, struct faults *faults,
	struct policy_source *source, struct policy **ret)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	r = read_text(fd, faults, &text);
	if (r != 0)
		return r;

	_Static_assert(POLICY_HASH_LEN == SHA256_LEN, "SHA-256");
	sha256_of(bytes_str(&text), text.len, source->hash);
	if (last && memcmp(last, source->hash, POLICY_HASH_LEN) == 0)
		return POLICY_SAME;
	return policy_parse(bytes_str(&text), text.len, &names, faults, ret);
}

int policy_file_read(const char *path, uid_t owner, struct faults *faults,
	struct policy_source *source, struct policy **ret)
{
	const struct policy_source last = *source;
	cleanup(close_p) int fd = -1;
	int r;

	*source = (struct policy_source){ 0 };
	r = open_trusted(path, owner, faults, &fd);
	if (r != 0)
		return r;

	/* fstat() before reading: a later write then shows as a change. */
	if (fstat(fd, &source->st) < 0)
		source->st = (struct stat){ 0 };

	r = read_policy(fd, last.hash, faults, source, ret);
	if (r >= 0 || file_error_is_passing(r))
		return r;

	faults_add(faults, ":", "%s", strerror(-r));
	return POLICY_FAULTY;
}

int policy_file_check(const char *path, uid_t owner, struct faults *faults,
	struct policy_source *source, struct policy **ret)
{
	cleanup(close_p) int trusted = -1, fd = -1;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;

	r = open_trusted(path, owner, faults, &trusted);
	if (r < 0)
		return r;

	*source = (struct policy_source){ 0 };
	r = read_policy(fd, NULL, faults, source, ret);
	return r == 0 && faults->n > 0 ? POLICY_FAULTY : r;
}
