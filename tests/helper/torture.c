/* SPDX-License-Identifier: ISC */

/*
 * `unit torture [OPTION…] SOCKET STATE-DIR LOG -- COMMAND [ARG…]`: kills a daemon again and again.
 * COMMAND is started with a listening socket as systemd would, put under load, and killed at a
 * random moment; then the next one is started. SOCKET is bound here, once, so that clients that
 * connect while no daemon runs wait for the next. In most lives all tokens are listed first, and
 * must be as the clients know them (torture-model.h); the other daemons are killed before that,
 * while they load or write the file anew. Some daemons are told to leave before they are killed.
 *
 * Time passes by $FIRMA_TEST_CLOCK, while no daemon runs, whenever so much has been issued that
 * dropping the superseded lines is worth it.
 *
 * Some clients wait for a decision, and two operators watch in most lives.
 *
 * One process; a client is a connection with one request, then another. Standard output has the
 * seed first, and the counts at the end, as a line of JSON. Exit status: 0 no violation; 1 a
 * violation, which standard error describes; 3 no progress for a minute.
 */

#include "helper/unit.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "helper/torture-model.h"
#include "helper/torture-watch.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

#define FIRST_FD 3

#define N_CLIENTS 16
#define WAITING_MAX 5 /* of these, clients whose answer is held back */

/* The most replies before a kill, and then the most µs: a busy machine must not change the load. */
#define LOAD_REPLIES 80
#define LOAD_TIME 500

#define NEVER (UINT64_MAX / 2)
#define ANY_NUMBER (SIZE_MAX / 2)

/* Longer than a token's life, but shorter than the time after which it is forgotten. */
#define AGE_US INT64_C(301000000)

/*
 * The bytes that are issued before time passes: in turns more than the superseded size at which a
 * file is rewritten, and so little that the superseded lines outweigh the live ones.
 */
static const size_t budgets[] = { 1400000, 200000 };

/* The file counts as shrunk if it has lost this much since the last look. */
#define SHRUNK_MIN 1000000

/* The length of the text that fills an argument: mostly short, seldom very long. */
static const size_t fillings[] = { 20, 150, 150, 400, 1000, 3000, 6000, 20000 };

static const char form[] = "torture [OPTION...] SOCKET STATE-DIR LOG -- COMMAND [ARG...]\n"
			   "  --kills N  how many (default: 200)\n"
			   "  --seed N   which moments and requests (default: random)";

struct client {
	struct model_request request;
	struct bytes reply;
};

struct torture {
	unsigned long kills, seed;
	struct sockaddr_un address;
	const char *clock; /* file */
	char **command;
	int listener, state_dir, log;

	uint64_t random;
	struct model model;
	struct client clients[N_CLIENTS];
	struct pollfd fds[N_CLIENTS]; /* the clients' connections; -1: none */
	size_t busy;                  /* clients with a connection */
	size_t waiting;               /* of these, clients whose answer is held back */
	struct torture_watch watches[MODEL_WATCHERS];
	size_t replies; /* so far */
	bool again;     /* send the last request a second time */
	struct model_request last;

	pid_t daemon;
	bool dead;           /* by our signal */
	uint64_t started;    /* the daemon's start, in µs */
	uint64_t start_time; /* µs until the last waited-for daemon was checked */
	size_t issued;       /* bytes since time last passed */
	size_t ages;         /* how often time has passed */

	/* Printed at the end. */
	unsigned long killed, early, stopping, rewriting, checked, shrunk;
	off_t size, largest; /* of the file: at the last look, and ever */
};

