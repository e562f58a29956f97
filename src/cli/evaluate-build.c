/* SPDX-License-Identifier: ISC */

/* Each option is a kind of action. */

#include "cli/evaluate-build.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json/scan.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/evaluate-request.h"
#include "cli/input-file.h"
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

	for (size_t i = 0; i < LENGTH(all); i++) {
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

static int read_named(const char *path, const char *what, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	int r;

	if (text_append_quoted(&shown, path, strlen(path)) < 0)
		return say_undecided("out of memory");

	r = input_file_read(path, LIMIT_REQUEST_MAX, ret);
	if (r == -EFBIG)
		return say_undecided("%s: %s takes at most %zu bytes", bytes_str(&shown), what,
			LIMIT_REQUEST_MAX);
	if (r < 0)
		return say_undecided("%s: %s", bytes_str(&shown), strerror(-r));
	if (memchr(bytes_str(ret), '\0', ret->len) || !utf8_is_valid(bytes_str(ret), ret->len))
		return say_undecided("%s: %s must be UTF-8 without NUL", bytes_str(&shown), what);
	return STATUS_DONE;
}

/* --- the line --------------------------------------------------------------------------------- */

static bool is_text(const char *text)
{
	return !text || utf8_is_valid(text, strlen(text));
}

static int write_line(const struct evaluate_build *b, const struct request_build *asker,
	const struct matter *m, const struct bytes *content, struct bytes *line)
{
	const bool is_path = m->kind == KIND_READ || m->kind == KIND_WRITE;
	cleanup(free_p) char *cwd = asker->asked.cwd ? strdup(asker->asked.cwd) : getcwd(NULL, 0);
	cleanup(free_p) char *real =
		is_path ? evaluate_request_real_target(asker->asked.cwd, m->value) : NULL;
	struct evaluate_request request = {
		.action_type = kind_action_type(m->kind),
		.session_id = asker->asked.session_id,
		.agent_id = asker->asked.agent_id,
		.capability = b->capability,
		.purpose = asker->asked.purpose,
		.token = asker->token,
		.detail = true, /* else no token is issued */
	};

	if (m->kind == KIND_GIT)
		request.operation = m->value;
	if (m->kind != KIND_RELEASE)
		request.target = m->kind == KIND_GIT ? m->branch : m->value;
	if (cwd && cwd[0] == '/' && is_text(cwd))
		request.cwd = cwd;
	if (real && is_text(real))
		request.real_target = real;
	if (b->content) {
		request.content = bytes_str(content);
		request.content_len = content->len;
	}
	if (m->kind == KIND_RELEASE) {
		request.release = bytes_str(content);
		request.release_len = content->len;
	}
	return evaluate_request_print(&request, line);
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
	input_file_join_lines(ret);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

int evaluate_build_line(const struct evaluate_build *b, const struct request_build *asker,
	const struct verb *verb, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes content = BYTES_PRINTED;
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
	if (!is_text(asker->asked.purpose))
		return say_undecided("the purpose is not UTF-8 and can't travel as JSON");
	if (b->content)
		status = read_named(b->content, "what is to be written", &content);
	else if (m.kind == KIND_RELEASE)
		status = read_record(m.value, &content);
	if (status != STATUS_DONE)
		return status;
	return write_line(b, asker, &m, &content, line) < 0 ? say_undecided("out of memory")
							    : STATUS_DONE;
}
