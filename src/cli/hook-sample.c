/* SPDX-License-Identifier: ISC */

/* Turns paths such as "tool_input.command" into nested objects. */

#include "cli/hook-sample.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/json/writer.h"

#define MEMBERS_MAX 5

struct member {
	const char *path; /* NULL: there is none, or it was written */
	const char *value;
};

static bool is_element(const char *path)
{
	return isdigit((unsigned char)path[0]);
}

/* Moves the members below the same first part of their path to `ret`, without that part. */
static size_t take_below(struct member *from, size_t n, struct member ret[static MEMBERS_MAX])
{
	const size_t len = strcspn(from[0].path, ".");
	const char *first = from[0].path;
	size_t taken = 0;

	for (size_t i = 0; i < n; i++) {
		if (!from[i].path || strncmp(from[i].path, first, len) != 0
			|| from[i].path[len] != '.')
			continue;
		ret[taken++] = (struct member){ from[i].path + len + 1, from[i].value };
		from[i].path = NULL;
	}
	return taken;
}

static void write_members(struct writer *w, struct member *members, size_t n)
{
	struct member below[MEMBERS_MAX];
	char key[64];
	size_t taken;

	for (size_t i = 0; i < n; i++) {
		const char *path = members[i].path, *dot;

		if (!path)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)strcspn(path, "."), path);
		dot = strchr(path, '.');
		if (!dot) {
			writer_string(w, is_element(path) ? NULL : key, members[i].value);
			continue;
		}
		taken = take_below(members + i, n - i, below);
		if (is_element(dot + 1))
			writer_array(w, key);
		else
			writer_object(w, key);
		write_members(w, below, taken);
		writer_end(w);
	}
}

static int append_lines(const char *line, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_array(&w, NULL);
	writer_string(&w, NULL, line);
	writer_end(&w);
	return writer_finish(&w);
}

int hook_sample_print(const struct hook_dialect *dialect, const char *line, const char *session,
	const char *cwd, struct bytes *out)
{
	cleanup(bytes_deinit) struct bytes lines = BYTES_PRINTED;
	struct writer w;
	int r;

	r = append_lines(line, &lines);
	if (r < 0)
		return r;

	struct member members[MEMBERS_MAX] = {
		{ dialect->event, dialect->event_value },
		{ dialect->tool, dialect->shell_tools[0] },
		{ dialect->line, dialect->form == HOOK_LINES_QUOTED ? bytes_str(&lines) : line },
		{ dialect->session, session },
		{ dialect->cwd, cwd },
	};

	writer_init(&w, out);
	writer_object(&w, NULL);
	write_members(&w, members, LENGTH(members));
	writer_end(&w);
	return writer_finish(&w);
}
