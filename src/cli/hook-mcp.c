/* SPDX-License-Identifier: ISC */

/*
 * JSON-RPC, one message per line. Calls are answered one after another: no more input is read while
 * a call waits for a person.
 */

#include "cli/hook-mcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/json/tree.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "cli/hook-answer.h"
#include "cli/raw-member.h"
#include "cli/say.h"

#define PROTOCOL "2025-06-18"

/* Error codes of JSON-RPC. */
#define NO_JSON (-32700)
#define NO_REQUEST (-32600)
#define NO_METHOD (-32601)
#define BAD_PARAMETERS (-32602)

static const char tools[] =
	"[{\"name\":\"ask\",\"description\":\"Asks firma whether a tool may be used\","
	"\"inputSchema\":{\"type\":\"object\",\"properties\":{\"tool_name\":{\"type\":\"string\"},"
	"\"input\":{\"type\":\"object\"},\"tool_use_id\":{\"type\":\"string\"}},"
	"\"required\":[\"tool_name\",\"input\"]}}]";

struct server {
	const struct hook_asker *asker;
	char session[NOTATION_UUID_LEN + 1];
	char *cwd;
	struct bytes out;
	struct writer writer;
};

static void begin_message(struct server *s, struct raw_text id)
{
	bytes_clear(&s->out);
	writer_init(&s->writer, &s->out);
	writer_object(&s->writer, NULL);
	writer_string(&s->writer, "jsonrpc", "2.0");
	if (id.text)
		writer_raw(&s->writer, "id", id.text, id.len);
	else
		writer_null(&s->writer, "id");
}

static int send_message(struct server *s)
{
	writer_end(&s->writer);
	if (writer_finish(&s->writer) < 0 || bytes_append_char(&s->out, '\n') < 0)
		return -ENOMEM;
	if (fwrite(s->out.data, 1, s->out.len, stdout) != s->out.len || fflush(stdout) != 0)
		return -EIO;
	return 0;
}

static int send_error(struct server *s, struct raw_text id, int code, const char *message)
{
	begin_message(s, id);
	writer_object(&s->writer, "error");
	writer_integer(&s->writer, "code", code);
	writer_string(&s->writer, "message", message);
	writer_end(&s->writer);
	return send_message(s);
}

/* Builds the question that claude would send to its hook. */
static int build_question(
	const struct server *s, const char *tool, struct raw_text input, struct bytes *ret)
{
	struct writer w;

	writer_init(&w, ret);
	writer_object(&w, NULL);
	writer_string(&w, "hook_event_name", "PreToolUse");
	writer_string(&w, "session_id", s->session);
	writer_string(&w, "cwd", s->cwd);
	writer_string(&w, "tool_name", tool);
	writer_raw(&w, "tool_input", input.text, input.len);
	writer_end(&w);
	return writer_finish(&w);
}

static enum hook_decision decide(
	const struct server *s, const char *tool, struct raw_text input, struct bytes *reason)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct hook_question q = { 0 };
	char token[NOTATION_UUID_LEN + 1];
	enum hook_decision decision = HOOK_DENIED;

	if (build_question(s, tool, input, &text) >= 0
		&& hook_question_parse(
			   hook_dialect_find("claude"), &text, s->asker->only_shell, &q, reason)
			== 0)
		decision = hook_decide(s->asker, &q, token, reason);
	hook_question_deinit(&q);
	return decision;
}

static int append_verdict(enum hook_decision decision, struct raw_text input,
	const struct bytes *reason, struct bytes *ret)
{
	struct writer w;

	writer_init(&w, ret);
	writer_object(&w, NULL);
	writer_string(&w, "behavior", decision == HOOK_ALLOWED ? "allow" : "deny");
	if (decision == HOOK_ALLOWED)
		writer_raw(&w, "updatedInput", input.text, input.len);
	else if (decision == HOOK_NO_OPINION)
		writer_string(&w, "message", "denied: this tool is left to claude's own rules");
	else
		writer_string(&w, "message",
			reason->len > 0 ? bytes_str(reason) : HOOK_UNDECIDED "out of memory");
	writer_end(&w);
	return writer_finish(&w);
}

static int answer_call(
	struct server *s, struct raw_text id, struct raw_text arguments, const char *tool)
{
	cleanup(bytes_deinit) struct bytes reason = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes verdict = BYTES_PRINTED;
	struct raw_text input = raw_member(arguments, "input");
	enum hook_decision decision;

