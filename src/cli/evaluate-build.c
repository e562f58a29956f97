/* SPDX-License-Identifier: ISC */

/*
 * Each option is a kind of action. Files are looked up here, since the daemon doesn't access them.
 */

#include "cli/evaluate-build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json/scan.h"
#include "base/json/writer.h"
#include "base/path.h"
#include "base/text.h"
#include "gate/limits.h"

/* The one option that was given. */
struct matter {
	enum kind kind;
	const char *value;
	const char *branch; /* for KIND_GIT */
};

static int find_matter(const struct evaluate_build *b, struct matter *ret)
{
	const struct matter all[] = {
		{ KIND_READ, b->read, NULL },
		{ KIND_WRITE, b->write, NULL },
		{ KIND_FETCH, b->fetch, NULL },
		{ KIND_MCP, b->mcp, NULL },
		{ KIND_GIT, b->git, NULL },
		{ KIND_RELEASE, b->release, NULL },
	};
	int n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i].value)
			continue;
		*ret = all[i];
		n++;
	}
	return n;
}

bool evaluate_build_is_asked(const struct evaluate_build *b)
{
	struct matter m;

	return find_matter(b, &m) > 0 || b->content || b->capability;
}

/* --- files ------------------------------------------------------------------------------------ */

/* Reads at most LIMIT_REQUEST + 1 bytes; the caller refuses a text that is too long. */
static int read_text(const char *path, struct bytes *ret)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *end;
	int r = 0;

	if (!f)
		return -errno;
	if (bytes_reserve(ret, LIMIT_REQUEST + 1, &end) < 0)
		r = -ENOMEM;
	else
		bytes_grew(ret, fread(end, 1, LIMIT_REQUEST + 1, f));
	if (r == 0 && ferror(f))
		r = -EIO;
	if (f != stdin)
		fclose(f);
	return r;
}

static int read_named(const char *path, const char *what, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	if (text_append_quoted(&shown, path, strlen(path)) < 0)
		return say_undecided("out of memory");

	r = read_text(path, ret);
	if (r < 0)
		return say_undecided("%s: %s", bytes_str(&shown), strerror(-r));
	if (ret->len > LIMIT_REQUEST)
		return say_undecided(
			"%s: %s takes at most %d bytes", bytes_str(&shown), what, LIMIT_REQUEST);
	if (memchr(bytes_str(ret), '\0', ret->len) || !text_is_utf8(bytes_str(ret), ret->len))
		return say_undecided("%s: %s must be UTF-8 without NUL", bytes_str(&shown), what);
	return STATUS_DONE;
}

/* Resolves a path whose last part may not exist yet; NULL if it can't be resolved. */
static char *find_real_target(const char *path)
{
	cleanup(free_p) char *directory = NULL, *real = NULL;
	char *joined = NULL, *slash;

	real = realpath(path, NULL);
	if (real || errno != ENOENT)
		return steal_ptr(real);

	directory = strdup(path);
	if (!directory)
		return NULL;
	slash = strrchr(directory, '/');
	if (slash)
		*slash = '\0';
	real = realpath(slash ? (slash == directory ? "/" : directory) : ".", NULL);
	if (!real || path_name(path)[0] == '\0' || strcmp(path_name(path), "..") == 0)
		return NULL;
	if (asprintf(&joined, "%s/%s", strcmp(real, "/") == 0 ? "" : real, path_name(path)) < 0)
		return NULL;
	return joined;
}

/* --- the line --------------------------------------------------------------------------------- */

static bool is_text(const char *text)
{
	return !text || text_is_utf8(text, strlen(text));
}

static int write_line(const struct evaluate_build *b, const struct request_build *asker,
	const struct matter *m, const struct bytes *content, struct bytes *line)
{
	const bool is_path = m->kind == KIND_READ || m->kind == KIND_WRITE;
	cleanup(free_p) char *cwd = getcwd(NULL, 0);
	cleanup(free_p) char *real = is_path ? find_real_target(m->value) : NULL;
	struct writer w;
	int r;

	writer_init(&w, line);
	writer_object(&w, NULL);
	writer_string(&w, "action_type", kind_action_type(m->kind));
	writer_string(&w, "session_id", asker->asked.session_id);
	writer_string(&w, "agent_id", asker->asked.agent_id);
	if (m->kind == KIND_GIT)
		writer_string(&w, "operation", m->value);
	if (m->kind != KIND_RELEASE)
		writer_string(&w, "target", m->kind == KIND_GIT ? m->branch : m->value);
	writer_string(&w, "capability", b->capability);
	if (cwd && cwd[0] == '/' && is_text(cwd))
		writer_string(&w, "cwd", cwd);
	if (real && is_text(real))
		writer_string(&w, "real_target", real);
	if (b->content)
		writer_string_len(&w, "content", bytes_str(content), content->len);
	if (m->kind == KIND_RELEASE)
		writer_raw(&w, "release_governance", bytes_str(content), content->len);
	writer_string(&w, "approval_token", asker->token);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(line, '\n');
}

/* The record is copied unchanged, on one line. */
static int read_record(const char *path, struct bytes *ret)
{
	struct scan_fault fault;
	int r;

	r = read_named(path, "a record", ret);
	if (r != STATUS_DONE)
		return r;
	r = scan_object(bytes_str(ret), ret->len, NULL, NULL, &fault);
	if (r == SCAN_REFUSED)
		return say_undecided("the record is not JSON: %s (at byte %zu)",
			scan_error_text(fault.error), fault.offset + 1);
	for (size_t i = 0; i < ret->len; i++)
		if (ret->data[i] == '\n')
			ret->data[i] = ' ';
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

int evaluate_build_line(const struct evaluate_build *b, const struct request_build *asker,
	const struct verb *verb, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes content = BYTES_INIT(BYTES_UNLIMITED);
	const char *operand = asker->command[0];
	struct matter m = { 0 };
	int n = find_matter(b, &m), status = STATUS_DONE;

	if (n != 1)
		return usage_error(verb,
			n == 0 ? "--content is for --write, --capability for --mcp"
			       : "it asks about one thing at a time");
	if (b->content && m.kind != KIND_WRITE)
		return usage_error(verb, "--content is for --write");
	if (b->capability && m.kind != KIND_MCP)
		return usage_error(verb, "--capability is for --mcp");
	if (m.kind == KIND_GIT && (!operand || asker->command[1]))
		return usage_error(verb, "--git wants an operation, and one branch after it");
	if (m.kind != KIND_GIT && operand)
		return usage_error(verb, "it asks about a command, or about something else");
	if (asker->request_file)
		return usage_error(verb, "--request takes the whole request from the file");

	m.branch = operand;
	if (!is_text(m.value) || !is_text(operand) || !is_text(b->capability))
		return say_undecided("what is asked about is not UTF-8 and can't travel as JSON");
	if (b->content)
		status = read_named(b->content, "what is to be written", &content);
	else if (m.kind == KIND_RELEASE)
		status = read_record(m.value, &content);
	if (status != STATUS_DONE)
		return status;
	return write_line(b, asker, &m, &content, line) < 0 ? say_undecided("out of memory")
							    : STATUS_DONE;
}
