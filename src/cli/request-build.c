/* SPDX-License-Identifier: ISC */

/*
 * Builds a request. The request includes its own fingerprint, so the daemon notices if it reads
 * something other than what was written.
 */

#include "cli/request-build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json/scan.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/input-file.h"
#include "cli/line-claims.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/token/fingerprint.h"
#include "gate/wire/request.h"

/* The variable's value; NULL if it has no name, is unset or blank. */
static const char *variable(const char *name)
{
	const char *value = name ? getenv(name) : NULL;

	return value && !text_is_blank(value) ? value : NULL;
}

void request_build_init_bare(struct request_build *build)
{
	*build = (struct request_build){ 0 };
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].otherwise)
			field_set(f, &build->asked, field_rows[f].otherwise);
}

void request_build_init(struct request_build *build)
{
	const char *value;

	request_build_init_bare(build);
	build->budget_state_ref = variable("FIRMA_BUDGET_STATE_REF");
	for (enum field f = 0; f < FIELDS; f++) {
		value = variable(field_rows[f].variable);
		if (!value)
			value = variable(field_rows[f].run_variable);
		if (value)
			field_set(f, &build->asked, value);
	}
}

bool request_build_parse_agent(const char *value, void *to)
{
	*(const char **)to = value[0] ? value : NULL;
	return true;
}

bool request_build_parse_text(const char *value, void *to)
{
	*(const char **)to = value;
	return !text_is_blank(value) && strlen(value) <= LIMIT_STRING;
}

bool request_build_parse_token(const char *value, void *to)
{
	*(const char **)to = value;
	return !text_is_blank(value);
}

static bool travels(const char *text)
{
	return !text || utf8_is_valid(text, strlen(text));
}

static int refuse_text(const char *what)
{
	return say_undecided("%s is not UTF-8 and can't travel as JSON", what);
}

/* All strings in the request must be valid text. */
static int check_texts(const struct request_build *build, const struct invocation *asked)
{
	const char *label;
	char what[64];

	for (enum field f = 0; f < FIELDS; f++) {
		if (field_is_list(f) || travels(field_get(f, asked)))
			continue;
		label = field_rows[f].label;
		snprintf(what, sizeof(what), "the %s", label ? label : "path of the command");
		return refuse_text(what);
	}
	for (size_t i = 1; build->command[i]; i++) {
		if (travels(build->command[i]))
			continue;
		snprintf(what, sizeof(what), "argument %zu", i);
		return refuse_text(what);
	}
	if (!travels(build->token))
		return refuse_text("the token");
	return travels(build->budget_state_ref) ? STATUS_DONE
						: refuse_text("FIRMA_BUDGET_STATE_REF");
}

static int pack_args(char **args, struct bytes *ret, size_t *ret_n)
{
	size_t n = 0;
	int r;

	for (; args[n]; n++) {
		r = bytes_append(ret, args[n], strlen(args[n]) + 1);
		if (r < 0)
			return r;
	}
	*ret_n = n;
	return 0;
}

static int print_request(
	const struct request_build *build, const struct invocation *asked, struct bytes *line)
{
	uint8_t fingerprint[FINGERPRINT_LEN];
	char hex[FINGERPRINT_HEX_LEN + 1];
	struct writer w;
	int r;

	fingerprint_compute(asked, fingerprint);
	notation_hex(fingerprint, sizeof(fingerprint), hex);

	writer_init(&w, line);
	writer_object(&w, NULL);
	writer_string(&w, "action", action_name(ACTION_EXEC));
	fields_write(&w, asked);
	writer_string(&w, "hitl_mode", "async_token");
	writer_string(&w, "budget_state_ref", build->budget_state_ref);
	writer_string(&w, "request_fingerprint", hex);
	writer_string(&w, "approval_token", build->token);
	if (build->resume)
		writer_bool(&w, "resume", true);
	if (build->prompt)
		writer_bool(&w, "prompt", true);
	if (build->spare)
		writer_bool(&w, "consume", false);
	if (build->detail)
		writer_bool(&w, "detail", true);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(line, '\n');
}

int request_build_found(
	const struct request_build *build, const struct found_command *command, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes args = BYTES_PRINTED;
	cleanup(line_claims_deinit) struct line_claims claims = LINE_CLAIMS_INIT;
	cleanup(free_p) char *cwd = NULL;
	struct invocation asked = build->asked;
	int status;
	size_t n;

	cwd = asked.cwd ? strdup(asked.cwd) : getcwd(NULL, 0);
	if (!cwd || cwd[0] != '/')
		return say_undecided("can't tell the current directory: %s",
			cwd ? "it can't be reached" : strerror(errno));

	asked.executable = command->executable;
	asked.cwd = cwd;
	asked.real_path = command->real_path;
	asked.executable_sha256 = command->sha256[0] ? command->sha256 : NULL;
	status = check_texts(build, &asked);
	if (status != STATUS_DONE)
		return status;

	if (pack_args(build->command + 1, &args, &n) < 0)
		return say_undecided("out of memory");

	asked.args = string_list_of(bytes_str(&args), n, args.len);
	if (line_claims_add(&claims, &asked) < 0)
		return say_undecided("out of memory");
	return print_request(build, &asked, line) < 0 ? say_undecided("out of memory")
						      : STATUS_DONE;
}

static int build_from_command(const struct request_build *build, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	cleanup(found_command_deinit) struct found_command command = { 0 };

	if (find_and_hash_command(build->command[0], build->hash_all, &command, &why) < 0) {
		if (!build->missing_too || build->command[0][0] != '/')
			return say_undecided("%s", bytes_str(&why));
		command.executable = strdup(build->command[0]);
		if (!command.executable)
			return say_undecided("out of memory");
	}
	return request_build_found(build, &command, line);
}

/* The request is copied unchanged, on one line. */
static int build_from_file(const struct request_build *build, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	struct scan_fault fault;
	int r;

	if (text_append_quoted(&shown, build->request_file, strlen(build->request_file)) < 0)
		return say_undecided("out of memory");

	r = input_file_read(build->request_file, LIMIT_REQUEST_MAX, line);
	if (r == -EFBIG)
		return say_undecided("%s: a request takes at most %zu bytes", bytes_str(&shown),
			LIMIT_REQUEST_MAX);
	if (r < 0)
		return say_undecided("%s: %s", bytes_str(&shown), strerror(-r));

	r = scan_object(bytes_str(line), line->len, NULL, NULL, &fault);
	if (r == SCAN_REFUSED)
		return say_undecided("%s: not a request: %s (at byte %zu)", bytes_str(&shown),
			scan_error_text(fault.error), fault.offset + 1);

	while (line->len > 0 && line->data[line->len - 1] == '\n')
		bytes_truncate(line, line->len - 1);
	input_file_join_lines(line);
	if (r < 0 || bytes_append_char(line, '\n') < 0)
		return say_undecided("out of memory");
	return STATUS_DONE;
}

int request_build_line(
	const struct request_build *build, const struct verb *verb, struct bytes *line)
{
	if (build->request_file) {
		if (build->command[0] || build->described)
			return usage_error(verb, "--request takes the whole request from the file");
		return build_from_file(build, line);
	}
	if (!build->command[0])
		return usage_error(verb, "the command is missing");
	return build_from_command(build, line);
}
