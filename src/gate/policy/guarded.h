/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Files whose content is run or obeyed later: settings and hooks of agents, of git and of editors,
 * start files of shells, units, and the files of this program. Writing one means running something
 * later, so a person is asked unless a rule names that very file.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the path is a guarded file, or a directory of such files, in any directory and in upper
 * or lower case.
 */
bool guarded_is(const char *path);

/*
 * The same for a path that is written to. This is also true for the files of a git repository in a
 * directory of any name: git takes a directory that holds a file HEAD for one, and runs what the
 * settings in it name. In a command, such a path is mostly something else ("origin/HEAD").
 */
bool guarded_is_if_written(const char *path);

/*
 * The words of one command: a command that moves or copies a file names the file and its new
 * directory in two words, such as "cp tasks.json .vscode". A bit for each guarded file.
 */
struct guarded_words {
	uint64_t directories; /* a word is the directory of the file */
	uint64_t names;       /* a word has the file's name */
};

/* Call for the normal path of each word. */
void guarded_note(struct guarded_words *words, const char *path);

/* Whether the words name a guarded file and its directory. */
bool guarded_words_are(const struct guarded_words *words);
