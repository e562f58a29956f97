/* SPDX-License-Identifier: ISC */

/*
 * The loop. Events bring in requests, and the turn decides them. Timeouts are checked once a turn.
 * Invariant: the alarm is set to the next timeout, or earlier.
 */

#include "daemon/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "daemon/log.h"

/* Pause after accept() failed for lack of a resource (EMFILE, ENOMEM). */
#define ACCEPT_PAUSE CLOCK_SECOND

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct loop *l = userdata;

	(void)source;
	(void)info;
	l->stopping = true;
	return 0;
}

/* Only wakes the loop, which checks the timeouts in every turn. */
static int on_alarm(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct loop *l = userdata;

	(void)source;
	(void)fd;
	(void)events;
	l->alarm_at = CLOCK_NEVER;
	clock_alarm_set(l->alarm, CLOCK_NEVER);
	turn_begin(l->turn);
	return 0;
}

static void pause_listener(struct listener *listener, bool pause)
{
	if (listener->paused == pause)
		return;

	listener->paused = pause;
	sd.event_source_set_enabled(listener->source, pause ? SD_EVENT_OFF : SD_EVENT_ON);
}

/* Pauses doors that have no room; all doors while the daemon stops or accept() is paused. */
static void pause_full_doors(struct loop *l)
{
	bool pause = l->stopping || l->accept_again != CLOCK_NEVER;

	for (size_t i = 0; i < l->doors->n; i++)
		pause_listener(&l->listeners[i],
			pause || !conns_have_room(l->conns, l->doors->doors[i].role));
}

static void log_refused_peer(const struct door *door, const struct peer *peer)
{
	log_text(LOG_WARNING, LOG_ID_REFUSED_PEER,
		"refused a connection at the %s door %s: uid %u, gid %u may not pass",
		role_name(door->role), door->path, (unsigned int)peer->uid,
		(unsigned int)peer->gid);
}

/* Admits one connection, or closes it without sending anything. */
static void admit(struct loop *l, const struct door *door, int fd)
{
	struct peer peer;
	int r;

	r = peer_read(fd, &peer);
	if (r < 0 || !door_admits(l->doors, door, fd, &peer)) {
		if (r >= 0)
			log_refused_peer(door, &peer);
		close(fd);
		return;
	}

	r = conns_accept(l->conns, door, fd, &peer, l->turn->batch.now.clock.boot);
	if (r == -ENOMEM)
		log_text(LOG_ERR, LOG_ID_WARNING, "closed a connection: out of memory");
}

static bool is_about_connection(int error)
{
	/* accept(2): the error is about one connection, or the call was interrupted. */
	return error == EINTR || error == ECONNABORTED || error == EPROTO;
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct listener *listener = userdata;
	struct loop *l = listener->loop;
	int client;

	(void)source;
	(void)events;
	turn_begin(l->turn);
	do {
		l->turn->accepts++;
		client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client < 0) {
			if (is_about_connection(errno))
				continue;
			if (errno != EAGAIN) {
				log_text(LOG_ERR, LOG_ID_WARNING, "can't accept connections: %s",
					strerror(errno));
				l->accept_again = l->turn->batch.now.clock.boot + ACCEPT_PAUSE;
			}
			break;
		}
		admit(l, listener->door, client);
	} while (!turn_is_full(l->turn) && conns_have_room(l->conns, listener->door->role));
	pause_full_doors(l);
	return 0;
}

