/* SPDX-License-Identifier: ISC */
#pragma once

/* Everything that bears on one decision. It is looked up beforehand: deciding reads nothing else.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gate/allowlist/allowlist.h"
#include "gate/approval/allowed-signers.h"
#include "gate/approval/sk-counters.h"
#include "gate/policy/candidate.h"
#include "gate/policy/policy.h"
#include "gate/policy/registry.h"
#include "gate/role.h"
#include "gate/settings.h"
#include "gate/token/token.h"
#include "gate/usage.h"
#include "gate/wire/request.h"

/* Where approvals with a key are taken. */
struct approving {
	const struct allowed_signers *signers;
	const uint8_t *gate; /* its ID: APPROVAL_GATE_LEN bytes */
	const struct sk_counters *counters;
};

struct decide_input {
	const struct request *request;
	const uint8_t *fingerprint; /* the request's; only of a local.exec without a fault */
	enum role role;             /* of the door at which it came in */
	struct asker asker;
	const struct settings *settings;
	const struct policy *policy;       /* or NULL */
	const struct policy *const *packs; /* in the order in which the operator named them */
	size_t n_packs;
	const struct registry *registry;   /* or NULL */
	const struct allowlist *allowlist; /* NULL: there is no state directory to keep one in */
	uint64_t allow_now;                /* the time on the allowlist's clock */
	const struct approving *approving; /* NULL: they aren't */
	const struct token *token;         /* that the request names or resumes, or NULL */
	struct usage usage;
	bool may_report; /* the record that the request names is an allow that is open */
	struct moment now;
	const uint8_t *fresh_id; /* for a token or an entry that may be made */

	/* The name of the asking process, or NULL. Called only where a token is issued. */
	const char *(*name_process)(void *userdata);

	/* Sets the size that the token of an issue takes on record. Error: -ENOMEM. */
	int (*measure)(struct token_change *change, void *userdata);
	void *userdata;

	const char *closed; /* why nothing may be decided, or NULL */
	const char *full;   /* why askers are refused for lack of space, or NULL */
	bool readable;      /* what is on record may be shown, even where it is closed */
};
