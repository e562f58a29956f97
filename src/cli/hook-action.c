/* SPDX-License-Identifier: ISC */

/*
 * A call is understood only if its arguments say what it acts on, in one way, and in a form that
 * the agent can't read as something else. All other calls are asked about as unknown tools, which
 * no policy allows by itself.
 */

#include "cli/hook-action.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "cli/hook-patch.h"
#include "cli/hook-tool.h"
#include "gate/kind.h"
#include "gate/limits.h"

/* The action type of a tool that isn't known, which no kind has. */
#define UNKNOWN_TOOL "tool_call"

/* Room for the members that a request gets while it waits: the token and the time. */
#define WAIT_MAX 128

/* The arguments are not what the table says. */
enum { NOT_UNDERSTOOD = 1 };

struct finder {
	const struct hook_question *q;
	const struct hook_tool *tool;
	struct hook_actions *actions;
};

static struct evaluate_request *add(struct finder *f, const char *action_type)
{
	struct evaluate_request *request;

	if (f->actions->n == HOOK_ACTIONS_MAX)
		return NULL;
	request = &f->actions->requests[f->actions->n++];
	*request = (struct evaluate_request){
		.action_type = action_type,
		.session_id = f->q->session,
		.agent_id = f->q->agent,
		.tool = f->q->tool,
		.cwd = f->q->cwd,
		.detail = true,
		.resume = true, /* an agent can't send a token itself */
	};
	return request;
}

/* Takes over the string; NULL is a failed allocation. */
static const char *own(struct finder *f, char *text)
{
	if (text)
		f->actions->owned[f->actions->n_owned++] = text;
	return text;
}

static const char *argument(const struct finder *f, const char *name)
{
	return name ? json_get_string(f->q->arguments, name) : NULL;
}

static bool is_given(const struct finder *f, const char *name)
{
	const struct json *value = name ? json_get(f->q->arguments, name) : NULL;

	return value && !json_is_null(value);
}

/* Whether the row names this argument. */
static bool is_known(const struct finder *f, const char *key)
{
	const char *const names[] = { f->tool->target, f->tool->other_target, f->tool->first,
		f->tool->second };

	for (size_t i = 0; i < LENGTH(names); i++)
		if (names[i] && strcmp(key, names[i]) == 0)
			return true;
	return false;
}

/* Whether all arguments are strings that the row names. */
static bool has_no_other(const struct finder *f)
{
	json_each (value, f->q->arguments)
		if (!is_known(f, json_key(value)) || !json_string(value))
			return false;
	return true;
}

/* Whether an argument that the row doesn't name may be a file's name. "file_text" is content. */
static bool may_name_another_file(const struct finder *f)
{
	static const char *const words[] = { "path", "file", "dir", "folder" };

	json_each (value, f->q->arguments) {
		if (is_known(f, json_key(value)) || json_is_null(value)
			|| strstr(json_key(value), "text"))
			continue;
		for (size_t i = 0; i < LENGTH(words); i++)
			if (strcasestr(json_key(value), words[i]))
				return true;
	}
	return false;
}

static void show_arguments(const struct finder *f, struct evaluate_request *request)
{
	request->content = f->q->raw_arguments.text;
	request->content_len = f->q->raw_arguments.len;
}

/* --- paths ------------------------------------------------------------------------------------ */

/* An agent might cut off blanks and characters that aren't shown, and use another file. */
static bool is_clear_path(const char *path)
{
	size_t len = strlen(path), n;
	uint32_t c = 0;

	if (len == 0 || path[0] == ' ' || path[len - 1] == ' ')
		return false;
	for (; len > 0; path += n, len -= n) {
		n = utf8_decode(path, len, &c);
		if (n == 0 || unicode_class(c) == UNICODE_HIDDEN)
			return false;
	}
	return true;
}

static int set_path(struct finder *f, struct evaluate_request *request, const char *path)
{
	char *real;

	request->target = path;
	errno = 0;
	real = evaluate_request_real_target(f->q->cwd, path);
	if (!real)
		return errno == ENOMEM ? -ENOMEM : 0;
	own(f, real);
	if (utf8_is_valid(real, strlen(real)))
		request->real_target = real;
	return 0;
}

static int add_path(
	struct finder *f, enum kind kind, const char *path, struct evaluate_request **ret_request)
{
	struct evaluate_request *request;

