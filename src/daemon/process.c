/* SPDX-License-Identifier: ISC */

/* Reads /proc/PID/stat of a process and of its ancestors. */

#include "daemon/process.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"

/* The process that adopts orphans: it says nothing of who asks. */
#define PROCESS_INIT 1

struct stat_line {
	char name[PROCESS_NAME_MAX];
	pid_t parent;
	uint64_t start; /* in clock ticks since boot */
};

static bool escape(const char *name, size_t len, char ret[static PROCESS_NAME_MAX])
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(PROCESS_NAME_MAX - 1);

	if (text_append_escaped(&shown, name, len) < 0)
		return false;
	memcpy(ret, bytes_str(&shown), shown.len + 1);
	return true;
}

/* Skips `n` fields, each preceded by a space; NULL if there are fewer. */
static const char *skip_fields(const char *at, size_t n)
{
	for (; at && n > 0; n--)
		at = strchr(at + 1, ' ');
	return at;
}

/* "42 (name) S 17 ...": the name may have parentheses itself, so it ends at the last one. */
static bool parse_stat(const char *text, struct stat_line *ret)
{
	const char *name = strchr(text, '('), *end = strrchr(text, ')'), *parent, *start;

	if (!name || !end || end < name || end[1] != ' ')
		return false;
	parent = skip_fields(end + 1, 1);
	start = skip_fields(parent, 18);
	if (!start)
		return false;
	/* Fields 4 and 22 of proc_pid_stat(5). sscanf(3) took longer than reading the file. */
	ret->parent = (pid_t)strtol(parent, NULL, 10);
	ret->start = strtoull(start, NULL, 10);
	return escape(name + 1, (size_t)(end - name) - 1, ret->name);
}

static int open_stat(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool read_stat(int fd, struct stat_line *ret)
{
	char text[1024];
	ssize_t n;

	n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return parse_stat(text, ret);
}

static bool read_once(pid_t pid, struct stat_line *ret)
{
	cleanup(close_p) int fd = open_stat(pid);

	return read_stat(fd, ret);
}

/* The file of this ID, if there is one, or else the one to replace. */
static struct process_file *find_file(struct process_files *kept, pid_t pid)
{
	struct process_file *file;

	for (size_t i = 0; i < PROCESS_FILES_MAX; i++) {
		if (kept->files[i].pid == pid)
			return &kept->files[i];
	}
	file = &kept->files[kept->next];
	kept->next = (kept->next + 1) % PROCESS_FILES_MAX;
	return file;
}

static void close_file(struct process_file *file)
{
	if (file->pid != 0)
		close(file->fd);
	file->pid = 0;
}

static bool read_ancestor(struct process_files *kept, pid_t pid, struct stat_line *ret)
{
	struct process_file *file;
	int fd;

	if (kept->none)
		return read_once(pid, ret);

	file = find_file(kept, pid);
	if (file->pid == pid && read_stat(file->fd, ret))
		return true;

	close_file(file);
	fd = open_stat(pid);
	if (fd < 0)
		return false;
	*file = (struct process_file){ .pid = pid, .fd = fd };
	return read_stat(fd, ret);
}

void process_files_deinit(struct process_files *kept)
{
	for (size_t i = 0; i < PROCESS_FILES_MAX; i++)
		close_file(&kept->files[i]);
}

static void add_parent(struct process_names *names, const char *parent)
{
	size_t size = strlen(parent) + 1;

	memcpy(names->parents + names->len, parent, size);
	names->len += size;
	names->n++;
}

void process_names_read(struct process_files *kept, pid_t pid, struct process_names *ret)
{
	struct stat_line child, parent;

	ret->name[0] = '\0';
	ret->n = ret->len = 0;
	if (!read_once(pid, &child))
		return;

	memcpy(ret->name, child.name, sizeof(ret->name));
	for (size_t i = 0; i < PROCESS_PARENTS_MAX && child.parent > PROCESS_INIT; i++) {
		/* The ID of a parent that has ended may be that of a younger process by now. */
		if (!read_ancestor(kept, child.parent, &parent) || parent.start > child.start)
			return;
		if (strcmp(parent.name, child.name) != 0)
			add_parent(ret, parent.name);
		child = parent;
	}
}

struct string_list process_names_parents(const struct process_names *names)
{
	return string_list_of(names->parents, names->n, names->len);
}
