/* SPDX-License-Identifier: ISC */

/*
 * Each condition is a row of one table, in the order of the design. All rows are evaluated: an
 * approval does not hide a failed delivery, and a state does not hide a signal.
 */

#include "gate/release.h"

#include <string.h>

#include "base/array.h"

static const char *const text_keys[RELEASE_TEXTS] = {
	[RELEASE_KIND] = "metadata_kind",
	[RELEASE_CHANNEL] = "release_channel",
	[RELEASE_VERSION] = "release_version",
	[RELEASE_APPROVAL_STATE] = "approval_state",
	[RELEASE_APPROVAL_ID] = "approval_id",
	[RELEASE_ALERT_LEVEL] = "alert_level",
	[RELEASE_DRIFT] = "drift_status",
	[RELEASE_HANDOFF] = "handoff_status",
	[RELEASE_CONNECTOR_SOURCE] = "connector_delivery_source",
	[RELEASE_VERIFICATION] = "verification_status",
	[RELEASE_INTEGRITY] = "integrity_status",
	[RELEASE_AUDIT_EXPORT] = "audit_export_status",
};

static const char *const count_keys[RELEASE_COUNTS] = {
	[RELEASE_APPROVALS_REQUIRED] = "approval_required_count",
	[RELEASE_DELIVERIES_FAILED] = "failed_delivery_count",
	[RELEASE_CONNECTOR_FAILURES] = "connector_delivery_failure_count",
	[RELEASE_BLOCKED] = "blocked_count",
	[RELEASE_CRITICAL] = "critical_count",
	[RELEASE_BREACHED] = "breached_count",
	[RELEASE_DRIFTED] = "drifted_endpoint_count",
	[RELEASE_MISSING_TARGETS] = "missing_target_count",
	[RELEASE_VERIFICATIONS_FAILED] = "failed_verification_count",
	[RELEASE_INTEGRITY_FAILURES] = "integrity_failure_count",
	[RELEASE_ROLLBACK_REFERENCES] = "rollback_reference_count",
};

static const char *const list_keys[RELEASE_LISTS] = {
	[RELEASE_FAILED_PROVIDERS] = "failed_providers",
	[RELEASE_EVIDENCE_REFS] = "evidence_refs",
};

const char *release_text_key(enum release_text text)
{
	return text_keys[text];
}

const char *release_count_key(enum release_count count)
{
	return count_keys[count];
}

const char *release_list_key(enum release_list list)
{
	return list_keys[list];
}

bool release_is_empty(const struct release *r)
{
	bool empty = !r->delivered;

	for (size_t i = 0; i < RELEASE_TEXTS; i++)
		empty &= !r->texts[i];
	for (size_t i = 0; i < RELEASE_COUNTS; i++)
		empty &= r->counts[i] == 0;
	for (size_t i = 0; i < RELEASE_LISTS; i++)
		empty &= r->lists[i] == 0;
	return empty;
}

/* --- kinds and states ------------------------------------------------------------------------- */

/* A kind also belongs to the groups before its own. */
enum group { GROUP_UNKNOWN, GROUP_KNOWN, GROUP_REQUESTS, GROUP_EXECUTES };

static const struct {
	const char *name;
	enum group group;
	bool delivers; /* its records report a delivery */
} kinds[] = {
	{ "endpoint-drift-remediation-execution", GROUP_EXECUTES, false },
	{ "rollout-promotion-execution", GROUP_EXECUTES, false },
	{ "rollout-rollback-execution", GROUP_EXECUTES, false },
	{ "release-channel-promotion-request", GROUP_REQUESTS, false },
	{ "endpoint-reconciliation-automation", GROUP_REQUESTS, false },
	{ "endpoint-drift-remediation-request", GROUP_REQUESTS, false },
	{ "endpoint-remediation-handoff", GROUP_REQUESTS, false },
	{ "endpoint-management-publication-delivery", GROUP_KNOWN, true },
	{ "release-connector-delivery", GROUP_KNOWN, true },
	{ "managed-endpoint-reconciliation", GROUP_KNOWN, false },
	{ "endpoint-management-export", GROUP_KNOWN, false },
	{ "endpoint-inventory-ingestion", GROUP_KNOWN, false },
	{ "endpoint-inventory-freshness-report", GROUP_KNOWN, false },
	{ "endpoint-remediation-handoff-status", GROUP_KNOWN, false },
	{ "rollout-evidence-capture", GROUP_KNOWN, false },
	{ "rollout-evidence-verification", GROUP_KNOWN, false },
	{ "rollout-artifact-retrieval", GROUP_KNOWN, false },
	{ "rollout-artifact-integrity", GROUP_KNOWN, false },
	{ "rollout-promotion-audit-export", GROUP_KNOWN, false },
	{ "rollout-rollback-audit-export", GROUP_KNOWN, false },
#define SLA "endpoint-remediation-sla-"
	{ SLA "report", GROUP_KNOWN, false },
	{ SLA "notification-plan", GROUP_KNOWN, false },
	{ SLA "notification-ack", GROUP_KNOWN, false },
	{ SLA "escalation-plan", GROUP_KNOWN, false },
	{ SLA "escalation-review", GROUP_KNOWN, false },
	{ SLA "escalation-recurrence-plan", GROUP_KNOWN, false },
	{ SLA "escalation-suppression-audit", GROUP_KNOWN, false },
	{ SLA "escalation-recurrence-retry-plan", GROUP_KNOWN, false },
	{ SLA "escalation-owner-digest", GROUP_KNOWN, false },
	{ SLA "escalation-suppression-trend", GROUP_KNOWN, false },
	{ SLA "escalation-recurrence-automation-run", GROUP_KNOWN, false },
	{ SLA "escalation-recurrence-automation-health-alert-plan", GROUP_KNOWN, false },
	{ SLA "escalation-recurrence-automation-health-alert-ack", GROUP_KNOWN, false },
#undef SLA
};

