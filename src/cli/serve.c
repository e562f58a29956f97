/* SPDX-License-Identifier: ISC */

/* `firma serve`: the command line of the daemon. */

#include "daemon/serve.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/absolute.h"
#include "cli/client.h"
#include "cli/verb.h"
#include "daemon/door.h"
#include "gate/limits.h"

enum {
	SOCKET,
	OPERATOR_SOCKET,
	AGENT_GROUP,
	OPERATOR_GROUP,
	ALLOW_SELF_APPROVAL,
	DEFAULT_ACTION,
	STATE_DIR,
	STORE,
	POLICY,
	TOKEN_TTL,
	RETRY_AFTER,
	MAX_PENDING,
	MAX_STORE,
	EVIDENCE_LOG,
	EVIDENCE_KEY,
	EVIDENCE_SIGNING_KEY,
	IDLE_TIMEOUT,
};

static const struct option_row rows[] = {
	[SOCKET] = { "socket", 0, "PATH", "bind the asking door; alone, the one door for all" },
	[OPERATOR_SOCKET] = { "operator-socket", 0, "PATH", "bind the operator door" },
	[AGENT_GROUP] = { "agent-group", 0, "GROUP", "who may ask at the agent door" },
	[OPERATOR_GROUP] = { "operator-group", 0, "GROUP", "who may act at the operator door" },
	[ALLOW_SELF_APPROVAL] = { "allow-self-approval", 0, NULL,
		"let askers approve their own requests" },
	[DEFAULT_ACTION] = { "default-action", 0, "ACTION",
		"allow, deny or pending_hitl (default: deny)" },
	[STATE_DIR] = { "state-dir", 0, "DIR", "where the tokens are kept" },
	[STORE] = { "store", 0, "KIND", "file or memory (default: file)" },
	[POLICY] = { "policy", 0, "FILE", "the rules, see firma-policy(5)" },
	[TOKEN_TTL] = { "token-ttl", 0, "TIME", "how long a token lives (default: 5min)" },
	[RETRY_AFTER] = { "retry-after", 0, "TIME", "when to ask again (default: 500ms)" },
	[MAX_PENDING] = { "max-pending", 0, "N",
		"pending tokens of one uid\n"
		"(default: 16 for one request, 256 in all)" },
	[MAX_STORE] = { "max-store", 0, "SIZE", "tokens on record (default: 128M)" },
	[EVIDENCE_LOG] = { "evidence-log", 0, "FILE", "record every decision there" },
	[EVIDENCE_KEY] = { "evidence-key", 0, "FILE", "and sign it with this key (HMAC)" },
	[EVIDENCE_SIGNING_KEY] = { "evidence-signing-key", 0, "FILE",
		"and sign it with this key (Ed25519)" },
	[IDLE_TIMEOUT] = { "idle-timeout", 0, "TIME",
		"leave when nobody asks\n"
		"(default: 30s with sockets from systemd,\n"
		"else infinity)" },
	{ 0 },
};

#define DEFAULT_TTL (300 * CLOCK_SECOND)
#define DEFAULT_RETRY_AFTER_MS 500

/* A token that outlives a year was not meant. */
#define TTL_MAX (UINT64_C(366) * 24 * 3600 * CLOCK_SECOND)
#define RETRY_AFTER_MAX (3600 * CLOCK_SECOND)
#define MAX_PENDING_MAX 1000000
#define MAX_STORE_MIN (UINT64_C(1) << 20)
#define MAX_STORE_MAX (UINT64_C(1) << 40)

struct command_line {
	struct serve_options serve;
	const char *store;
	const char *state_dir;
	const char *policy;
	const char *evidence_key, *evidence_signing_key;
};

static int bad_value(const struct options *o, int option, const char *wanted)
{
	return usage_error(o->verb, "--%s wants %s", rows[option].name, wanted);
}

/* A group's name, or its number. */
static int take_group(const struct options *o, int option, gid_t *ret)
{
	const struct group *group = getgrnam(o->value);
	uint64_t number;

	if (group) {
		*ret = group->gr_gid;
	} else if (notation_parse_number(o->value, 0, UINT32_MAX - 1, &number) == 0) {
		*ret = (gid_t)number;
	} else {
		return bad_value(o, option, "a group that is there");
	}
	return STATUS_DONE;
}

