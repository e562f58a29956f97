/* SPDX-License-Identifier: ISC */

/* The policy in force. */

#include "daemon/live-policy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "daemon/policy-file.h"

/* A faulty file is read again after this: an unknown user, say, may exist later. */
#define FAULT_PAUSE CLOCK_SECOND

int live_policy_init(struct live_policy *live, const char *path, uid_t owner)
{
	*live = (struct live_policy){
		.path = path,
		.owner = owner,
		.shown = BYTES_PRINTED,
		.fault = BYTES_PRINTED,
		.warnings = BYTES_PRINTED,
	};
	return path ? text_append_escaped(&live->shown, path, strlen(path)) : 0;
}

/* Only ENOENT proves that there is no file. After any other error, the daemon must be closed. */
static bool is_absent(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 && errno == ENOENT;
}

/* Whether the file is missing, or is a dangling link. */
static bool leads_nowhere(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 && errno == ENOENT;
}

int live_policy_init_usual(struct live_policy *live, const char *path, uid_t owner)
{
	const bool absent = !path || is_absent(path);
	int r;

	r = live_policy_init(live, absent ? NULL : path, owner);
	live->is_usual = !absent;
	live->absent = absent ? path : NULL;
	return r;
}

bool live_policy_look(struct live_policy *live)
{
	const bool had_appeared = live->has_appeared;

	live->has_appeared = live->absent && !is_absent(live->absent);
	return live->has_appeared && !had_appeared;
}

void live_policy_deinit(struct live_policy *live)
{
	runner_keys_free(live->keys);
	live->keys = NULL;
	policy_free(live->policy);
	live->policy = NULL;
	trusted_links_deinit(&live->links);
	bytes_deinit(&live->fault);
	bytes_deinit(&live->warnings);
	bytes_deinit(&live->shown);
}

/* Sets the fault; returns whether it differs from the previous one. */
static bool set_fault(struct live_policy *live, const struct faults *faults, int r)
{
	cleanup(bytes_deinit) struct bytes fault = BYTES_PRINTED;
	bool same;

	if (r < 0)
		bytes_appendf(
			&fault, "%s: can't be read: %s", bytes_str(&live->shown), strerror(-r));
	else if (r == POLICY_FAULTY)
		faults_summarize(faults, bytes_str(&live->shown), &fault);

	same = strcmp(bytes_str(&fault), bytes_str(&live->fault)) == 0;
	if (!same) {
		bytes_deinit(&live->fault);
		live->fault = fault;
		bytes_init(&fault, BYTES_PRINTED_MAX);
	}
	return !same;
}

static void put_in_force(struct live_policy *live, struct policy *policy, struct runner_keys *keys)
{
	if (!live->given) {
		runner_keys_free(live->keys);
		live->keys = keys;
	}
	policy_free(live->policy);
	live->policy = policy;
	memcpy(live->hash, live->source.hash, sizeof(live->hash));
}

/*
 * A registry in place of a policy, or the reverse, is a fault: it would have no effect there. So
 * are packs that a pack names.
 */
static int check_form(const struct live_policy *live, struct faults *faults, struct policy **policy)
{
	const bool is_registry = policy_registry(*policy) != NULL;
	size_t n_packs;

	policy_packs(*policy, &n_packs);
	if (is_registry == live->wants_registry && !(live->is_pack && n_packs > 0))
		return 0;

	if (is_registry == live->wants_registry)
		faults_add(faults, ": packs:", "belongs to the policy, not to a pack");
	else
		faults_add(faults, ":", "%s",
			live->wants_registry ? "is no registry of MCP servers"
					     : "is a registry of MCP servers, and no policy");
	policy_free(*policy);
	*policy = NULL;
	return faults->failed ? -ENOMEM : POLICY_FAULTY;
}

/* Without the key sets, the runners that the policy names could not be verified. */
static int read_keys(struct live_policy *live, const struct clock_time *now, struct faults *faults,
	struct policy **policy, struct runner_keys **ret)
{
	const struct runners *runners = policy_runners(*policy);
	int r = POLICY_FAULTY;

