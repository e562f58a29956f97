/* SPDX-License-Identifier: ISC */

/*
 * The program that sudo's plugin (sudo/plugin) starts as root to ask the gate whether a command may
 * run. It reads the facts (sudo/facts) from standard input, reads no environment variable, and
 * always asks at DOOR. Exit status 0: the command may run.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "base/path.h"
#include "base/text.h"
#include "base/trust.h"
#include "base/users.h"
#include "base/utf8.h"
#include "cli/environment.h"
#include "cli/find-command.h"
#include "cli/question.h"
#include "cli/say.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/run-as.h"
#include "gate/wire/request.h"
#include "sudo/facts.h"

/* The agents' door of the system's gate. */
#define DOOR "/run/firma/agent.sock"

/* More than Linux accepts by default for a command's arguments and variables. */
#define FACTS_MAX ((size_t)8 << 20)

struct facts {
	struct bytes text;
	const char *uid, *gid, *groups, *run_as, *cwd, *command;
	uid_t asker; /* `uid` as a number */
	char **args; /* of the command, NULL-terminated */
	char **env;
	size_t n_args;
};

static int fail(const char *why)
{
	(void)say_undecided("%s", why);
	return STATUS_UNDECIDED;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int read_input(struct bytes *b)
{
	char part[65536];
	ssize_t n;
	int r;

	while ((n = read(STDIN_FILENO, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = bytes_append(b, part, (size_t)n);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The next string; NULL at the end. */
static char *next(const struct bytes *text, size_t *at)
{
	char *start;
	const char *end;

	if (*at >= text->len)
		return NULL;

	start = text->data + *at;
	end = memchr(start, '\0', text->len - *at);
	if (!end)
		return NULL;
	*at += (size_t)(end - start) + 1;
	return start;
}

static const char *next_fact(const struct bytes *text, size_t *at, const char *key)
{
	const size_t len = strlen(key);
	const char *fact = next(text, at);

	return fact && strncmp(fact, key, len) == 0 && fact[len] == '=' ? fact + len + 1 : NULL;
}

static bool next_count(const struct bytes *text, size_t *at, const char *key, size_t *ret)
{
	const char *value = next_fact(text, at, key);
	uint64_t n;

	if (!value || notation_parse_number(value, 0, text->len, &n) < 0)
		return false;
	*ret = n;
	return true;
}

/* Each string takes at least one byte of the text, which bounds their number. */
static char **next_list(const struct bytes *text, size_t *at, size_t n)
{
	char **list = calloc(n + 1, sizeof(*list));

	for (size_t i = 0; list && i < n; i++) {
		list[i] = next(text, at);
		if (!list[i]) {
			free(list);
			return NULL;
		}
	}
	return list;
}

static bool parse(struct facts *f)
{
	const struct bytes *t = &f->text;
	size_t at = 0, n_env = 0;
	const char *format = next(t, &at);

	if (!format || strcmp(format, FACTS_FORMAT) != 0)
		return false;
	f->uid = next_fact(t, &at, FACT_UID);
	f->gid = f->uid ? next_fact(t, &at, FACT_GID) : NULL;
	f->groups = f->gid ? next_fact(t, &at, FACT_GROUPS) : NULL;
	f->run_as = f->groups ? next_fact(t, &at, FACT_RUN_AS) : NULL;
	f->cwd = f->run_as ? next_fact(t, &at, FACT_CWD) : NULL;
	f->command = f->cwd ? next_fact(t, &at, FACT_COMMAND) : NULL;
	if (!f->command || !next_count(t, &at, FACT_ARGS, &f->n_args)
		|| !next_count(t, &at, FACT_ENV, &n_env))
		return false;
	f->args = next_list(t, &at, f->n_args);
	f->env = f->args ? next_list(t, &at, n_env) : NULL;
	return f->env && at == t->len;
}

static void facts_deinit(struct facts *f)
{
	free(f->args);
	free(f->env);
	bytes_deinit(&f->text);
}

/* --- the command ------------------------------------------------------------------------------ */

/*
 * The uid that may own the program, besides root: the target user, who gains nothing by replacing
 * it; but only root if the target user is the asker, or if the command gets another group.
 */
static uid_t find_owner(const struct facts *f)
{
	struct run_as run_as;
	gid_t own;

	if (!run_as_parse(f->run_as, &run_as) || run_as.uid == f->asker
		|| users_primary_group(run_as.uid, &own) < 0 || own != run_as.gid)
		return 0;
	return run_as.uid;
}

/*
 * sudo opens the path again after the gate has answered. So the asker must not be able to replace
 * the file, or a directory or link on its path.
 */
static int check_place(const struct facts *f)
{
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED, why = BYTES_PRINTED,
					   shown = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	int r;

	r = trust_open(f->command, find_owner(f), &at, &fd);
	if (r == 0)
		return STATUS_DONE;
	if (text_append_quoted(&shown, f->command, strlen(f->command)) < 0
		|| trust_append_fault(&why, f->command, bytes_str(&at), r) < 0)
		return fail("out of memory");
	return say_undecided("%s: %s, so it could be exchanged before it runs", bytes_str(&shown),
		bytes_str(&why));
}

/*
 * For `sudo -e` the request names /usr/bin/sudoedit. That path is not resolved: it is a link to
 * sudo, which is not what is asked about.
 */
static int find_program(const struct facts *f, struct found_command *ret)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	int status;

	if (strcmp(f->command, SUDOEDIT) == 0) {
		ret->executable = strdup("/usr/bin/" SUDOEDIT);
		return ret->executable ? STATUS_DONE : fail("out of memory");
	}
	if (!path_is_normal(f->command))
		return fail("sudo does not say where the command is");
	status = check_place(f);
	if (status != STATUS_DONE)
		return status;
	return find_and_hash_command(f->command, false, ret, &why) < 0 ? fail(bytes_str(&why))
								       : STATUS_DONE;
}

static int check_texts(const struct facts *f, const struct found_command *command)
{
	if (!utf8_is_valid(command->executable, strlen(command->executable))
		|| (command->real_path
			&& !utf8_is_valid(command->real_path, strlen(command->real_path))))
		return fail("the path of the command is not UTF-8 and can't travel as JSON");
	if (!utf8_is_valid(f->cwd, strlen(f->cwd)))
		return fail("the directory is not UTF-8 and can't travel as JSON");
	for (size_t i = 0; i < f->n_args; i++)
		if (!utf8_is_valid(f->args[i], strlen(f->args[i])))
			return say_undecided(
				"argument %zu is not UTF-8 and can't travel as JSON", i + 1);
	return STATUS_DONE;
}

static int pack(char **list, struct bytes *ret)
{
	for (; *list; list++)
		bytes_append(ret, *list, strlen(*list) + 1);
	return bytes_error(ret);
}

/*
 * Claims the variables in the command's environment that may redirect it, such as LD_PRELOAD: then
 * a person must decide. The claims refer to the names in `names`.
 */
static int claim_variables(
	const struct facts *f, struct bytes *names, struct bytes *b, size_t *ret_n)
{
	cleanup(bytes_deinit) struct bytes dropped = BYTES_PRINTED;
	cleanup(free_p) char **kept = NULL;
	struct environment_keep keep = { 0 };
	const struct environment_keep none = { 0 };
	size_t starts[ENVIRONMENT_KEEP_MAX], n = 0, k = 0;

	if (environment_filter(f->env, &none, &kept, &dropped) < 0)
		return fail("out of memory");
	for (char **v = f->env; *v; v++) {
		if (kept[k] == *v) {
			k++;
			continue;
		}
		if (n == ENVIRONMENT_KEEP_MAX)
			return fail("too many variables may redirect the command");
		starts[n++] = names->len;
		bytes_append(names, *v, strcspn(*v, "="));
		bytes_append_char(names, '\0');
	}
	if (bytes_error(names) < 0)
		return fail("out of memory");
	for (; keep.n < n; keep.n++)
		keep.names[keep.n] = bytes_str(names) + starts[keep.n];
	return environment_claim(f->env, &keep, b, ret_n) < 0 ? fail("out of memory") : STATUS_DONE;
}

/* --- the request ------------------------------------------------------------------------------ */

/* Writes "1000,27" as JSON numbers; nothing for an empty text. */
static bool write_numbers(struct writer *w, const char *list)
{
	char digits[NOTATION_DECIMAL_MAX + 1];
	uint64_t number;
	size_t len;

	for (; list[0]; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (len > NOTATION_DECIMAL_MAX)
			return false;
		memcpy(digits, list, len);
		digits[len] = '\0';
		if (notation_parse_number(digits, 0, UINT32_MAX - 1, &number) < 0)
			return false;
		writer_unsigned(w, NULL, number);
	}
	return true;
}

static int print_request(const struct facts *f, const struct invocation *asked, struct bytes *line)
{
	static const char *const relied_on[] = { "on_behalf_uid", "on_behalf_groups", "via",
		"run_as" };
	struct writer w;
	bool valid;

	writer_init(&w, line);
	writer_object(&w, NULL);
	writer_string(&w, "action", action_name(ACTION_EXEC));
	fields_write(&w, asked);
	writer_string(&w, "hitl_mode", "async_token");
	writer_unsigned(&w, "on_behalf_uid", f->asker);
	writer_array(&w, "on_behalf_groups");
	valid = write_numbers(&w, f->gid) && write_numbers(&w, f->groups);
	writer_end(&w);
	writer_bool(&w, "resume", true);
	writer_bool(&w, "detail", true);
	writer_array(&w, "must");
	for (size_t i = 0; i < LENGTH(relied_on); i++)
		writer_string(&w, NULL, relied_on[i]);
	writer_end(&w);
	writer_end(&w);
	if (!valid)
		return fail("sudo does not say in which groups the user is");
	return writer_finish(&w) < 0 || bytes_append_char(line, '\n') < 0 ? fail("out of memory")
									  : STATUS_DONE;
}

static int build_request(struct facts *f, struct bytes *line)
{
	cleanup(found_command_deinit) struct found_command command = { 0 };
	cleanup(bytes_deinit) struct bytes args = BYTES_PRINTED, env = BYTES_PRINTED,
					   names = BYTES_PRINTED;
	struct invocation asked = { .kind = KIND_EXEC,
		.session_id = "sudo",
		.sandbox_id = field_rows[FIELD_SANDBOX_ID].otherwise,
		.profile = field_rows[FIELD_PROFILE].otherwise,
		.via = "sudo",
		.run_as = f->run_as,
		.cwd = f->cwd };
	size_t n_env = 0;
	uint64_t uid;
	int status;

	if (notation_parse_number(f->uid, 0, UINT32_MAX - 1, &uid) < 0)
		return fail("sudo does not say who asks");
	f->asker = (uid_t)uid;
	if (!path_is_normal(f->cwd) && strcmp(f->cwd, "/") != 0)
		return fail("sudo does not say in which directory the command runs");
	status = find_program(f, &command);
	if (status == STATUS_DONE)
		status = check_texts(f, &command);
	if (status == STATUS_DONE)
		status = claim_variables(f, &names, &env, &n_env);
	if (status != STATUS_DONE)
		return status;
	if (pack(f->args, &args) < 0)
		return fail("out of memory");

	asked.executable = command.executable;
	asked.real_path = command.real_path;
	asked.executable_sha256 = command.sha256[0] ? command.sha256 : NULL;
	asked.args = string_list_of(bytes_str(&args), f->n_args, args.len);
	if (n_env > 0)
		asked.environment = string_list_of(bytes_str(&env), n_env, env.len);
	return print_request(f, &asked, line);
}

int main(void)
{
	struct facts f = { .text = BYTES_INIT(FACTS_MAX) };
	struct bytes line = BYTES_PRINTED;
	char record_id[QUESTION_RECORD_ID_MAX + 1];
	struct question question = QUESTION_INIT;
	int status;

	question.ask.socket = DOOR;
	question.ask.peer = CLIENT_PEER_FIRMA;
	question.wait = true;

	if (read_input(&f.text) < 0 || !parse(&f))
		status = fail("what sudo's plugin says can't be read");
	else
		status = build_request(&f, &line);
	if (status == STATUS_DONE)
		status = question_ask(&question, &line, record_id);
	bytes_deinit(&line);
	facts_deinit(&f);
	return status;
}
