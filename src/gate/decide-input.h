/* SPDX-License-Identifier: ISC */
#pragma once

/* All input of one decision. It is looked up beforehand: deciding reads nothing else. */

#include <stdbool.h>
#include <stdint.h>

#include "gate/allowlist/allowlist.h"
#include "gate/approval/allowed-signers.h"
#include "gate/approval/sk-counters.h"
#include "gate/policy/candidate.h"
#include "gate/policy/policy.h"
#include "gate/policy/registry.h"
#include "gate/role.h"
#include "gate/runner/refusal.h"
#include "gate/settings.h"
#include "gate/token/token.h"
#include "gate/usage.h"
#include "gate/wire/request.h"

/* What is needed to check approvals made with a key. */
struct approving {
	const struct allowed_signers *signers;
	const uint8_t *gate; /* its ID: APPROVAL_GATE_LEN bytes */
	const struct sk_counters *counters;
};

/* Whether the identity that a request brings holds; then request->asked.runner is set. */
struct runner_result {
	enum runner_refusal refusal; /* RUNNER_FINE also if none was sent */
	const char *detail;          /* for the reason, or NULL */
};

struct decide_input {
	const struct request *request;
	struct runner_result runner;
	const uint8_t *fingerprint;  /* of the request, if it may have a token; else NULL */
	const char *fingerprint_hex; /* the same in hexadecimal digits */
	enum role role;              /* of the door through which it came */
	struct asker asker;          /* the peer, or the user that root asks for */
	bool is_root;                /* the peer is root: it may ask for a user */
	const struct settings *settings;
	const struct policy *policy;       /* or NULL */
	const struct runners *runners;     /* the known CI runners; or NULL */
	const struct policy *const *packs; /* in the order in which the operator gave them */
	size_t n_packs, n_offered; /* the first n_offered are those of which askers may choose */
	const struct registry *registry;   /* or NULL */
	const struct allowlist *allowlist; /* NULL: there is no state directory */
	uint64_t allow_now;                /* the time on the allowlist's clock */
	const struct approving *approving; /* NULL: approvals with a key are not accepted */
	const uint8_t *gate;               /* its ID, for runners that sign; or NULL */
	const struct token *token;         /* named or resumed by the request, or NULL */
	struct usage usage;
	bool has_evidence; /* a log of evidence is kept */
	bool may_report;   /* the request names the record of an open allow */
	struct moment now;
	/* Makes the ID of a new token or entry: TOKEN_ID_LEN bytes. */
	void (*make_id)(uint8_t *ret);

	/* Sets the names of the asking process and its parents; called when a token is issued. */
	void (*name_process)(struct token *wanted, void *userdata);

	/* As store_next_alike(), for the asker's uid and the request's fingerprint. */
	const struct token *(*next_alike)(
		enum token_state state, const struct token *after, void *userdata);

	/* Sets the size on record of the token of an issue. Error: -ENOMEM. */
	int (*measure)(struct token_change *change, void *userdata);
	void *userdata;

	const char *not_held; /* why a pending answer can't be held back any more; NULL: it can */
	const char *closed;   /* why nothing is decided, or NULL */
	const char *away;     /* why a judged request that needs the store is denied, or NULL */
	const char *full;     /* why askers are refused for lack of space, or NULL */
	bool readable;        /* records may be shown, even if closed */
};
