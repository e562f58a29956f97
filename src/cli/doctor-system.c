/* SPDX-License-Identifier: ISC */

/* The clock, and how exposed the service is. */

#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/doctor-run.h"

/* systemd-analyze counts from 0 to 10; its threshold is ten times that. */
#define EXPOSURE_THRESHOLD "--threshold=10"

/* A user's unit has no namespaces: in one, the uids of askers could not be told apart. */
#define USER_EXPOSURE_THRESHOLD "--threshold=75"

void doctor_clock(struct findings *f)
{
	if (clock_is_synchronized()) {
		findings_add(f, FINDING_GOOD, "clock", "synchronized");
		return;
	}
	findings_add(f, FINDING_WARNING, "clock",
		"not synchronized: the times in records, and of keys that expire, may be wrong");
	findings_mend(f, "timedatectl set-ntp true");
}

/*
 * Whether the process is in the unit firma.service, and whether of a user's manager: the last line
 * of its cgroup (cgroups(7)) has the path.
 */
static bool find_unit(uint64_t pid, bool *ret_of_user)
{
	char path[48], line[512];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", (unsigned int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (!strstr(line, "/firma.service\n"))
			continue;
		found = true;
		*ret_of_user = strstr(line, "/user@") != NULL;
	}
	fclose(file);
	return found;
}

/* Cuts the text to its last line that isn't empty. */
static const char *last_line(struct bytes *text)
{
	const char *newline;

	while (text->len > 0 && text->data[text->len - 1] == '\n')
		bytes_truncate(text, text->len - 1);
	newline = strrchr(bytes_str(text), '\n');
	return newline ? newline + 1 : bytes_str(text);
}

void doctor_unit(const struct json *status, struct findings *f)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	const char *words[] = { "systemd-analyze", "--no-pager", EXPOSURE_THRESHOLD, "security",
		"firma.service", NULL, NULL };
	bool of_user = false;
	uint64_t pid;
	int r;

	if (!status || !json_get_integer(status, "pid", INT32_MAX, &pid)
		|| !find_unit(pid, &of_user)) {
		findings_add(f, FINDING_UNSEEN, "unit", "the daemon is not a service of systemd");
		return;
	}
	if (of_user) {
		words[2] = USER_EXPOSURE_THRESHOLD;
		words[5] = "--user";
	}
	r = doctor_run(words, &out);
	if (r == 0) {
		findings_add(f, FINDING_GOOD, "unit", "%s", last_line(&out));
	} else if (strstr(bytes_str(&out), "exposure level")) {
		findings_add(f, FINDING_WARNING, "unit", "%s", last_line(&out));
		findings_mend(f, "systemctl %srevert firma.service", of_user ? "--user " : "");
	} else {
		findings_add(f, FINDING_UNSEEN, "unit", "its exposure can't be told: %s",
			r < 0 ? "systemd-analyze can't be run" : last_line(&out));
	}
}