static uint64_t now_us(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		err(UNIT_FAILED, "clock_gettime");
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* SplitMix64: any seed will do. */
static uint64_t mix(uint64_t n)
{
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

/* From 0 to n - 1. */
static uint64_t pick(struct torture *t, uint64_t n)
{
	return mix(t->random += UINT64_C(0x9e3779b97f4a7c15)) % (n ? n : 1);
}

static bool one_in(struct torture *t, uint64_t n)
{
	return pick(t, n) == 0;
}

/* --- requests --------------------------------------------------------------------------------- */

static size_t filling(size_t token)
{
	return fillings[mix(token) % LENGTH(fillings)] + mix(token + 1) % 20;
}

static void print_exec(const struct torture *t, struct model_request request, struct bytes *b)
{
	const char *id = t->model.tokens[request.token].id;
	char filled[32768];

	memset(filled, 'x', filling(request.token));
	filled[filling(request.token)] = '\0';
	if (bytes_appendf(b,
		    "{\"action\":\"local.exec\",\"executable\":\"/usr/bin/git\","
		    "\"args\":[\"%zu\",\"%s\"],\"sandbox_id\":\"sbx\",\"session_id\":\"sess\","
		    "\"profile\":\"generic\",\"hitl_mode\":\"async_token\"",
		    request.token, filled)
			< 0
		|| (request.action == MODEL_RETRY
			&& bytes_appendf(b, ",\"approval_token\":\"%s\"", id) < 0)
		|| (request.waits && bytes_append_str(b, ",\"wait_ms\":600000") < 0)
		|| bytes_append_str(b, "}\n") < 0)
		errx(UNIT_FAILED, "out of memory");
}

static void print_request(const struct torture *t, struct model_request request, struct bytes *b)
{
	if (request.action != MODEL_APPROVE && request.action != MODEL_REVOKE) {
		print_exec(t, request, b);
		return;
	}
	if (bytes_appendf(b, "{\"action\":\"local.exec.%s\",\"token_id\":\"%s\"}\n",
		    request.action == MODEL_APPROVE ? "approve" : "revoke",
		    t->model.tokens[request.token].id)
		< 0)
		errx(UNIT_FAILED, "out of memory");
}

static bool is_live(const struct model_token *token)
{
	return token->states & (MODEL_BIT(MODEL_PENDING) | MODEL_BIT(MODEL_APPROVED));
}

/*
 * Chooses one of the last tokens that has an ID, preferably live and without a request on its way.
 */
static bool choose_token(struct torture *t, size_t *ret)
{
	const struct model *m = &t->model;
	size_t n = m->n - m->first < 64 ? m->n - m->first : 64, token;

	for (int tries = 0; n > 0 && tries < 8; tries++) {
		token = m->n - 1 - pick(t, n);
		if (!m->tokens[token].id[0] || (tries < 4 && !is_live(&m->tokens[token]))
			|| (m->tokens[token].in_flight > m->tokens[token].waiting && !one_in(t, 8)))
			continue;
		*ret = token;
		return true;
	}
	return false;
}

static enum model_action choose_action(struct torture *t, const struct model_token *token)
{
	uint64_t n = pick(t, 20);

	if (token->states == MODEL_BIT(MODEL_PENDING))
		return n < 14 ? MODEL_APPROVE : n < 17 ? MODEL_RETRY : MODEL_REVOKE;
	return n < 15 ? MODEL_RETRY : n < 17 ? MODEL_APPROVE : MODEL_REVOKE;
}

/* Half of the retries of an approved token are sent twice, by two clients at once. */
static bool choose(struct torture *t, struct model_request *ret)
{
	struct model_request request = { 0 };

	if (t->again) {
		t->again = false;
		*ret = t->last;
		return true;
	}
	if (pick(t, 10) < 3 && t->issued < budgets[t->ages % LENGTH(budgets)]) {
		request.token = model_add(&t->model);
		t->issued += filling(request.token);
		request.waits = t->waiting < WAITING_MAX && one_in(t, 3);
		request.action = request.waits ? MODEL_ASK : MODEL_ISSUE;
	} else {
		if (!choose_token(t, &request.token))
			return false;
		request.action = choose_action(t, &t->model.tokens[request.token]);
		request.waits =
			request.action == MODEL_RETRY && t->waiting < WAITING_MAX && one_in(t, 2);
	}
	t->again = request.action == MODEL_RETRY && !request.waits && one_in(t, 2)
		&& (t->model.tokens[request.token].states & MODEL_BIT(MODEL_APPROVED));
	t->last = *ret = request;
	return true;
}

/* --- clients ---------------------------------------------------------------------------------- */

static int connect_to(const struct torture *t, int flags)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		err(UNIT_FAILED, "socket");
	if (connect(fd, (const struct sockaddr *)&t->address, sizeof(t->address)) < 0)
		err(UNIT_FAILED, "connect to %s", t->address.sun_path);
	return fd;
}

/* Sends the whole line: no line is longer than a socket takes at once. */
static void say(int fd, const struct bytes *line)
{
	ssize_t n = send(fd, line->data, line->len, MSG_NOSIGNAL);

	/* A dead daemon is noticed when reading. */
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
		return;
	if (n < 0)
		err(UNIT_FAILED, "send");
	if ((size_t)n != line->len)
		errx(UNIT_FAILED, "a request was sent in part");
}

/* Each client without a connection makes one, and sends a request. */
static void ask(struct torture *t)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;

	for (size_t i = 0; i < N_CLIENTS; i++) {
		struct client *client = &t->clients[i];

		if (t->fds[i].fd >= 0 || !choose(t, &client->request))
			continue;

		bytes_clear(&line);
		bytes_clear(&client->reply);
		print_request(t, client->request, &line);
		t->fds[i].fd = connect_to(t, SOCK_NONBLOCK);
		t->busy++;
		t->waiting += client->request.waits;
		model_send(&t->model, client->request);
		say(t->fds[i].fd, &line);
	}
}

