/* SPDX-License-Identifier: ISC */

/*
 * The policy in force. Whether the file has changed is told by what stat(2) says of it. Before
 * Linux 6.13 that clock ticks slower than one can write, so a file that was written just now is
 * read once more.
 */

#include "daemon/live-policy.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "daemon/policy-file.h"

/* After a change, for so long; much longer than the kernel's tick. */
#define RECENT (100 * CLOCK_MS)

/* A user that isn't there may be there later: a fault needn't be the file's. */
#define FAULT_PAUSE CLOCK_SECOND

int rules_init(struct rules *rules, const char *path, uid_t owner)
{
	*rules = (struct rules){
		.path = path,
		.owner = owner,
		.shown = BYTES_INIT(BYTES_UNLIMITED),
		.fault = BYTES_INIT(BYTES_UNLIMITED),
		.retry = true,
		.again = CLOCK_NEVER,
	};
	return path ? text_append_escaped(&rules->shown, path, strlen(path)) : 0;
}

void rules_deinit(struct rules *rules)
{
	policy_free(rules->policy);
	rules->policy = NULL;
	bytes_deinit(&rules->fault);
	bytes_deinit(&rules->shown);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool has_changed(const struct rules *rules, const struct clock_time *now)
{
	const struct stat *seen = &rules->source.st;
	struct stat st;

	/* Of a file that could not be opened, nothing was seen: whatever is there differs. */
	if (rules->retry || rules->recent || rules->again <= now->boot)
		return true;
	return stat(rules->path, &st) < 0 || st.st_dev != seen->st_dev || st.st_ino != seen->st_ino
		|| st.st_size != seen->st_size || st.st_mode != seen->st_mode
		|| st.st_uid != seen->st_uid || !same_time(&st.st_mtim, &seen->st_mtim)
		|| !same_time(&st.st_ctim, &seen->st_ctim);
}

static bool is_recent(const struct stat *st, uint64_t wall)
{
	uint64_t changed =
		(uint64_t)st->st_ctim.tv_sec * CLOCK_SECOND + (uint64_t)st->st_ctim.tv_nsec / 1000;

	return changed <= wall && wall - changed < RECENT;
}

/* The fault that is told from now on; whether it is another one than before. */
static bool set_fault(struct rules *rules, const struct faults *faults, int r)
{
	cleanup(bytes_deinit) struct bytes fault = BYTES_INIT(BYTES_UNLIMITED);
	bool same;

	if (r < 0)
		bytes_appendf(&fault, "%s: out of memory", bytes_str(&rules->shown));
	else if (r == POLICY_FAULTY)
		faults_summarize(faults, bytes_str(&rules->shown), &fault);

	same = strcmp(bytes_str(&fault), bytes_str(&rules->fault)) == 0;
	if (!same) {
		bytes_deinit(&rules->fault);
		rules->fault = fault;
		bytes_init(&fault, BYTES_UNLIMITED);
	}
	return !same;
}

static void put_in_force(struct rules *rules, struct policy *policy)
{
	policy_free(rules->policy);
	rules->policy = policy;
	memcpy(rules->hash, rules->source.hash, sizeof(rules->hash));
}

enum rules_news rules_refresh(struct rules *rules, const struct clock_time *now)
{
	struct policy *policy = NULL;
	struct faults faults;
	bool other;
	int r;

	if (!rules->path || !has_changed(rules, now))
		return RULES_SAME;

	faults_init(&faults);
	r = policy_file_read(rules->path, rules->owner, &faults, &rules->source, &policy);
	rules->retry = r < 0;
	rules->recent = is_recent(&rules->source.st, now->wall);
	rules->again = r == POLICY_FAULTY ? now->boot + FAULT_PAUSE : CLOCK_NEVER;
	if (r < 0 || r == POLICY_FAULTY)
		memset(rules->source.hash, 0, sizeof(rules->source.hash));
	other = r != POLICY_SAME && set_fault(rules, &faults, r);
	faults_deinit(&faults);

	if (r == 0)
		put_in_force(rules, policy);
	if (r == 0)
		return RULES_READ;
	return other ? RULES_FAULTY : RULES_SAME;
}

const char *rules_closed(const struct rules *rules)
{
	if (!rules->path || rules->policy)
		return NULL;
	return rules->fault.len > 0 ? bytes_str(&rules->fault) : "the policy was not read yet";
}
