/* SPDX-License-Identifier: ISC */

#include "cli/hook-text.h"

#include <errno.h>
#include <string.h>

#include "base/json/writer.h"
#include "base/text.h"

static int append_call(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	text_append_quoted(out, command->program, strlen(command->program));
	return bytes_appendf(out, " hook %s%s", place->agent, bytes_str(&command->options));
}

/*
 * Appends the command line for the agent's shell, as a JSON string. With status 2 the hook has
 * answered by itself, and told the reason.
 */
static int append_line(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	int r;

	append_call(place, command, &line);
	r = bytes_append_str(&line, HOOK_TEXT_TAIL);
	return r < 0 ? r : json_append_string(out, bytes_str(&line));
}

int hook_text_append_entry(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	int r;

	bytes_append_str(out, place->entry[0]);
	r = append_line(place, command, out);
	return r < 0 ? r : bytes_append_str(out, place->entry[1]);
}

static int append_codex(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	const char *slash = strrchr(command->program, '/');
	cleanup(bytes_deinit) struct bytes dir = BYTES_PRINTED;
	int r;

	bytes_append_str(out,
		"# " HOOK_TEXT_WRITTEN_BY " codex --managed'.\n"
		"[features]\nhooks = true\n\n[hooks]\nmanaged_dir = ");
	r = bytes_append(&dir, command->program,
		slash && slash > command->program ? (size_t)(slash - command->program) : 1);
	if (r >= 0)
		r = json_append_string(out, bytes_str(&dir));
	bytes_append_str(out,
		"\n\n[[hooks.PreToolUse]]\n\n[[hooks.PreToolUse.hooks]]\n"
		"type = \"command\"\ncommand = ");
	if (r >= 0)
		r = append_line(place, command, out);
	return r < 0 ? r : bytes_append_str(out, "\ntimeout = 3600\n");
}

/* The script prints the answer after the hook has ended: a killed hook leaves no partial answer. */
static int append_cline(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	bytes_append_str(out,
		"#!/bin/sh\n# " HOOK_TEXT_WRITTEN_BY
		" cline'; 'firma hook uninstall cline' removes it.\n"
		"answer=$(");
	append_call(place, command, out);
	return bytes_append_str(out,
		") ||\n"
		"\tanswer='{\"cancel\":true,\"errorMessage\":\"" HOOK_TEXT_NO_ANSWER "\"}'\n"
		"printf '%s\\n' \"$answer\"\n");
}

static const char opencode_plugin[] =
	"]\n"
	"\n"
	"function ask(question) {\n"
	"\treturn new Promise((resolve, reject) => {\n"
	"\t\tlet answer = \"\"\n"
	"\t\tconst hook = spawn(\"/bin/sh\", command, { stdio: [\"pipe\", \"pipe\", \"ignore\"] "
	"})\n"
	"\t\thook.on(\"error\", reject)\n"
	"\t\thook.stdin.on(\"error\", () => {})\n"
	"\t\thook.stdout.on(\"data\", (data) => { answer += data })\n"
	"\t\thook.on(\"close\", (status) => resolve({ status, answer }))\n"
	"\t\thook.stdin.end(question)\n"
	"\t})\n"
	"}\n"
	"\n"
	"export const Firma = async ({ directory }) => ({\n"
	"\t\"tool.execute.before\": async (input, output) => {\n"
	"\t\tlet answer = {}\n"
	"\t\ttry {\n"
	"\t\t\tconst ended = await ask(JSON.stringify({\n"
	"\t\t\t\thook: \"tool.execute.before\", directory, tool: input.tool,\n"
	"\t\t\t\tsessionID: input.sessionID, callID: input.callID, args: output.args,\n"
	"\t\t\t}))\n"
	"\t\t\tanswer = JSON.parse(ended.answer)\n"
	"\t\t\tif (ended.status === 0 && /^(allow|none)$/.test(answer.decision)) return\n"
	"\t\t} catch {}\n"
	"\t\tthrow new Error(answer.reason || \"" HOOK_TEXT_NO_ANSWER "\")\n"
	"\t},\n"
	"})\n";

static int append_opencode(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	cleanup(bytes_deinit) struct bytes call = BYTES_PRINTED;
	int r;

	bytes_append_str(&call, "exec ");
	r = append_call(place, command, &call);
	if (r < 0)
		return r;

	bytes_append_str(out,
		"// " HOOK_TEXT_WRITTEN_BY
		" opencode'; 'firma hook uninstall opencode' removes it.\n"
		"import { spawn } from \"node:child_process\"\n\n"
		"const command = [\"-c\", ");
	r = json_append_string(out, bytes_str(&call));
	return r < 0 ? r : bytes_append_str(out, opencode_plugin);
}

int hook_text_append_object(
	const struct hook_place *place, const struct bytes *entry, struct bytes *out)
{
	bytes_append_str(out, "{\n");
	if (place->key)
		bytes_appendf(out, "  \"%s\": %s,\n", place->key, place->value);
	return bytes_appendf(
		out, "  \"hooks\": { \"%s\": [ %s ] }\n}\n", place->event, bytes_str(entry));
}

int hook_text_append_file(
	const struct hook_place *place, const struct hook_command *command, struct bytes *out)
{
	cleanup(bytes_deinit) struct bytes entry = BYTES_PRINTED;
	int r;

	switch (place->form) {
	case HOOK_FORM_CODEX:
		return append_codex(place, command, out);
	case HOOK_FORM_CLINE:
		return append_cline(place, command, out);
	case HOOK_FORM_OPENCODE:
		return append_opencode(place, command, out);
	case HOOK_FORM_JSON:
		break;
	default:
		return -EINVAL; /* no hook is installed there */
	}

	r = hook_text_append_entry(place, command, &entry);
	return r < 0 ? r : hook_text_append_object(place, &entry, out);
}
