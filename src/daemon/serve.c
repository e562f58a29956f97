/* SPDX-License-Identifier: ISC */

/*
 * The daemon's life: lock the state directory, open the doors, run turns until a signal or the idle
 * timeout, put the store at rest. A daemon whose store is closed still answers: it denies, and says
 * why.
 */

#include "daemon/serve.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "daemon/announce.h"
#include "daemon/conn.h"
#include "daemon/descriptors.h"
#include "daemon/door.h"
#include "daemon/live-policy.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/resources.h"
#include "daemon/sd.h"
#include "daemon/starter.h"
#include "daemon/status.h"
#include "daemon/turn.h"
#include "gate/limits.h"
#include "ledger/allowlist/allowlist-file.h"
#include "ledger/evidence/evidence.h"
#include "ledger/store/file-store.h"
#include "ledger/store/memory-store.h"
#include "ledger/store/shared-store.h"

/* How long to wait for another daemon to exit. */
#define LOCK_TIME (5 * CLOCK_SECOND)
#define LOCK_NAP_NS 20000000L

struct server {
	const struct serve_options *options;
	struct resources resources;
	struct doors doors;
	struct conns conns;
	struct turn turn;
	struct status_sources status;
	struct loop loop;
	struct pid_file pid_file;
	int ready_fd;
	struct announce announce;
};

/* Sockets from systemd can't be combined with --socket. */
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

/* Waits up to LOCK_TIME: another daemon may be about to exit. */
static void lock_state_dir(struct state_dir *dir)
{
	uint64_t deadline = clock_now().boot + LOCK_TIME;
	const struct timespec nap = { .tv_nsec = LOCK_NAP_NS };

	while (state_dir_lock(dir) == STATE_DIR_BUSY && clock_now().boot < deadline)
		nanosleep(&nap, NULL);
}

static int make_evidence(struct server *s)
{
	const struct serve_options *o = s->options;
	const struct evidence_options options = {
		.path = o->evidence_log,
		.state_dir = s->resources.state_dir,
		.key = o->evidence_key,
		.changes = o->evidence_key_changes,
		.old_key = o->evidence_old_key,
		.old_key_lost = o->evidence_old_key_lost,
		.owner = geteuid(),
		.readers = o->evidence_group,
		.max_size = o->evidence_max_size,
	};
	return o->evidence_log ? evidence_new(&options, &s->resources.evidence) : 0;
}

/* Whether the state directory was copied from another gate; it then has a new ID. */
static bool is_copy(struct server *s)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct state_dir *dir = s->resources.state_dir;
	struct gate_id id = { .renewed = false };
	bool renewed = approver_file_load(&s->resources.approvers, dir);

	/* An unreadable ID is reported later, by the desk. */
	if (s->options->is_shared && state_dir_is_locked(dir))
		(void)gate_id_load(dir, &id, &why);
	return renewed || id.renewed;
}

static int open_tokens(struct server *s, const struct moment *now)
{
	struct desk *desk;
	int r;

	if (!s->options->is_shared)
		return file_store_new(s->resources.state_dir, now, &s->resources.store);

	r = desk_new(&s->options->desk, s->resources.state_dir, &desk);
	return r < 0 ? r : shared_store_new(s->resources.state_dir, desk, now, &s->resources.store);
}

static int open_store(struct server *s)
{
	struct moment now;
	int r;

	if (!s->options->state_dir)
		return memory_store_new(&s->resources.store);

	r = state_dir_new(s->options->state_dir, geteuid(), &s->resources.state_dir);
	if (r < 0)
		return r;

	lock_state_dir(s->resources.state_dir);
	now = resources_now(&s->resources);
	if (is_copy(s)) {
		log_text(LOG_WARNING, LOG_ID_WARNING,
			"%s is a copy: the gate has a new ID, and no token is taken over",
			state_dir_path(s->resources.state_dir));
		now.clock.boot = 0; /* all tokens were issued later than this, so all are over */
	}
	return open_tokens(s, &now);
}

static uint64_t idle_timeout(const struct server *s)
{
	/* A memory store would be lost. */
	if (!store_is_durable(s->resources.store))
		return CLOCK_NEVER;
	if (s->options->idle_timeout_set)
		return s->options->idle_timeout;
	return s->options->socket ? CLOCK_NEVER : SERVE_IDLE_TIMEOUT;
}

/*
 * Whether the gate may run as the askers' own uid. Askers could then change the policy, the
 * approvers and the state, or run a daemon of their own: a required signature is only advice.
 */
