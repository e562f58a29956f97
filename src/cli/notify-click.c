/* SPDX-License-Identifier: ISC */

/*
 * Refusing is this program's own verb, in a process of its own: the same door, the same rules and
 * the same record as when an operator types it.
 */

#include "cli/notify-click.h"

#include <errno.h>
#include <stdbool.h>

#include "base/array.h"
#include "cli/desktop-list.h"
#include "cli/find-command.h"
#include "cli/own-path.h"

/* Programs that run a command in the terminal that the user prefers, and how they want it. */
static const struct {
	const char *name, *option;
} terminals[] = {
	{ "xdg-terminal-exec", NULL },   /* freedesktop's proposal */
	{ "x-terminal-emulator", "-e" }, /* Debian's alternatives */
};

/* LENGTH(terminals) if there is none. */
static size_t find_terminal(void)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct found_command found;
	size_t i;

	for (i = 0; i < LENGTH(terminals); i++) {
		if (find_command(terminals[i].name, &found, &why) < 0)
			continue;
		found_command_deinit(&found);
		break;
	}
	return i;
}

bool notify_click_has_terminal(void)
{
	return find_terminal() < LENGTH(terminals);
}

static int start(struct notify_runs *runs, const char *const *argv, uint64_t now)
{
	const struct bytes nothing = BYTES_PRINTED;

	return notify_runs_start(runs, argv, &nothing, NULL, now);
}

int notify_click_look(struct notify_runs *runs, const char *command, uint64_t now)
{
	const char *argv[6] = { "/bin/sh", "-c", command };
	char own[PATH_MAX];
	size_t terminal, n = 0;
	int r;

	if (command)
		return start(runs, argv, now);

	terminal = find_terminal();
	if (terminal == LENGTH(terminals))
		return -ENOENT;
	r = own_path(own);
	if (r < 0)
		return r;
	argv[n++] = terminals[terminal].name;
	if (terminals[terminal].option)
		argv[n++] = terminals[terminal].option;
	argv[n++] = own;
	argv[n++] = "token";
	argv[n++] = "watch";
	argv[n] = NULL;
	return start(runs, argv, now);
}

int notify_click_refuse(
	struct notify_runs *runs, char ids[][NOTATION_UUID_LEN + 1], size_t n, uint64_t now)
{
	const char *argv[6 + DESKTOP_REFUSE_MAX + 1] = { NULL, "token", "revoke", "--yes",
		"--reason", "refused from a notice on the desktop" };
	char own[PATH_MAX];
	int r;

	r = own_path(own);
	if (r < 0)
		return r;
	argv[0] = own;
	for (size_t i = 0; i < n; i++)
		argv[6 + i] = ids[i];
	return start(runs, argv, now);
}
