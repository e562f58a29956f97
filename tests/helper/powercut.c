/* SPDX-License-Identifier: ISC */

/*
 * `unit powercut [--evidence] TRACE STATE-DIR WORK-DIR [BEGIN-DIR]`: checks what a daemon finds
 * after a power cut.
 *
 * TRACE is strace -xx -y of daemons: their calls on files in STATE-DIR, and their receives and
 * sends at their sockets. BEGIN-DIR has the content of STATE-DIR from before the run, if there was
 * any. After each of these events the power fails: each possible state of the disk (see
 * helper/disk.h) is written to WORK-DIR and loaded by the store. It must load without help, and the
 * tokens must then be as they were after some number of answers: at least after those that had been
 * sent when the power failed. A token that no answer has named yet may be there as well.
 *
 * With --evidence the state directory also holds the allowlist and a log of evidence, log.jsonl,
 * which are loaded as well. The entries of the allowlist must then match the answers, as the tokens
 * must; the log must be valid, and have a record of every token and entry that is found.
 *
 * Prints how many points and states there were, and how many different states were loaded. Exit
 * status: 0, or 1 if a state is wrong, which is printed.
 */

#include "helper/unit.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/json/tree.h"
#include "base/map.h"
#include "base/sha256.h"
#include "gate/token/token.h"
#include "helper/disk.h"
#include "helper/trace.h"
#include "ledger/allowlist/allowlist-file.h"
#include "ledger/evidence/evidence.h"
#include "ledger/evidence/head-file.h"
#include "ledger/evidence/verify.h"
#include "ledger/store/file-store.h"
#include "ledger/store/tokens-mark.h"

#define TOKENS "tokens.jsonl"
#define LIST "allowlist.json"
#define LOG "log.jsonl"

/* The log's lengths are tried in steps: each length is combined with many states of other files. */
#define LOG_STEP 16

#define FILES_MAX 16

/* Violations that are printed: one is enough to know that something is wrong. */
#define VIOLATIONS_SHOWN 5

/* --- the answers ------------------------------------------------------------------------------ */

/*
 * The state of a token after the answers so far; or of an entry of the allowlist, whose `id` is its
 * pattern. An entry is approved after it was added, and revoked after it was removed.
 */
struct known {
	char id[NOTATION_UUID_LEN + 1];
	char entry[NOTATION_UUID_LEN + 1]; /* the entry's ID */
	enum token_state state;
	struct known *next;
};

static bool is_entry(const struct known *k)
{
	return k->id[0] == '/';
}

/* The tokens after each answer that changed one, as "ID STATE\n" in the order of their IDs. */
struct history {
	struct known *tokens;
	struct bytes *after;
	size_t n;
};

static void history_deinit(struct history *h)
{
	struct known *next;

	for (struct known *k = h->tokens; k; k = next) {
		next = k->next;
		free(k);
	}
	for (size_t i = 0; i < h->n; i++)
		bytes_deinit(&h->after[i]);
	free(h->after);
}

static struct known *find_known(struct history *h, const char *id)
{
	struct known **at = &h->tokens, *k;

	while (*at && strcmp((*at)->id, id) < 0)
		at = &(*at)->next;
	if (*at && strcmp((*at)->id, id) == 0)
		return *at;

	k = unit_allocate(sizeof(*k));
	snprintf(k->id, sizeof(k->id), "%s", id);
	k->next = *at;
	*at = k;
	return k;
}

static void print_known(const char *id, enum token_state state, struct bytes *b)
{
	unit_must(bytes_appendf(b, "%s %s\n", id, token_state_name(state)));
}

static void append_history(struct history *h)
{
	h->after = reallocarray(h->after, h->n + 1, sizeof(*h->after));
	if (!h->after)
		err(UNIT_FAILED, "powercut");
	bytes_init(&h->after[h->n], BYTES_PRINTED_MAX);
	for (const struct known *k = h->tokens; k; k = k->next)
		print_known(k->id, k->state, &h->after[h->n]);
	h->n++;
}

static bool is_action(const struct json *request, const char *name)
{
	const char *action = json_get_string(request, "action");

	return action && strcmp(action, name) == 0;
}

