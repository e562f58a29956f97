/* SPDX-License-Identifier: ISC */

/* One way for each provider: a variable, a program, or a question by HTTPS. */

#include "cli/runner-source.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json/tree.h"
#include "base/text.h"
#include "cli/capture.h"
#include "cli/https.h"
#include "cli/runner-variables.h"
#include "cli/say.h"
#include "gate/limits.h"
#include "gate/runner/jwt.h"

struct source {
	const char *variable; /* that holds the token; or NULL */
	const char *need;     /* what the job's configuration lacks if it isn't set */

	/* The program that prints the token; its last word is the audience. */
	const char *const *words;

	/* The variables with the URL and the secret for it; what is added to the URL. */
	const char *url, *bearer;
	const char *query;
	bool audience; /* the audience, too */
	bool post;
	const char *member; /* of the answer: the token */
};

static const char *const buildkite_words[] = { "buildkite-agent", "oidc", "request-token",
	"--audience", NULL };

#define ACTIONS                                                                            \
	.url = "ACTIONS_ID_TOKEN_REQUEST_URL", .bearer = "ACTIONS_ID_TOKEN_REQUEST_TOKEN", \
	.query = "audience=", .audience = true, .member = "value"

static const struct source sources[RUNNER_PROVIDERS] = {
	[RUNNER_GITLAB] = { .variable = "FIRMA_ID_TOKEN",
		.need = "the job needs id_tokens: {FIRMA_ID_TOKEN: {aud: firma}}" },
	[RUNNER_CIRCLECI] = { .variable = "CIRCLE_OIDC_TOKEN_V2",
		.need = "CircleCI gave this job no token" },
	[RUNNER_BUILDKITE] = { .words = buildkite_words },
	[RUNNER_GITHUB] = { ACTIONS, .need = "the job needs the permission id-token: write" },
	[RUNNER_FORGEJO] = { ACTIONS, .need = "the job needs enable-openid-connect: true" },
	[RUNNER_GITEA] = { ACTIONS, .need = "this Gitea gives its jobs no tokens" },
	[RUNNER_AZURE] = { .url = "SYSTEM_OIDCREQUESTURI",
		.bearer = "SYSTEM_ACCESSTOKEN",
		.query = "api-version=7.1-preview.1",
		.post = true,
		.member = "oidcToken",
		.need = "the step needs SYSTEM_ACCESSTOKEN: $(System.AccessToken) in its env" },
};

static int look(const struct source *source, const char *name, const char **ret)
{
	*ret = getenv(name);
	if (!*ret || (*ret)[0] == '\0')
		return say_undecided("%s is not set: %s", name, source->need);
	return STATUS_DONE;
}

static int read_variable(const struct source *source, struct bytes *ret)
{
	const char *value;
	int status = look(source, source->variable, &value);

	if (status != STATUS_DONE)
		return status;
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

	r = capture_run(words, NULL, LIMIT_JWT + 1, timeout, ret, &status);
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

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		|| strchr("-._~", c);
}

static int make_url(
	const struct source *source, const char *base, const char *audience, struct bytes *ret)
{
	bytes_appendf(ret, "%s%c%s", base, strchr(base, '?') ? '&' : '?', source->query);
	for (const char *at = source->audience ? audience : ""; *at; at++) {
		if (is_plain(*at))
			bytes_append_char(ret, *at);
		else
			bytes_appendf(ret, "%%%02X", (unsigned char)*at);
	}
	return bytes_error(ret);
}

static int take_member(const struct source *source, const struct bytes *answer, struct bytes *ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const char *token = NULL;
	struct scan_fault fault;
	int r;

	r = json_parse(bytes_str(answer), answer->len, &doc, &fault);
	if (r == 0)
		token = json_get_string(json_root(doc), source->member);
	if (r == -ENOMEM || (token && bytes_append_str(ret, token) < 0))
		return say_undecided("out of memory");
	return token ? STATUS_DONE
		     : say_undecided("%s gave an answer without a token", source->url);
}

static int fetch(
	const struct source *source, const char *audience, uint64_t timeout, struct bytes *ret)
{
	cleanup(https_answer_deinit) struct https_answer answer = HTTPS_ANSWER_INIT;
	cleanup(bytes_deinit) struct bytes url = BYTES_PRINTED, why = BYTES_PRINTED;
	struct https_question q = { .post = source->post, .timeout = timeout };
	const char *base;
	int status, r;

	status = look(source, source->url, &base);
	if (status == STATUS_DONE)
		status = look(source, source->bearer, &q.bearer);
	if (status != STATUS_DONE)
		return status;
	if (make_url(source, base, audience, &url) < 0)
		return say_undecided("out of memory");

	q.url = bytes_str(&url);
	r = https_ask(&q, &answer, &why);
	if (r < 0)
		return say_undecided("%s gave no token: %s", source->url,
			r == -ENOMEM ? "out of memory" : bytes_str(&why));
	return take_member(source, &answer.body, ret);
}

static int check(const struct bytes *token, const char *audience)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
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
		if (source->audience && !audience)
			audience = RUNNER_SOURCE_AUDIENCE;
		status = fetch(source, audience, timeout, ret);
	}
	return status == STATUS_DONE ? check(ret, audience) : status;
}