	if (!tool || !input.text || input.text[0] != '{')
		return send_error(s, id, BAD_PARAMETERS, "tool_name or input is missing");

	decision = decide(s, tool, input, &reason);
	if (append_verdict(decision, input, &reason, &verdict) < 0)
		return -ENOMEM;

	begin_message(s, id);
	writer_object(&s->writer, "result");
	writer_array(&s->writer, "content");
	writer_object(&s->writer, NULL);
	writer_string(&s->writer, "type", "text");
	writer_string(&s->writer, "text", bytes_str(&verdict));
	writer_end(&s->writer);
	writer_end(&s->writer);
	writer_end(&s->writer);
	return send_message(s);
}

static int answer_initialize(struct server *s, struct raw_text id, const struct json *params)
{
	const char *wanted = params ? json_get_string(params, "protocolVersion") : NULL;

	begin_message(s, id);
	writer_object(&s->writer, "result");
	writer_string(&s->writer, "protocolVersion", wanted ? wanted : PROTOCOL);
	writer_raw(&s->writer, "capabilities", "{\"tools\":{}}", strlen("{\"tools\":{}}"));
	writer_object(&s->writer, "serverInfo");
	writer_string(&s->writer, "name", "firma");
	writer_string(&s->writer, "version", PACKAGE_VERSION);
	writer_end(&s->writer);
	writer_end(&s->writer);
	return send_message(s);
}

static int answer_raw(struct server *s, struct raw_text id, const char *key, const char *value)
{
	begin_message(s, id);
	writer_object(&s->writer, "result");
	if (key)
		writer_raw(&s->writer, key, value, strlen(value));
	writer_end(&s->writer);
	return send_message(s);
}

static int answer_request(
	struct server *s, struct raw_text message, struct raw_text id, const struct json *root)
{
	const char *method = json_get_string(root, "method");
	const struct json *params = json_get(root, "params");
	const struct json *arguments = params ? json_get(params, "arguments") : NULL;
	const char *name = params ? json_get_string(params, "name") : NULL;

	if (!method)
		return send_error(s, id, NO_REQUEST, "no method");
	if (!id.text)
		return 0; /* a notification */
	if (strcmp(method, "initialize") == 0)
		return answer_initialize(s, id, params);
	if (strcmp(method, "ping") == 0)
		return answer_raw(s, id, NULL, NULL);
	if (strcmp(method, "tools/list") == 0)
		return answer_raw(s, id, "tools", tools);
	if (strcmp(method, "tools/call") != 0)
		return send_error(s, id, NO_METHOD, "no such method");
	if (!name || strcmp(name, "ask") != 0)
		return send_error(s, id, BAD_PARAMETERS, "no such tool");
	return answer_call(s, id, raw_member(message, "params.arguments"),
		arguments ? json_get_string(arguments, "tool_name") : NULL);
}

static int answer_line(struct server *s, const char *line, size_t len)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const struct scan_limits limits = { .depth_max = RAW_MEMBER_DEPTH_MAX };
	const struct raw_text message = { line, len };
	struct scan_fault fault;
	int r;

	r = json_parse_within(line, len, &limits, &doc, &fault);
	if (r == JSON_MALFORMED)
		return send_error(s, (struct raw_text){ 0 }, NO_JSON, scan_error_text(fault.error));
	if (r < 0)
		return r;
	return answer_request(s, message, raw_member(message, "id"), json_root(doc));
}

static int serve(struct server *s)
{
	cleanup(free_p) char *line = NULL;
	uint8_t id[16];
	size_t size = 0;
	ssize_t n;
	int r = 0;

	s->cwd = getcwd(NULL, 0);
	if (!s->cwd || getrandom(id, sizeof(id), 0) != sizeof(id))
		return -errno;

	notation_uuid(id, s->session);
	while (r >= 0 && (n = getline(&line, &size, stdin)) > 0) {
		n -= line[n - 1] == '\n';
		if (n > 0)
			r = answer_line(s, line, (size_t)n);
	}
	return r < 0 ? r : ferror(stdin) ? -EIO : 0;
}

int hook_mcp_serve(const struct hook_asker *asker)
{
	struct server s = { .asker = asker, .out = BYTES_PRINTED };
	int r;

	r = serve(&s);
	free(s.cwd);
	bytes_deinit(&s.out);
	say_keep(NULL);
	return r < 0 ? say_undecided("%s", strerror(-r)) : STATUS_DONE;
}