/* The state of a token after this answer; TOKEN_ABSENT: the answer changes none. */
static enum token_state answered(
	const struct json *request, const struct json *reply, const char **ret_id)
{
	const char *decision = json_get_string(reply, "decision");
	const char *outcome = json_get_string(reply, "outcome");
	bool ok = outcome && strcmp(outcome, "ok") == 0;

	*ret_id = json_get_string(request, "pattern");
	if (ok && is_action(request, "local.exec.allow.add"))
		return TOKEN_APPROVED;
	*ret_id = json_get_string(request, "id");
	if (ok && is_action(request, "local.exec.allow.remove"))
		return TOKEN_REVOKED;

	*ret_id = json_get_string(request, "token_id");
	if (ok && is_action(request, "local.exec.approve"))
		return TOKEN_APPROVED;
	if (ok && is_action(request, "local.exec.revoke"))
		return TOKEN_REVOKED;

	*ret_id = json_get_string(request, "approval_token");
	if (decision && strcmp(decision, "allow") == 0)
		return TOKEN_CONSUMED;
	if (*ret_id || !decision || strcmp(decision, "pending_hitl") != 0)
		return TOKEN_ABSENT;

	*ret_id = json_get_string(reply, "approval_token");
	return TOKEN_PENDING;
}

/* The last line of an answer, with its newline. */
static const char *last_line(const struct bytes *reply)
{
	const char *text = bytes_str(reply), *newline;

	newline = reply->len > 1 ? memrchr(text, '\n', reply->len - 1) : NULL;
	return newline ? newline + 1 : text;
}

/* A removed entry is found by its ID. An added one has its ID in the first line of the reply. */
static struct known *find_changed(struct history *h, const char *id, const struct bytes *reply)
{
	cleanup(json_doc_free_p) struct json_doc *item = NULL;
	struct scan_fault fault;
	struct known *k;

	for (k = h->tokens; k; k = k->next)
		if (is_entry(k) && strcmp(k->entry, id) == 0)
			return k;

	k = find_known(h, id);
	if (is_entry(k)
		&& json_parse(bytes_str(reply), strcspn(bytes_str(reply), "\n"), &item, &fault)
			== 0)
		snprintf(k->entry, sizeof(k->entry), "%s", json_get_string(json_root(item), "id"));
	return k;
}

/* Whether the answer says that a token has changed; adds the change to `h`, unless it is NULL. */
static bool note_answer(struct history *h, const struct bytes *request, const struct bytes *reply)
{
	cleanup(json_doc_free_p) struct json_doc *asked = NULL, *said = NULL;
	struct scan_fault fault;
	enum token_state state;
	const char *id;

	if (json_parse(bytes_str(request), request->len, &asked, &fault) != 0
		|| json_parse(last_line(reply), strlen(last_line(reply)), &said, &fault) != 0)
		return false;

	state = answered(json_root(asked), json_root(said), &id);
	if (state == TOKEN_ABSENT || !id)
		return false;

	if (h) {
		find_changed(h, id, reply)->state = state;
		append_history(h);
	}
	return true;
}

/* --- the loaded state ------------------------------------------------------------------------- */

/* A state of the disk that was loaded, and the result. */
struct found {
	uint8_t key[SHA256_LEN];
	bool closed;
	struct bytes tokens; /* as in the history; or why the store is closed */
	struct found *next;
};

/* The last request at a socket, such as "socket:[4711]". */
struct heard {
	char socket[40];
	struct bytes request;
	struct heard *next;
};

struct powercut {
	bool evidence;
	const char *state_dir, *work_dir, *begin_dir;
	size_t state_dir_len;
	struct moment now;

	struct disk *disk;
	struct heard *heard;
	struct history history;
	size_t answers;     /* that were sent so far */
	bool history_known; /* second pass, with the disk states */

	struct map found;
	struct found *first_found;
	size_t n_points, n_states, n_violations;
};

