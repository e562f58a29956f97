/* SPDX-License-Identifier: ISC */

/* Prints a request. Files are looked up here, since the daemon doesn't access them. */

#include "cli/evaluate-request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json/writer.h"
#include "gate/fields.h"

int evaluate_request_print(const struct evaluate_request *q, struct bytes *line)
{
	struct writer w;
	int r;

	writer_init(&w, line);
	writer_object(&w, NULL);
	writer_string(&w, "action_type", q->action_type);
	writer_string(&w, "session_id", q->session_id);
	writer_string(&w, "agent_id", q->agent_id);
	writer_string(&w, "operation", q->operation);
	writer_string(&w, "target", q->target);
	writer_string(&w, "server", q->server);
	writer_string(&w, "tool", q->tool);
	writer_string(&w, "capability", q->capability);
	writer_string(&w, "cwd", q->cwd);
	writer_string(&w, "real_target", q->real_target);
	if (q->content)
		writer_string_len(&w, "content", q->content, q->content_len);
	writer_string(&w, "content_sha256", q->content_sha256);
	writer_string(&w, "old_text", q->old_text);
	writer_string(&w, "new_text", q->new_text);
	if (q->release)
		writer_raw(&w, "release_governance", q->release, q->release_len);
	writer_string(&w, field_rows[FIELD_PURPOSE].name, q->purpose);
	writer_string(&w, "approval_token", q->token);
	if (q->detail)
		writer_bool(&w, "detail", true);
	if (q->resume)
		writer_bool(&w, "resume", true);
	if (q->prompt)
		writer_bool(&w, "prompt", true);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(line, '\n');
}

/* Whether a name can stand after a directory that doesn't exist yet. */
static bool is_new_name(const char *name)
{
	return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/*
 * Resolves a path whose last parts may not exist yet. A link that leads to no file is not resolved:
 * writing it makes the file to which it leads.
 */
static char *resolve(const char *path)
{
	cleanup(free_p) char *known = strdup(path), *real = NULL;
	char *joined = NULL, *slash;
	const char *tail = "";
	struct stat st;

	while (known && !(real = realpath(known[0] ? known : "/", NULL))) {
		if (errno != ENOENT || lstat(known, &st) == 0 || errno != ENOENT)
			return NULL;
		slash = strrchr(known, '/');
		if (!slash || !is_new_name(slash + 1))
			return NULL;
		*slash = '\0';
		tail = path + (slash - known);
	}
	if (!real
		|| asprintf(&joined, "%s%s", strcmp(real, "/") == 0 && tail[0] ? "" : real, tail)
			< 0)
		return NULL;
	return joined;
}

char *evaluate_request_real_target(const char *directory, const char *path)
{
	cleanup(free_p) char *joined = NULL;

	if (path[0] == '/')
		return resolve(path);
	if (asprintf(&joined, "%s/%s", directory ? directory : ".", path) < 0) {
		joined = NULL;
		return NULL;
	}
	return resolve(joined);
}
