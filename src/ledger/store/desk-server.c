/* SPDX-License-Identifier: ISC */

/* Sends the password and all questions at once, then reads the replies. */

#include "ledger/store/desk-server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/notation.h"
#include "base/text.h"
#include "base/trust.h"
#include "ledger/store/desk-function.h"

#define REDIS_MIN 7
#define VALKEY_MIN 8

#define PASSWORD_MAX 4096

static void ask(struct redis *redis, const char *user, const char *password, unsigned int database)
{
	struct bytes *out = &redis->out;
	char number[NOTATION_DECIMAL_MAX + 1];

	if (password && password[0] != '\0' && user[0] != '\0')
		resp_command(out, (const char *const[]){ "AUTH", user, password, NULL });
	else if (password && password[0] != '\0')
		resp_command(out, (const char *const[]){ "AUTH", password, NULL });
	notation_decimal(database, number);
	if (database > 0)
		resp_command(out, (const char *const[]){ "SELECT", number, NULL });
	resp_command(out,
		(const char *const[]){
			"INFO", "server", "replication", "persistence", "memory", NULL });
	resp_command(out, (const char *const[]){ "CONFIG", "GET", "appendfsync", NULL });
	resp_command(out,
		(const char *const[]){
			"FUNCTION", "LIST", "LIBRARYNAME", DESK_LIBRARY, "WITHCODE", NULL });
}

/* Copies the value of a line "KEY:VALUE" in the reply to INFO; "" if there is no such line. */
static void copy_info(const struct resp_item *info, const char *key, char *ret, size_t size)
{
	const char *at = info->text, *end = at + info->len, *line_end;
	size_t key_len = strlen(key), len;

	ret[0] = '\0';
	for (; at < end; at = line_end + 1) {
		line_end = memchr(at, '\n', (size_t)(end - at));
		if (!line_end)
			return;
		len = (size_t)(line_end - at);
		if (len <= key_len || memcmp(at, key, key_len) != 0 || at[key_len] != ':')
			continue;

		len -= key_len + 1;
		if (len > 0 && at[key_len + len] == '\r')
			len--;
		if (len < size) {
			memcpy(ret, at + key_len + 1, len);
			ret[len] = '\0';
		}
		return;
	}
}

static bool is_info(const struct resp_item *info, const char *key, const char *value)
{
	char text[32];

	copy_info(info, key, text, sizeof(text));
	return strcmp(text, value) == 0;
}

static void take_info(const struct resp_item *info, struct desk_server *s)
{
	copy_info(info, "valkey_version", s->version, sizeof(s->version));
	s->is_valkey = s->version[0] != '\0';
	if (!s->is_valkey)
		copy_info(info, "redis_version", s->version, sizeof(s->version));
	copy_info(info, "run_id", s->run_id, sizeof(s->run_id));
	copy_info(info, "role", s->role, sizeof(s->role));
	copy_info(info, "maxmemory_policy", s->eviction, sizeof(s->eviction));
	s->loading = !is_info(info, "loading", "0");
	s->has_aof = is_info(info, "aof_enabled", "1");
	s->aof_failed = !is_info(info, "aof_last_write_status", "ok");
}

/* Finds the value that follows `key` in a reply, in nested arrays too. */
static bool find_value(struct resp list, const char *key, struct resp_item *ret)
{
	struct resp_item item;

	while (resp_take(&list, &item))
		if (resp_is(&item, key))
			return resp_take(&list, ret) && ret->type == RESP_STRING;
	return false;
}

static void take_fsync(struct resp list, struct desk_server *s)
{
	struct resp_item value;

	if (find_value(list, "appendfsync", &value) && value.len < sizeof(s->fsync)) {
		memcpy(s->fsync, value.text, value.len);
		s->fsync[value.len] = '\0';
	}
}

static void take_library(struct resp list, struct desk_server *s)
{
	char own[DESK_HASH_LEN + 1];
	struct resp_item code;

	s->library = DESK_LIBRARY_MISSING;
	if (!find_value(list, "library_code", &code))
		return;

	desk_function_hash(code.text, code.len, s->library_hash);
	desk_function_hash(desk_function_text, strlen(desk_function_text), own);
	s->library = strcmp(own, s->library_hash) == 0 ? DESK_LIBRARY_FINE : DESK_LIBRARY_OTHER;
}