static void write_file(int dir_fd, const struct disk_file *f)
{
	int fd;

	if (unlinkat(dir_fd, f->name, 0) < 0 && errno != ENOENT)
		err(UNIT_FAILED, "%s", f->name);
	if (!f->data)
		return;

	fd = openat(dir_fd, f->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		err(UNIT_FAILED, "%s", f->name);
	unit_must(file_write(fd, f->data, f->len));
	close(fd);
}

static bool has_entry(const struct allowlist *list, const char *pattern)
{
	for (size_t i = 0; i < allowlist_size(list); i++)
		if (strcmp(allowlist_entry(list, i)->pattern, pattern) == 0)
			return true;
	return false;
}

/* Prints only tokens and entries that an answer has named, in the order of their IDs. */
static void print_tokens(const struct history *h, struct store *store, const struct allowlist *list,
	struct bytes *ret)
{
	const struct token *t;
	uint8_t id[TOKEN_ID_LEN];

	for (const struct known *k = h->tokens; k; k = k->next) {
		if (is_entry(k)) {
			print_known(k->id, has_entry(list, k->id) ? TOKEN_APPROVED : TOKEN_REVOKED,
				ret);
			continue;
		}
		unit_must(notation_parse_uuid(k->id, strlen(k->id), id));
		t = store_find(store, id);
		if (t)
			print_known(k->id, t->state, ret);
	}
}

static int add_fault(uint64_t line, const char *what, void *userdata)
{
	return bytes_appendf(userdata, "record %llu: %s", (unsigned long long)line, what);
}

/* Whether a line of the log has the ID and one of these words. */
static bool is_told(const char *log, const char *id, const char *word, const char *other)
{
	cleanup(free_p) char *copy = strdup(log);
	char *rest = copy, *line;

	unit_must(copy ? 0 : -ENOMEM);
	while ((line = strsep(&rest, "\n")))
		if (strstr(line, id) && (strstr(line, word) || strstr(line, other)))
			return true;
	return false;
}

/* A missing entry needs no record: it may never have been added. */
static bool is_on_record(const char *log, const struct known *k, const char *state)
{
	if (strcmp(state, "pending") == 0)
		return is_told(log, k->id, "\"pending_hitl\"", "\"state\":\"pending\"");
	if (strcmp(state, "approved") == 0)
		return is_entry(k)
			? is_told(log, k->id, "local.exec.allow.add", "\"change\":\"add\"")
			: is_told(log, k->id, "local.exec.approve", "\"state\":\"approved\"");
	if (strcmp(state, "consumed") == 0)
		return is_told(log, k->id, "\"decision\":\"allow\"", "\"state\":\"consumed\"");
	return is_entry(k) || is_told(log, k->id, "local.exec.revoke", "\"state\":\"revoked\"");
}

/* Appends the fault of the log; nothing if it is valid and has a record of each token and entry. */
static void check_log(
	const struct powercut *p, const char *path, const struct bytes *tokens, struct bytes *why)
{
	cleanup(free_p) char *log = NULL, *copy = strdup(bytes_str(tokens));
	const struct verify_options options = { 0 };
	struct verify_report report;
	char *rest = copy, *line;
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file || !copy)
		err(UNIT_FAILED, "%s", path);
	unit_must(verify_stream(fileno(file), &options,
		&(struct verify_calls){ .fault = add_fault }, why, &report));
	rewind(file);
	log = unit_read(file, &len);
	fclose(file);

	/* An empty stream is a fault for an auditor, but not here. */
	if (len == 0)
		bytes_clear(why);
	while ((line = strsep(&rest, "\n")) && line[0])
		for (const struct known *k = p->history.tokens; k; k = k->next)
			if (strncmp(line, k->id, strlen(k->id)) == 0
				&& !is_on_record(log, k, line + strlen(k->id) + 1))
				unit_must(bytes_appendf(why, "not on record: %s\n", line));
}

/* Loads the daemon's other files. If one of them is closed, `why` gets the reason. */
static void load_all(const struct powercut *p, struct state_dir *dir, struct store *store,
	struct found *f, struct bytes *why)
{
	cleanup(evidence_free_p) struct evidence *evidence = NULL;
	cleanup(free_p) char *path = NULL;
	struct allowlist_file list;
	const char *closed;

	if (asprintf(&path, "%s/" LOG, p->work_dir) < 0)
		unit_must(-ENOMEM);
	unit_must(evidence_new(&(struct evidence_options){ .path = path,
				       .state_dir = dir,
				       .owner = getuid(),
				       .readers = FILE_NO_GROUP },
		&evidence));
	allowlist_file_init(&list, dir);
	allowlist_file_refresh(&list, &p->now);
	evidence_prepare(evidence, store, list.list, &p->now);

