/* SPDX-License-Identifier: ISC */

/*
 * The cost of tokens.
 *
 * `unit fill STATE-DIR N` puts N pending tokens on record, as a daemon would leave them.
 *
 * `unit cost SOCKET PROCESS SOCKET PROCESS` compares two daemons, the second of which has more
 * tokens. In turns, each goes through the same changes: an issue, its approval, its consumption.
 * Prints, as a line of JSON, the µs of processor time that such a life of a token costs the first
 * daemon, the ratio of the second daemon to the first (the median over all turns), and the resident
 * memory of each, in bytes.
 *
 * `unit cost --allow SOCKET PROCESS SOCKET PROCESS` compares them by requests that both allow.
 *
 * `unit activate SOCKET COMMAND [ARG…]` starts a daemon that serves SOCKET, asks it for its status,
 * and kills it, again and again. Prints, as a line of JSON, the medians of the ms from the start to
 * the reply, and of the ms of processor time until the daemon's end.
 */

#include "helper/unit.h"

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/json/tree.h"
#include "ledger/store/file-store.h"

/* The lifetime of the tokens that `fill` makes. */
#define TTL (UINT64_C(86400) * CLOCK_SECOND)

#define TURNS 25
#define LIVES 20 /* tokens in a turn */

#define ACTIVATIONS 9

/* Puts the n-th token on record; the tokens differ in their ID and in one argument. */
static void put(struct store *store, const struct moment *now, unsigned long n)
{
	static const char format[] = "push%corigin%cbranch-%lu";
	char args[64];
	int len = snprintf(args, sizeof(args), format, '\0', '\0', n) + 1;
	struct token token = {
		.id = { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24) },
		.state = TOKEN_PENDING,
		.asked.executable = "/usr/bin/git",
		.asked.args.text = args,
		.asked.args.n = 3,
		.asked.args.len = (uint32_t)len,
		.asked.session_id = "4c1d7cd4-5b1c-4d8e-9a34-1f6f0f1f7a11",
		.asked.sandbox_id = "sandbox-1",
		.asked.profile = "generic",
		.asked.agent_id = "agent",
		.asked.cwd = "/home/user/project",
		.process = "agent",
		.rule = "default_action",
		.uid = getuid(),
		.pid = 1234,
		.issued = now->clock.boot,
		.expires = now->clock.boot + TTL,
		.latest = now->clock.boot + TTL,
		.issued_wall = now->clock.wall,
	};
	struct token_change change = { .to = TOKEN_PENDING };

	memcpy(token.boot_id, now->boot_id, sizeof(token.boot_id));
	fingerprint_compute(&token.asked, token.fingerprint);
	memcpy(change.id, token.id, sizeof(change.id));
	change.issued = token_new(&token);
	unit_must(change.issued ? 0 : -ENOMEM);
	unit_must(store_measure(store, &change));
	unit_must(store_apply(store, &change));
	token_change_deinit(&change);
}

int unit_fill(int argc, char **argv)
{
	cleanup(state_dir_free_p) struct state_dir *dir = NULL;
	cleanup(store_free_p) struct store *store = NULL;
	const struct moment now = unit_now();
	unsigned long n;

	if (argc != 3)
		return unit_usage("fill STATE-DIR N");

	n = unit_number(argv[2]);
	unit_must(state_dir_new(argv[1], getuid(), &dir));
	unit_must(file_store_new(dir, &now, &store));
	if (store_closed(store))
		errx(UNIT_FAILED, "%s", store_closed(store));
	for (unsigned long i = 0; i < n; i++) {
		put(store, &now, i);
		/* A batch has a size limit, so commit now and then. */
		if (i % 1000 == 999)
			unit_must(store_commit(store));
	}
	unit_must(store_commit(store));
	unit_must(store_put_to_rest(store));
	return UNIT_OK;
}

struct daemon {
	struct sockaddr_un address;
	clockid_t clock; /* of the daemon's processor time */
	unsigned long process;
	double us[TURNS]; /* that one token's life took */
};

static struct daemon daemon_of(char **words)
{
	struct daemon d = { .address = unit_address(words[0]), .process = unit_number(words[1]) };

	if (clock_getcpuclockid((pid_t)d.process, &d.clock) != 0)
		errx(UNIT_FAILED, "there is no process %s", words[1]);
	return d;
}

static double us_of(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time) < 0)
		err(UNIT_FAILED, "clock_gettime");
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Sends a line and reads the reply, which must contain `expected`. */
static void exchange(const struct sockaddr_un *address, const struct bytes *line,
	const char *expected, char reply[static 4096])
{
	const struct timespec pause = { .tv_nsec = 50000 };
	cleanup(close_p) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;
	ssize_t n;

	/* A daemon that was just started may not listen yet. */
	while (connect(fd, (const void *)address, sizeof(*address)) < 0) {
		if (errno != ENOENT && errno != ECONNREFUSED)
			err(UNIT_FAILED, "%s", address->sun_path);
		nanosleep(&pause, NULL);
	}
	if (send(fd, line->data, line->len, MSG_NOSIGNAL) != (ssize_t)line->len)
		err(UNIT_FAILED, "%s", address->sun_path);
	while ((n = recv(fd, reply + len, 4095 - len, 0)) > 0)
		len += (size_t)n;
	reply[len] = '\0';
	if (n < 0 || !strstr(reply, expected))
		errx(UNIT_FAILED, "%s to %s", reply, line->data);
}