static void leave(struct torture *t, size_t i)
{
	close(t->fds[i].fd);
	t->fds[i].fd = -1;
	t->busy--;
	t->waiting -= t->clients[i].request.waits;
}

/* A watcher is told before a client is answered; so watchers are read first here as well. */
static void read_watches(struct torture *t)
{
	for (size_t i = 0; i < MODEL_WATCHERS; i++)
		torture_watch_read(&t->watches[i], &t->model);
}

/* Reads what has arrived. A reply is a line; the end without one is allowed after a kill. */
static void take_reply(struct torture *t, size_t i)
{
	struct client *client = &t->clients[i];
	char block[4096];
	ssize_t n;

	n = recv(t->fds[i].fd, block, sizeof(block), 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0 && errno != ECONNRESET)
		err(UNIT_FAILED, "recv");
	if (n > 0 && bytes_append(&client->reply, block, (size_t)n) < 0)
		errx(UNIT_FAILED, "out of memory");

	if (n > 0 && block[n - 1] != '\n')
		return;
	if (n > 0) {
		t->replies++;
		model_reply(&t->model, client->request, client->reply.data);
	} else {
		if (!t->dead)
			model_violation(&t->model, "a connection was closed without a reply");
		model_lost(&t->model, client->request);
	}
	leave(t, i);
}

/* Takes all that arrives, and waits up to `us` for the first of it. */
static void take_in(struct torture *t, uint64_t us)
{
	const struct timespec pause = {
		.tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000 * 1000),
	};

	if (ppoll(t->fds, N_CLIENTS, &pause, NULL) < 0)
		err(UNIT_FAILED, "ppoll");
	read_watches(t);
	for (size_t i = 0; i < N_CLIENTS; i++) {
		if (t->fds[i].fd >= 0 && t->fds[i].revents)
			take_reply(t, i);
	}
}

/*
 * Runs until that time or that number of replies; without `anew`, which sends new requests, until
 * all clients but the waiting ones have a reply.
 */
static void converse(struct torture *t, uint64_t until, size_t replies, bool anew)
{
	for (replies += t->replies;;) {
		uint64_t now = now_us();

		if (anew)
			ask(t);
		if (now >= until || t->replies >= replies || (!anew && t->busy == t->waiting))
			return;
		take_in(t, until - now);
	}
}

/* --- the list --------------------------------------------------------------------------------- */

