/* SPDX-License-Identifier: ISC */

/* Reads the arguments of an ancestor in /proc. */

#include "cli/hook-headless.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file.h"

/* A hook's line is run by one shell, which may be a child of another one. */
#define SHELLS_MAX 4

#define ARGUMENTS_MAX ((size_t)1 << 20)

static int read_of(pid_t pid, const char *name, struct bytes *ret)
{
	cleanup(close_p) int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : file_read(fd, ARGUMENTS_MAX, ret);
}

/* Reads "PID (NAME) STATE PARENT ..."; the name may contain any character. */
static pid_t parent_of_shell(pid_t pid)
{
	static const char *const shells[] = { "sh", "bash", "dash", "zsh", "ksh", "busybox" };
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	const char *name, *end;

	if (read_of(pid, "stat", &text) < 0)
		return 0;
	name = strchr(bytes_str(&text), '(');
	end = strrchr(bytes_str(&text), ')');
	if (!name || !end || strlen(end) < strlen(") S "))
		return 0;
	name++;
	for (size_t i = 0; i < LENGTH(shells); i++)
		if (strlen(shells[i]) == (size_t)(end - name)
			&& strncmp(shells[i], name, (size_t)(end - name)) == 0)
			return (pid_t)strtol(end + strlen(") S "), NULL, 10);
	return 0;
}

bool hook_headless_is(void)
{
	cleanup(bytes_deinit) struct bytes arguments = BYTES_PRINTED;
	pid_t pid = getppid(), parent;
	const char *at, *end;

	for (int i = 0; i < SHELLS_MAX && (parent = parent_of_shell(pid)) > 0; i++)
		pid = parent;
	if (read_of(pid, "cmdline", &arguments) < 0)
		return false;

	end = bytes_str(&arguments) + arguments.len;
	for (at = bytes_str(&arguments); at < end && strcmp(at, "--") != 0; at += strlen(at) + 1)
		if (strcmp(at, "-p") == 0 || strcmp(at, "--print") == 0)
			return true;
	return false;
}
