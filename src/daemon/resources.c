/* SPDX-License-Identifier: ISC */

/* Most functions go through all resources, in the order of their dependencies. */

#include "daemon/resources.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/notation.h"
#include "base/text.h"
#include "daemon/log.h"

/* Interval of the checks of the files while nothing is written. */
#define LOOK_PAUSE (10 * CLOCK_SECOND)

/* Room for the parts of a record other than the request, in bytes. */
#define RECORD_ROOM 4096

int resources_read_boot_id(struct resources *res)
{
	char text[CLOCK_BOOT_ID_LEN + 1];
	int r;

	r = clock_boot_id(text);
	if (r < 0)
		return r;

	return notation_parse_uuid(text, CLOCK_BOOT_ID_LEN, res->boot_id);
}

struct moment resources_now(const struct resources *res)
{
	struct moment now = { .clock = clock_now() };

	memcpy(now.boot_id, res->boot_id, sizeof(now.boot_id));
	return now;
}

/* As resources_closed(), but ignores the store. */
static const char *others_closed(const struct resources *res)
{
	const char *closed = live_policy_closed(&res->policy);

	if (!closed)
		closed = pack_files_closed(&res->packs);
	if (!closed)
		closed = live_policy_closed(&res->registry);
	if (!closed)
		closed = approver_file_closed(&res->approvers);
	if (!closed)
		closed = allowlist_file_closed(&res->allowlist);
	if (!closed && res->evidence)
		closed = evidence_closed(res->evidence);
	return closed;
}

const char *resources_closed(const struct resources *res)
{
	const char *closed = store_closed(res->store);

	return closed ? closed : others_closed(res);
}

const char *resources_away(const struct resources *res)
{
	return store_is_away(res->store) && !others_closed(res) ? store_closed(res->store) : NULL;
}

void resources_open_evidence(struct resources *res, const struct moment *now)
{
	if (!res->evidence || !evidence_closed(res->evidence))
		return;

	allowlist_file_refresh(&res->allowlist, now);
	evidence_prepare(res->evidence, res->store, res->allowlist.list, now);
}

int resources_finish_evidence(struct resources *res)
{
	int r;

	if (!res->evidence || evidence_closed(res->evidence))
		return 0;

	r = evidence_finish(res->evidence);
	return r < 0 ? r : store_set_note(res->store, NULL);
}

static const char *files_closed(const struct resources *res)
{
	const char *closed = store_closed(res->store);

	return closed || !res->evidence ? closed : evidence_closed(res->evidence);
}

const char *resources_look(struct resources *res)
{
	bool closed = files_closed(res);

	store_look(res->store);
	if (res->evidence)
		evidence_look(res->evidence);
	return closed ? NULL : files_closed(res);
}

static uint64_t part_of(uint64_t size, uint64_t part, uint64_t limit)
{
	return size / part < limit ? size / part : limit;
}

static void measure_one(struct space *space, int fd, const char *path)
{
	uint64_t left, size, low, kept;

	if (fd < 0 || file_space(fd, &left, &size) < 0 || left == UINT64_MAX)
		return;

	low = part_of(size, LIMIT_SPACE_LOW_PART, LIMIT_SPACE_LOW);
	kept = part_of(size, LIMIT_SPACE_KEPT_PART, LIMIT_SPACE_KEPT);
	if (space->path && (int64_t)(space->left - space->kept) <= (int64_t)(left - kept))
		return;
	space->left = left;
	space->low = low;
	space->kept = kept;
	space->path = path;
}

/* Without a log of evidence, `is_full` stays false: --max-store limits what askers can fill. */
static void log_space(struct space *space, bool has_evidence)
{
	cleanup(bytes_deinit) struct bytes size = BYTES_PRINTED;
	bool is_low = space->path && space->left < space->low;
	bool is_full = has_evidence && space->path && space->left < space->kept;

	if (is_low == space->is_low && is_full == space->is_full)
		return;

	space->is_low = is_low;
	space->is_full = is_full;
	if (space->path && notation_append_size(&size, space->left) == 0)
		log_text(is_low ? LOG_WARNING : LOG_INFO, LOG_ID_WARNING,
			"%s: %s are left on its file system%s", space->path, size.data,
			is_full ? ": askers are refused" : "");
}

static void measure_space(struct resources *res)
{
	struct space *space = &res->space;

	space->path = NULL;
	if (res->evidence)
		measure_one(space, evidence_fd(res->evidence), evidence_path(res->evidence));
	if (res->state_dir)
		measure_one(space, state_dir_fd(res->state_dir), state_dir_path(res->state_dir));
	log_space(space, res->evidence != NULL);
}

const char *resources_take_space(struct resources *res, size_t len)
{
	/* The request is written up to three times: in the evidence, the token, the token's end. */
	const uint64_t wanted = 3 * (uint64_t)len + RECORD_ROOM;
	struct space *space = &res->space;

	if (!res->evidence || !space->path)
		return NULL;
	if (space->left >= space->kept + wanted) {
		space->left -= wanted;
		return NULL;
	}

	bytes_clear(&space->refusal);
	bytes_appendf(&space->refusal, "%s: its file system is nearly full", space->path);
	return bytes_str(&space->refusal);
}

