/* SPDX-License-Identifier: ISC */

/* Reads key sets and keys again when their files have changed. */

#include "daemon/runner-keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notation.h"
#include "base/trust.h"
#include "base/watched-file.h"
#include "gate/limits.h"
#include "gate/policy/policy.h"

/* A faulty file is read again after this, as a faulty policy is. */
#define FAULT_PAUSE CLOCK_SECOND

struct key_file {
	char *path;
	uint64_t max_age; /* µs */
	struct watched_file watched;
	struct jwks *jwks; /* NULL: `fault` says why */
	struct bytes fault, warnings;
};

/* A signer's key. */
struct secret_file {
	char *path;
	bool is_credential;
	struct watched_file watched;
	struct evidence_key *key; /* NULL: `fault` says why */
	struct bytes fault;
};

struct runner_keys {
	uid_t owner;
	struct key_file *files; /* one for each issuer */
	size_t n;
	struct secret_file *secrets; /* one for each signer */
	size_t n_secrets;
};

void runner_keys_free(struct runner_keys *keys)
{
	if (!keys)
		return;

	for (size_t i = 0; i < keys->n; i++) {
		free(keys->files[i].path);
		jwks_free(keys->files[i].jwks);
		bytes_deinit(&keys->files[i].fault);
		bytes_deinit(&keys->files[i].warnings);
	}
	free(keys->files);
	for (size_t i = 0; i < keys->n_secrets; i++) {
		free(keys->secrets[i].path);
		evidence_key_free(keys->secrets[i].key);
		bytes_deinit(&keys->secrets[i].fault);
	}
	free(keys->secrets);
	free(keys);
}

char *runner_keys_path(const char *policy, const char *path)
{
	const char *slash = strrchr(policy, '/');
	char *joined;

	if (path[0] == '/')
		return strdup(path);
	if (asprintf(&joined, "%.*s/%s", (int)(slash - policy), policy, path) < 0)
		return NULL;
	return joined;
}

/* --- key sets --------------------------------------------------------------------------------- */

/* Sets `jwks`, or `fault`. */
static void read_set(struct key_file *f, int fd)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	r = file_read(fd, LIMIT_JWKS, &text);
	if (r == 0)
		r = jwks_parse(bytes_str(&text), text.len, &f->fault, &f->warnings, &f->jwks);
	if (r < 0)
		bytes_appendf(&f->fault, "%s", strerror(-r));
}

static void read_file(struct runner_keys *keys, struct key_file *f, const struct clock_time *now)
{
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	struct stat st = { 0 };
	int r;

	jwks_free(f->jwks);
	f->jwks = NULL;
	bytes_clear(&f->fault);
	bytes_clear(&f->warnings);
	r = trust_open(f->path, keys->owner, &at, &fd);
	if (r != 0) {
		trust_append_fault(&f->fault, f->path, bytes_str(&at), r);
		if (r == -ENOENT)
			bytes_append_str(&f->fault, " (firma runner keys fetches it)");
	} else {
		/* Before reading: a later write then shows as a change. */
		if (fstat(fd, &st) < 0)
			st = (struct stat){ 0 };
		read_set(f, fd);
	}
	watched_file_note(&f->watched, &st, f->jwks ? CLOCK_NEVER : now->boot + FAULT_PAUSE, now);
}

static void report(const struct key_file *f, size_t index, struct faults *faults)
{
	const char *at = bytes_str(&f->warnings), *end;
	char place[64];

	snprintf(place, sizeof(place), ": runners.oidc[%zu].jwks:", index);
	if (!f->jwks)
		faults_add(faults, place, "%s", bytes_str(&f->fault));
	for (; (end = strchr(at, '\n')); at = end + 1)
		faults_warn(faults, place, "%.*s", (int)(end - at), at);
}

static int read_sets(struct runner_keys *keys, const struct runners *runners, const char *policy,
	const struct clock_time *now, struct faults *faults)
{
	keys->files = calloc(runners->n_issuers + 1, sizeof(*keys->files));
	if (!keys->files)
		return -ENOMEM;

	for (; keys->n < runners->n_issuers; keys->n++) {
		struct key_file *f = &keys->files[keys->n];

		bytes_init(&f->fault, BYTES_PRINTED_MAX);
		bytes_init(&f->warnings, BYTES_PRINTED_MAX);
		f->max_age = runners->issuers[keys->n].max_age;
		f->path = runner_keys_path(policy, runners->issuers[keys->n].jwks);
		if (!f->path)
			return -ENOMEM;
		read_file(keys, f, now);
		report(f, keys->n, faults);
	}
	return 0;
}

/* --- keys of signers -------------------------------------------------------------------------- */

/* Sets the path of a key: of the credential with this name, if there is one. */
static int find_secret(
	struct secret_file *f, const char *policy, const char *credentials, const char *key)
{
	if (credentials && !strchr(key, '/') && asprintf(&f->path, "%s/%s", credentials, key) < 0)
		f->path = NULL;
	f->is_credential = f->path && access(f->path, F_OK) == 0;
	if (f->is_credential)
		return 0;
	free(f->path);
	f->path = runner_keys_path(policy, key);
	return f->path ? 0 : -ENOMEM;
}