/* The values of a status that are a signal. */
static const struct {
	enum release_text text;
	const char *value;
} signals[] = {
	{ RELEASE_ALERT_LEVEL, "critical" },
	{ RELEASE_ALERT_LEVEL, "blocked" },
	{ RELEASE_ALERT_LEVEL, "breached" },
	{ RELEASE_DRIFT, "drifted" },
	{ RELEASE_DRIFT, "non_compliant" },
	{ RELEASE_HANDOFF, "blocked" },
	{ RELEASE_HANDOFF, "failed" },
	{ RELEASE_VERIFICATION, "failed" },
	{ RELEASE_VERIFICATION, "blocked" },
	{ RELEASE_VERIFICATION, "mismatch" },
	{ RELEASE_INTEGRITY, "failed" },
	{ RELEASE_INTEGRITY, "mismatch" },
	{ RELEASE_INTEGRITY, "tampered" },
	{ RELEASE_AUDIT_EXPORT, "failed" },
	{ RELEASE_AUDIT_EXPORT, "blocked" },
};

/* The counts that are a signal if they are above 0. */
static const enum release_count signal_counts[] = {
	RELEASE_BLOCKED,
	RELEASE_CRITICAL,
	RELEASE_BREACHED,
	RELEASE_DELIVERIES_FAILED,
	RELEASE_CONNECTOR_FAILURES,
	RELEASE_VERIFICATIONS_FAILED,
	RELEASE_INTEGRITY_FAILURES,
	RELEASE_DRIFTED,
	RELEASE_MISSING_TARGETS,
};

static const char *const denied_states[] = { "denied", "rejected", "expired", "cancelled",
	"canceled" };

#define BLANKS " \t\r\n\v\f"

/*
 * Compares without blanks at both ends and without regard to case; in a state '-' equals '_'.
 * `word` is in lower case.
 */
static bool says(const char *text, const char *word, bool is_state)
{
	size_t len, wanted = strlen(word);

	if (!text)
		return false;

	text += strspn(text, BLANKS);
	for (len = strlen(text); len > 0 && strchr(BLANKS, text[len - 1]); len--)
		;
	if (len != wanted)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (is_state && c == '-')
			c = '_';
		if (c != word[i])
			return false;
	}
	return true;
}

bool release_is_approved(const struct release *r)
{
	return says(r->texts[RELEASE_APPROVAL_STATE], "approved", true);
}

static bool has_text(const char *text)
{
	return text && text[strspn(text, BLANKS)] != '\0';
}

/* --- the conditions --------------------------------------------------------------------------- */

/* The input of the conditions, computed once. */
struct facts {
	const struct release *release;
	bool empty;
	bool has_kind, has_state;
	bool approved, pending, denied; /* from the state */
	bool approval_holds;            /* there is an ID, and the approval exists */
	bool delivers, signals;
	enum group group;
};

static bool has_signal(const struct release *r)
{
	bool found = r->lists[RELEASE_FAILED_PROVIDERS] > 0;

	for (size_t i = 0; i < LENGTH(signals); i++)
		found |= says(r->texts[signals[i].text], signals[i].value, true);
	for (size_t i = 0; i < LENGTH(signal_counts); i++)
		found |= r->counts[signal_counts[i]] > 0;
	return found;
}