static int watch_signals(struct loop *l)
{
	static const int numbers[LOOP_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t set;
	int r;

	sigemptyset(&set);
	for (size_t i = 0; i < LOOP_SIGNALS; i++)
		sigaddset(&set, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;

	for (size_t i = 0; i < LOOP_SIGNALS; i++) {
		r = sd.event_add_signal(l->event, &l->signals[i], numbers[i], on_signal, l);
		if (r < 0)
			return r;
	}
	return 0;
}

int loop_init(struct loop *l)
{
	int r;

	*l = (struct loop){
		.alarm = -1,
		.alarm_at = CLOCK_NEVER,
		.accept_again = CLOCK_NEVER,
		.idle_timeout = CLOCK_NEVER,
	};

	r = sd.event_new(&l->event);
	if (r < 0)
		return r;

	r = watch_signals(l);
	if (r < 0)
		return r;

	r = clock_alarm_open(&l->alarm);
	if (r < 0)
		return r;

	r = sd.event_add_io(l->event, &l->alarm_source, l->alarm, EPOLLIN, on_alarm, l);
	if (r < 0)
		return r;

	r = sd.event_set_watchdog(l->event, true);
	return r < 0 ? r : 0;
}

/* Only wakes the loop: the turn that follows updates the store. */
static int on_store(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source;
	(void)fd;
	(void)events;
	(void)userdata;
	return 0;
}

int loop_watch_store(struct loop *l)
{
	int fd = store_fd(l->turn->resources->store);

	if (fd < 0)
		return 0;
	return sd.event_add_io(l->event, &l->store_source, fd, EPOLLIN, on_store, l);
}

int loop_watch_doors(struct loop *l)
{
	struct listener *listener;
	int r;

	for (size_t i = 0; i < l->doors->n; i++) {
		listener = &l->listeners[l->n_listeners];
		*listener = (struct listener){ .loop = l, .door = &l->doors->doors[i] };
		r = sd.event_add_io(l->event, &listener->source, listener->door->fd, EPOLLIN,
			on_listener, listener);
		if (r < 0)
			return r;
		l->n_listeners++;
	}
	return 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * When the daemon ends because it is idle; CLOCK_NEVER while it has something to do. While the
 * store waits to be written, a revocation may exist only in memory. The same holds for what askers
 * have used of their budgets of evidence.
 */
static uint64_t idle_due(const struct loop *l)
{
	if (resources_are_waiting(l->turn->resources))
		return CLOCK_NEVER;
	if (l->idle_since == CLOCK_NEVER || l->idle_timeout >= CLOCK_NEVER - l->idle_since)
		return CLOCK_NEVER;
	return later(
		l->idle_since + l->idle_timeout, evidence_budget_end(&l->turn->resources->budget));
}

/* Handles the timeouts that have passed, and a signal to stop. */
static void look_at_clock(struct loop *l, uint64_t now)
{
	if (l->accept_again <= now)
		l->accept_again = CLOCK_NEVER;
	while (turn_has_room(l->turn) && conns_expire(l->conns, now))
		;
	while (l->stopping && turn_has_room(l->turn) && conns_refuse(l->conns, REASON_STOPPING))
		;
	l->turn->stopping = l->stopping;
	turn_take_over(l->turn);
}

/* The alarm may go off early, never late: it is set again only if something is due earlier. */
static int set_alarm(struct loop *l)
{
	uint64_t due;

	due = earlier(conns_due(l->conns), resources_due(l->turn->resources));
	due = earlier(due, earlier(idle_due(l), l->accept_again));
	due = earlier(due, waits_due(&l->turn->waits));
	if (due >= l->alarm_at)
		return 0;

	l->alarm_at = due;
	return clock_alarm_set(l->alarm, due);
}

/*
 * Whether to take in no more. If the turn has changes, it takes in all that is ready, so that more
 * requests share one commit.
 */
static bool is_enough(const struct loop *l)
{
	return turn_is_full(l->turn) || (l->turn->batch.n > 0 && !turn_has_changes(l->turn));
}

/*
 * Waits for events and handles them, within the limits of a turn. One event is handled even if
 * held-back requests have used up the time of the turn.
 */
static int take_in(struct loop *l)
{
	uint64_t wait = l->more ? 0 : UINT64_MAX;
	int r = 1;

	/* LIMIT_TURN_EVENTS: a peer that sends byte by byte must not delay other answers. */
	for (int n = 0; r > 0 && n < LIMIT_TURN_EVENTS && turn_has_room(l->turn); n++, wait = 0) {
		if (n > 0 && is_enough(l))
			break;
		r = sd.event_run(l->event, wait);
	}
	return r;
}

static int run_turn(struct loop *l)
{
	bool visited;
	int r;

	/* First, so that a flood of new requests can't delay the ones that are ready. */
	turn_take_ready(l->turn);
	r = take_in(l);
	if (r < 0)
		return r;

	turn_begin(l->turn);
	look_at_clock(l, l->turn->batch.now.clock.boot);
	visited = l->turn->accepts > 0;
	l->more = turn_is_full(l->turn);
	turn_end(l->turn);
	l->more |= waits_has_ready(&l->turn->waits);

	if (l->conns->n > 0)
		l->idle_since = CLOCK_NEVER;
	else if (visited || l->idle_since == CLOCK_NEVER)
		l->idle_since = l->turn->batch.now.clock.boot;
	l->after_turn(l->userdata);
	pause_full_doors(l);
	return set_alarm(l);
}

int loop_run(struct loop *l)
{
	int r;

	l->idle_since = clock_now().boot;
	r = set_alarm(l);

	/*
	 * A turn runs before idleness is checked: even with a short timeout, the connection that
	 * made systemd start the daemon is accepted.
	 */
	while (r >= 0 && !(l->stopping && l->conns->n == 0)) {
		r = run_turn(l);
		if (l->conns->n == 0 && idle_due(l) <= l->turn->batch.now.clock.boot)
			break;
	}
	return r;
}

void loop_deinit(struct loop *l)
{
	for (size_t i = 0; i < l->n_listeners; i++)
		sd.event_source_disable_unref(l->listeners[i].source);
	for (size_t i = 0; i < LOOP_SIGNALS; i++)
		sd.event_source_disable_unref(l->signals[i]);
	sd.event_source_disable_unref(l->alarm_source);
	sd.event_source_disable_unref(l->store_source);
	sd.event_unref(l->event);
	close_p(&l->alarm);
}
