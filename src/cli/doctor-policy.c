/* SPDX-License-Identifier: ISC */

/* The policy, as the daemon has it, and as `firma policy check` sees its file. */

#include "cli/doctor.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "cli/doctor-run.h"
#include "cli/own-path.h"

#define SUBJECT "policy"
#define WARNING ": warning: "

static void mend_by_check(struct findings *f, const char *path)
{
	cleanup(bytes_deinit) struct bytes quoted = BYTES_PRINTED;

	if (text_append_quoted(&quoted, path, strlen(path)) >= 0)
		findings_mend(f, "firma policy check %s", bytes_str(&quoted));
}

static size_t count_of(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

/* Runs `firma policy check`, which for root looks as the daemon's user. */
static void check_file(const char *path, int64_t rules, struct findings *f)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	char program[PATH_MAX];
	const char *words[] = { program, "policy", "check", path, NULL };
	size_t warnings;
	int status;

	status = own_path(program) < 0 ? -1 : doctor_run(words, &out);
	warnings = count_of(bytes_str(&out), WARNING);
	bytes_truncate(&out, strcspn(bytes_str(&out), "\n"));
	switch (status) {
	case STATUS_DONE:
		findings_add(f, warnings > 0 ? FINDING_WARNING : FINDING_GOOD, SUBJECT,
			"%s: in force, %lld rule%s, %zu warning%s", path, (long long)rules,
			text_plural(rules), warnings, text_plural(warnings));
		break;
	case STATUS_REFUSED:
		findings_add(f, FINDING_WRONG, SUBJECT, "%s", bytes_str(&out));
		break;
	default:
		findings_add(
			f, FINDING_UNSEEN, SUBJECT, "%s: in force; this user can't read it", path);
		return;
	}
	if (status != STATUS_DONE || warnings > 0)
		mend_by_check(f, path);
}

/* A document that the daemon reads, such as a pack. Returns whether it has a fault. */
static bool add_fault(const struct json *document, const char *subject, struct findings *f)
{
	const char *fault = json_get_string(document, "fault"),
		   *path = json_get_string(document, "path");

	if (!fault)
		return false;
	findings_add(f, FINDING_WRONG, subject, "%s", fault);
	if (path)
		mend_by_check(f, path);
	return true;
}

static void add_policy(const struct json *policy, const char *unused, struct findings *f)
{
	const char *path = policy ? json_get_string(policy, "path") : NULL;
	const struct json *rules = policy ? json_get(policy, "rules") : NULL;

	if (unused) {
		findings_add(f, FINDING_WARNING, SUBJECT,
			"%s is not in force: it is newer than the daemon", unused);
		findings_mend(f, "restart the daemon");
	} else if (!path)
		findings_add(f, FINDING_GOOD, SUBJECT, "none: the default action decides");
	else if (!add_fault(policy, SUBJECT, f))
		check_file(path, rules ? json_count(rules) : 0, f);
}

static void add_default(const struct json *status, const struct json *policy, struct findings *f)
{
	const char *action = policy ? json_get_string(policy, "default_action") : NULL;

	if (!action)
		action = json_get_string(status, "default_action");
	if (!action || strcmp(action, "allow") != 0) {
		findings_add(f, FINDING_GOOD, "default action", "%s", action ? action : "deny");
		return;
	}
	findings_add(
		f, FINDING_WARNING, "default action", "allow: whatever no rule is about may run");
	findings_mend(f, "write \"default_action\": \"pending_hitl\" into the policy");
}

void doctor_policy(const struct json *status, struct findings *f)
{
	const struct json *policy = json_get(status, "policy"),
			  *packs = json_get(status, "policy_packs"),
			  *registry = json_get(status, "registry");

	add_policy(policy, json_get_string(status, "policy_not_in_force"), f);
	add_default(status, policy, f);
	if (packs)
		json_each (pack, packs)
			add_fault(pack, "policy pack", f);
	if (registry)
		add_fault(registry, "registry", f);
}
