/* SPDX-License-Identifier: ISC */

/*
 * Reads a question. A missing member, a wrong type, or another agent's question is refused: a hook
 * that guesses would ask about something other than what is run.
 */

#include "cli/hook-question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/notation.h"
#include "base/path.h"
#include "base/text.h"
#include "gate/limits.h"

#define READ_SIZE ((size_t)64 << 10)

#define PART_MAX 64

int hook_question_read(int fd, struct bytes *ret)
{
	char *end;
	ssize_t n;

	for (;;) {
		if (ret->len > HOOK_QUESTION_MAX)
			bytes_truncate(ret, HOOK_QUESTION_MAX + 1);
		if (bytes_reserve(ret, READ_SIZE, &end) < 0)
			return -ENOMEM;

		n = read(fd, end, READ_SIZE);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0)
			bytes_grew(ret, (size_t)n);
	}
}

static const struct json *find_element(const struct json *array, const char *number)
{
	uint64_t wanted, i = 0;

	if (!json_is_array(array) || notation_parse_number(number, 0, UINT32_MAX, &wanted) < 0)
		return NULL;
	json_each (element, array)
		if (i++ == wanted)
			return element;
	return NULL;
}

/* Finds the value at a path such as "tool_input.command"; NULL if it is missing or null. */
static const struct json *find(const struct json *value, const char *path)
{
	char part[PART_MAX];
	size_t len;

	while (value && path && *path) {
		len = strcspn(path, ".");
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		value = json_is_object(value) ? json_get(value, part) : find_element(value, part);
		path += len + (path[len] == '.');
	}
	return path && value && !json_is_null(value) ? value : NULL;
}

static const char *find_string(const struct json *root, const char *path)
{
	return json_string(find(root, path));
}

/* Finds the row of the question's event. */
static int find_row(const struct json *root, struct hook_question *q, struct bytes *why)
{
	const struct hook_dialect *first = q->dialect;
	const char *event;

	if (!first->event)
		return 0;

	event = find_string(root, first->event);
	if (!event)
		return bytes_refuse(
			why, -EINVAL, "the question names no event in %s", first->event);
	for (const struct hook_dialect *d = first; d->name; d++)
		if (strcmp(d->name, first->name) == 0 && strcmp(d->event_value, event) == 0) {
			q->dialect = d;
			return 0;
		}
	return bytes_refuse(why, -EINVAL, "this hook is for the event %s, not for %s",
		first->event_value, event);
}

static int find_tool(const struct json *root, struct hook_question *q, struct bytes *why)
{
	const struct hook_dialect *d = q->dialect;

	if (!d->tool) {
		q->tool = "";
		q->is_shell = true;
		return 0;
	}

	q->tool = find_string(root, d->tool);
	if (!q->tool || text_is_blank(q->tool))
		return bytes_refuse(why, -EINVAL, "the question names no tool in %s", d->tool);
	q->is_shell = hook_dialect_is_shell(d, q->tool);
	return 0;
}

/* The array is a separate JSON text. It is parsed strictly, as the only member of an object. */
static int find_quoted_lines(const char *text, struct hook_question *q, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes object = BYTES_PRINTED;
	struct scan_fault fault;
	const struct json *lines;
	int r;

	if (bytes_appendf(&object, "{\"lines\":%s}", text) < 0)
		return bytes_refuse(why, -EINVAL, "out of memory");
	r = json_parse(bytes_str(&object), object.len, &q->lines_doc, &fault);
	if (r == -ENOMEM)
		return bytes_refuse(why, -EINVAL, "out of memory");

	lines = r == 0 && json_size(json_root(q->lines_doc)) == 1
		? json_get(json_root(q->lines_doc), "lines")
		: NULL;
	if (!lines || !json_is_array(lines) || json_size(lines) == 0)
		return bytes_refuse(why, -EINVAL, "%s is not an array of lines", q->dialect->line);
	if (json_size(lines) > HOOK_LINES_MAX)
		return bytes_refuse(why, -EINVAL, "more than %d lines at once", HOOK_LINES_MAX);

	json_each (line, lines)
		if (!(q->lines[q->n_lines++] = json_string(line)))
			return bytes_refuse(
				why, -EINVAL, "an element of %s is not a string", q->dialect->line);
	return 0;
}

/*
 * Finds what the lines are for. It is for people, so it is no fault if it is missing. A text that
 * is too long for a request is cut, and ends with "...".
 */
