/* SPDX-License-Identifier: ISC */

/* `firma serve`: the command line of the daemon. */

#include "daemon/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/notation.h"
#include "base/users.h"
#include "cli/client.h"
#include "cli/packs.h"
#include "cli/serve-desk.h"
#include "cli/serve-paths.h"
#include "cli/verb.h"
#include "daemon/door.h"
#include "gate/limits.h"

#define DEFAULT_TTL (300 * CLOCK_SECOND)
#define DEFAULT_MAX_TTL (3600 * CLOCK_SECOND)
#define DEFAULT_RELEASE_TTL (3600 * CLOCK_SECOND)
#define DEFAULT_RETRY_AFTER (500 * CLOCK_MS)

/* A longer lifetime of a token is surely a mistake. */
#define TTL_MAX (UINT64_C(366) * 24 * 3600 * CLOCK_SECOND)
#define RETRY_AFTER_MAX (3600 * CLOCK_SECOND)
#define READY_FD_MAX 65535
#define MAX_PENDING_MAX 1000000
#define MAX_STORE_MIN (UINT64_C(1) << 20)
#define MAX_STORE_MAX (UINT64_C(1) << 40)
#define MAX_EVIDENCE_MIN (UINT64_C(64) << 10)

static bool parse_socket(const char *value, void *to)
{
	*(const char **)to = client_strip_scheme(value);
	return true;
}

/* Parses a group's name or number. */
static bool parse_group(const char *value, void *to)
{
	uint64_t number;

	if (users_find_group(value, to) == 0)
		return true;
	if (notation_parse_number(value, 0, UINT32_MAX - 1, &number) < 0)
		return false;
	*(gid_t *)to = (gid_t)number;
	return true;
}

static bool parse_decision(const char *value, void *to)
{
	enum decision *decision = to;

	*decision = decision_parse(value);
	return *decision != DECISION_NONE;
}

static bool parse_store(const char *value, void *to)
{
	*(const char **)to = value;
	return strcmp(value, "file") == 0 || strcmp(value, "memory") == 0
		|| desk_address_is_meant(value);
}

static bool parse_approvals(const char *value, void *to)
{
	*(bool *)to = strcmp(value, "claimed") == 0;
	return *(bool *)to || strcmp(value, "recorded") == 0;
}

static bool parse_idle_timeout(const char *value, void *to)
{
	uint64_t *us = to;

	*us = CLOCK_NEVER;
	return strcmp(value, "infinity") == 0
		|| (notation_parse_duration(value, us) == 0 && *us <= TTL_MAX);
}

#define WANTS_GROUP "a group that is there"
#define WANTS_TIME "a time, such as 5min, that makes sense there"

