/* SPDX-License-Identifier: ISC */

/*
 * Building a request. It carries its own fingerprint, so that the daemon notices when what it read
 * is not what was written.
 */

#include "cli/request-build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json/scan.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/find-command.h"
#include "gate/limits.h"
#include "gate/token/fingerprint.h"

#define DEFAULT_SESSION "local"
#define DEFAULT_SANDBOX "host"
#define DEFAULT_PROFILE "default"

/* NULL where it isn't set or blank. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && !text_is_blank(value) ? value : NULL;
}

static const char *variable_or(const char *name, const char *otherwise)
{
	const char *value = variable(name);

	return value ? value : otherwise;
}

void request_build_init(struct request_build *build)
{
	*build = (struct request_build){
		.session = variable_or("FIRMA_SESSION_ID", DEFAULT_SESSION),
		.sandbox = variable_or("FIRMA_SANDBOX_ID", DEFAULT_SANDBOX),
		.agent = variable("FIRMA_AGENT_ID"),
		.profile = variable_or("FIRMA_PROFILE", DEFAULT_PROFILE),
		.budget_state_ref = variable("FIRMA_BUDGET_STATE_REF"),
	};
}

bool request_build_parse_agent(const char *value, void *to)
{
	*(const char **)to = value[0] ? value : NULL;
	return true;
}

static int refuse_text(const char *what)
{
	return say_undecided("%s is not UTF-8 and can't travel as JSON", what);
}

/* Everything that goes along must be text. */
static int check_texts(
	const struct request_build *build, const struct found_command *command, const char *cwd)
{
	const struct {
		const char *what, *text;
	} texts[] = {
		{ "the path of the command", command->executable },
		{ "the real path of the command", command->real_path },
		{ "the current directory", cwd },
		{ "the session", build->session },
		{ "the sandbox", build->sandbox },
		{ "the agent", build->agent },
		{ "the profile", build->profile },
		{ "the token", build->token },
		{ "FIRMA_BUDGET_STATE_REF", build->budget_state_ref },
	};
	char what[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].text && !text_is_utf8(texts[i].text, strlen(texts[i].text)))
			return refuse_text(texts[i].what);

	for (size_t i = 1; build->command[i]; i++) {
		if (text_is_utf8(build->command[i], strlen(build->command[i])))
			continue;
		snprintf(what, sizeof(what), "argument %zu", i);
		return refuse_text(what);
	}
	return STATUS_DONE;
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

static int print_request(const struct request_build *build, const struct found_command *command,
	const char *cwd, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes args = BYTES_INIT(BYTES_UNLIMITED);
	uint8_t fingerprint[FINGERPRINT_LEN];
	char hex[FINGERPRINT_HEX_LEN + 1];
	struct json_out out;
	struct invocation asked = {
		.executable = command->executable,
		.session_id = build->session,
		.sandbox_id = build->sandbox,
		.agent_id = build->agent,
	};
	int r;

	r = pack_args(build->command + 1, &args, &asked.args.n);
	if (r < 0)
		return r;

	asked.args.text = bytes_str(&args);
	asked.args.len = args.len;
	fingerprint_compute(&asked, fingerprint);
	notation_hex(fingerprint, sizeof(fingerprint), hex);

	json_out_init(&out);
	json_out_string(&out, "action", "local.exec");
	json_out_string(&out, "executable", command->executable);
	json_out_strings(&out, "args", asked.args.text, asked.args.n);
	json_out_string(&out, "sandbox_id", build->sandbox);
	json_out_string(&out, "session_id", build->session);
	json_out_string(&out, "agent_id", build->agent);
	json_out_string(&out, "profile", build->profile);
	json_out_string(&out, "hitl_mode", "async_token");
	json_out_string(&out, "budget_state_ref", build->budget_state_ref);
	json_out_string(&out, "request_fingerprint", hex);
	json_out_string(&out, "approval_token", build->token);
	json_out_string(&out, "cwd", cwd);
	json_out_string(&out, "real_path", command->real_path);
	json_out_string(&out, "executable_sha256", command->sha256[0] ? command->sha256 : NULL);
	r = json_out_print(&out, line);
	json_out_deinit(&out);
	return r < 0 ? r : bytes_append_char(line, '\n');
}

static int build_from_command(const struct request_build *build, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(found_command_deinit) struct found_command command = { 0 };
	cleanup(free_p) char *cwd = NULL;
	int status;

	if (find_command(build->command[0], build->hash_all, &command, &why) < 0) {
		if (!build->missing_too || build->command[0][0] != '/')
			return say_undecided("%s", bytes_str(&why));
		command.executable = strdup(build->command[0]);
		if (!command.executable)
			return say_undecided("out of memory");
	}

	cwd = build->cwd ? strdup(build->cwd) : getcwd(NULL, 0);
	if (!cwd || cwd[0] != '/')
		return say_undecided("can't tell the current directory: %s",
			cwd ? "it can't be reached" : strerror(errno));

	status = check_texts(build, &command, cwd);
	if (status != STATUS_DONE)
		return status;

	if (print_request(build, &command, cwd, line) < 0)
		return say_undecided("out of memory");
	return STATUS_DONE;
}

/* Reads as much as a request may take; one byte more is told by the daemon. */
static int read_all(FILE *f, struct bytes *ret)
{
	char *end;
	size_t n;

	if (bytes_reserve(ret, LIMIT_REQUEST + 1, &end) < 0)
		return -ENOMEM;

	n = fread(end, 1, LIMIT_REQUEST + 1, f);
	bytes_grew(ret, n);
	return ferror(f) ? -EIO : 0;
}

static int read_file(const char *path, struct bytes *ret)
{
	FILE *f;
	int r;

	if (strcmp(path, "-") == 0)
		return read_all(stdin, ret);

	f = fopen(path, "re");
	if (!f)
		return -errno;

	r = read_all(f, ret);
	fclose(f);
	return r;
}

/* The request goes as it is, on one line: a line break in JSON is never anything but white space.
 */
static int build_from_file(const struct request_build *build, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	struct scan_fault fault;
	int r;

	if (text_append_quoted(&shown, build->request_file, strlen(build->request_file)) < 0)
		return say_undecided("out of memory");

	r = read_file(build->request_file, line);
	if (r < 0)
		return say_undecided("%s: %s", bytes_str(&shown), strerror(-r));
	if (line->len > LIMIT_REQUEST)
		return say_undecided(
			"%s: a request takes at most %d bytes", bytes_str(&shown), LIMIT_REQUEST);

	r = scan_object(bytes_str(line), line->len, NULL, NULL, &fault);
	if (r == SCAN_REFUSED)
		return say_undecided("%s: not a request: %s (at byte %zu)", bytes_str(&shown),
			scan_error_text(fault.error), fault.offset + 1);

	while (line->len > 0 && line->data[line->len - 1] == '\n')
		bytes_truncate(line, line->len - 1);
	for (size_t i = 0; i < line->len; i++)
		if (line->data[i] == '\n')
			line->data[i] = ' ';
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