	closed = allowlist_file_closed(&list);
	if (!closed)
		closed = evidence_closed(evidence);
	if (closed)
		unit_must(bytes_append_str(why, closed));
	else
		print_tokens(&p->history, store, list.list, &f->tokens);
	if (!closed)
		check_log(p, path, &f->tokens, why);
	allowlist_file_deinit(&list);
}

/* Loads the work directory twice, as a daemon would: the second load finds it at rest. */
static void load(struct powercut *p, struct found *f)
{
	for (int n = 0; n < 2 && !f->closed; n++) {
		cleanup(state_dir_free_p) struct state_dir *dir = NULL;
		cleanup(store_free_p) struct store *store = NULL;
		cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;

		unit_must(state_dir_new(p->work_dir, getuid(), &dir));
		unit_must(file_store_new(dir, &p->now, &store));
		bytes_clear(&f->tokens);
		if (store_closed(store))
			unit_must(bytes_append_str(&why, store_closed(store)));
		else if (p->evidence)
			load_all(p, dir, store, f, &why);
		else
			print_tokens(&p->history, store, NULL, &f->tokens);

		f->closed = why.len > 0;
		if (f->closed)
			unit_must(bytes_append(&f->tokens, why.data, why.len));
	}
}

static void hash_state(const struct disk_file *files, size_t n, uint8_t ret[static 32])
{
	struct sha256 hash;

	sha256_init(&hash);
	for (size_t i = 0; i < n; i++) {
		sha256_update(&hash, files[i].name, strlen(files[i].name) + 1);
		sha256_update(&hash, &files[i].len, sizeof(files[i].len));
		sha256_update(&hash, (files[i].data ? "+" : "-"), 1);
		if (files[i].data)
			sha256_update(&hash, files[i].data, files[i].len);
	}
	sha256_final(&hash, ret);
}