static void look_for_policy(struct live_policy *policy)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (live_policy_look(policy)
		&& text_append_escaped(&shown, policy->absent, strlen(policy->absent)) == 0)
		log_text(LOG_WARNING, LOG_ID_WARNING, "%s is new: restart the daemon to apply it",
			bytes_str(&shown));
}

void resources_prepare(struct resources *res, const struct moment *now)
{
	const bool look = now->clock.boot >= res->look_at;

	if (look) {
		resources_look(res);
		look_for_policy(&res->policy);
		res->look_at = now->clock.boot + LOOK_PAUSE;
	}
	store_prepare(res->store, now);
	resources_open_evidence(res, now);
	if (res->evidence)
		evidence_rotate_large(res->evidence, now);
	/* Without an evidence log, the space only matters for a warning: see log_space(). */
	if (look || res->evidence)
		measure_space(res);
	resources_log_warnings(res);
}

void resources_log_key_warnings(const struct live_policy *policy)
{
	const char *at = bytes_str(&policy->warnings), *end;

	for (; (end = strchr(at, '\n')); at = end + 1)
		log_text(LOG_WARNING, LOG_ID_WARNING, "%.*s", (int)(end - at), at);
}

/* Returns whether another policy is in force. */
static bool refresh_policy(struct live_policy *policy, const struct moment *now)
{
	switch (live_policy_refresh(policy, &now->clock)) {
	case LIVE_POLICY_READ:
		log_text(LOG_INFO, LOG_ID_POLICY, "policy %s is in force, with %zu rule%s",
			bytes_str(&policy->shown), policy_size_of_all(policy->policy),
			text_plural(policy_size_of_all(policy->policy)));
		resources_log_key_warnings(policy);
		return true;
	case LIVE_POLICY_FAULTY:
		log_text(LOG_ERR, LOG_ID_POLICY, "%s: policy %s",
			live_policy_closed(policy) ? "there is no policy to go by"
						   : "the policy before stays in force",
			bytes_str(&policy->fault));
		return false;
	default:
		return false;
	}
}

static void refresh_approvers(struct approver_file *f, const struct moment *now)
{
	switch (approver_file_refresh(f, &now->clock)) {
	case APPROVER_FILE_READ:
		log_text(LOG_INFO, LOG_ID_POLICY, "approvers %s are in force, with %zu key%s",
			bytes_str(&f->shown), allowed_signers_count(f->signers),
			text_plural(allowed_signers_count(f->signers)));
		break;
	case APPROVER_FILE_FAULTY:
		log_text(LOG_ERR, LOG_ID_POLICY, "%s: approvers %s",
			approver_file_closed(f) ? "there are no approvers to go by"
						: "the approvers before stay in force",
			bytes_str(&f->fault));
		break;
	default:
		break;
	}
}

static void refresh_packs(struct resources *res, const struct moment *now)
{
	for (size_t i = 0; i < res->packs.n; i++) {
		refresh_policy(&res->packs.files[i], now);
		res->packs.in_force[i] = res->packs.files[i].policy;
	}
	refresh_policy(&res->registry, now);
}

const struct registry *resources_registry(const struct resources *res)
{
	return res->registry.policy ? policy_registry(res->registry.policy) : NULL;
}

void resources_refresh(struct resources *res, const struct moment *now)
{
	if (refresh_policy(&res->policy, now) || res->packs.unknown)
		pack_files_follow(&res->packs, res->policy.policy);
	refresh_packs(res, now);
	approver_file_load(&res->approvers, res->state_dir);
	refresh_approvers(&res->approvers, now);
	allowlist_file_refresh(&res->allowlist, now);
	resources_log_warnings(res);
}

void resources_log_warnings(struct resources *res)
{
	cleanup(bytes_deinit) struct bytes warning = BYTES_PRINTED;

	if (store_take_warning(res->store, &warning))
		log_text(LOG_WARNING, LOG_ID_WARNING, "%s", bytes_str(&warning));
	if (allowlist_file_take_warning(&res->allowlist, &warning))
		log_text(LOG_WARNING, LOG_ID_WARNING, "%s", bytes_str(&warning));
	if (res->evidence && evidence_take_warning(res->evidence, &warning))
		log_text(LOG_WARNING, LOG_ID_WARNING, "%s", bytes_str(&warning));
}

bool resources_are_waiting(const struct resources *res)
{
	return store_is_waiting(res->store)
		|| (res->evidence && evidence_is_waiting(res->evidence));
}

static bool has_files(const struct resources *res)
{
	return res->state_dir || res->evidence;
}

uint64_t resources_due(const struct resources *res)
{
	uint64_t due = store_due(res->store), other = allowlist_file_due(&res->allowlist);

	if (other < due)
		due = other;
	other = res->evidence ? evidence_due(res->evidence) : CLOCK_NEVER;
	if (other < due)
		due = other;
	return has_files(res) && res->look_at < due ? res->look_at : due;
}
