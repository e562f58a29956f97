/* SPDX-License-Identifier: ISC */

/*
 * The new line names everything that `firma run` would otherwise take from its environment, since
 * the settings of a project can set variables.
 */

#include "cli/hook-rewrite.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/json/members.h"
#include "base/json/writer.h"
#include "cli/raw-member.h"
#include "gate/fields.h"

bool hook_rewrite_is_possible(const struct hook_dialect *dialect)
{
	return dialect->rewrite[0] != NULL;
}

/* Appends a word in single quotes, which every shell reads alike. */
static void append_word(struct bytes *line, const char *word)
{
	bytes_append_str(line, line->len > 0 ? " '" : "'");
	for (; *word; word++)
		if (*word == '\'')
			bytes_append_str(line, "'\\''");
		else
			bytes_append_char(line, *word);
	bytes_append_char(line, '\'');
}

static void append_option(struct bytes *line, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	bytes_appendf(line, " --%s", name);
	append_word(line, value);
}

static int append_line(const struct hook_question *q, const char *program, const char *socket,
	const char *token, struct bytes *line)
{
	append_word(line, program);
	bytes_append_str(line, " run");
	append_option(line, "socket", socket);
	append_option(line, "session", q->session);
	append_option(line, "agent", q->agent);
	append_option(line, "sandbox", field_rows[FIELD_SANDBOX_ID].otherwise);
	append_option(line, "profile", field_rows[FIELD_PROFILE].otherwise);
	append_option(line, "token", token);
	append_option(line, "shell", q->lines[0]);
	return bytes_error(line);
}

/* Copies the tool's arguments with another line in them. */
static int append_arguments(
	struct raw_text arguments, const char *key, const char *line, struct bytes *ret)
{
	cleanup(members_deinit) struct members members = MEMBERS_INIT;
	struct scan_fault fault;
	struct writer w;
	int r;

	r = members_read(&members, arguments.text, arguments.len, &fault);
	if (r != 0)
		return r < 0 ? r : -EINVAL;

	writer_init(&w, ret);
	writer_object(&w, NULL);
	for (size_t i = 0; i < members.n; i++) {
		const struct member *m = &members.list[i];

		if (strcmp(m->key, key) == 0)
			writer_string(&w, key, line);
		else
			writer_raw(&w, m->key, m->text, m->len);
	}
	writer_end(&w);
	return writer_finish(&w);
}

int hook_rewrite_answer(const struct hook_question *q, const struct bytes *text,
	const char *program, const char *socket, const char *token, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	const struct hook_dialect *d = q->dialect;
	struct raw_text arguments;
	const char *key;
	int r;

	arguments = raw_member((struct raw_text){ text->data, text->len }, d->arguments);
	key = strrchr(d->line, '.');
	if (!arguments.text || !key || q->n_lines != 1)
		return -EINVAL;

	r = append_line(q, program, socket, token, &line);
	if (r < 0)
		return r;

	bytes_append_str(ret, d->rewrite[0]);
	r = append_arguments(arguments, key + 1, bytes_str(&line), ret);
	if (r < 0)
		return r;

	r = bytes_append_str(ret, d->rewrite[1]);
	if (r < 0)
		return r;
	return ret->len < PIPE_BUF ? 0 : -E2BIG;
}