static int take_duration(
	const struct options *o, int option, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t us;

	if (notation_parse_duration(o->value, &us) < 0 || us < min || us > max)
		return bad_value(o, option, "a time, such as 5min, that makes sense there");
	*ret = us;
	return STATUS_DONE;
}

static int take_idle_timeout(const struct options *o, struct serve_options *s)
{
	s->idle_timeout_set = true;
	s->idle_timeout = CLOCK_NEVER;
	if (strcmp(o->value, "infinity") == 0)
		return STATUS_DONE;
	return take_duration(o, IDLE_TIMEOUT, 0, TTL_MAX, &s->idle_timeout);
}

static int take_default_action(const struct options *o, struct settings *settings)
{
	settings->default_action = decision_parse(o->value);
	return settings->default_action == DECISION_NONE
		? bad_value(o, DEFAULT_ACTION, "allow, deny or pending_hitl")
		: STATUS_DONE;
}

static int take_max_pending(const struct options *o, struct settings *settings)
{
	uint64_t n;

	if (notation_parse_number(o->value, 1, MAX_PENDING_MAX, &n) < 0)
		return bad_value(o, MAX_PENDING, "a number from 1 to 1000000");
	settings->max_pending_alike = settings->max_pending_of_uid = n;
	return STATUS_DONE;
}

static int take_max_store(const struct options *o, struct settings *settings)
{
	uint64_t size;

	if (notation_parse_size(o->value, &size) < 0 || size < MAX_STORE_MIN
		|| size > MAX_STORE_MAX)
		return bad_value(o, MAX_STORE, "a size from 1M to 1T");
	settings->max_store = size;
	return STATUS_DONE;
}

static int take_store(const struct options *o, struct command_line *c)
{
	if (strcmp(o->value, "file") != 0 && strcmp(o->value, "memory") != 0)
		return bad_value(o, STORE, "file or memory");
	c->store = o->value;
	return STATUS_DONE;
}

static int take_option(const struct options *o, int option, struct command_line *c)
{
	struct serve_options *s = &c->serve;
	uint64_t us = 0;
	int status = STATUS_DONE;

	switch (option) {
	case SOCKET:
		s->socket = client_strip_scheme(o->value);
		break;
	case OPERATOR_SOCKET:
		s->operator_socket = client_strip_scheme(o->value);
		break;
	case AGENT_GROUP:
		return take_group(o, option, &s->agent_group);
	case OPERATOR_GROUP:
		return take_group(o, option, &s->operator_group);
	case ALLOW_SELF_APPROVAL:
		s->settings.allow_self_approval = true;
		break;
	case DEFAULT_ACTION:
		return take_default_action(o, &s->settings);
	case STATE_DIR:
		c->state_dir = o->value;
		break;
	case STORE:
		return take_store(o, c);
	case POLICY:
		c->policy = o->value;
		break;
	case TOKEN_TTL:
		return take_duration(o, option, CLOCK_SECOND, TTL_MAX, &s->settings.token_ttl);
	case RETRY_AFTER:
		status = take_duration(o, option, 0, RETRY_AFTER_MAX, &us);
		if (status == STATUS_DONE)
			s->settings.retry_after_ms = (uint32_t)(us / CLOCK_MS);
		break;
	case MAX_PENDING:
		return take_max_pending(o, &s->settings);
	case MAX_STORE:
		return take_max_store(o, &s->settings);
	case EVIDENCE_LOG:
		s->evidence_log = o->value;
		break;
	case EVIDENCE_KEY:
		c->evidence_key = o->value;
		break;
	case EVIDENCE_SIGNING_KEY:
		c->evidence_signing_key = o->value;
		break;
	case IDLE_TIMEOUT:
		return take_idle_timeout(o, s);
	}
	return status;
}

/* The design's order: option, systemd's directory, the system's for root, the user's own. */
static char *find_state_dir(const char *given)
{
	const char *systemd = getenv("STATE_DIRECTORY");
	const char *state_home = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (given)
		return given[0] ? strdup(given) : NULL;
	if (systemd && systemd[0] && systemd[0] != ':')
		return strndup(systemd, strcspn(systemd, ":")); /* the first of several */
	if (geteuid() == 0)
		return strdup("/var/lib/firma");
	if (state_home && state_home[0] == '/')
		return asprintf(&path, "%s/firma", state_home) < 0 ? NULL : path;
	if (home && home[0] == '/')
		return asprintf(&path, "%s/.local/state/firma", home) < 0 ? NULL : path;
	return NULL;
}

