/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Reads where the names in a policy's trusted directories lead, and tells when that may have
 * changed: a directory in which a link was found, or that a link leads through, has another
 *stat(2). Embedded. All zeros: nothing was read.
 *
 *	trusted_links_have_changed()   before each use of the policy
 *	trusted_links_read()           for a new policy, and after each change
 *	trusted_links_deinit()
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/watched-file.h"
#include "gate/policy/policy.h"

struct trusted_directory {
	char *path;  /* as a link or the policy has it */
	char *real;  /* without links; NULL if there is no such directory */
	bool hidden; /* it may not be looked at, so that no change would be seen */
	bool listed;
	struct watched_file watched;
};

struct trusted_links {
	struct trusted_directory *directories;
	size_t n;
	bool unknown; /* the last reading failed */
};

/*
 * Sets the links of the policy. A directory that does not exist, or may not be read, has none.
 * Error: -ENOMEM, or another passing lack of a resource (base/file), or -E2BIG if there are too
 * many links. Then the policy keeps the links that it has, and must not be used.
 */
int trusted_links_read(
	struct trusted_links *links, struct policy *policy, const struct clock_time *now);

bool trusted_links_have_changed(const struct trusted_links *links, const struct clock_time *now);

void trusted_links_deinit(struct trusted_links *links);