static const struct found *find_state(struct powercut *p, const struct disk_file *files, size_t n)
{
	uint8_t key[SHA256_LEN];
	struct found *f;
	int dir_fd;

	hash_state(files, n, key);
	f = map_get(&p->found, key);
	if (f)
		return f;

	f = unit_allocate(sizeof(*f));
	memcpy(f->key, key, sizeof(key));
	bytes_init(&f->tokens, BYTES_PRINTED_MAX);
	f->next = p->first_found;
	p->first_found = f;
	unit_must(map_put(&p->found, f->key, f));

	dir_fd = open(p->work_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		err(UNIT_FAILED, "%s", p->work_dir);
	/* The load before has written its own. */
	if (unlinkat(dir_fd, TOKENS_MARK_NAME, 0) < 0 && errno != ENOENT)
		err(UNIT_FAILED, TOKENS_MARK_NAME);
	for (size_t i = 0; i < n; i++)
		write_file(dir_fd, &files[i]);
	close(dir_fd);
	load(p, f);
	return f;
}

static void violation(
	struct powercut *p, const struct disk_file *files, size_t n, const struct found *f)
{
	if (p->n_violations++ >= VIOLATIONS_SHOWN)
		return;

	printf("point %zu, after %zu answers:\n", p->n_points, p->answers);
	for (size_t i = 0; i < n; i++)
		printf("  %s: %s, %zu bytes\n", files[i].name,
			files[i].data ? "there" : "not there", files[i].len);
	printf("  %s:\n%s", f->closed ? "is closed" : "has", bytes_str(&f->tokens));
	printf("  but should have at least:\n%s", bytes_str(&p->history.after[p->answers]));
}

/* Whether each of `lines` is in `text`; both are in the same order. */
static bool has_lines(const char *text, const char *lines)
{
	for (size_t len; *lines; lines += len) {
		len = strcspn(lines, "\n") + 1;
		while (*text && strncmp(text, lines, len) != 0)
			text += strcspn(text, "\n") + 1;
		if (!*text)
			return false;
	}
	return true;
}

/* A mark that is not whole says as little as a missing one, and needs no load of its own. */
static void drop_torn_mark(const struct disk_file *files, size_t n, struct disk_file *ret)
{
	struct journal_mark mark;
	const char *end;

	for (size_t i = 0; i < n; i++) {
		ret[i] = files[i];
		if (!files[i].data || strcmp(files[i].name, TOKENS_MARK_NAME) != 0)
			continue;

		end = files[i].len > 0 ? memchr(files[i].data, ' ', files[i].len) : NULL;
		if (!end
			|| journal_mark_parse(files[i].data, (size_t)(end - files[i].data), &mark)
				!= 0) {
			ret[i].data = NULL;
			ret[i].len = 0;
		}
	}
}

/* A token that no answer has named by then may be there or not: it was being issued. */
static void check_state(const struct disk_file *given, size_t n, void *userdata)
{
	struct powercut *p = userdata;
	struct disk_file files[FILES_MAX];
	const struct found *f;

	if (n > FILES_MAX)
		errx(UNIT_FAILED, "too many files");
	drop_torn_mark(given, n, files);
	f = find_state(p, files, n);
	for (size_t i = p->answers; i < p->history.n && !f->closed; i++)
		if (has_lines(bytes_str(&f->tokens), bytes_str(&p->history.after[i])))
			return;
	violation(p, files, n, f);
}

static void powercut_deinit(struct powercut *p)
{
	struct found *next;

	map_deinit(&p->found);
	for (struct found *f = p->first_found; f; f = next) {
		next = f->next;
		bytes_deinit(&f->tokens);
		free(f);
	}
	for (struct heard *h = p->heard, *after; h; h = after) {
		after = h->next;
		bytes_deinit(&h->request);
		free(h);
	}
	history_deinit(&p->history);
}

/* The power fails: checks all states of the disk. */
static void cut(struct powercut *p)
{
	if (!p->history_known)
		return;

	p->n_points++;
	p->n_states += disk_states(p->disk, TOKENS, p->evidence ? LOG_STEP : 1, check_state, p);
	if (p->evidence) {
		p->n_states += disk_states(p->disk, LOG, LOG_STEP, check_state, p);
		p->n_states += disk_states(p->disk, HEAD_FILE_NAME, 1, check_state, p);
	}
}

/* --- the run ---------------------------------------------------------------------------------- */

/* Whether the file is checked, or will replace one that is. */
static bool is_kept(const struct powercut *p, const char *name)
{
	static const char *const names[] = { TOKENS, TOKENS_MARK_NAME, LIST, LOG, HEAD_FILE_NAME };

	for (size_t i = 0; i < (p->evidence ? LENGTH(names) : 2); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The name of a checked file in the state directory; NULL for any other path. */
static const char *name_of(const struct powercut *p, const struct bytes *path)
{
	const char *name = bytes_str(path) + p->state_dir_len + 1;

	if (path->len <= p->state_dir_len || path->data[p->state_dir_len] != '/'
		|| memcmp(path->data, p->state_dir, p->state_dir_len) != 0)
		return NULL;
	return is_kept(p, name) ? name : NULL;
}

/* The name in a call's arguments: relative to the directory's descriptor, or a whole path. */
static const char *name_at(const struct powercut *p, const struct call *c, size_t i)
{
	const char *name = bytes_str(&c->strings[i + 1]);

	if (name[0] == '/')
		return name_of(p, &c->strings[i + 1]);
	return strcmp(bytes_str(&c->strings[i]), p->state_dir) == 0 && is_kept(p, name) ? name
											: NULL;
}

/* Applies a call on a file to the disk. Returns whether it changed anything. */
static bool follow_file(struct powercut *p, const struct call *c)
{
	const char *name = name_of(p, &c->strings[0]);

	if (!name)
		return false;
	if (call_is(c, "write"))
		return disk_append(p->disk, name, bytes_str(&c->strings[1]), c->strings[1].len);
	if (call_is(c, "pwrite64"))
		return disk_write(
			p->disk, name, c->number, bytes_str(&c->strings[1]), c->strings[1].len);
	if (call_is(c, "ftruncate"))
		return disk_truncate(p->disk, name, c->number);
	if (call_is(c, "fsync") || call_is(c, "fdatasync"))
		return disk_sync(p->disk, name);
	return false;
}

static bool follow_directory(struct powercut *p, const struct call *c)
{
	const char *name = name_at(p, c, 0);

	if (call_is(c, "fsync") && strcmp(bytes_str(&c->strings[0]), p->state_dir) == 0) {
		disk_sync_directory(p->disk);
		return true;
	}
	if (!name)
		return false;
	if (call_is(c, "openat") && c->creates) {
		disk_create(p->disk, name);
		return true;
	}
	if (call_is(c, "renameat"))
		return disk_rename(p->disk, name, name_at(p, c, 2));
	if (call_is(c, "unlinkat"))
		return disk_remove(p->disk, name);
	return false;
}

/* The content from before the run is durable. */
static void begin_with(struct powercut *p, const char *name)
{
	cleanup(free_p) char *path = NULL, *data = NULL;
	size_t len;
	FILE *file;

	if (asprintf(&path, "%s/%s", p->begin_dir, name) < 0)
		unit_must(-ENOMEM);
	file = fopen(path, "re");
	if (!file)
		err(UNIT_USAGE, "%s", path);
	data = unit_read(file, &len);
	fclose(file);
	disk_begin_with(p->disk, name, data, len);
}

/* The last request at this socket; socket names are not reused. */
static struct bytes *find_heard(struct powercut *p, const char *socket)
{
	struct heard *heard;

	for (heard = p->heard; heard; heard = heard->next)
		if (strcmp(heard->socket, socket) == 0)
			return &heard->request;

	heard = unit_allocate(sizeof(*heard));
	snprintf(heard->socket, sizeof(heard->socket), "%s", socket);
	bytes_init(&heard->request, BYTES_PRINTED_MAX);
	heard->next = p->heard;
	p->heard = heard;
	return &heard->request;
}

/* Whether the call sent an answer that the client may rely on from now on. */
static bool follow_socket(struct powercut *p, const struct call *c)
{
	struct history *h = p->history_known ? NULL : &p->history;
	struct bytes *request;

	if (call_is(c, "recvfrom") && c->n_strings == 2) {
		request = find_heard(p, bytes_str(&c->strings[0]));
		bytes_clear(request);
		unit_must(bytes_append(request, bytes_str(&c->strings[1]), c->strings[1].len));
	}
	if (!call_is(c, "sendto")
		|| !note_answer(h, find_heard(p, bytes_str(&c->strings[0])), &c->strings[1]))
		return false;

	p->answers++;
	return true;
}

static void follow(struct powercut *p, FILE *trace)
{
	cleanup(free_p) char *line = NULL;
	struct call call;
	size_t size = 0;

	p->answers = 0;
	p->disk = disk_new();
	if (p->begin_dir) {
		begin_with(p, TOKENS);
		begin_with(p, TOKENS_MARK_NAME);
	}
	rewind(trace);
	while (getline(&line, &size, trace) > 0) {
		if (call_read(line, &call)) {
			if (follow_directory(p, &call) || follow_file(p, &call)
				|| follow_socket(p, &call))
				cut(p);
		}
		call_deinit(&call);
	}
	disk_free(p->disk);
}

int unit_powercut(int argc, char **argv)
{
	struct powercut p = { .evidence = argc > 1 && strcmp(argv[1], "--evidence") == 0 };
	FILE *trace;

	argc -= p.evidence;
	argv += p.evidence;
	if (argc != 4 && argc != 5)
		return unit_usage("powercut [--evidence] TRACE STATE-DIR WORK-DIR [BEGIN-DIR]");

	p.state_dir = argv[2];
	p.state_dir_len = strlen(argv[2]);
	p.work_dir = argv[3];
	p.begin_dir = argv[4];
	p.now = unit_now();
	map_init(&p.found, sizeof(((struct found *)NULL)->key));
	append_history(&p.history);
	trace = fopen(argv[1], "re");
	if (!trace)
		err(UNIT_USAGE, "%s", argv[1]);

	follow(&p, trace);
	p.history_known = true;
	follow(&p, trace);
	fclose(trace);

	printf("%zu answers, %zu points, %zu states, %zu different ones, %zu wrong\n", p.answers,
		p.n_points, p.n_states, map_size(&p.found), p.n_violations);
	powercut_deinit(&p);
	return p.n_violations > 0 ? UNIT_FAILED : UNIT_OK;
}