/* An operator's action; `list` gets the whole reply. */
static void operate(const struct torture *t, const char *action, struct bytes *list)
{
	struct bytes line = BYTES_PRINTED;
	cleanup(close_p) int fd = connect_to(t, 0);
	char block[65536];
	ssize_t n;

	if (bytes_appendf(&line, "{\"action\":\"local.exec.%s\"}\n", action) < 0)
		errx(UNIT_FAILED, "out of memory");
	say(fd, &line);
	bytes_deinit(&line);
	while ((n = recv(fd, block, sizeof(block), 0)) > 0) {
		if (bytes_append(list, block, (size_t)n) < 0)
			errx(UNIT_FAILED, "out of memory");
	}
}

/* A token's arguments are its number and its filling. */
static void check_item(struct torture *t, const char *line)
{
	cleanup(cJSON_Delete_p) cJSON *item = cJSON_Parse(line);
	const cJSON *args = cJSON_GetObjectItemCaseSensitive(item, "args");
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "token_id"));
	const char *state = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "state"));
	const char *number = cJSON_GetStringValue(cJSON_GetArrayItem(args, 0));
	const char *filled = cJSON_GetStringValue(cJSON_GetArrayItem(args, 1));
	size_t token;

	if (!id || !state || !number || !filled) {
		model_violation(&t->model, "not a token: %s", line);
		return;
	}

	token = unit_number(number);
	if (strlen(filled) != filling(token))
		model_violation(&t->model, "token %s: its arguments are not what was asked", id);
	model_list_item(&t->model, token, id, state);
}

/* Lists all that is on record, while no client asks. */
static void check(struct torture *t)
{
	static const char ok[] = "{\"outcome\":\"ok\"}";
	cleanup(bytes_deinit) struct bytes list = BYTES_PRINTED;
	char *line, *newline;

	operate(t, "list", &list);
	model_list_begin(&t->model);
	for (line = list.data; line && (newline = strchr(line, '\n')); line = newline + 1) {
		*newline = '\0';
		if (newline + 1 == list.data + list.len)
			break;
		check_item(t, line);
	}
	if (!line || strcmp(line, ok) != 0)
		model_violation(&t->model, "a list ends with '%s'", line ? line : "");
	model_list_end(&t->model);
	t->checked++;
}

/* --- the daemon's lives ----------------------------------------------------------------------- */

static void __attribute__((noreturn)) become_daemon(const struct torture *t)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || dup2(t->listener, FIRST_FD) < 0
		|| dup2(t->log, STDOUT_FILENO) < 0 || dup2(t->log, STDERR_FILENO) < 0
		|| setenv("LISTEN_PID", pid, 1) < 0 || setenv("LISTEN_FDS", "1", 1) < 0
		|| setenv("LISTEN_FDNAMES", "any", 1) < 0)
		_exit(UNIT_FAILED);
	execvp(t->command[0], t->command);
	_exit(UNIT_FAILED);
}

static void start(struct torture *t)
{
	unit_guard(UNIT_PATIENCE);
	t->dead = false;
	t->started = now_us();
	t->daemon = fork();
	if (t->daemon < 0)
		err(UNIT_FAILED, "fork");
	if (t->daemon == 0)
		become_daemon(t);
}

/* The number of requests that the daemon holds back, by its own count. */
static size_t count_held(const struct torture *t)
{
	static const char key[] = "\"waiting\":";
	cleanup(bytes_deinit) struct bytes status = BYTES_PRINTED;
	const char *at;

	operate(t, "status", &status);
	at = strstr(bytes_str(&status), key);
	return at ? strtoul(at + sizeof(key) - 1, NULL, 10) : 0;
}

/* Waits until each client that can be answered is, and then checks the list. */
static void start_and_check(struct torture *t)
{
	start(t);
	converse(t, NEVER, ANY_NUMBER, false);
	while (count_held(t) != t->waiting)
		take_in(t, 0);
	check(t);
	t->start_time = now_us() - t->started;
}