	/* It is not known whether the agent expands a tilde. */
	if (!is_clear_path(path) || path[0] == '~')
		return NOT_UNDERSTOOD;
	request = add(f, kind_action_type(kind));
	if (!request)
		return NOT_UNDERSTOOD;
	*ret_request = request;
	return set_path(f, request, path);
}

/* The path that the call names; NULL if it names none, or may name two. */
static const char *find_path(const struct finder *f)
{
	const char *path = argument(f, f->tool->target);

	if (may_name_another_file(f))
		return NULL;
	if (is_given(f, f->tool->target) && is_given(f, f->tool->other_target))
		return NULL;
	return path ? path : argument(f, f->tool->other_target);
}

/* --- forms ------------------------------------------------------------------------------------ */

static int find_read(struct finder *f)
{
	const char *path = find_path(f);
	struct evaluate_request *request;

	return path ? add_path(f, KIND_READ, path, &request) : NOT_UNDERSTOOD;
}

/* Finds the directory of a search; without one it is that of the agent. */
static const char *find_directory(const struct finder *f)
{
	if (!is_given(f, f->tool->target) && !is_given(f, f->tool->other_target))
		return may_name_another_file(f) ? NULL : f->q->cwd;
	return find_path(f);
}

/* A pattern may lead out of the directory, also by alternatives, sets and escapes. */
static bool stays_inside(const char *pattern)
{
	return pattern[0] != '/' && pattern[0] != '~' && !strstr(pattern, "..")
		&& !strpbrk(pattern, "{[(\\");
}

static int find_list(struct finder *f)
{
	const char *pattern = argument(f, f->tool->first), *directory = find_directory(f);
	struct evaluate_request *request;

	if (!directory || (f->tool->first && !pattern))
		return NOT_UNDERSTOOD;
	if (pattern && !stays_inside(pattern))
		return NOT_UNDERSTOOD;
	return add_path(f, KIND_READ, directory, &request);
}

/* A filter that names a file is asked about as that file in the directory. */
static int find_search(struct finder *f)
{
	const char *filter = argument(f, f->tool->first), *directory = find_directory(f), *name;
	struct evaluate_request *request;
	char *path;
	int r;

	if (!directory || (is_given(f, f->tool->first) && !filter))
		return NOT_UNDERSTOOD;
	r = add_path(f, KIND_READ, directory, &request);
	if (r != 0 || !filter)
		return r;

	name = strrchr(filter, '/') ? strrchr(filter, '/') + 1 : filter;
	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return -ENOMEM;
	return add_path(f, KIND_READ, own(f, path), &request);
}

static int find_write(struct finder *f)
{
	const char *path = find_path(f), *content = argument(f, f->tool->first);
	struct evaluate_request *request;
	int r;

	if (!path || (f->tool->first && !content))
		return NOT_UNDERSTOOD;
	r = add_path(f, KIND_WRITE, path, &request);
	if (r != 0)
		return r;
	if (content) {
		request->content = content;
		request->content_len = strlen(content);
	} else {
		request->operation = "delete";
	}
	return 0;
}

/* An edit with more than two texts is shown with all of its arguments. */
static int find_edit(struct finder *f)
{
	const char *before = argument(f, f->tool->first), *after = argument(f, f->tool->second);
	const char *path = find_path(f);
	struct evaluate_request *request;
	int r;

	if (!path)
		return NOT_UNDERSTOOD;
	r = add_path(f, KIND_WRITE, path, &request);
	if (r != 0)
		return r;
	if (before && after && has_no_other(f)) {
		request->old_text = before;
		request->new_text = after;
	} else {
		show_arguments(f, request);
	}
	return 0;
}

static int find_patch(struct finder *f)
{
	struct hook_patch_file files[HOOK_ACTIONS_MAX];
	const char *patch = argument(f, f->tool->first), *path;
	struct evaluate_request *request;
	size_t n = HOOK_ACTIONS_MAX;
	int r;

	if (!patch || !has_no_other(f) || hook_patch_files(patch, files, &n) != 0)
		return NOT_UNDERSTOOD;
	for (size_t i = 0; i < n; i++) {
		path = own(f, strndup(files[i].path, files[i].path_len));
		if (!path)
			return -ENOMEM;
		r = add_path(f, KIND_WRITE, path, &request);
		if (r != 0)
			return r;
		request->content = files[i].text;
		request->content_len = files[i].text_len;
	}
	return 0;
}

