/* SPDX-License-Identifier: ISC */

/* Keys that approve and that a program of this user could use by itself. */

#include "cli/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/approver-files.h"
#include "cli/doctor-run.h"

#define SUBJECT "approver key"

struct keys {
	struct findings *findings;
	size_t n;
};

static void mend_with(struct findings *f, const char *command, const char *path)
{
	cleanup(bytes_deinit) struct bytes quoted = BYTES_PRINTED;

	if (text_append_quoted(&quoted, path, strlen(path)) >= 0)
		findings_mend(f, "%s %s", command, bytes_str(&quoted));
}

static void add_file(const char *path, enum approver_key kind, void *userdata)
{
	struct keys *keys = userdata;

	keys->n++;
	switch (kind) {
	case APPROVER_KEY_OPEN:
		findings_add(keys->findings, FINDING_WRONG, SUBJECT,
			"%s has no passphrase: every program of this user can approve with it",
			path);
		mend_with(keys->findings, "ssh-keygen -p -f", path);
		break;
	case APPROVER_KEY_LOCKED:
		findings_add(keys->findings, FINDING_GOOD, SUBJECT, "%s has a passphrase", path);
		break;
	case APPROVER_KEY_SECURITY:
		findings_add(keys->findings, FINDING_GOOD, SUBJECT, "%s is a security key's", path);
		break;
	default:
		findings_add(keys->findings, FINDING_UNSEEN, SUBJECT,
			"%s is no private key that can be read", path);
	}
}

/* A key of a security key in the agent still wants its touch. */
static void add_of_agent(
	const struct allowed_signers *list, const char *line, struct findings *findings)
{
	const char *principal = approver_files_principal(list, line);

	if (!principal || strncmp(line, "sk-", 3) == 0)
		return;
	findings_add(findings, FINDING_UNSEEN, SUBJECT,
		"ssh-agent holds a key of %s: whether it asks before it signs can't be seen",
		principal);
	findings_mend(findings, "ssh-add -D && ssh-add -c FILE");
}

static void look_into_agent(const struct allowed_signers *list, struct findings *findings)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	const char *words[] = { "ssh-add", "-L", NULL };
	const char *line, *end;

	if (!getenv("SSH_AUTH_SOCK") || doctor_run(words, &out) != 0)
		return;
	for (line = bytes_str(&out); *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		add_of_agent(list, line, findings);
	}
}

void doctor_keys(const struct json *status, struct findings *f)
{
	const struct json *approvers = status ? json_get(status, "approvers") : NULL;
	const char *path = approvers ? json_get_string(approvers, "path") : NULL;
	cleanup(allowed_signers_free_p) struct allowed_signers *list =
		path ? approver_files_read_list(path) : NULL;
	struct keys keys = { .findings = f };

	if (approver_files_each(list, add_file, &keys) < 0)
		f->error = -ENOMEM;
	if (list)
		look_into_agent(list, f);
	if (path && !list)
		findings_add(f, FINDING_UNSEEN, SUBJECT,
			"%s can't be read by this user, so its keys are not known", path);
	else if (list && keys.n == 0)
		findings_add(f, FINDING_GOOD, SUBJECT, "no key file of this user may approve");
}
