/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The CI runners of `firma serve`'s --runner options: one issuer, one signer, or both. The options
 * are written as the JSON document of a policy's `runners`, with "required": true, and read by the
 * same reader. So they have the same meaning, and the same faults.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/json/tree.h"
#include "cli/verb.h"
#include "gate/limits.h"
#include "gate/runner/runners.h"

struct serve_runners {
	/* The options' values. */
	const char *key, *key_id;
	const char *issuer, *audience, *jwks;
	const char *pins[LIMIT_RUNNER_PINS * LIMIT_RUNNER_PIN_VALUES]; /* NAME=PATTERN */
	size_t n_pins;

	/* Made by serve_runners_make(). */
	struct json_doc *doc;
	struct runners *runners; /* NULL: no option was given */
};

void serve_runners_deinit(struct serve_runners *r);

/* The parser of --runner-oidc-pin; `to` is the struct serve_runners. */
bool serve_runners_parse_pin(const char *value, void *to);

/*
 * Makes `runners`. `credentials`: the directory of the service manager's credentials, or NULL.
 * Returns a status; a fault is a usage error that names the option or the member.
 */
int serve_runners_make(struct serve_runners *r, const struct verb *verb, const char *credentials);