static void read_secret(
	struct runner_keys *keys, struct secret_file *f, const struct clock_time *now)
{
	struct stat st = { 0 };
	int r;

	evidence_key_free(f->key);
	f->key = NULL;
	bytes_clear(&f->fault);
	if (watched_file_look(AT_FDCWD, f->path, AT_SYMLINK_NOFOLLOW, &st) < 0)
		st = (struct stat){ 0 };
	r = evidence_key_load(
		f->path, EVIDENCE_KEY_SHARED, keys->owner, f->is_credential, &f->key, &f->fault);
	if (r < 0)
		bytes_append_str(&f->fault, strerror(-r));
	watched_file_note(&f->watched, &st, f->key ? CLOCK_NEVER : now->boot + FAULT_PAUSE, now);
}

static int read_secrets(struct runner_keys *keys, const struct runners *runners, const char *policy,
	const char *credentials, const struct clock_time *now, struct faults *faults)
{
	keys->secrets = calloc(runners->n_signers + 1, sizeof(*keys->secrets));
	if (!keys->secrets)
		return -ENOMEM;
	for (; keys->n_secrets < runners->n_signers; keys->n_secrets++) {
		struct secret_file *f = &keys->secrets[keys->n_secrets];
		char place[64];

		bytes_init(&f->fault, BYTES_PRINTED_MAX);
		if (find_secret(f, policy, credentials, runners->signers[keys->n_secrets].key) < 0)
			return -ENOMEM;
		read_secret(keys, f, now);
		snprintf(place, sizeof(place), ": runners.hmac[%zu].key:", keys->n_secrets);
		if (!f->key)
			faults_add(faults, place, "%s", bytes_str(&f->fault));
	}
	return 0;
}

const struct evidence_key *runner_keys_secret(
	struct runner_keys *keys, size_t signer, const struct clock_time *now, struct bytes *detail)
{
	struct secret_file *f = &keys->secrets[signer];

	if (watched_file_has_changed(&f->watched, AT_FDCWD, f->path, AT_SYMLINK_NOFOLLOW, now))
		read_secret(keys, f, now);
	if (!f->key)
		bytes_append_str(detail, bytes_str(&f->fault));
	return f->key;
}

/* --- all files -------------------------------------------------------------------------------- */

int runner_keys_new(const struct runners *runners, const char *policy, const char *credentials,
	uid_t owner, const struct clock_time *now, struct faults *faults, struct runner_keys **ret)
{
	cleanup(runner_keys_free_p) struct runner_keys *keys = NULL;
	const size_t before = faults->n;
	const char *why;

	*ret = NULL;
	if (!runners)
		return 0;
	if (runners->n_issuers > 0 && rs256_load(&why) < 0) {
		faults_add(faults, ": runners:", "tokens can't be verified: %s", why);
		return POLICY_FAULTY;
	}

	keys = calloc(1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	keys->owner = owner;
	if (read_sets(keys, runners, policy, now, faults) < 0
		|| read_secrets(keys, runners, policy, credentials, now, faults) < 0
		|| faults->failed)
		return -ENOMEM;
	if (faults->n > before)
		return POLICY_FAULTY;
	*ret = steal_ptr(keys);
	return 0;
}

/* --- use -------------------------------------------------------------------------------------- */

static uint64_t time_of(const struct key_file *f)
{
	return (uint64_t)f->watched.seen.st_mtim.tv_sec * CLOCK_SECOND;
}

/* A file with a time in the future counts as too old: otherwise it would never become too old. */
static bool is_old(const struct key_file *f, uint64_t wall)
{
	const uint64_t time = time_of(f);

	return time > wall + LIMIT_RUNNER_SKEW * CLOCK_SECOND
		|| (wall > time && wall - time > f->max_age);
}

void runner_keys_append_time(const struct runner_keys *keys, size_t issuer, struct bytes *b)
{
	bytes_append_str(b, "the key set is of ");
	notation_append_time(b, time_of(&keys->files[issuer]));
}

enum runner_refusal runner_keys_get(struct runner_keys *keys, size_t issuer,
	const struct clock_time *now, const struct jwks **ret, struct bytes *detail)
{
	struct key_file *f = &keys->files[issuer];

	if (watched_file_has_changed(&f->watched, AT_FDCWD, f->path, 0, now))
		read_file(keys, f, now);
	if (!f->jwks) {
		bytes_append_str(detail, bytes_str(&f->fault));
		return RUNNER_KEYS;
	}
	if (is_old(f, now->wall)) {
		runner_keys_append_time(keys, issuer, detail);
		return RUNNER_KEYS_OLD;
	}
	*ret = f->jwks;
	return RUNNER_FINE;
}