static int find_purpose(const struct json *root, struct hook_question *q, struct bytes *why)
{
	static const char more[] = "...";
	const char *text = find_string(root, q->dialect->purpose);
	size_t len;

	if (!text || text_is_blank(text))
		return 0;

	len = strlen(text);
	if (len > LIMIT_STRING) {
		len = LIMIT_STRING - strlen(more);
		while (((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	if (asprintf(&q->purpose, "%.*s%s", (int)len, text, text[len] ? more : "") >= 0)
		return 0;
	q->purpose = NULL;
	return bytes_refuse(why, -EINVAL, "out of memory");
}

static int find_lines(const struct json *root, struct hook_question *q, struct bytes *why)
{
	const char *line = find_string(root, q->dialect->line);

	if (!line)
		return bytes_refuse(
			why, -EINVAL, "there is no line of shell in %s", q->dialect->line);
	if (q->dialect->form == HOOK_LINES_QUOTED)
		return find_quoted_lines(line, q, why);
	q->lines[q->n_lines++] = line;
	return 0;
}

/* Finds the directory of the call. Only shells have one of their own. */
static int find_cwd(const struct json *root, struct hook_question *q, struct bytes *why)
{
	const struct hook_dialect *d = q->dialect;
	const struct json *own = q->is_shell ? find(root, d->directory) : NULL;
	const char *cwd = find_string(root, d->cwd), *directory = json_string(own);

	if (!cwd || !cwd[0])
		cwd = find_string(root, d->other_cwd);
	if (!cwd || cwd[0] != '/')
		return bytes_refuse(why, -EINVAL, "the question names no directory in %s", d->cwd);
	if (own && !directory)
		return bytes_refuse(why, -EINVAL, "%s is not a directory", d->directory);
	if (!directory)
		directory = "";

	q->cwd = malloc(strlen(cwd) + strlen(directory) + 2);
	if (!q->cwd)
		return bytes_refuse(why, -EINVAL, "out of memory");
	path_normalize(cwd, directory, q->cwd);
	return 0;
}

/* "claude", or "claude/Explore" for a subagent. */
static int find_agent(const struct json *root, struct hook_question *q, struct bytes *why)
{
	const struct hook_dialect *d = q->dialect;
	const char *subagent = NULL;

	if (find(root, d->subagent_mark)) {
		subagent = find_string(root, d->subagent);
		if (!subagent || text_is_blank(subagent))
			subagent = "subagent";
	}
	if (asprintf(&q->agent, "%s%s%s", d->name, subagent ? "/" : "", subagent ? subagent : "")
		>= 0)
		return 0;
	q->agent = NULL;
	return bytes_refuse(why, -EINVAL, "out of memory");
}

static int find_arguments(const struct json *root, const struct bytes *text,
	struct hook_question *q, struct bytes *why)
{
	const struct hook_dialect *d = q->dialect;

	q->arguments = find(root, d->arguments);
	if (!q->arguments || !json_is_object(q->arguments))
		return bytes_refuse(why, -EINVAL, "the tool has no arguments in %s", d->arguments);
	q->raw_arguments = raw_member((struct raw_text){ text->data, text->len }, d->arguments);
	if (!q->raw_arguments.text)
		return bytes_refuse(why, -EINVAL, "out of memory");

	q->mcp_server = find_string(root, d->mcp_server);
	q->mcp_tool = find_string(root, d->mcp_tool);
	if (!q->mcp_server || !q->mcp_tool)
		q->mcp_server = q->mcp_tool = NULL;
	return 0;
}

static int find_all(const struct json *root, const struct bytes *text, bool only_shell,
	struct hook_question *q, struct bytes *why)
{
	int r;

	r = find_row(root, q, why);
	if (r < 0)
		return r;
	r = find_tool(root, q, why);
	if (r < 0 || (only_shell && !q->is_shell))
		return r;

	q->session = find_string(root, q->dialect->session);
	if (!q->session || text_is_blank(q->session))
		return bytes_refuse(
			why, -EINVAL, "the question names no session in %s", q->dialect->session);
	r = q->is_shell ? find_lines(root, q, why) : find_arguments(root, text, q, why);
	if (r == 0 && q->is_shell)
		r = find_purpose(root, q, why);
	if (r < 0)
		return r;
	r = find_cwd(root, q, why);
	return r < 0 ? r : find_agent(root, q, why);
}

int hook_question_parse(const struct hook_dialect *dialect, const struct bytes *text,
	bool only_shell, struct hook_question *ret, struct bytes *why)
{
	const struct scan_limits limits = { .depth_max = RAW_MEMBER_DEPTH_MAX };
	struct scan_fault fault;
	int r;

	*ret = (struct hook_question){ .dialect = dialect };
	if (text->len > HOOK_QUESTION_MAX)
		return bytes_refuse(why, -EINVAL, "the question is longer than 1 MiB");

	r = json_parse_within(bytes_str(text), text->len, &limits, &ret->doc, &fault);
	if (r == JSON_MALFORMED)
		return bytes_refuse(why, -EINVAL, "the question is not JSON: %s (at byte %zu)",
			scan_error_text(fault.error), fault.offset + 1);
	return r < 0 ? bytes_refuse(why, -EINVAL, "out of memory")
		     : find_all(json_root(ret->doc), text, only_shell, ret, why);
}

void hook_question_deinit(struct hook_question *q)
{
	free(q->agent);
	free(q->cwd);
	free(q->purpose);
	json_doc_free(q->lines_doc);
	json_doc_free(q->doc);
	*q = (struct hook_question){ 0 };
}