static const struct option_row rows[] = {
	{ "socket", 0, "PATH", "bind the asking door; alone, the one door for all",
		OPTION_PARSED(struct serve_command, serve.socket, parse_socket) },
	{ "operator-socket", 0, "PATH", "bind the operator door",
		OPTION_PARSED(struct serve_command, serve.operator_socket, parse_socket) },
	{ "agent-group", 0, "GROUP", "who may ask at the agent door",
		OPTION_PARSED(struct serve_command, serve.agent_group, parse_group),
		.wants = WANTS_GROUP },
	{ "operator-group", 0, "GROUP", "who may act at the operator door",
		OPTION_PARSED(struct serve_command, serve.operator_group, parse_group),
		.wants = WANTS_GROUP },
	{ "allow-self-approval", 0, NULL, "let askers approve their own requests",
		OPTION_FLAG(struct serve_command, serve.settings.allow_self_approval) },
	{ "hide-rules", 0, NULL, "do not tell askers what they may do",
		OPTION_FLAG(struct serve_command, serve.settings.hide_rules) },
	{ "default-action", 0, "ACTION", "allow, deny or pending_hitl (default: deny)",
		OPTION_PARSED(struct serve_command, serve.settings.default_action, parse_decision),
		.wants = "allow, deny or pending_hitl" },
	{ "state-dir", 0, "DIR", "where the tokens are kept",
		OPTION_STRING(struct serve_command, state_dir) },
	{ "store", 0, "KIND",
		"file, memory, or the address of a server,\n"
		"see firma-store(7) (default: file)",
		OPTION_PARSED(struct serve_command, store, parse_store),
		.wants = "file, memory, redis:unix:/PATH or redis://ADDRESS" },
	SERVE_DESK_ROWS(struct serve_command, serve.desk, store_password, store_option_given),
	{ "policy", 0, "FILE",
		"the rules, see firma-policy(5)\n"
		"(default: policy.json where it is usual)",
		OPTION_STRING(struct serve_command, policy) },
	{ "approvers", 0, "FILE", "whose signatures approve, see firma-approvers(5)",
		OPTION_STRING(struct serve_command, approvers) },
	{ "runner-key", 0, "FILE", "accept CI runners that sign with this key (HMAC)",
		OPTION_STRING(struct serve_command, runners.key) },
	{ "runner-key-id", 0, "ID", "the ID of that key",
		OPTION_TEXT(struct serve_command, runners.key_id) },
	{ "runner-oidc-issuer", 0, "URL", "accept CI jobs with tokens of this issuer",
		OPTION_TEXT(struct serve_command, runners.issuer) },
	{ "runner-oidc-audience", 0, "TEXT", "the audience of these tokens",
		OPTION_TEXT(struct serve_command, runners.audience) },
	{ "runner-oidc-jwks", 0, "FILE", "the issuer's key set",
		OPTION_STRING(struct serve_command, runners.jwks) },
	{ "runner-oidc-pin", 0, "NAME=PATTERN", "a value that a claim must have (repeatable)",
		OPTION_PARSED(struct serve_command, runners, serve_runners_parse_pin),
		.wants = "NAME=PATTERN" },
	{ "require-signature", 0, NULL, "let nothing be approved without one",
		OPTION_FLAG(struct serve_command, serve.settings.require_signature) },
	{ "advisory", 0, NULL,
		"do so where askers have the daemon's own uid,\n"
		"and could get around it",
		OPTION_FLAG(struct serve_command, serve.advisory) },
	{ "policy-pack", 0, "NAMES", "policy packs that are in force, too (or all)",
		OPTION_STRING(struct serve_command, policy_packs) },
	{ "pack-dir", 0, "DIR", "where the policy packs lie",
		OPTION_STRING(struct serve_command, pack_directory) },
	{ "packs-by-asker", 0, NULL, "let askers choose which of them judges",
		OPTION_FLAG(struct serve_command, serve.settings.packs_by_asker) },
	{ "registry", 0, "FILE", "the MCP servers that are approved",
		OPTION_STRING(struct serve_command, registry) },
	{ "release-approvals", 0, "WHICH",
		"approvals of releases that count: recorded,\n"
		"or claimed (default: recorded)",
		OPTION_PARSED(
			struct serve_command, serve.settings.approvals_claimed, parse_approvals),
		.wants = "recorded or claimed" },
	{ "release-ttl", 0, "TIME", "how long a token of a release lives (default: 1h)",
		OPTION_DURATION(struct serve_command, serve.settings.release_ttl),
		.min = CLOCK_SECOND, .max = TTL_MAX, .wants = WANTS_TIME },
	{ "token-ttl", 0, "TIME", "how long a token lives (default: 5min)",
		OPTION_DURATION(struct serve_command, serve.settings.token_ttl),
		.min = CLOCK_SECOND, .max = TTL_MAX, .wants = WANTS_TIME },
	{ "max-ttl", 0, "TIME", "and at most, while its asker waits (default: 1h)",
		OPTION_DURATION(struct serve_command, serve.settings.max_ttl),
		OPTION_GIVEN(struct serve_command, max_ttl_given), .min = CLOCK_SECOND,
		.max = TTL_MAX, .wants = WANTS_TIME },
	{ "retry-after", 0, "TIME", "when to ask again (default: 500ms)",
		OPTION_DURATION(struct serve_command, retry_after), .max = RETRY_AFTER_MAX,
		.wants = WANTS_TIME },
	{ "max-pending", 0, "N",
		"pending tokens of one uid\n"
		"(default: 16 for one request, 256 in all)",
		OPTION_NUMBER(struct serve_command, max_pending), .min = 1, .max = MAX_PENDING_MAX,
		.wants = "a number from 1 to 1000000" },
	{ "max-store", 0, "SIZE", "tokens on record (default: 128M)",
		OPTION_SIZE(struct serve_command, serve.settings.max_store), .min = MAX_STORE_MIN,
		.max = MAX_STORE_MAX, .wants = "a size from 1M to 1T" },
	{ "max-request", 0, "SIZE", "the line of a request (default: 64K)",
		OPTION_SIZE(struct serve_command, serve.settings.max_request), .min = LIMIT_REQUEST,
		.max = LIMIT_REQUEST_MAX, .wants = "a size from 64K to 1M" },
	{ "evidence-log", 0, "FILE", "record every decision there",
		OPTION_STRING(struct serve_command, serve.evidence_log) },
	{ "evidence-key", 0, "FILE", "and sign it with this key (HMAC)",
		OPTION_STRING(struct serve_command, key.shared) },
	{ "evidence-signing-key", 0, "FILE", "and sign it with this key (Ed25519)",
		OPTION_STRING(struct serve_command, key.signing) },
	{ "evidence-old-key", 0, "FILE", "until now, it was signed with it (HMAC)",
		OPTION_STRING(struct serve_command, old_key.shared) },
	{ "evidence-old-signing-key", 0, "FILE", "until now, it was signed with it (Ed25519)",
		OPTION_STRING(struct serve_command, old_key.signing) },
	{ "evidence-was-unsigned", 0, NULL, "until now, it was not signed",
		OPTION_FLAG(struct serve_command, was_unsigned) },
	{ "evidence-old-key-lost", 0, NULL, "until now, it was signed with a key that is lost",
		OPTION_FLAG(struct serve_command, serve.evidence_old_key_lost) },
	{ "evidence-group", 0, "GROUP", "and let this group read it",
		OPTION_PARSED(struct serve_command, serve.evidence_group, parse_group),
		.wants = WANTS_GROUP },
	{ "evidence-max-size", 0, "SIZE", "and rotate it when it is larger",
		OPTION_SIZE(struct serve_command, serve.evidence_max_size), .min = MAX_EVIDENCE_MIN,
		.max = MAX_STORE_MAX, .wants = "a size from 64K to 1T" },
	{ "idle-timeout", 0, "TIME",
		"leave when nobody asks\n"
		"(default: 30s with sockets from systemd,\n"
		"else infinity)",
		OPTION_PARSED(struct serve_command, serve.idle_timeout, parse_idle_timeout),
		OPTION_GIVEN(struct serve_command, serve.idle_timeout_set), .wants = WANTS_TIME },
	{ "pid-file", 0, "FILE", "lock this file, and write the process's number",
		OPTION_STRING(struct serve_command, pid_file) },
	{ "ready-fd", 0, "N", "write a line feed there when it answers",
		OPTION_NUMBER(struct serve_command, ready_fd), .min = 3, .max = READY_FD_MAX,
		.wants = "an open descriptor from 3 on" },
	{ 0 },
};

