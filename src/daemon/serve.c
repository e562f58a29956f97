/* SPDX-License-Identifier: ISC */

/*
 * The daemon's life: the lock of the state directory first, then the doors, then turns until it is
 * told to stop or nobody has asked for a while, then the store is put at rest. A daemon whose store
 * is closed serves as well: it says no, and why.
 */

#include "daemon/serve.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "daemon/conn.h"
#include "daemon/door.h"
#include "daemon/log.h"
#include "daemon/sd.h"
#include "daemon/turn.h"
#include "daemon/view.h"
#include "ledger/store-file.h"

/* For a daemon that is just leaving to leave. */
#define LOCK_TIME (5 * CLOCK_SECOND)
#define LOCK_NAP_NS 20000000L

/* When accepting failed for want of something that may come back. */
#define ACCEPT_PAUSE CLOCK_SECOND

/* Descriptors beside the connections: doors, store, event loop, log, and some to spare. */
#define DESCRIPTORS_RESERVED 64

#define STOPPING_REASON "the daemon is stopping"

struct server;

/* A door's event source, which must know both. */
struct listener {
	struct server *server;
	const struct door *door;
	sd_event_source *source;
	bool paused;
};

struct server {
	const struct serve_options *options;
	struct store *store;
	struct doors doors;
	struct listener listeners[DOORS_MAX];
	struct conns conns;
	struct turn turn;
	struct situation situation;
	struct bytes directory;

	sd_event *event;
	sd_event_source *signals[3];
	sd_event_source *alarm_source;
	int alarm;
	uint64_t alarm_at;     /* what it is set to */
	uint64_t idle_since;   /* CLOCK_NEVER while there are connections */
	uint64_t accept_again; /* CLOCK_NEVER unless accepting failed */
	uint64_t idle_timeout; /* CLOCK_NEVER for never */
	bool more;             /* the last turn was full */
	bool told_closed;      /* what systemd was told last */
	bool stopping;
};

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct server *s = userdata;

	(void)source;
	(void)info;
	s->stopping = true;
	return 0;
}

/* Waking up is all it is for: the loop looks at the time after every turn. */
static int on_alarm(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct server *s = userdata;

	(void)source;
	(void)fd;
	(void)events;
	s->alarm_at = CLOCK_NEVER;
	clock_alarm_set(s->alarm, CLOCK_NEVER);
	turn_begin(&s->turn);
	return 0;
}

static void pause_listener(struct listener *l, bool pause)
{
	if (l->paused == pause)
		return;

	l->paused = pause;
	sd.event_source_set_enabled(l->source, pause ? SD_EVENT_OFF : SD_EVENT_ON);
}

/* A door is open while there is room for who may come in, and until the daemon stops. */
static void pause_full_doors(struct server *s)
{
	bool pause = s->stopping || s->accept_again != CLOCK_NEVER;

	for (size_t i = 0; i < s->doors.n; i++)
		pause_listener(&s->listeners[i],
			pause || !conns_have_room(&s->conns, s->doors.doors[i].role));
}

static void log_refused_peer(const struct door *door, const struct peer *peer)
{
	log_text(LOG_WARNING, LOG_ID_REFUSED_PEER,
		"refused a connection at the %s door %s: uid %u, gid %u may not pass",
		role_name(door->role), door->path, (unsigned int)peer->uid,
		(unsigned int)peer->gid);
}

/* Lets one connection in, or closes it without a byte. */
static void admit(struct server *s, const struct door *door, int fd)
{
	struct peer peer;
	int r;

	r = peer_read(fd, &peer);
	if (r < 0 || !door_admits(&s->doors, door, fd, &peer)) {
		if (r >= 0)
			log_refused_peer(door, &peer);
		close(fd);
		return;
	}

	r = conns_accept(&s->conns, door, fd, &peer, s->turn.now.clock.boot);
	if (r == -ENOMEM)
		log_text(LOG_ERR, LOG_ID_WARNING, "closed a connection: out of memory");
}