	if (runners && live->is_pack)
		faults_add(faults, ": runners:", "belongs to the policy, not to a pack");
	else if (runners && live->given)
		faults_add(faults, ": runners:",
			"the daemon has runners by its --runner options: they may be in one place "
			"only");
	else
		r = runner_keys_new(
			runners, live->path, live->credentials, live->owner, now, faults, ret);
	if (r == 0)
		return 0;
	policy_free(*policy);
	*policy = NULL;
	return r;
}

static void keep_warnings(struct live_policy *live, const struct faults *faults)
{
	bytes_clear(&live->warnings);
	if (!live->given && live->keys && faults->n_warnings > 0)
		faults_print(faults, bytes_str(&live->shown), &live->warnings);
}

static uint64_t read_again(int r, const struct clock_time *now)
{
	if (r < 0)
		return WATCHED_FILE_AT_ONCE;
	return r == POLICY_FAULTY ? now->boot + FAULT_PAUSE : CLOCK_NEVER;
}

/* After an error, `links.unknown` is set. */
static void refresh_links(struct live_policy *live, const struct clock_time *now)
{
	if (live->policy && trusted_links_have_changed(&live->links, now))
		(void)trusted_links_read(&live->links, live->policy, now);
}

enum live_policy_change live_policy_refresh(struct live_policy *live, const struct clock_time *now)
{
	struct runner_keys *keys = NULL;
	struct policy *policy = NULL;
	struct faults faults;
	bool other;
	int r;

	if (!live->path)
		return LIVE_POLICY_SAME;
	if (!watched_file_has_changed(&live->watched, AT_FDCWD, live->path, 0, now)) {
		refresh_links(live, now);
		return LIVE_POLICY_SAME;
	}

	faults_init(&faults);
	r = policy_file_read(live->path, live->owner, &faults, &live->source, &policy);
	if (r == 0)
		r = check_form(live, &faults, &policy);
	if (r == 0)
		r = read_keys(live, now, &faults, &policy, &keys);
	live->unknown = r < 0;
	live->is_gone = live->is_usual && r == POLICY_FAULTY && leads_nowhere(live->path);
	watched_file_note(&live->watched, &live->source.st, read_again(r, now), now);
	if (r < 0 || r == POLICY_FAULTY)
		memset(live->source.hash, 0, sizeof(live->source.hash));
	other = r != POLICY_SAME && set_fault(live, &faults, r);
	if (r == 0) {
		put_in_force(live, policy, keys);
		keep_warnings(live, &faults);
		live->links.unknown = true;
	}
	refresh_links(live, now);
	faults_deinit(&faults);

	if (r == 0)
		return LIVE_POLICY_READ;
	return other ? LIVE_POLICY_FAULTY : LIVE_POLICY_SAME;
}

int live_policy_give_runners(struct live_policy *live, const struct runners *given,
	const struct clock_time *now, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes base = BYTES_PRINTED;
	struct faults faults;
	int r;

	/* The base of relative paths, so that a fault names the missing credential in full. */
	if (bytes_append_strs(&base, live->credentials ? live->credentials : "", "/") < 0)
		return -ENOMEM;

	faults_init(&faults);
	r = runner_keys_new(
		given, bytes_str(&base), live->credentials, live->owner, now, &faults, &live->keys);
	if (r == POLICY_FAULTY && faults_summarize(&faults, "the --runner options", why) < 0)
		r = -ENOMEM;
	if (r == 0) {
		live->given = given;
		faults_print(&faults, "the --runner options", &live->warnings);
	}
	faults_deinit(&faults);
	return r;
}

const struct runners *live_policy_runners(const struct live_policy *live)
{
	return live->given ? live->given : policy_runners(live->policy);
}

const char *live_policy_closed(const struct live_policy *live)
{
	if (!live->path
		|| (live->policy && !live->unknown && !live->is_gone && !live->links.unknown))
		return NULL;
	if (live->links.unknown)
		return "where names lead in the trusted directories can't be read";
	return live->fault.len > 0 ? bytes_str(&live->fault) : "the policy was not read yet";
}
