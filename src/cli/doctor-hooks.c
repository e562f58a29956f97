/* SPDX-License-Identifier: ISC */

/* Hooks of agents: where they are installed, and whether they are called and get a decision. */

#include "cli/doctor.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/hook-decide.h"
#include "cli/hook-look.h"
#include "cli/hook-try.h"

#define SOCKET_OPTION " --socket "

struct hooks {
	const struct operator_options *op;
	bool try;
	struct findings *findings;
	size_t installed;
	struct bytes seen; /* the path of the place before */
};

/*
 * The socket at which the hook asks, and at which its requests can be withdrawn. One that had to be
 * quoted for a shell is not found. `text` holds the hook's options.
 */
static int find_socket(const char *text, struct bytes *ret)
{
	const char *at = strstr(text, SOCKET_OPTION);
	size_t len;

	if (!at)
		return bytes_append_str(ret, hook_usual_socket());
	at += strlen(SOCKET_OPTION);
	len = strcspn(at, " )'\"$");
	return bytes_append(ret, at, len);
}

static void mend_by_install(const struct hook_place *place, struct findings *f)
{
	findings_mend(f, "firma hook install --%s %s", hook_scope_name(place->scope), place->agent);
}

static void add_result(const struct hook_place *place, const char *path,
	enum hook_try_result result, const struct bytes *reason, struct findings *f)
{
	switch (result) {
	case HOOK_TRY_ALLOWED:
		findings_add(f, FINDING_GOOD, "hook", "%s: %s: called, and it allows '%s'",
			place->agent, path, HOOK_TRY_LINE);
		break;
	case HOOK_TRY_DENIED:
		findings_add(f, FINDING_GOOD, "hook", "%s: %s: called, and '%s' is %s",
			place->agent, path, HOOK_TRY_LINE, bytes_str(reason));
		break;
	case HOOK_TRY_ASKED:
		findings_add(f, FINDING_GOOD, "hook",
			"%s: %s: called, and a person was asked about '%s' (withdrawn)",
			place->agent, path, HOOK_TRY_LINE);
		break;
	case HOOK_TRY_LEFT:
		findings_add(f, FINDING_GOOD, "hook",
			"%s: %s: called, and it leaves '%s' to the agent's user", place->agent,
			path, HOOK_TRY_LINE);
		break;
	case HOOK_TRY_UNDECIDED:
		findings_add(f, FINDING_WRONG, "hook", "%s: %s: called, but it denies: %s",
			place->agent, path, bytes_str(reason));
		findings_mend(f, "start the daemon, or give the hook another --socket");
		break;
	default:
		findings_add(f, FINDING_WRONG, "hook", "%s: %s: does not answer: %s", place->agent,
			path, bytes_str(reason));
		mend_by_install(place, f);
	}
}

static void try_hook(
	const struct hooks *hooks, const struct hook_place *place, const struct settings_file *f)
{
	cleanup(bytes_deinit) struct bytes command = BYTES_PRINTED, reason = BYTES_PRINTED,
					   socket = BYTES_PRINTED;
	struct operator_options op = *hooks->op;
	enum hook_try_result result;

	if (hook_look_command(place, f, &command) < 0
		|| find_socket(
			   bytes_str(place->form == HOOK_FORM_CLINE ? &f->text : &command), &socket)
			< 0) {
		findings_add(hooks->findings, FINDING_UNSEEN, "hook",
			"%s: %s: installed; its command can't be told", place->agent, f->shown);
		return;
	}
	op.socket = bytes_str(&socket);
	result = hook_try(hook_dialect_find(place->agent), bytes_str(&command), &op, &reason);
	add_result(place, f->shown, result, &reason, hooks->findings);
}

/*
 * A hook is a command that the agent's user has chosen, so root does not run it. The settings of a
 * project may be anybody's.
 */
static void add_installed(
	struct hooks *hooks, const struct hook_place *place, const struct settings_file *f)
{
	const char *why = !hooks->try ? "" : geteuid() == 0 ? " by root" : " in a project";

	hooks->installed++;
	if (hooks->try && geteuid() != 0 && place->scope != HOOK_PROJECT) {
		try_hook(hooks, place, f);
		return;
	}
	findings_add(hooks->findings, FINDING_UNSEEN, "hook", "%s: %s: installed; not tried%s",
		place->agent, f->shown, why);
	if (hooks->try && geteuid() == 0)
		findings_mend(hooks->findings, "run firma doctor as the agent's user");
}

static void look_at(struct hooks *hooks, const struct hook_place *place)
{
	cleanup(settings_file_deinit) struct settings_file f = SETTINGS_FILE_INIT;
	cleanup(bytes_deinit) struct bytes message = BYTES_PRINTED;
	enum hook_state state;
	int status;

	f.only_read = true;
	say_keep(&message);
	status = hook_look_open(place, NULL, &f);
	say_keep(NULL);
	if (f.path && strcmp(f.path, bytes_str(&hooks->seen)) == 0)
		return; /* in the home directory, a project's settings are the user's */
	bytes_clear(&hooks->seen);
	bytes_append_str(&hooks->seen, f.path ? f.path : "");
	state = status == STATUS_DONE ? hook_look(place, &f) : HOOK_UNREADABLE;
	switch (state) {
	case HOOK_ABSENT:
		break;
	case HOOK_INSTALLED:
		add_installed(hooks, place, &f);
		break;
	case HOOK_INSTALLED_CHANGED:
		hooks->installed++;
		findings_add(hooks->findings, FINDING_WRONG, "hook",
			"%s: %s: %s, so the agent may not call it, or may ignore its answer",
			place->agent, f.shown, hook_state_text(state));
		mend_by_install(place, hooks->findings);
		break;
	case HOOK_UNREADABLE:
		if (message.len > 0)
			findings_add(hooks->findings, FINDING_UNSEEN, "hook", "%s: %s",
				place->agent, bytes_str(&message));
		else
			findings_add(hooks->findings, FINDING_UNSEEN, "hook", "%s: %s %s",
				place->agent, f.shown, hook_state_text(state));
		break;
	default:
		findings_add(hooks->findings, FINDING_WRONG, "hook", "%s: %s %s", place->agent,
			f.shown, hook_state_text(state));
		findings_mend(hooks->findings, "see firma-agents(7)");
	}
}

void doctor_hooks(const struct operator_options *op, bool try, struct findings *f)
{
	struct hooks hooks = { .op = op, .try = try, .findings = f, .seen = BYTES_PRINTED };

	for (const struct hook_place *place = hook_places; place->agent; place++)
		look_at(&hooks, place);
	bytes_deinit(&hooks.seen);
	if (hooks.installed == 0)
		findings_add(f, FINDING_GOOD, "hook",
			"none is installed for this user (firma hook install AGENT)");
}
