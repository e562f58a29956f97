/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A line of shell, as `sh -c LINE` gets it. A line is plain if bash, dash and zsh read it alike and
 * the words of each command are known before it runs. Every other line is opaque, and only the
 * reason for that is known. A plain line is a list of simple commands:
 *
 *  words         runs of A-Z a-z 0-9 _ . / : = @ % + , - joined with '…' and "…"; "…" holds no
 *                $ ` \ !, and no ' follows '…' directly; a word does not begin with a bare =
 *  separators    && || | ; and newline
 *  redirections  2>&1 1>&2 >&2, and >/dev/null 1>/dev/null 2>/dev/null </dev/null, in which a
 *                blank may stand before /dev/null; after the first word, each after a blank
 *  names         no reserved word of bash or zsh, and no builtin of the three shells except echo,
 *                true, false and pwd (gate/shell/shell-names)
 *  cd DIRECTORY  as the first command, before &&, where DIRECTORY is absolute and normal
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define SHELL_LINE_MAX ((size_t)16 << 10)
#define SHELL_COMMANDS_MAX 32

/* Why a line is opaque. */
enum shell_fault {
	SHELL_PLAIN, /* the line is plain */
	SHELL_NOTHING,
	SHELL_TOO_LONG,
	SHELL_TOO_MANY_COMMANDS,
	SHELL_NOT_UTF8,
	SHELL_CONTROL,
	SHELL_NOT_ASCII,
	SHELL_EMPTY_COMMAND,
	SHELL_BACKGROUND,
	SHELL_GROUP,
	SHELL_EXPANSION,
	SHELL_PATTERN,
	SHELL_TILDE,
	SHELL_COMMENT,
	SHELL_BACKSLASH,
	SHELL_HISTORY,
	SHELL_OPEN_QUOTE,
	SHELL_DOUBLED_QUOTE,
	SHELL_EQUALS_WORD,
	SHELL_REDIRECTION,
	SHELL_NAME,
	SHELL_ASSIGNMENT,
	SHELL_RESERVED,
	SHELL_BUILTIN,
	SHELL_DIRECTORY,
	SHELL_FAULTS,
};

/* A predicate without its subject, such as "is longer than 16 KiB"; "" for SHELL_PLAIN. */
const char *shell_fault_text(enum shell_fault fault);

/* The separator after a command. */
enum shell_separator { SHELL_END, SHELL_AND, SHELL_OR, SHELL_PIPE, SHELL_SEQUENCE };

enum shell_redirection {
	SHELL_STDERR_TO_STDOUT, /* 2>&1 */
	SHELL_STDOUT_TO_STDERR, /* 1>&2, >&2 */
	SHELL_STDOUT_TO_NULL,
	SHELL_STDERR_TO_NULL,
	SHELL_STDIN_FROM_NULL,
};

struct shell_command {
	const char *words; /* n_words strings, each ended by NUL */
	size_t n_words;
	const unsigned char *redirections; /* an enum shell_redirection each, in order */
	size_t n_redirections;
	enum shell_separator after;
	bool after_cd; /* it runs only if the change to `directory` succeeded */
};

/* Embedded: shell_line_scan(), then shell_line_deinit() even on failure. */
struct shell_line {
	enum shell_fault fault;
	const char *directory; /* set by a first cd; else NULL */
	struct shell_command commands[SHELL_COMMANDS_MAX];
	size_t n_commands; /* 0 if the line is opaque */
	struct bytes text, redirections;
};

/* Reads the line in one pass; does not keep the text. Error: -ENOMEM. */
int shell_line_scan(struct shell_line *line, const char *text);
void shell_line_deinit(struct shell_line *line);
