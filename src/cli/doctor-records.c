/* SPDX-License-Identifier: ISC */

/* Where the daemon writes: the space that is left, and the log of evidence. */

#include "cli/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/notation.h"
#include "base/text.h"
#include "ledger/evidence/log-check.h"

#define EVIDENCE "evidence"

static void add_space(const struct json *status, struct findings *f)
{
	cleanup(bytes_deinit) struct bytes left = BYTES_PRINTED;
	const struct json *space = json_get(status, "space");
	const char *path = space ? json_get_string(space, "path") : NULL;
	uint64_t bytes;

	if (!path || !json_get_integer(space, "free_bytes", JSON_INTEGER_MAX, &bytes))
		return;

	notation_append_size(&left, bytes);
	if (!json_is_true(space, "low")) {
		findings_add(f, FINDING_GOOD, "space", "%s left beside %s", bytes_str(&left), path);
		return;
	}
	if (json_is_true(space, "full"))
		findings_add(f, FINDING_WRONG, "space", "%s left beside %s: askers are refused",
			bytes_str(&left), path);
	else
		findings_add(f, FINDING_WARNING, "space",
			"%s left beside %s: soon askers will be refused", bytes_str(&left), path);
	findings_mend(f, "make room on the file system of %s", path);
}

static void __attribute__((format(printf, 3, 4)))
add_wrong_end(const char *path, struct findings *f, const char *format, ...)
{
	cleanup(bytes_deinit) struct bytes what = BYTES_PRINTED, quoted = BYTES_PRINTED;
	va_list ap;

	va_start(ap, format);
	bytes_vappendf(&what, format, ap);
	va_end(ap);
	findings_add(f, FINDING_WRONG, EVIDENCE, "%s: %s", path, bytes_str(&what));
	if (text_append_quoted(&quoted, path, strlen(path)) >= 0)
		findings_mend(f, "firma evidence verify %s", bytes_str(&quoted));
}

/* The daemon has written so many records: the last whole one in the file is that one or later. */
static void check_end(const char *path, uint64_t written, struct findings *f)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct log_position end = { 0 };
	cleanup(close_p) int fd = -1;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == EACCES) {
		findings_add(
			f, FINDING_UNSEEN, EVIDENCE, "%s: written; this user can't read it", path);
		return;
	}
	r = fd < 0 ? -errno : log_find_mark(fd, &end, &why);
	if (r != 0)
		add_wrong_end(path, f, "%s", r < 0 ? strerror(-r) : bytes_str(&why));
	else if (end.head.sequence < written)
		add_wrong_end(path, f, "ends with record %llu, but the daemon wrote record %llu",
			(unsigned long long)end.head.sequence, (unsigned long long)written);
	else
		findings_add(f, FINDING_GOOD, EVIDENCE, "%s: written, and record %llu is whole",
			path, (unsigned long long)end.head.sequence);
}

static void add_evidence(const struct json *status, struct findings *f)
{
	const struct json *evidence = json_get(status, "evidence");
	const char *path = evidence ? json_get_string(evidence, "path") : NULL;
	uint64_t written = 0;

	if (!path) {
		findings_add(f, FINDING_GOOD, EVIDENCE, "none is kept (--evidence-log)");
		return;
	}
	if (json_get_string(evidence, "closed")) {
		findings_add(f, FINDING_WRONG, EVIDENCE, "%s: %s", path,
			json_get_string(evidence, "closed"));
		findings_mend(f, "see firma-evidence(5)");
		return;
	}
	json_get_integer(evidence, "sequence", JSON_INTEGER_MAX, &written);
	check_end(path, written, f);
}

void doctor_records(const struct json *status, struct findings *f)
{
	add_space(status, f);
	add_evidence(status, f);
}
