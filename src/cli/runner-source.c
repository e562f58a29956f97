/* SPDX-License-Identifier: ISC */

/* One way for each provider: a variable, or a program. */

#include "cli/runner-source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/capture.h"
#include "cli/runner-variables.h"
#include "cli/say.h"
#include "gate/limits.h"
#include "gate/runner/jwt.h"

struct source {
	const char *variable; /* that holds the token; or NULL */
	const char *need;     /* what the job's configuration lacks if it isn't set */

	/* The program that prints the token; its last word is the audience. */
	const char *const *words;
};

static const char *const buildkite_words[] = { "buildkite-agent", "oidc", "request-token",
	"--audience", NULL };

static const struct source sources[RUNNER_PROVIDERS] = {
	[RUNNER_GITLAB] = { .variable = "FIRMA_ID_TOKEN",
		.need = "the job needs id_tokens: {FIRMA_ID_TOKEN: {aud: firma}}" },
	[RUNNER_CIRCLECI] = { .variable = "CIRCLE_OIDC_TOKEN_V2",
		.need = "CircleCI gave this job no token" },
	[RUNNER_BUILDKITE] = { .words = buildkite_words },
};

static int read_variable(const struct source *source, struct bytes *ret)
{
	const char *value = getenv(source->variable);

	if (!value || value[0] == '\0')
		return say_undecided("%s is not set: %s", source->variable, source->need);
	return bytes_append_str(ret, value) < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

#define WORDS_MAX 8

static int run_program(
	const struct source *source, const char *audience, uint64_t timeout, struct bytes *ret)
{
	const char *words[WORDS_MAX] = { NULL };
	int status = 0, r;
	size_t n = 0;

	for (; source->words[n]; n++)
		words[n] = source->words[n];
	words[n] = audience;

	r = capture_run(words, LIMIT_JWT + 1, timeout, ret, &status);
	if (r == -EFBIG)
		return say_undecided("%s printed something else than a token", words[0]);
	if (r == -ETIME)
		return say_undecided("%s gave no token in time", words[0]);
	if (r < 0)
		return say_undecided("could not run %s: %s", words[0], strerror(-r));
	if (status != 0)
		return say_undecided("%s gave no token: it ended with status %d", words[0], status);

	if (ret->len > 0 && ret->data[ret->len - 1] == '\n')
		bytes_truncate(ret, ret->len - 1);
	return STATUS_DONE;
}

static int check(const struct bytes *token, const char *audience)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	int r = jwt_look(bytes_str(token), token->len, audience);

	if (r == RUNNER_FINE)
		return STATUS_DONE;
	if (r < 0)
		return say_undecided("out of memory");
	if (r != RUNNER_AUDIENCE)
		return say_undecided("what the CI gave is not a token");
	if (text_append_quoted(&shown, audience, strlen(audience)) < 0)
		return say_undecided("out of memory");
	return say_undecided(
		"the token of this job is for another audience than %s", bytes_str(&shown));
}

int runner_source_get(const char *audience, uint64_t timeout, struct bytes *ret)
{
	const enum runner_provider provider = runner_variables_provider();
	const struct source *source;
	int status;

	if (provider == RUNNER_PROVIDERS)
		return runner_variables_say_unknown();

	source = &sources[provider];
	if (source->variable) {
		status = read_variable(source, ret);
	} else if (source->words) {
		audience = audience ? audience : RUNNER_SOURCE_AUDIENCE;
		status = run_program(source, audience, timeout, ret);
	} else {
		return say_undecided("the token of %s is got with curl; see firma-runner(1)",
			runner_provider_name(provider));
	}
	return status == STATUS_DONE ? check(ret, audience) : status;
}
