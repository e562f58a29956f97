/* SPDX-License-Identifier: ISC */
#pragma once

/* A token as the daemon lists it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "cli/console.h"
#include "cli/say.h"

/* Strings belong to the document; NULL where the token has none. */
struct item {
	struct json_doc *doc;
	const char *id, *state, *executable, *cwd, *real_path, *executable_sha256;
	const char *session_id, *sandbox_id, *agent_id, *profile;
	const char *process, *issued_at, *expires_at, *rule, *reason, *fingerprint;
	const struct json *args;
	uint64_t uid, pid, expires_in_ms;
	uint64_t age_ms; /* or ITEM_UNKNOWN */
};

#define ITEM_UNKNOWN UINT64_MAX

/* STATUS_DONE, or a status to end with, which has been said. item_deinit() frees what is done. */
int item_read(const struct bytes *line, struct item *ret);
void item_deinit(struct item *item);

/* Whether an operator can still do something about it. */
bool item_is_live(const struct item *item);

/* What its state is shown in. */
enum style item_style(const struct item *item);

/* Appends the command line, each word as a shell would need it. Errors: those of bytes_append(). */
int item_append_command(const struct item *item, struct bytes *b);
