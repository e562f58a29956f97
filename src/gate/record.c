/* SPDX-License-Identifier: ISC */

/* Tokens written and read as JSON. */

#include "gate/record.h"

#include <errno.h>
#include <string.h>

/* The members that a record has where the token has the string. */
static const struct {
	const char *key;
	size_t offset;
	bool required;
} strings[] = {
	{ "executable", offsetof(struct token, executable), true },
	{ "cwd", offsetof(struct token, cwd), false },
	{ "real_path", offsetof(struct token, real_path), false },
	{ "executable_sha256", offsetof(struct token, executable_sha256), false },
	{ "session_id", offsetof(struct token, session_id), true },
	{ "sandbox_id", offsetof(struct token, sandbox_id), true },
	{ "agent_id", offsetof(struct token, agent_id), false },
	{ "profile", offsetof(struct token, profile), true },
	{ "process", offsetof(struct token, process), false },
	{ "rule", offsetof(struct token, rule), true },
	{ "reason", offsetof(struct token, reason), false },
};

#define N_STRINGS (sizeof(strings) / sizeof(strings[0]))

/* What is printed as text is kept here until the object is. */
struct forms {
	char id[NOTATION_UUID_LEN + 1];
	char fingerprint[FINGERPRINT_HEX_LEN + 1];
	char boot_id[NOTATION_UUID_LEN + 1];
};

static void add_common(
	struct json_out *out, const struct token *t, enum token_state state, struct forms *forms)
{
	notation_uuid(t->id, forms->id);
	notation_hex(t->fingerprint, sizeof(t->fingerprint), forms->fingerprint);

	json_out_string(out, "token_id", forms->id);
	json_out_string(out, "state", token_state_name(state));
	for (size_t i = 0; i < N_STRINGS; i++) {
		json_out_string(out, strings[i].key,
			*(const char *const *)((const char *)t + strings[i].offset));
		if (i == 0)
			json_out_strings(out, "args", t->args, t->n_args);
	}
	json_out_integer(out, "uid", t->uid);
	if (t->pid > 0)
		json_out_integer(out, "pid", t->pid);
	json_out_string(out, "fingerprint", forms->fingerprint);
}

static int print(struct json_out *out, struct bytes *b)
{
	int r;

	r = json_out_print(out, b);
	json_out_deinit(out);
	return r;
}

int record_print_item(const struct token *t, const struct moment *now, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes issued = BYTES_INIT(64), expires = BYTES_INIT(64);
	struct json_out out;
	struct forms forms;
	int r;

	r = notation_append_time(&issued, t->issued_wall);
	if (r >= 0)
		r = notation_append_time(&expires, token_expires_wall(t));
	if (r < 0)
		return r;

	json_out_init(&out);
	add_common(&out, t, t->state, &forms);
	json_out_string(&out, "issued_at", bytes_str(&issued));
	json_out_string(&out, "expires_at", bytes_str(&expires));
	json_out_integer(&out, "expires_in_ms", (int64_t)(token_time_left(t, now) / CLOCK_MS));
	return print(&out, b);
}

int record_print_stored(const struct token *t, struct bytes *b)
{
	struct json_out out;
	struct forms forms;

	json_out_init(&out);
	add_common(&out, t, t->state, &forms);
	notation_uuid(t->boot_id, forms.boot_id);
	json_out_string(&out, "boot_id", forms.boot_id);
	json_out_integer(&out, "issued_boot_us", (int64_t)t->issued);
	json_out_integer(&out, "expires_boot_us", (int64_t)t->expires);
	json_out_integer(&out, "issued_wall_us", (int64_t)t->issued_wall);
	return print(&out, b);
}

int record_stored_size(const struct token *t, uint64_t *ret)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = record_print_stored(t, &line);
	if (r < 0)
		return r;

	*ret = line.len + 1;
	return 0;
}

int record_print_change(const struct token_change *change, struct bytes *b)
{
	char id[NOTATION_UUID_LEN + 1];
	struct json_out out;

	notation_uuid(change->id, id);
	json_out_init(&out);
	json_out_string(&out, "token_id", id);
	json_out_string(&out, "state", token_state_name(change->to));
	json_out_string(&out, "reason", change->reason);
	return print(&out, b);
}

/* The readers return whether the member is there and makes sense. */

