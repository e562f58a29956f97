/* SPDX-License-Identifier: ISC */

/*
 * `firma runner keys`: fetches the key set of one issuer, or those of all issuers of a policy. The
 * daemon itself has no network; it reads the files.
 */

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/absolute.h"
#include "cli/key-set-fetch.h"
#include "cli/verb.h"
#include "daemon/policy-file.h"
#include "daemon/runner-keys.h"

#define TIMEOUT (10 * CLOCK_SECOND)
#define TIMEOUT_MAX (3600 * CLOCK_SECOND)

struct keys {
	const char *issuer, *output, *policy;
	uint64_t timeout;
};

static const struct option_row rows[] = {
	{ "issuer", 0, "URL", "fetch the keys of this issuer", OPTION_TEXT(struct keys, issuer) },
	{ "output", 0, "FILE", "write them there", OPTION_STRING(struct keys, output) },
	{ "policy", 0, "FILE", "fetch those of all its issuers, each into its file",
		OPTION_STRING(struct keys, policy) },
	{ "timeout", 0, "TIME", "wait at most so long for each (default: 10s)",
		OPTION_DURATION(struct keys, timeout), .min = CLOCK_MS, .max = TIMEOUT_MAX,
		.wants = "a time from 1ms to 1h" },
	{ 0 },
};

/* Each issuer is tried, also after one that failed. */
static int fetch_all(const struct runners *runners, const char *policy, uint64_t timeout)
{
	int result = STATUS_DONE;

	for (size_t i = 0; runners && i < runners->n_issuers; i++) {
		const struct runner_issuer *issuer = &runners->issuers[i];
		cleanup(free_p) char *path = runner_keys_path(policy, issuer->jwks);
		int status;

		status = path ? key_set_fetch(issuer->issuer, path, timeout)
			      : say_undecided("out of memory");
		if (status != STATUS_DONE)
			result = status;
	}
	return result;
}

static int fetch_for_policy(const struct keys *options)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	cleanup(policy_free_p) struct policy *policy = NULL;
	cleanup(free_p) char *path = absolute_path(options->policy);
	struct policy_source source;
	struct faults faults;
	int status, r;

	if (!path || text_append_quoted(&shown, options->policy, strlen(options->policy)) < 0)
		return say_undecided("can't tell where the policy is");

	faults_init(&faults);
	r = policy_file_check(path, geteuid(), &faults, &source, &policy);
	faults_deinit(&faults);
	if (r < 0)
		status = say_undecided("%s: %s", bytes_str(&shown), strerror(-r));
	else if (r != 0)
		status = say_undecided(
			"%s has a fault: see 'firma policy check'", bytes_str(&shown));
	else
		status = fetch_all(policy_runners(policy), path, options->timeout);
	return status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct keys options = { .timeout = TIMEOUT };
	struct operands none;
	int status, r;

	status = verb_read_options(verb, argc, argv, &options, &none);
	if (status != VERB_GO)
		return status;
	if (options.policy && (options.issuer || options.output))
		return usage_error(verb, "--policy has issuers and files of its own");
	if (options.policy)
		return fetch_for_policy(&options);
	if (!options.issuer || !options.output)
		return usage_error(verb, "--issuer and --output are both needed, or --policy");

	r = key_set_has_issuer(options.issuer);
	if (r == 0)
		return usage_error(verb, "--issuer wants a URL that begins with https://");
	return r < 0 ? say_undecided("out of memory")
		     : key_set_fetch(options.issuer, options.output, options.timeout);
}

const struct verb runner_keys_verb = {
	.group = "runner",
	.name = "keys",
	.summary = "Fetches the keys that verify the tokens of CI jobs",
	.options = rows,
	.run = run,
};