static bool is_about_connection(int error)
{
	/* accept(2): what became of one connection before it was taken. */
	return error == EINTR || error == ECONNABORTED || error == EPERM || error == EPROTO;
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct listener *l = userdata;
	struct server *s = l->server;
	int client;

	(void)source;
	(void)events;
	turn_begin(&s->turn);
	while (!turn_is_full(&s->turn) && conns_have_room(&s->conns, l->door->role)) {
		client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client < 0) {
			if (is_about_connection(errno))
				continue;
			if (errno != EAGAIN) {
				log_text(LOG_ERR, LOG_ID_WARNING, "can't accept connections: %s",
					strerror(errno));
				s->accept_again = s->turn.now.clock.boot + ACCEPT_PAUSE;
			}
			break;
		}
		s->turn.accepts++;
		admit(s, l->door, client);
	}
	pause_full_doors(s);
	return 0;
}

/* Sockets from systemd exclude those that the options name. */
static int take_doors(struct server *s, struct bytes *why)
{
	int r;

	r = doors_take(&s->doors, why);
	if (r != 0 || s->doors.n == 0 || !s->options->socket)
		return r;

	r = bytes_append_str(why, "--socket can't be used with sockets from systemd");
	return r < 0 ? r : DOOR_REFUSED;
}

static int bind_doors(struct server *s, struct bytes *why)
{
	const struct serve_options *o = s->options;
	int r;

	if (!o->socket)
		return 0;

	r = doors_bind(&s->doors, o->operator_socket ? ROLE_AGENT : ROLE_ANY, o->socket, why);
	if (r == 0 && o->operator_socket)
		r = doors_bind(&s->doors, ROLE_OPERATOR, o->operator_socket, why);
	return r;
}

/* Waits for a daemon that is just leaving, and then makes do without. */
static int lock_store(struct store *store)
{
	uint64_t deadline = clock_now().boot + LOCK_TIME;
	const struct timespec nap = { .tv_nsec = LOCK_NAP_NS };
	int r;

	for (;;) {
		r = store_file_lock(store);
		if (r != STORE_BUSY || clock_now().boot >= deadline)
			return r < 0 ? r : 0;
		nanosleep(&nap, NULL);
	}
}

static int open_store(struct server *s)
{
	struct moment now;
	int r;

	if (!s->options->state_dir)
		return store_memory_new(&s->store);

	r = text_append_escaped(
		&s->directory, s->options->state_dir, strlen(s->options->state_dir));
	if (r >= 0)
		r = store_file_new(s->options->state_dir, geteuid(), &s->store);
	if (r >= 0)
		r = lock_store(s->store);
	if (r < 0)
		return r;

	now.clock = clock_now();
	memcpy(now.boot_id, s->turn.boot_id, sizeof(now.boot_id));
	return store_file_load(s->store, &now);
}

static int read_boot_id(uint8_t ret[static 16])
{
	char text[CLOCK_BOOT_ID_LEN + 1];
	int r;

	r = clock_boot_id(text);
	if (r < 0)
		return r;

	return notation_parse_uuid(text, CLOCK_BOOT_ID_LEN, ret);
}

/* As many descriptors as the limits need, or fewer connections. */
static void raise_descriptor_limit(struct conns *conns)
{
	const rlim_t wanted = LIMIT_CONNECTIONS + DESCRIPTORS_RESERVED;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;

	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < wanted) {
		conns->max = limit.rlim_cur > 2 * DESCRIPTORS_RESERVED
			? (size_t)limit.rlim_cur - DESCRIPTORS_RESERVED
			: DESCRIPTORS_RESERVED;
		log_text(LOG_WARNING, LOG_ID_WARNING,
			"takes at most %zu connections: no more descriptors are allowed",
			conns->max);
	}
}

static int watch_signals(struct server *s)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t set;
	int r;

	sigemptyset(&set);
	for (size_t i = 0; i < 3; i++)
		sigaddset(&set, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;

	for (size_t i = 0; i < 3; i++) {
		r = sd.event_add_signal(s->event, &s->signals[i], numbers[i], on_signal, s);
		if (r < 0)
			return r;
	}
	return 0;
}

static int watch_doors(struct server *s)
{
	struct listener *l;
	int r;

	for (size_t i = 0; i < s->doors.n; i++) {
		l = &s->listeners[i];
		*l = (struct listener){ .server = s, .door = &s->doors.doors[i] };
		r = sd.event_add_io(s->event, &l->source, l->door->fd, EPOLLIN, on_listener, l);
		if (r < 0)
			return r;
	}
	return 0;
}