static struct facts find_facts(const struct release *r, bool approval_holds)
{
	const char *kind = r->texts[RELEASE_KIND], *state = r->texts[RELEASE_APPROVAL_STATE];
	struct facts f = {
		.release = r,
		.empty = release_is_empty(r),
		.has_kind = has_text(kind),
		.has_state = has_text(state),
		.approved = release_is_approved(r),
		.pending = says(state, "pending", true),
		.approval_holds = approval_holds && has_text(r->texts[RELEASE_APPROVAL_ID]),
		.signals = has_signal(r),
	};

	for (size_t i = 0; i < LENGTH(denied_states); i++)
		f.denied |= says(state, denied_states[i], true);
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		if (!says(kind, kinds[i].name, false))
			continue;
		f.group = kinds[i].group;
		f.delivers = kinds[i].delivers;
	}
	return f;
}

static bool is_missing(const struct facts *f)
{
	return f->empty;
}

static bool is_approved_by_none(const struct facts *f)
{
	return f->approved && !f->approval_holds;
}

static bool is_approved(const struct facts *f)
{
	return f->approved && f->approval_holds;
}

static bool is_pending(const struct facts *f)
{
	return f->pending;
}

static bool is_denied(const struct facts *f)
{
	return f->denied;
}

static bool is_in_unknown_state(const struct facts *f)
{
	return f->has_state && !f->approved && !f->pending && !f->denied;
}

static bool has_failed_delivery(const struct facts *f)
{
	return f->delivers && !f->release->delivered;
}

static bool is_signal(const struct facts *f)
{
	return f->signals;
}

static bool executes_unapproved(const struct facts *f)
{
	return f->group == GROUP_EXECUTES && !f->has_state;
}

static bool lacks_approval(const struct facts *f)
{
	return !f->has_state
		&& (f->group >= GROUP_REQUESTS
			|| f->release->counts[RELEASE_APPROVALS_REQUIRED] > 0);
}

static bool is_of_known_kind(const struct facts *f)
{
	return f->group >= GROUP_KNOWN;
}

static bool is_of_no_kind(const struct facts *f)
{
	return !f->has_kind && !f->empty;
}

static bool is_of_unknown_kind(const struct facts *f)
{
	return f->has_kind && f->group == GROUP_UNKNOWN;
}

#define RULE(name) "release_governance." name

static const struct {
	bool (*holds)(const struct facts *f);
	struct release_judgement judgement;
} conditions[] = {
	{ is_missing, { DECISION_PENDING, SEVERITY_MEDIUM, RULE("record.missing") } },
	{ is_approved_by_none, { DECISION_DENY, SEVERITY_CRITICAL, RULE("approval.missing") } },
	{ is_approved, { DECISION_ALLOW, SEVERITY_LOW, RULE("approval.approved") } },
	{ is_pending, { DECISION_PENDING, SEVERITY_HIGH, RULE("approval.pending") } },
	{ is_denied, { DECISION_DENY, SEVERITY_CRITICAL, RULE("approval.denied") } },
	{ is_in_unknown_state, { DECISION_PENDING, SEVERITY_MEDIUM, RULE("approval.unknown") } },
	{ has_failed_delivery, { DECISION_DENY, SEVERITY_HIGH, RULE("delivery.failed") } },
	{ is_signal, { DECISION_PENDING, SEVERITY_HIGH, RULE("signal.critical") } },
	{ executes_unapproved, { DECISION_DENY, SEVERITY_CRITICAL, RULE("approval.missing") } },
	{ lacks_approval, { DECISION_PENDING, SEVERITY_HIGH, RULE("approval.required") } },
	{ is_of_known_kind, { DECISION_ALLOW, SEVERITY_LOW, RULE("record.verified") } },
	{ is_of_no_kind, { DECISION_ALLOW, SEVERITY_LOW, RULE("approval.not_required") } },
	{ is_of_unknown_kind, { DECISION_PENDING, SEVERITY_MEDIUM, RULE("approval.unknown") } },
};

static int strictness(enum decision decision)
{
	return decision == DECISION_ALLOW ? 1 : decision == DECISION_PENDING ? 2 : 3;
}

/* At least one condition holds for every record. */
struct release_judgement release_judge(const struct release *release, bool approval_holds)
{
	const struct facts f = find_facts(release, approval_holds);
	const struct release_judgement *found = &conditions[0].judgement;
	bool any = false;

	for (size_t i = 0; i < LENGTH(conditions); i++) {
		const struct release_judgement *j = &conditions[i].judgement;

		if (!conditions[i].holds(&f))
			continue;
		if (!any || strictness(j->decision) > strictness(found->decision))
			found = j;
		any = true;
	}
	return *found;
}