/* Whether there is an option that is for a store on a server. */
static bool has_store_option(const struct serve_command *c)
{
	return c->serve.desk.name || c->serve.desk.host || c->store_password
		|| c->store_option_given;
}

static int check_options(const struct verb *verb, const struct serve_command *c)
{
	const struct serve_options *s = &c->serve;

	if (s->operator_socket && !s->socket)
		return usage_error(verb, "--operator-socket needs --socket beside it");
	if (c->max_ttl_given && s->settings.max_ttl < s->settings.token_ttl)
		return usage_error(verb, "--max-ttl is less than --token-ttl");
	if (c->policy && !c->policy[0])
		return usage_error(verb, "--policy wants a file");
	if (c->ready_fd > 0 && fcntl((int)c->ready_fd, F_SETFD, FD_CLOEXEC) < 0)
		return usage_error(verb, "--ready-fd wants an open descriptor from 3 on");
	if (c->pid_file && !c->pid_file[0])
		return usage_error(verb, "--pid-file wants a file");
	if (c->store_password && !c->store_password[0])
		return usage_error(verb, "--store-password wants a file");
	if (c->approvers && !c->approvers[0])
		return usage_error(verb, "--approvers wants a file");
	if (s->settings.require_signature && !c->approvers)
		return usage_error(verb, "--require-signature needs --approvers");
	if (s->advisory && !s->settings.require_signature)
		return usage_error(verb, "--advisory is for --require-signature");
	if (c->registry && !c->registry[0])
		return usage_error(verb, "--registry wants a file");
	if (s->settings.packs_by_asker && !c->policy_packs && !c->policy)
		return usage_error(verb, "--packs-by-asker needs --policy-pack or --policy");
	if (c->pack_directory && !c->policy_packs && !c->policy)
		return usage_error(verb, "--pack-dir needs --policy-pack or --policy");
	if (c->state_dir && strcmp(c->store, "memory") == 0)
		return usage_error(verb, "--state-dir is not for --store=memory");
	if (c->key.shared && c->key.signing)
		return usage_error(
			verb, "--evidence-key and --evidence-signing-key exclude each other");
	if ((c->old_key.shared != NULL) + (c->old_key.signing != NULL) + c->was_unsigned
			+ s->evidence_old_key_lost
		> 1)
		return usage_error(verb,
			"--evidence-old-key, --evidence-old-signing-key, --evidence-old-key-lost "
			"and --evidence-was-unsigned exclude one another");
	if ((c->key.shared || c->key.signing || serve_command_changes_key(c)
		    || s->evidence_old_key_lost)
		&& !s->evidence_log)
		return usage_error(verb, "a key is for --evidence-log");
	if (s->evidence_group != FILE_NO_GROUP && !s->evidence_log)
		return usage_error(verb, "--evidence-group is for --evidence-log");
	if (s->evidence_max_size > 0 && !s->evidence_log)
		return usage_error(verb, "--evidence-max-size is for --evidence-log");
	return STATUS_DONE;
}