/* Waits for the daemon's end, by our signal or as it was told, and reads its last replies. */
static void bury(struct torture *t, bool told)
{
	int status;

	if (waitpid(t->daemon, &status, 0) < 0)
		err(UNIT_FAILED, "waitpid");
	t->dead = WIFSIGNALED(status)
		&& (WTERMSIG(status) == SIGKILL || (told && WTERMSIG(status) == SIGTERM));
	if (!t->dead && !(told && WIFEXITED(status) && WEXITSTATUS(status) == 0))
		model_violation(&t->model, "the daemon ended by itself: 0x%x", (unsigned)status);

	for (size_t i = 0; i < MODEL_WATCHERS; i++)
		torture_watch_end(&t->watches[i], &t->model);
	for (size_t i = 0; i < N_CLIENTS; i++) {
		if (t->fds[i].fd >= 0)
			take_reply(t, i);
	}
}

/* Whether the file was rewritten since the last look, without superseded lines. */
static bool has_shrunk(struct torture *t)
{
	off_t before = t->size;
	struct stat file;

	if (fstatat(t->state_dir, "tokens.jsonl", &file, 0) < 0)
		return false;
	t->size = file.st_size;
	if (t->size > t->largest)
		t->largest = t->size;
	return before - t->size > SHRUNK_MIN;
}

/* Whether the daemon was killed while it wrote the file anew. */
static bool has_left_half(const struct torture *t)
{
	return faccessat(t->state_dir, "tokens.jsonl.new", F_OK, 0) == 0;
}

/* One life in three is killed without waiting for its list; one in four is told to leave first. */
static void live_and_die(struct torture *t)
{
	bool early = t->start_time > 0 && one_in(t, 3), told = one_in(t, 4);

	for (size_t i = 0; i < MODEL_WATCHERS; i++)
		if (!one_in(t, 3))
			torture_watch_begin(&t->watches[i], &t->address, &t->model);
	ask(t);
	if (early) {
		start(t);
		converse(t, t->started + pick(t, t->start_time), ANY_NUMBER, true);
	} else {
		start_and_check(t);
		converse(t, NEVER, pick(t, LOAD_REPLIES), true);
		converse(t, now_us() + pick(t, LOAD_TIME), ANY_NUMBER, true);
	}
	t->shrunk += has_shrunk(t);
	if (told) {
		kill(t->daemon, SIGTERM);
		converse(t, now_us() + pick(t, t->start_time / 2), ANY_NUMBER, true);
	}

	kill(t->daemon, SIGKILL);
	bury(t, told);
	t->killed += t->dead;
	t->early += early;
	t->stopping += told && t->dead;
	t->rewriting += has_left_half(t);
	/* A daemon that leaves writes the file anew in any case. */
	t->shrunk += has_shrunk(t) && !told;
}

static void stop(struct torture *t)
{
	kill(t->daemon, SIGTERM);
	bury(t, true);
}

static void pass_time(struct torture *t)
{
	cleanup(free_p) char *new_clock = NULL;
	int64_t us = AGE_US * (int64_t)++t->ages;
	FILE *out;

	if (asprintf(&new_clock, "%s.new", t->clock) < 0)
		errx(UNIT_FAILED, "out of memory");
	out = fopen(new_clock, "we");
	if (!out || fprintf(out, "%" PRId64 " %" PRId64 "\n", us, us) < 0 || fclose(out) != 0
		|| rename(new_clock, t->clock) < 0)
		err(UNIT_FAILED, "%s", t->clock);
	model_age(&t->model);
	t->issued = 0;
}

static void torture(struct torture *t)
{
	while (t->killed < t->kills && t->model.tally.violations == 0) {
		live_and_die(t);
		if (t->issued >= budgets[t->ages % LENGTH(budgets)])
			pass_time(t);
	}

	/* A second start, after a clean stop, must give the same list. */
	for (int i = 0; i < 2 && t->model.tally.violations == 0; i++) {
		start_and_check(t);
		stop(t);
	}
}

