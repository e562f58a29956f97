/* SPDX-License-Identifier: ISC */

/* Prints targets and changes of files. */

#include "cli/token-target.h"

#include <string.h>

#include "base/text.h"

typedef int (*append_fn)(struct bytes *b, const char *text, size_t len);

/* Appends a foreign text, or `missing` if there is none. */
static int append_or(struct bytes *b, append_fn append, const char *text, const char *missing)
{
	return text ? append(b, text, strlen(text)) : bytes_append_str(b, missing);
}

static int append_pair(struct bytes *b, append_fn append, const char *first, const char *missing,
	const char *between, const char *second, const char *missing_second)
{
	append_or(b, append, first, missing);
	bytes_append_str(b, between);
	return append_or(b, append, second, missing_second);
}

/* The path that rules see, and where it leads if that is elsewhere. */
static int append_path(struct bytes *b, append_fn append, const struct invocation *asked)
{
	const char *path = asked->compared_target ? asked->compared_target : asked->target;

	if (!path || !asked->real_target || strcmp(path, asked->real_target) == 0)
		return append_or(b, append, path, "(no path)");
	return append_pair(b, append, path, "", " -> ", asked->real_target, "");
}

/* As words, or with a raw newline after each member of the record. */
static int append_record(struct bytes *b, append_fn append, const struct invocation *asked)
{
	const char *between = append == text_append_quoted_lines ? " \n" : " ";
	const char *at = asked->release.text;

	append_or(b, append, asked->target, at ? "" : "(no record)");
	for (size_t i = 0; at && i < asked->release.n; i++, at += strlen(at) + 1) {
		if (i > 0 || asked->target)
			bytes_append_str(b, between);
		append(b, at, strlen(at));
	}
	return bytes_error(b);
}

static int append_other(struct bytes *b, append_fn append, const struct invocation *asked)
{
	append_or(b, append, asked->action_type, "(no action type)");
	if (asked->operation) {
		bytes_append_char(b, ' ');
		append(b, asked->operation, strlen(asked->operation));
	}
	bytes_append_char(b, ' ');
	return append_or(b, append, asked->target, "(no target)");
}

int token_target_append(const struct invocation *asked, append_fn append, struct bytes *b)
{
	switch (asked->kind) {
	case KIND_READ:
	case KIND_WRITE:
		return append_path(b, append, asked);
	case KIND_GIT:
		return append_pair(b, append, asked->operation, "(no operation)", " ",
			asked->target, "(no branch)");
	case KIND_MCP:
		return append_pair(
			b, append, asked->tool, "(no tool)", " of ", asked->server, "(no server)");
	case KIND_RELEASE:
		return append_record(b, append, asked);
	case KIND_OTHER:
		return append_other(b, append, asked);
	default:
		return append_or(b, append, asked->target,
			asked->kind == KIND_FETCH ? "(no URL)" : "(no line)");
	}
}

/* --- changes ---------------------------------------------------------------------------------- */

/* A text, a line at a time. */
struct line {
	const char *text;
	size_t len;
	bool ended; /* by a newline */
};

/* False at the end of the text. */
static bool next_line(const char **at, struct line *ret)
{
	const char *newline = strchr(*at, '\n');

	if (**at == '\0')
		return false;

	*ret = (struct line){ *at, newline ? (size_t)(newline - *at) : strlen(*at), newline };
	*at += ret->len + (newline ? 1 : 0);
	return true;
}

static int append_line(struct bytes *b, char sign, const struct line *line)
{
	if (b->len > 0)
		bytes_append_str(b, " \n");
	bytes_appendf(b, "%c ", sign);
	text_append_quoted(b, line->text, line->len);
	if (!line->ended)
		bytes_append_str(b, " (no newline at its end)");
	return bytes_error(b);
}

static int append_lines(struct bytes *b, char sign, const char *text)
{
	struct line line;
	int r = 0;

	while (r >= 0 && next_line(&text, &line))
		r = append_line(b, sign, &line);
	return r;
}

int token_target_append_change(const struct invocation *asked, struct bytes *b)
{
	int r = 0;

	if (!asked->content && !(asked->old_text && asked->new_text))
		return bytes_append_str(b, "CONTENT NOT SHOWN");
	if (asked->content && asked->content[0] == '\0')
		r = bytes_append_str(b, "(an empty file)");
	else if (asked->content)
		r = append_lines(b, '+', asked->content);
	if (r >= 0 && asked->old_text)
		r = append_lines(b, '-', asked->old_text);
	if (r >= 0 && asked->new_text)
		r = append_lines(b, '+', asked->new_text);
	return r;
}