static int find_fetch(struct finder *f)
{
	const char *url = argument(f, f->tool->target);

	if (!url)
		return NOT_UNDERSTOOD;
	add(f, kind_action_type(KIND_FETCH))->target = url;
	return 0;
}

/* --- tools of servers ------------------------------------------------------------------------- */

static void add_server_tool(struct finder *f, const char *server, const char *tool)
{
	struct evaluate_request *request = add(f, kind_action_type(KIND_MCP));

	request->server = server;
	request->tool = tool;
	show_arguments(f, request);
}

/* mcp__SERVER__TOOL. If it could be split at several places, it isn't understood. */
static int find_server_tool(struct finder *f)
{
	static const char prefix[] = "mcp__";
	const char *name, *split, *server;

	if (f->q->mcp_server) {
		add_server_tool(f, f->q->mcp_server, f->q->mcp_tool);
		return 0;
	}
	if (!f->q->dialect->mcp_names || strncmp(f->q->tool, prefix, strlen(prefix)) != 0)
		return NOT_UNDERSTOOD;

	name = f->q->tool + strlen(prefix);
	split = strstr(name, "__");
	if (!split || split == name || !split[2] || strstr(split + 1, "__"))
		return NOT_UNDERSTOOD;
	server = own(f, strndup(name, (size_t)(split - name)));
	if (!server)
		return -ENOMEM;
	add_server_tool(f, server, split + 2);
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int find_known(struct finder *f)
{
	static int (*const forms[])(struct finder *) = {
		[HOOK_TOOL_READ] = find_read,
		[HOOK_TOOL_SEARCH] = find_search,
		[HOOK_TOOL_LIST] = find_list,
		[HOOK_TOOL_WRITE] = find_write,
		[HOOK_TOOL_EDIT] = find_edit,
		[HOOK_TOOL_PATCH] = find_patch,
		[HOOK_TOOL_FETCH] = find_fetch,
	};

	f->tool = f->q->mcp_server ? NULL : hook_tool_find(f->q->dialect->name, f->q->tool);
	if (!f->tool)
		return find_server_tool(f);
	return f->tool->form == HOOK_TOOL_OWN ? 0 : forms[f->tool->form](f);
}

static void add_unknown(struct finder *f)
{
	struct evaluate_request *request;

	f->actions->n = 0;
	request = add(f, UNKNOWN_TOOL);
	request->target = f->q->tool;
	show_arguments(f, request);
}

int hook_actions_find(const struct hook_question *q, struct hook_actions *ret)
{
	struct finder f = { .q = q, .actions = ret };
	int r;

	*ret = (struct hook_actions){ 0 };
	r = find_known(&f);
	if (r == NOT_UNDERSTOOD) {
		add_unknown(&f);
		return 0;
	}
	return r;
}

void hook_actions_deinit(struct hook_actions *actions)
{
	for (size_t i = 0; i < actions->n_owned; i++)
		free(actions->owned[i]);
	actions->n = actions->n_owned = 0;
}

/*
 * Replaces the content by its hash. For an edit, it is the hash of both texts, each ended by NUL.
 */
static void hash_content(
	const struct evaluate_request *request, char ret[static 2 * SHA256_LEN + 1])
{
	uint8_t digest[SHA256_LEN];
	struct sha256 s;

	sha256_init(&s);
	if (request->content)
		sha256_update(&s, request->content, request->content_len);
	if (request->old_text)
		sha256_update(&s, request->old_text, strlen(request->old_text) + 1);
	if (request->new_text)
		sha256_update(&s, request->new_text, strlen(request->new_text) + 1);
	sha256_final(&s, digest);
	notation_hex(digest, sizeof(digest), ret);
}

int hook_action_print(const struct evaluate_request *request, struct bytes *line)
{
	struct evaluate_request hashed = *request;
	char hex[2 * SHA256_LEN + 1];
	size_t before = line->len;
	int r;

	r = evaluate_request_print(request, line);
	if (r < 0 || line->len - before + WAIT_MAX <= LIMIT_REQUEST)
		return r;

	bytes_truncate(line, before);
	hash_content(request, hex);
	hashed.content = hashed.old_text = hashed.new_text = NULL;
	hashed.content_sha256 = hex;
	return evaluate_request_print(&hashed, line);
}