static int open_loop(struct server *s)
{
	int r;

	r = sd.event_new(&s->event);
	if (r < 0)
		return r;

	r = watch_signals(s);
	if (r < 0)
		return r;

	r = clock_alarm_open(&s->alarm);
	if (r < 0)
		return r;

	r = sd.event_add_io(s->event, &s->alarm_source, s->alarm, EPOLLIN, on_alarm, s);
	if (r < 0)
		return r;

	r = sd.event_set_watchdog(s->event, true);
	return r < 0 ? r : 0;
}

static uint64_t idle_timeout(const struct server *s)
{
	/* What a memory store holds would be gone. */
	if (!store_is_durable(s->store))
		return CLOCK_NEVER;
	if (s->options->idle_timeout_set)
		return s->options->idle_timeout;
	return s->options->socket ? CLOCK_NEVER : SERVE_IDLE_TIMEOUT;
}

static void tell_systemd(struct server *s, const char *before)
{
	const char *closed = store_closed(s->store);
	cleanup(bytes_deinit) struct bytes status = BYTES_INIT(BYTES_UNLIMITED);

	s->told_closed = closed;
	if (bytes_appendf(&status, "%sSTATUS=%s%s", before, closed ? "closed: " : "answering",
		    closed ? closed : "")
		== 0)
		sd.notify(false, status.data);
}