/* Reads the replies to ask(), in their order. */
static int take(struct redis *redis, size_t n_before, uint64_t deadline, struct desk_server *s,
	struct bytes *why)
{
	struct resp_item item;
	struct resp rest;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n_before; i++)
		r = redis_read(redis, deadline, &item, NULL, why);
	if (r >= 0)
		r = redis_read(redis, deadline, &item, NULL, why);
	if (r < 0)
		return r;
	if (item.type != RESP_STRING)
		return bytes_refuse(why, -EPROTO, "the server does not say what it is");
	take_info(&item, s);

	/* An error is no failure here: the administrator may have forbidden CONFIG GET. */
	r = redis_read(redis, deadline, &item, &rest, why);
	if (r < 0)
		return r;
	if (item.type == RESP_ARRAY)
		take_fsync(rest, s);

	r = redis_read(redis, deadline, &item, &rest, why);
	if (r < 0)
		return r;
	if (item.type == RESP_ERROR)
		return redis_refuse(&item, why);
	take_library(rest, s);
	return 0;
}

int desk_server_look(struct redis *redis, const struct desk_address *address, const char *password,
	uint64_t deadline, struct desk_server *ret, struct bytes *why)
{
	const bool authenticates = password && password[0] != '\0';
	struct desk_server s = { .version = "" };
	int r;

	r = redis_connect(redis, address, deadline, why);
	if (r < 0)
		return r;

	ask(redis, address->user, password, address->database);
	r = redis_send(redis, deadline, why);
	if (redis->out.data)
		explicit_bzero(redis->out.data, redis->out.size); /* contains the password */
	if (r >= 0)
		r = take(redis, (size_t)authenticates + (address->database > 0), deadline, &s, why);
	if (r < 0) {
		redis_close(redis);
		return r;
	}
	*ret = s;
	return 0;
}

/* Whether the major version is recent enough. */
static bool is_new_enough(const struct desk_server *s)
{
	return strtoul(s->version, NULL, 10) >= (s->is_valkey ? VALKEY_MIN : REDIS_MIN);
}

static bool refuse(struct bytes *why, const char *text)
{
	bytes_append_str(why, text);
	return false;
}

static bool judge_durability(const struct desk_server *s, bool lax, struct bytes *why)
{
	if (!s->has_aof)
		return refuse(why, "the server keeps no log of its changes: set appendonly yes");
	if (s->aof_failed)
		return refuse(why, "the server could not write its log of changes");
	if (strcmp(s->eviction, "noeviction") != 0)
		return refuse(why,
			"the server forgets keys when its memory is full: set maxmemory-policy "
			"noeviction");
	if (lax)
		return true;
	if (s->fsync[0] == '\0')
		return refuse(why,
			"the server does not tell when it syncs its log of changes (CONFIG GET "
			"appendfsync): allow that, or say --store-durability=everysec");
	if (strcmp(s->fsync, "always") != 0)
		return refuse(why,
			"the server may lose its last second: set appendfsync always, or say "
			"--store-durability=everysec");
	return true;
}

bool desk_server_judge(const struct desk_server *s, bool lax, struct bytes *why)
{
	if (!is_new_enough(s)) {
		bytes_append_str(why, "the server is too old: its version is ");
		text_append_escaped(why, s->version, strlen(s->version));
		return refuse(why, ", and Redis 7 or Valkey 8 is needed");
	}
	if (s->loading)
		return refuse(why, "the server is still reading its data");
	if (strcmp(s->role, "master") != 0)
		return refuse(why, "the server is a replica of another one");
	if (!judge_durability(s, lax, why))
		return false;
	if (s->library == DESK_LIBRARY_MISSING)
		return refuse(why,
			"the server does not have the functions of the library " DESK_LIBRARY
			": see firma store install");
	if (s->library == DESK_LIBRARY_OTHER)
		return refuse(why,
			"the server has other functions of the name " DESK_LIBRARY
			", of another version of firma: see firma store install");
	return true;
}

int desk_server_password(const char *path, struct bytes *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	struct stat st;
	int r;

	bytes_append_str(why, "the password's file ");
	r = trust_open(path, geteuid(), &at, &fd);
	if (r != 0) {
		trust_append_fault(why, path, bytes_str(&at), r);
		return r < 0 ? r : -EPERM;
	}
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (st.st_mode & (S_IRWXO))
		return bytes_refuse(why, -EPERM, "can be read by everyone");
	if (r == 0)
		r = file_read(fd, PASSWORD_MAX, ret);
	if (r < 0) {
		bytes_append_str(why, strerror(-r));
		return r;
	}
	bytes_clear(why);
	if (ret->len > 0 && ret->data[ret->len - 1] == '\n')
		bytes_truncate(ret, ret->len - 1);
	return ret->len == 0 || memchr(ret->data, '\0', ret->len)
		? bytes_refuse(why, -EINVAL, "the password's file has no password")
		: 0;
}