/* Asks for a token, approves it and uses it. */
static void live(const struct daemon *d, int n)
{
	static const char begin[] = "{\"action\":\"local.exec\",\"executable\":\"/usr/bin/git\","
				    "\"sandbox_id\":\"sandbox-1\",\"session_id\":\"s\","
				    "\"profile\":\"generic\",\"hitl_mode\":\"async_token\"";
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	char reply[4096], id[NOTATION_UUID_LEN + 1] = "";
	const char *at;

	unit_must(bytes_appendf(&line, "%s,\"args\":[\"turn %d\"]}\n", begin, n));
	exchange(&d->address, &line, "pending_hitl", reply);
	at = strstr(reply, "\"approval_token\":\"");
	if (at)
		memcpy(id, at + strlen("\"approval_token\":\""), NOTATION_UUID_LEN);

	bytes_clear(&line);
	unit_must(bytes_appendf(
		&line, "{\"action\":\"local.exec.approve\",\"token_id\":\"%s\"}\n", id));
	exchange(&d->address, &line, "\"ok\"", reply);

	bytes_clear(&line);
	unit_must(bytes_appendf(
		&line, "%s,\"args\":[\"turn %d\"],\"approval_token\":\"%s\"}\n", begin, n, id));
	exchange(&d->address, &line, "\"allow\"", reply);
}

/* Sends a request that is allowed at once. */
static void pass(const struct daemon *d, int n)
{
	static const char begin[] = "{\"action\":\"local.exec\",\"executable\":\"/usr/bin/git\","
				    "\"real_path\":\"/usr/bin/git\",\"cwd\":\"/home/user/project\","
				    "\"sandbox_id\":\"sandbox-1\",\"session_id\":\"s\","
				    "\"agent_id\":\"agent\",\"profile\":\"generic\","
				    "\"hitl_mode\":\"async_token\"";
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	char reply[4096];

	unit_must(
		bytes_appendf(&line, "%s,\"args\":[\"push\",\"origin\",\"turn-%d\"]}\n", begin, n));
	exchange(&d->address, &line, "\"allow\"", reply);
}

static void lead(struct daemon *d, int turn, void (*work)(const struct daemon *d, int n))
{
	double before = us_of(d->clock);

	for (int i = 0; i < LIVES; i++)
		work(d, turn);
	d->us[turn] = (us_of(d->clock) - before) / LIVES;
}

static unsigned long resident_bytes(const struct daemon *d)
{
	cleanup(free_p) char *path = NULL;
	unsigned long pages = 0;
	FILE *file;

	if (asprintf(&path, "/proc/%lu/statm", d->process) < 0)
		unit_must(-ENOMEM);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%*u %lu", &pages) != 1)
		err(UNIT_FAILED, "%s", path);
	fclose(file);
	return pages * (unsigned long)sysconf(_SC_PAGESIZE);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

/* Puts the daemon on our processor: waking another one costs time that no token causes. */
static void share_processor(const struct daemon *d)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0
		|| sched_setaffinity((pid_t)d->process, sizeof(set), &set) < 0)
		err(UNIT_FAILED, "sched_setaffinity");
}

int unit_cost(int argc, char **argv)
{
	bool allow = argc > 1 && strcmp(argv[1], "--allow") == 0;
	struct daemon few, many;
	double ratios[TURNS];

	argv += allow;
	if (argc != 5 + allow)
		return unit_usage("cost [--allow] SOCKET PROCESS SOCKET PROCESS");

	few = daemon_of(argv + 1);
	many = daemon_of(argv + 3);
	share_processor(&few);
	share_processor(&many);
	for (int turn = 0; turn < TURNS; turn++) {
		unit_guard(UNIT_PATIENCE);
		lead(turn % 2 ? &few : &many, turn, allow ? pass : live);
		lead(turn % 2 ? &many : &few, turn, allow ? pass : live);
		ratios[turn] = many.us[turn] / few.us[turn];
	}
	printf("{\"us\":%.1f,\"ratio\":%.3f,\"few\":%lu,\"many\":%lu}\n", median(few.us, TURNS),
		median(ratios, TURNS), resident_bytes(&few), resident_bytes(&many));
	return UNIT_OK;
}

static double us_of_usage(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6
		+ (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

/* Returns the µs from the start to the reply; *ret_processor: the daemon's processor time in µs. */
static double activate(const struct sockaddr_un *address, char **command, double *ret_processor)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	char reply[4096];
	struct rusage usage;
	double start, end;
	pid_t pid;

	unit_must(bytes_append_str(&line, "{\"action\":\"local.exec.status\"}\n"));
	(void)unlink(address->sun_path);
	start = us_of(CLOCK_MONOTONIC);
	pid = fork();
	if (pid == 0) {
		/* Standard output is for the figures only. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && freopen("/dev/null", "w", stdout))
			execvp(command[0], command);
		_exit(UNIT_FAILED);
	}
	exchange(address, &line, "\"ok\"", reply);
	end = us_of(CLOCK_MONOTONIC);

	if (pid < 0 || kill(pid, SIGKILL) < 0 || wait4(pid, NULL, 0, &usage) < 0)
		err(UNIT_FAILED, "%s", command[0]);
	*ret_processor = us_of_usage(&usage);
	return end - start;
}

int unit_activate(int argc, char **argv)
{
	struct sockaddr_un address;
	double us[ACTIVATIONS], processor[ACTIVATIONS];

	if (argc < 3)
		return unit_usage("activate SOCKET COMMAND [ARG...]");

	address = unit_address(argv[1]);
	unit_guard(UNIT_PATIENCE);
	for (int i = 0; i < ACTIVATIONS; i++)
		us[i] = activate(&address, argv + 2, &processor[i]);
	printf("{\"ms\":%.1f,\"processor_ms\":%.1f}\n", median(us, ACTIVATIONS) / 1000,
		median(processor, ACTIVATIONS) / 1000);
	return UNIT_OK;
}