static int check_options(const struct options *o, const struct command_line *c)
{
	const struct serve_options *s = &c->serve;

	if (o->n_rest > 0)
		return usage_error(o->verb, "it takes no arguments");
	if (s->operator_socket && !s->socket)
		return usage_error(o->verb, "--operator-socket needs --socket beside it");
	if (c->policy && !c->policy[0])
		return usage_error(o->verb, "--policy wants a file");
	if (c->state_dir && strcmp(c->store, "memory") == 0)
		return usage_error(o->verb, "--state-dir is for --store=file");
	if (c->evidence_key && c->evidence_signing_key)
		return usage_error(
			o->verb, "--evidence-key and --evidence-signing-key exclude each other");
	if ((c->evidence_key || c->evidence_signing_key) && !s->evidence_log)
		return usage_error(o->verb, "a key is for --evidence-log");
	return STATUS_DONE;
}

/*
 * A key is a file, and never a value: what is on the command line and in the environment can be
 * seen. A name without a slash is that of a credential, where the service manager has brought some.
 */
static int find_key(struct command_line *c, char **ret_path)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	const char *name = c->evidence_key ? c->evidence_key : c->evidence_signing_key;
	struct serve_options *s = &c->serve;

	s->evidence_key = name;
	s->evidence_key_kind = c->evidence_key ? EVIDENCE_KEY_SHARED : EVIDENCE_KEY_PRIVATE;
	if (!name || strchr(name, '/') || !directory || directory[0] != '/')
		return 0;

	if (asprintf(ret_path, "%s/%s", directory, name) < 0) {
		*ret_path = NULL;
		return -ENOMEM;
	}
	s->evidence_key = *ret_path;
	s->evidence_key_is_credential = true;
	return 0;
}

static int run_daemon(const struct verb *verb, struct command_line *c)
{
	cleanup(free_p) char *state_dir = NULL;
	cleanup(free_p) char *policy = NULL;
	cleanup(free_p) char *key = NULL;

	if (find_key(c, &key) < 0)
		return say_undecided("out of memory");

	if (c->policy) {
		policy = absolute_path(c->policy);
		if (!policy)
			return say_undecided("can't tell where the policy is");
		c->serve.policy = policy;
	}
	if (strcmp(c->store, "file") == 0) {
		state_dir = find_state_dir(c->state_dir);
		if (!state_dir)
			return usage_error(verb,
				"--state-dir is needed: neither it nor the environment names a "
				"directory");
		c->serve.state_dir = state_dir;
	}

	switch (serve(&c->serve)) {
	case SERVE_DONE:
		return STATUS_DONE;
	case SERVE_NO_SOCKET:
		return usage_error(
			verb, "no socket: systemd hands over none, and --socket names none");
	default:
		return STATUS_REFUSED;
	}
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct command_line c = {
		.serve = {
			.settings = {
				.default_action = DECISION_DENY,
				.token_ttl = DEFAULT_TTL,
				.retry_after_ms = DEFAULT_RETRY_AFTER_MS,
				.max_pending_alike = LIMIT_PENDING_ALIKE,
				.max_pending_of_uid = LIMIT_PENDING_OF_UID,
				.max_store = LIMIT_STORE,
			},
			.agent_group = DOOR_NO_GROUP,
			.operator_group = DOOR_NO_GROUP,
		},
		.store = "file",
	};
	struct options o;
	int option, status = STATUS_DONE;

	options_begin(&o, verb, argc, argv);
	while (status == STATUS_DONE && (option = options_next(&o)) >= 0)
		status = take_option(&o, option, &c);
	if (status != STATUS_DONE)
		return status;
	if (option == OPTIONS_LEAVE)
		return o.status;

	status = check_options(&o, &c);
	return status == STATUS_DONE ? run_daemon(verb, &c) : status;
}

const struct verb serve_verb = {
	.name = "serve",
	.summary = "Answers at the doors, and leaves when it is idle",
	.options = rows,
	.run = run,
};