static bool read_string(const struct json *object, const char *key, const char **ret)
{
	const char *string = json_get_string(object, key);

	if (!string)
		return false;

	*ret = string;
	return true;
}

static bool read_uuid(const struct json *object, const char *key, uint8_t ret[static 16])
{
	const char *text;

	return read_string(object, key, &text) && notation_parse_uuid(text, strlen(text), ret) >= 0;
}

static bool read_state(const struct json *object, enum token_state *ret)
{
	const char *name;

	if (!read_string(object, "state", &name))
		return false;

	*ret = token_state_parse(name);
	return *ret != TOKEN_ABSENT;
}

static bool read_strings(const struct json *object, struct token *t)
{
	const char **at;

	for (size_t i = 0; i < N_STRINGS; i++) {
		at = (const char **)((char *)t + strings[i].offset);
		if (!json_get(object, strings[i].key) ? strings[i].required
						      : !read_string(object, strings[i].key, at))
			return false;
	}
	return true;
}

/* Returns 0, RECORD_MALFORMED, -ENOMEM. */
static int read_args(const struct json *object, struct token *t, struct bytes *args)
{
	const struct json *array = json_get(object, "args");
	const char *arg;
	int r;

	if (!array || !json_is_array(array))
		return RECORD_MALFORMED;

	json_each (child, array) {
		arg = json_string(child);
		if (!arg)
			return RECORD_MALFORMED;

		r = bytes_append(args, arg, strlen(arg) + 1);
		if (r < 0)
			return r;
		t->n_args++;
	}
	t->args = bytes_str(args);
	t->args_len = args->len;
	return 0;
}

static bool read_numbers(const struct json *object, struct token *t)
{
	uint64_t uid, pid = 0;

	if (!json_get_integer(object, "uid", UINT32_MAX, &uid)
		|| (json_get(object, "pid") && !json_get_integer(object, "pid", INT32_MAX, &pid)))
		return false;

	t->uid = (uid_t)uid;
	t->pid = (pid_t)pid;
	return json_get_integer(object, "issued_boot_us", UINT64_MAX, &t->issued)
		&& json_get_integer(object, "expires_boot_us", UINT64_MAX, &t->expires)
		&& json_get_integer(object, "issued_wall_us", UINT64_MAX, &t->issued_wall)
		&& t->issued <= t->expires;
}

/* The fingerprint is not believed but made again: it must be that of what the record says. */
static bool read_fingerprint(const struct json *object, struct token *t)
{
	uint8_t written[FINGERPRINT_LEN];
	const char *text;

	fingerprint_compute(t->executable, t->args, t->n_args, t->session_id, t->sandbox_id,
		t->agent_id, t->fingerprint);
	return read_string(object, "fingerprint", &text)
		&& notation_parse_hex(text, strlen(text), written, sizeof(written)) >= 0
		&& memcmp(written, t->fingerprint, sizeof(written)) == 0;
}

static int parse_token(const struct json *object, struct token_change *ret)
{
	cleanup(bytes_deinit) struct bytes args = BYTES_INIT(BYTES_UNLIMITED);
	struct token t = { 0 };
	int r;

	if (!read_uuid(object, "token_id", t.id) || !read_state(object, &t.state)
		|| !read_strings(object, &t) || !read_numbers(object, &t)
		|| !read_uuid(object, "boot_id", t.boot_id))
		return RECORD_MALFORMED;

	r = read_args(object, &t, &args);
	if (r != 0)
		return r;
	if (!read_fingerprint(object, &t))
		return RECORD_MALFORMED;

	*ret = (struct token_change){ .to = t.state, .issued = token_new(&t) };
	memcpy(ret->id, t.id, sizeof(ret->id));
	return ret->issued ? 0 : -ENOMEM;
}

static int parse_change(const struct json *object, struct token_change *ret)
{
	struct token_change change = { 0 };

	if (!read_uuid(object, "token_id", change.id) || !read_state(object, &change.to)
		|| (json_get(object, "reason") && !read_string(object, "reason", &change.reason)))
		return RECORD_MALFORMED;

	*ret = change;
	return 0;
}

int record_parse(const struct json *object, struct token_change *ret)
{
	return json_get(object, "executable") ? parse_token(object, ret)
					      : parse_change(object, ret);
}
