/* SPDX-License-Identifier: ISC */

/* Retries at growing intervals. */

#include "base/retry.h"

void retry_begin(struct retry *retry)
{
	if (!retry->waiting)
		*retry = (struct retry){ .waiting = true, .pause = RETRY_PAUSE_MIN };
}

void retry_failed(struct retry *retry, uint64_t now)
{
	if (!retry->waiting)
		return;

	retry->at = now + retry->pause;
	retry->pause *= 2;
	if (retry->pause > RETRY_PAUSE_MAX)
		retry->pause = RETRY_PAUSE_MAX;
}

void retry_end(struct retry *retry)
{
	*retry = (struct retry){ 0 };
}

bool retry_is_due(const struct retry *retry, uint64_t now)
{
	return retry->waiting && now >= retry->at;
}

uint64_t retry_due(const struct retry *retry)
{
	return retry->waiting ? retry->at : CLOCK_NEVER;
}
