/* SPDX-License-Identifier: ISC */

/* The sockets: who may pass, and whether who asks may also approve. */

#include "cli/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/users.h"
#include "gate/role.h"

#define SELF "self-approval"
#define OPERATORS "operators' door"

static const char *subject_of(const char *role)
{
	enum role r;

	if (!role || role_parse(role, &r) < 0)
		return "door";
	return r == ROLE_AGENT ? "agents' door" : r == ROLE_OPERATOR ? OPERATORS : "door";
}

/* Root alone may be the operator; but no asker is root. */
static void add_empty_group(
	const char *path, const char *subject, const char *group, struct findings *f)
{
	const bool is_enough = strcmp(subject, OPERATORS) == 0;

	findings_add(f, is_enough ? FINDING_GOOD : FINDING_WARNING, subject,
		"%s: only root and the daemon's user may pass: the group %s has no members", path,
		group);
	if (!is_enough)
		findings_mend(f, "usermod -aG %s USER", group);
}

/* The group may pass; whether it has members, and whether the socket's file lets them connect. */
static void add_group(
	const char *path, const char *subject, const struct stat *st, gid_t gid, struct findings *f)
{
	cleanup(bytes_deinit) struct bytes members = BYTES_PRINTED, quoted = BYTES_PRINTED;
	cleanup(free_p) char *group = NULL;
	int r;

	r = users_group_members(gid, &group, &members);
	if (r == -ENOENT) {
		findings_add(f, FINDING_WARNING, subject,
			"%s: there is no group %u, which may pass", path, (unsigned int)gid);
		return;
	}
	if (r < 0 || text_append_quoted(&quoted, path, strlen(path)) < 0) {
		f->error = -ENOMEM;
		return;
	}
	if (st->st_gid != gid || !(st->st_mode & S_IWGRP)) {
		findings_add(f, FINDING_WRONG, subject,
			"%s: its group %s may pass, but the socket's file does not let it connect",
			path, group);
		findings_mend(f, "chgrp %s %s && chmod 660 %s", group, bytes_str(&quoted),
			bytes_str(&quoted));
	} else if (members.len == 0) {
		add_empty_group(path, subject, group, f);
	} else {
		findings_add(f, FINDING_GOOD, subject, "%s, for the group %s: %s", path, group,
			bytes_str(&members));
	}
}

static void add_door(const struct json *door, struct findings *f)
{
	const char *path = json_get_string(door, "path"),
		   *subject = subject_of(json_get_string(door, "role"));
	struct stat st;
	uint64_t gid;

	if (!path || !path[0]) {
		findings_add(f, FINDING_UNSEEN, subject, "it has no path");
		return;
	}
	if (lstat(path, &st) < 0 && errno != ENOENT) {
		findings_add(f, FINDING_UNSEEN, subject, "%s: %s", path, strerror(errno));
		return;
	}
	if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		findings_add(f, FINDING_WRONG, subject, "%s: the socket is gone", path);
		findings_mend(f, "restart the daemon, or its socket unit");
		return;
	}
	if (json_get_integer(door, "group", UINT32_MAX - 1, &gid))
		add_group(path, subject, &st, (gid_t)gid, f);
	else
		findings_add(
			f, FINDING_GOOD, subject, "%s, for root and the daemon's user alone", path);
}

void doctor_doors(const struct json *status, struct findings *f)
{
	const struct json *doors = json_get(status, "doors");

	if (doors)
		json_each (door, doors)
			add_door(door, f);
}

/* --- self-approval ---------------------------------------------------------------------------- */

/* The path of a door for both sides, or NULL. */
static const char *find_shared_door(const struct json *status)
{
	const struct json *doors = json_get(status, "doors");
	const char *role;

	if (doors)
		json_each (door, doors) {
			role = json_get_string(door, "role");
			if (role && strcmp(role, role_name(ROLE_ANY)) == 0)
				return json_get_string(door, "path");
		}
	return NULL;
}

/* Whether the daemon runs as the user of this program. Root's programs may do anything anyway. */
static bool is_own_daemon(const struct json *status)
{
	char path[32];
	struct stat st;
	uint64_t pid;

	if (geteuid() == 0 || !json_get_integer(status, "pid", INT32_MAX, &pid))
		return false;
	snprintf(path, sizeof(path), "/proc/%u", (unsigned int)pid);
	return stat(path, &st) == 0 && st.st_uid == geteuid();
}

void doctor_self_approval(const struct json *status, struct findings *f)
{
	const struct json *approvers = json_get(status, "approvers");
	const char *shared = find_shared_door(status);
	bool needs_signature = approvers && json_is_true(approvers, "require_signature");

	if (approvers && json_get_string(approvers, "fault")) {
		findings_add(
			f, FINDING_WRONG, "approvers", "%s", json_get_string(approvers, "fault"));
		findings_mend(f, "see firma-approvers(5)");
	}
	if (needs_signature && !json_is_true(approvers, "advisory")) {
		findings_add(f, FINDING_GOOD, SELF,
			"not possible: each approval takes a signature by a listed key");
	} else if (needs_signature || is_own_daemon(status)) {
		findings_add(f, FINDING_WARNING, SELF,
			"possible: the daemon runs as the user who asks, whose programs can change "
			"its files");
		findings_mend(f, "use the system's gate, with keys: see firma-deploy(7)");
	} else if (shared) {
		findings_add(f, FINDING_WARNING, SELF,
			"possible: %s is for asking and for approving", shared);
		findings_mend(f, "firma serve --socket PATH --operator-socket OTHER-PATH");
	} else if (json_is_true(status, "self_approval")) {
		findings_add(f, FINDING_WARNING, SELF,
			"possible: the daemon was started with --allow-self-approval");
		findings_mend(f, "start it without that option");
	} else {
		findings_add(f, FINDING_GOOD, SELF, "refused: nobody approves what they asked for");
	}
}
