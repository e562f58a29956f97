/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The names of a process and of its ancestors, from proc(5). For display only: each process chooses
 * its own name, and an ancestor may end, and its ID be used again, while this is read.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "gate/invocation.h"

/* A name has at most 15 bytes, each at most \x{HH} when escaped. */
#define PROCESS_NAME_MAX 128

/* No more ancestors than this are named. */
#define PROCESS_PARENTS_MAX 8

/* The files of so many ancestors stay open. */
#define PROCESS_FILES_MAX 16

struct process_names {
	char name[PROCESS_NAME_MAX]; /* escaped for display; "" if unknown */

	/* The ancestors, the nearest first: escaped, each ended by NUL; `len` bytes in total. */
	char parents[PROCESS_PARENTS_MAX * PROCESS_NAME_MAX];
	size_t n, len;
};

/*
 * The open files of ancestors: to read one again tells what is true now, and costs less than half
 * of opening it too. A file belongs to its process, not to the ID: it can't be read after the
 * process has been reaped, even if another process has the ID by then. All zeros: no files.
 */
struct process_files {
	struct process_file {
		pid_t pid; /* 0: none */
		int fd;
	} files[PROCESS_FILES_MAX];
	size_t next; /* the one to replace */
	bool none;   /* descriptors are short: no file stays open */
};

void process_files_deinit(struct process_files *kept);

/* Reads the names. Of ancestors in a row with one name, one is named; process 1 is not. */
void process_names_read(struct process_files *kept, pid_t pid, struct process_names *ret);

/* The ancestors as a list; valid until the names are read again. */
struct string_list process_names_parents(const struct process_names *names);