static bool is_askers_own(const struct server *s)
{
	if (s->options->settings.allow_self_approval)
		return true;
	for (size_t i = 0; i < s->doors.n; i++)
		if (s->doors.doors[i].role == ROLE_ANY)
			return true;
	return s->options->agent_group == DOOR_NO_GROUP;
}

static int check_own_gate(const struct server *s, struct bytes *why)
{
	int r;

	if (!s->options->settings.require_signature || s->options->advisory || !is_askers_own(s))
		return 0;

	r = bytes_append_str(why,
		"--require-signature needs a gate of another user than those who ask: "
		"--agent-group and a door of its own for operators; or say --advisory");
	return r < 0 ? r : DOOR_REFUSED;
}

/* Logs the head of the evidence, so that a copy exists outside the evidence file. */
static int finish_evidence(struct server *s)
{
	const struct evidence *e = s->resources.evidence;
	struct chain_head head;
	int r;

	r = resources_finish_evidence(&s->resources);
	if (r < 0 || !e || evidence_closed(e))
		return r;

	head = evidence_head(e);
	if (head.sequence > 0)
		log_text(LOG_INFO, LOG_ID_EVIDENCE, "the evidence in %s ends with %llu:%s",
			evidence_path(e), (unsigned long long)head.sequence, head.hash);
	return 0;
}

static void finish_allowlist(struct server *s)
{
	const struct moment now = resources_now(&s->resources);

	allowlist_file_finish(&s->resources.allowlist, &now);
	resources_log_warnings(&s->resources);
}

static enum serve_result finish(struct server *s)
{
	int r;

	sd.notify(false, "STOPPING=1");
	announce_closed(resources_look(&s->resources));
	r = finish_evidence(s);
	if (r < 0)
		log_text(LOG_WARNING, LOG_ID_WARNING,
			"could not note how far the evidence goes: %s", strerror(-r));
	finish_allowlist(s);
	r = store_put_to_rest(s->resources.store);
	if (r < 0) {
		log_text(LOG_CRIT, LOG_ID_STOP, "stops, and could not put the store at rest: %s",
			strerror(-r));
		return SERVE_FAILED;
	}
	log_text(LOG_INFO, LOG_ID_STOP, "stops, %s",
		s->loop.stopping ? "as told" : "since it is idle");
	return SERVE_DONE;
}

static void server_free(struct server *s)
{
	if (!s)
		return;

	allowlist_file_deinit(&s->resources.allowlist);
	bytes_deinit(&s->resources.space.refusal);
	turn_deinit(&s->turn);
	live_policy_deinit(&s->resources.policy);
	approver_file_deinit(&s->resources.approvers);
	runner_gate_deinit(&s->resources.runners);
	live_policy_deinit(&s->resources.registry);
	pack_files_deinit(&s->resources.packs);
	conns_deinit(&s->conns);
	loop_deinit(&s->loop);
	doors_deinit(&s->doors);
	evidence_free(s->resources.evidence);
	store_free(s->resources.store);
	state_dir_free(s->resources.state_dir);
	starter_leave_pid_file(&s->pid_file); /* last: another daemon may start now */
	close_p(&s->ready_fd);
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
	s->resources.settings = &options->settings;
	bytes_init(&s->resources.space.refusal, BYTES_PRINTED_MAX);
	runner_gate_init(&s->resources.runners);
	doors_init(&s->doors, geteuid());
	s->doors.agent_group = options->agent_group;
	s->doors.operator_group = options->operator_group;
	TAILQ_INIT(&s->conns.order);
	turn_init(&s->turn);
	s->loop.alarm = -1;
	s->pid_file = (struct pid_file)PID_FILE_INIT;
	s->ready_fd = options->ready_fd > 0 ? options->ready_fd : -1;
	return s;
}

static void after_turn(void *userdata)
{
	announce_change(userdata);
}

/* Sets the pointers between the parts, after all parts exist. */
static void connect_parts(struct server *s)
{
	s->status = (struct status_sources){
		.resources = &s->resources,
		.doors = &s->doors,
		.conns = &s->conns,
		.waits = &s->turn.waits,
		.watchers = &s->turn.watchers,
		.started = clock_now().boot,
	};
	s->turn.resources = &s->resources;
	s->turn.status = &s->status;
	conns_init(&s->conns, s->loop.event, s->options->settings.max_request, turn_take, &s->turn);
	s->loop.doors = &s->doors;
	s->loop.conns = &s->conns;
	s->loop.turn = &s->turn;
	s->announce.doors = &s->doors;
	s->announce.resources = &s->resources;
	s->loop.after_turn = after_turn;
	s->loop.userdata = &s->announce;
	s->loop.idle_timeout = idle_timeout(s);
}

