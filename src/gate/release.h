/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Release governance: the record that an asker sends about a release, and the judgement of it. A
 * pure function of the record: the policy does not matter.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/kind.h"
#include "gate/wire/reply.h"

/* The record's strings. */
enum release_text {
	RELEASE_KIND,
	RELEASE_CHANNEL,
	RELEASE_VERSION,
	RELEASE_APPROVAL_STATE,
	RELEASE_APPROVAL_ID,
	RELEASE_ALERT_LEVEL,
	RELEASE_DRIFT,
	RELEASE_HANDOFF,
	RELEASE_CONNECTOR_SOURCE,
	RELEASE_VERIFICATION,
	RELEASE_INTEGRITY,
	RELEASE_AUDIT_EXPORT,
	RELEASE_TEXTS,
};

/* Its whole numbers. */
enum release_count {
	RELEASE_APPROVALS_REQUIRED,
	RELEASE_DELIVERIES_FAILED,
	RELEASE_CONNECTOR_FAILURES,
	RELEASE_BLOCKED,
	RELEASE_CRITICAL,
	RELEASE_BREACHED,
	RELEASE_DRIFTED,
	RELEASE_MISSING_TARGETS,
	RELEASE_VERIFICATIONS_FAILED,
	RELEASE_INTEGRITY_FAILURES,
	RELEASE_ROLLBACK_REFERENCES,
	RELEASE_COUNTS,
};

/* Its lists of strings; only their lengths matter. */
enum release_list { RELEASE_FAILED_PROVIDERS, RELEASE_EVIDENCE_REFS, RELEASE_LISTS };

/* A member that is empty, 0, false or [] counts as absent: NULL, 0, false. */
struct release {
	const char *texts[RELEASE_TEXTS];
	uint64_t counts[RELEASE_COUNTS];
	size_t lists[RELEASE_LISTS];
	bool delivered; /* delivery_success */
};

/* Their keys in the record. */
const char *release_text_key(enum release_text text);
const char *release_count_key(enum release_count count);
const char *release_list_key(enum release_list list);

/* Whether all members are absent. */
bool release_is_empty(const struct release *release);

/* Whether its state is "approved". Whether the approval counts is another question. */
bool release_is_approved(const struct release *release);

struct release_judgement {
	enum decision decision;
	enum severity severity;
	const char *rule; /* static, such as "release_governance.signal.critical" */
};

/*
 * Returns the strictest judgement of all conditions that hold. `approval_holds`: if the record says
 * that it is approved, and by which approval, that approval exists.
 */
struct release_judgement release_judge(const struct release *release, bool approval_holds);
