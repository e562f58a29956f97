/* SPDX-License-Identifier: ISC */

#include "cli/doctor-run.h"

#include "base/clock.h"
#include "cli/capture.h"

#define TIMEOUT (10 * CLOCK_SECOND)
#define OUTPUT_MAX ((size_t)1 << 20)

int doctor_run(const char *const *words, struct bytes *ret)
{
	int status;

	if (capture_run_joined(words, OUTPUT_MAX, TIMEOUT, ret, &status) < 0)
		return -1;
	return status;
}