static int init_policy(struct server *s)
{
	const struct serve_options *o = s->options;
	struct live_policy *policy = &s->resources.policy;

	return o->policy ? live_policy_init(policy, o->policy, geteuid())
			 : live_policy_init_usual(policy, o->usual_policy, geteuid());
}

/* A fault in the --runner options ends the start: otherwise requests would pass unverified. */
static int give_runners(struct server *s, const struct moment *now, struct bytes *why)
{
	const struct serve_options *o = s->options;
	struct live_policy *policy = &s->resources.policy;
	int r;

	if (!o->runners)
		return 0;
	r = live_policy_give_runners(policy, o->runners, &now->clock, why);
	if (r == 0)
		resources_log_key_warnings(policy);
	return r;
}

static int init_packs(struct server *s)
{
	const struct serve_options *o = s->options;
	struct resources *res = &s->resources;
	int r;

	r = live_policy_init(&res->registry, o->registry, geteuid());
	res->registry.wants_registry = true;
	if (r >= 0)
		r = pack_files_init(&res->packs, o->packs, o->n_packs, o->pack_directory);
	return r;
}

static int start(struct server *s, struct bytes *why)
{
	struct moment now;
	int r;

	r = resources_read_boot_id(&s->resources);
	if (r < 0)
		return r;

	r = loop_init(&s->loop);
	if (r < 0)
		return r;

	r = approver_file_init(&s->resources.approvers, s->options->approvers, geteuid());
	if (r < 0)
		return r;

	/* Before the doors: a stale socket may only be removed with the lock on the directory. */
	r = open_store(s);
	if (r >= 0)
		r = make_evidence(s);
	if (r < 0)
		return r;
	s->doors.may_remove_stale =
		!s->resources.state_dir || state_dir_is_locked(s->resources.state_dir);

	r = init_policy(s);
	if (r < 0)
		return r;
	now = resources_now(&s->resources);
	s->resources.policy.credentials = s->options->credentials;
	r = give_runners(s, &now, why);
	if (r != 0)
		return r;

	r = init_packs(s);
	if (r < 0)
		return r;

	allowlist_file_init(&s->resources.allowlist, s->resources.state_dir);
	resources_open_evidence(&s->resources, &now);
	resources_refresh(&s->resources, &now);

	r = bind_doors(s, why);
	if (r == 0)
		r = check_own_gate(s, why);
	if (r != 0)
		return r;

	s->resources.approvers.advisory = is_askers_own(s);
	connect_parts(s);
	r = loop_watch_store(&s->loop);
	if (r >= 0)
		r = loop_watch_doors(&s->loop);
	descriptors_raise_limit(&s->conns);
	s->turn.batch.process_files.none = s->conns.max < LIMIT_CONNECTIONS;
	return r;
}

/* A core file would contain keys, and the OIDC tokens of CI runners. */
static void make_no_core(void)
{
	const struct rlimit no_core = { 0 };

	setrlimit(RLIMIT_CORE, &no_core);
}

enum serve_result serve(const struct serve_options *options)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	cleanup(server_free_p) struct server *s = NULL;
	const char *missing;
	int r;

	/* Neither a closed log pipe nor a limit on file sizes may kill the daemon. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	make_no_core();
	if (sd_load(&missing) < 0) {
		log_text(LOG_CRIT, LOG_ID_STOP, "can't start: %s", missing);
		return SERVE_FAILED;
	}
	log_open();

	/* Each request may need a token ID: make it without a system call. */
	randombytes_set_implementation(&randombytes_internal_implementation);
	s = sodium_init() < 0 ? NULL : server_new(options);
	r = s ? take_doors(s, &why) : -ENOMEM;
	if (r == 0 && s->doors.n == 0 && !options->socket)
		return SERVE_NO_SOCKET;
	if (r == 0)
		r = starter_take_pid_file(&s->pid_file, options->pid_file, &why);
	if (r == 0)
		r = start(s, &why);
	if (r > 0)
		r = text_append_escaped(&shown, bytes_str(&why), why.len) < 0 ? -ENOMEM : r;
	if (r != 0) {
		log_text(LOG_CRIT, LOG_ID_STOP, "can't start: %s",
			r < 0 ? strerror(-r) : bytes_str(&shown));
		return SERVE_FAILED;
	}

	announce_start(&s->announce);
	starter_tell_ready(&s->ready_fd);
	r = loop_run(&s->loop);
	if (r < 0) {
		log_text(LOG_CRIT, LOG_ID_STOP, "stops: %s", strerror(-r));
		return SERVE_FAILED;
	}
	return finish(s);
}