static int find_packs(const struct verb *verb, const struct serve_command *c, struct packs *packs,
	struct bytes *directory)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	int r;

	r = packs_directory(c->pack_directory, directory);
	if (r >= 0 && c->policy_packs)
		r = packs_find(c->policy_packs, c->pack_directory, packs, &why);
	if (r < 0)
		return say_undecided("out of memory");
	return r == PACKS_REFUSED ? usage_error(verb, "--policy-pack: %s", bytes_str(&why))
				  : STATUS_DONE;
}

static int run_daemon(const struct verb *verb, struct serve_command *c)
{
	cleanup(serve_paths_deinit) struct serve_paths paths = { 0 };
	cleanup(packs_deinit) struct packs packs = { .n = 0 };
	cleanup(bytes_deinit) struct bytes pack_directory = BYTES_PRINTED;
	int r, status;

	status = serve_paths_find(verb, c, &paths);
	if (status == STATUS_DONE)
		status = serve_runners_make(&c->runners, verb, c->serve.credentials);
	if (status == STATUS_DONE)
		status = find_packs(verb, c, &packs, &pack_directory);
	if (status != STATUS_DONE)
		return status;

	c->serve.runners = c->runners.runners;
	c->serve.packs = packs.paths;
	c->serve.n_packs = packs.n;
	c->serve.pack_directory = bytes_str(&pack_directory);
	r = serve(&c->serve);
	c->serve.packs = NULL;

	switch (r) {
	case SERVE_DONE:
		return STATUS_DONE;
	case SERVE_NO_SOCKET:
		return usage_error(
			verb, "no socket: systemd hands over none, and --socket names none");
	default:
		return STATUS_REFUSED;
	}
}

static int read_and_run(const struct verb *verb, int argc, char **argv)
{
	struct serve_command c = {
		.serve = {
			.settings = {
				.default_action = DECISION_DENY,
				.token_ttl = DEFAULT_TTL,
				.max_ttl = DEFAULT_MAX_TTL,
				.release_ttl = DEFAULT_RELEASE_TTL,
				.max_pending_alike = LIMIT_PENDING_ALIKE,
				.max_pending_of_uid = LIMIT_PENDING_OF_UID,
				.max_store = LIMIT_STORE,
				.max_request = LIMIT_REQUEST,
			},
			.agent_group = DOOR_NO_GROUP,
			.operator_group = DOOR_NO_GROUP,
			.evidence_group = FILE_NO_GROUP,
			.desk = { .timeout = SERVE_STORE_TIMEOUT },
		},
		.store = "file",
		.retry_after = DEFAULT_RETRY_AFTER,
	};
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &c, &none);
	if (status != VERB_GO)
		return status;

	c.serve.ready_fd = (int)c.ready_fd;
	c.serve.settings.retry_after_ms = (uint32_t)(c.retry_after / CLOCK_MS);
	if (c.max_pending > 0)
		c.serve.settings.max_pending_alike = c.serve.settings.max_pending_of_uid =
			c.max_pending;
	status = serve_desk_check(verb, c.store, has_store_option(&c), &c.serve);
	if (status == STATUS_DONE)
		status = check_options(verb, &c);
	if (status == STATUS_DONE)
		status = run_daemon(verb, &c);
	serve_runners_deinit(&c.runners);
	return status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	int status;

	status = read_and_run(verb, argc, argv);
	if (status == STATUS_USAGE)
		doors_turn_away();
	return status;
}

const struct verb serve_verb = {
	.name = "serve",
	.summary = "Answers at the doors, and leaves when it is idle",
	.options = rows,
	.run = run,
};