static void announce(struct server *s)
{
	const char *closed = store_closed(s->store);

	for (size_t i = 0; i < s->doors.n; i++)
		log_text(LOG_INFO, LOG_ID_START, "serves at the %s door %s",
			role_name(s->doors.doors[i].role), s->doors.doors[i].path);
	if (s->options->settings.allow_self_approval)
		log_text(LOG_WARNING, LOG_ID_START,
			"askers may approve their own requests (--allow-self-approval)");
	if (closed)
		log_text(LOG_CRIT, LOG_ID_CLOSED, "closed: %s", closed);
	tell_systemd(s, "READY=1\n");
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When idleness ends the daemon; CLOCK_NEVER while it has something to do. */
static uint64_t idle_due(const struct server *s)
{
	if (s->idle_since == CLOCK_NEVER || s->idle_timeout >= CLOCK_NEVER - s->idle_since)
		return CLOCK_NEVER;
	return s->idle_since + s->idle_timeout;
}

/* What the time that has passed brings with it. */
static void look_at_clock(struct server *s, uint64_t now)
{
	if (s->accept_again <= now)
		s->accept_again = CLOCK_NEVER;
	while (!turn_is_full(&s->turn) && conns_expire(&s->conns, now))
		;
	while (s->stopping && !turn_is_full(&s->turn) && conns_refuse(&s->conns, STOPPING_REASON))
		;
}

/* The alarm may go off early, never late: so it is only moved when something is due before it. */
static int set_alarm(struct server *s)
{
	uint64_t due;

	due = earlier(conns_due(&s->conns), store_due(s->store));
	due = earlier(due, earlier(idle_due(s), s->accept_again));
	if (due >= s->alarm_at)
		return 0;

	s->alarm_at = due;
	return clock_alarm_set(s->alarm, due);
}

/* Waits until something is ready, and takes all of it, within the limits of a turn. */
static int take_in(struct server *s)
{
	int r;

	/* Whoever trickles in their request byte by byte must not hold the others' answers up. */
	r = sd.event_run(s->event, s->more ? 0 : UINT64_MAX);
	for (int n = 1; r > 0 && n < LIMIT_TURN_EVENTS && !turn_is_full(&s->turn); n++)
		r = sd.event_run(s->event, 0);
	return r;
}

static int run_turn(struct server *s)
{
	bool visited;
	int r;

	r = take_in(s);
	if (r < 0)
		return r;

	turn_begin(&s->turn);
	look_at_clock(s, s->turn.now.clock.boot);
	visited = s->turn.accepts > 0;
	s->more = turn_is_full(&s->turn);
	turn_end(&s->turn);

	if (s->conns.n > 0)
		s->idle_since = CLOCK_NEVER;
	else if (visited || s->idle_since == CLOCK_NEVER)
		s->idle_since = s->turn.now.clock.boot;
	if (s->told_closed != (store_closed(s->store) != NULL))
		tell_systemd(s, "");
	pause_full_doors(s);
	return set_alarm(s);
}

static int run(struct server *s)
{
	int r;

	s->idle_since = clock_now().boot;
	r = set_alarm(s);

	while (r >= 0 && !(s->stopping && s->conns.n == 0)) {
		if (s->conns.n == 0 && idle_due(s) <= clock_now().boot)
			break;
		r = run_turn(s);
	}
	return r;
}

static void finish(struct server *s)
{
	int r;

	sd.notify(false, "STOPPING=1");
	r = store_finish(s->store);
	if (r < 0)
		log_text(LOG_ERR, LOG_ID_WARNING, "could not put the store at rest: %s",
			strerror(-r));
	log_text(LOG_INFO, LOG_ID_STOP, "stops, %s", s->stopping ? "as told" : "since it is idle");
}

static void server_free(struct server *s)
{
	if (!s)
		return;

	if (s->event)
		conns_deinit(&s->conns);
	for (size_t i = 0; i < s->doors.n; i++)
		sd.event_source_disable_unref(s->listeners[i].source);
	for (size_t i = 0; i < sizeof(s->signals) / sizeof(s->signals[0]); i++)
		sd.event_source_disable_unref(s->signals[i]);
	sd.event_source_disable_unref(s->alarm_source);
	sd.event_unref(s->event);
	close_p(&s->alarm);
	doors_deinit(&s->doors);
	store_free(s->store);
	bytes_deinit(&s->directory);
	free(s);
}
DEFINE_CLEANUP(struct server *, server_free)

static struct server *server_new(const struct serve_options *options)
{
	struct server *s;

	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;

	s->options = options;
	doors_init(&s->doors, geteuid());
	s->doors.agent_group = options->agent_group;
	s->doors.operator_group = options->operator_group;
	s->alarm = -1;
	s->alarm_at = s->accept_again = CLOCK_NEVER;
	bytes_init(&s->directory, BYTES_UNLIMITED);
	return s;
}

/* What the parts know of one another, once all are there. */
static void connect_parts(struct server *s)
{
	s->situation = (struct situation){
		.settings = &s->options->settings,
		.store = s->store,
		.doors = &s->doors,
		.conns = &s->conns,
		.directory = s->options->state_dir ? bytes_str(&s->directory) : NULL,
		.started = clock_now().boot,
	};
	s->turn.settings = &s->options->settings;
	s->turn.store = s->store;
	s->turn.situation = &s->situation;
	s->idle_timeout = idle_timeout(s);
	conns_init(&s->conns, s->event, turn_take, &s->turn);
}

static int start(struct server *s, struct bytes *why)
{
	int r;

	r = read_boot_id(s->turn.boot_id);
	if (r < 0)
		return r;

	r = open_loop(s);
	if (r < 0)
		return r;

	/* Nobody's socket is touched without the lock on the state directory. */
	r = open_store(s);
	if (r < 0)
		return r;

	r = bind_doors(s, why);
	if (r != 0)
		return r;

	connect_parts(s);
	raise_descriptor_limit(&s->conns);
	return watch_doors(s);
}

enum serve_result serve(const struct serve_options *options)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(server_free_p) struct server *s = NULL;
	const char *missing;
	int r;

	/* Neither a log that nobody reads any more nor a limit on file sizes may end the daemon. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (sd_load(&missing) < 0) {
		log_text(LOG_CRIT, LOG_ID_STOP, "can't start: %s", missing);
		return SERVE_FAILED;
	}
	log_open();

	s = sodium_init() < 0 ? NULL : server_new(options);
	r = s ? take_doors(s, &why) : -ENOMEM;
	if (r == 0 && s->doors.n == 0 && !options->socket)
		return SERVE_NO_SOCKET;
	if (r == 0)
		r = start(s, &why);
	if (r != 0) {
		log_text(LOG_CRIT, LOG_ID_STOP, "can't start: %s",
			r < 0 ? strerror(-r) : bytes_str(&why));
		return SERVE_FAILED;
	}

	announce(s);
	r = run(s);
	if (r < 0) {
		log_text(LOG_CRIT, LOG_ID_STOP, "stops: %s", strerror(-r));
		return SERVE_FAILED;
	}
	finish(s);
	return SERVE_DONE;
}