/* --- the program ------------------------------------------------------------------------------ */

static void report(const struct torture *t)
{
	const struct model_tally *m = &t->model.tally;

	printf("{\"kills\":%lu,\"early\":%lu,\"stopping\":%lu,\"rewriting\":%lu,"
	       "\"checked\":%lu,\"ages\":%zu,\"shrunk\":%lu,\"largest\":%lld,",
		t->killed, t->early, t->stopping, t->rewriting, t->checked, t->ages, t->shrunk,
		(long long)t->largest);
	printf("\"issued\":%lu,\"approved\":%lu,\"revoked\":%lu,\"allowed\":%lu,\"refused\":%lu,"
	       "\"held\":%lu,\"events\":%lu,\"too_late\":%lu,\"raced\":%lu,\"lost\":%lu,"
	       "\"applied\":%lu,\"unapplied\":%lu,\"violations\":%lu}\n",
		m->issued, m->approved, m->revoked, m->allowed, m->refused, m->held, m->events,
		m->stopping, m->raced, m->lost, m->applied, m->unapplied, m->violations);
}

/* At a descriptor above the one that the daemon gets. */
static int listen_at(const struct sockaddr_un *address)
{
	cleanup(close_p) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int high;

	if (fd < 0)
		err(UNIT_FAILED, "socket");
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		err(UNIT_FAILED, "bind %s", address->sun_path);
	if (listen(fd, SOMAXCONN) < 0)
		err(UNIT_FAILED, "listen");

	high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD + 1);
	if (high < 0)
		err(UNIT_FAILED, "fcntl");
	return high;
}

static void prepare(struct torture *t, char **words)
{
	t->clock = getenv("FIRMA_TEST_CLOCK");
	if (!t->clock)
		errx(UNIT_USAGE, "FIRMA_TEST_CLOCK is not set");

	t->address = unit_address(words[0]);
	t->command = words + 3;
	t->listener = listen_at(&t->address);
	if (mkdir(words[1], 0700) < 0 && errno != EEXIST)
		err(UNIT_FAILED, "%s", words[1]);
	t->state_dir = open(words[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->state_dir < 0)
		err(UNIT_FAILED, "%s", words[1]);
	t->log = open(words[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (t->log < 0)
		err(UNIT_FAILED, "%s", words[2]);

	t->random = t->seed;
	printf("seed %lu\n", t->seed);
	fflush(stdout);
	for (size_t i = 0; i < MODEL_WATCHERS; i++)
		torture_watch_init(&t->watches[i], i);
	for (size_t i = 0; i < N_CLIENTS; i++) {
		bytes_init(&t->clients[i].reply, BYTES_PRINTED_MAX);
		t->fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	}
}

static void torture_deinit(struct torture *t)
{
	for (size_t i = 0; i < N_CLIENTS; i++) {
		close_p(&t->fds[i].fd);
		bytes_deinit(&t->clients[i].reply);
	}
	model_deinit(&t->model);
	close_p(&t->listener);
	close_p(&t->state_dir);
	close_p(&t->log);
}

int unit_torture(int argc, char **argv)
{
	static const struct option options[] = {
		{ "kills", required_argument, NULL, 'k' },
		{ "seed", required_argument, NULL, 's' },
		{ 0 },
	};
	struct torture t = { .kills = 200 };
	int c;

	if (getrandom(&t.seed, sizeof(t.seed), 0) < 0)
		err(UNIT_FAILED, "getrandom");
	t.seed %= 1000000;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			t.kills = unit_number(optarg);
			break;
		case 's':
			t.seed = unit_number(optarg);
			break;
		default:
			return unit_usage(form);
		}
	}
	/* getopt moves the other arguments to the end, and drops the "--" before them. */
	if (argc - optind < 4)
		return unit_usage(form);

	prepare(&t, argv + optind);
	torture(&t);
	report(&t);
	c = t.model.tally.violations == 0 ? UNIT_OK : UNIT_FAILED;
	torture_deinit(&t);
	return c;
}
