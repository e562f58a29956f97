# SPDX-License-Identifier: ISC
#
# What release governance decides about records, one a line: DECISION|SEVERITY|RULE|APPROVERS.
# approvals: "claimed" if the ID of any approval counts. All approvals that are named here are false.

function text(key,    value)
{
	if (!match($0, "\"" key "\":\"[^\"]*\""))
		return ""
	value = substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 5)
	gsub(/\\t/, " ", value)
	gsub(/^ +| +$/, "", value)
	return tolower(value)
}

function state(key,    value)
{
	value = text(key)
	gsub(/-/, "_", value)
	return value
}

function has(key)
{
	return $0 ~ "\"" key "\":([1-9]|true|\\[\"|\" *[^\" ])"
}

function any(value, list)
{
	return value != "" && index(" " list " ", " " value " ") > 0
}

# A condition holds: the first of the strictest is kept.
function holds(rank, answer)
{
	if (rank > best) {
		best = rank
		kept = answer
	}
}

BEGIN {
	execute = "endpoint-drift-remediation-execution rollout-promotion-execution rollout-rollback-execution"
	request = execute " release-channel-promotion-request endpoint-reconciliation-automation" \
		" endpoint-drift-remediation-request endpoint-remediation-handoff"
	delivery = "endpoint-management-publication-delivery release-connector-delivery"
	sla = "endpoint-remediation-sla-"
	up = sla "escalation-"
	known = request " " delivery " managed-endpoint-reconciliation endpoint-management-export" \
		" endpoint-inventory-ingestion endpoint-inventory-freshness-report" \
		" endpoint-remediation-handoff-status rollout-evidence-capture" \
		" rollout-evidence-verification rollout-artifact-retrieval rollout-artifact-integrity" \
		" rollout-promotion-audit-export rollout-rollback-audit-export " sla "report " \
		sla "notification-plan " sla "notification-ack " up "plan " up "review " \
		up "recurrence-plan " up "suppression-audit " up "recurrence-retry-plan " \
		up "owner-digest " up "suppression-trend " up "recurrence-automation-run " \
		up "recurrence-automation-health-alert-plan " up "recurrence-automation-health-alert-ack"
	block = "block|%s|release_governance.%s|Release Governance"
	ask = "require_approval|%s|release_governance.%s|Release Governance"
	allow = "allow|low|release_governance.%s|-"
}

{
	best = 0
	kind = text("metadata_kind")
	approval = state("approval_state")
	empty = !($0 ~ /:([1-9]|true|\["|"[^"])/)
	signal = any(state("alert_level"), "critical blocked breached") \
		|| any(state("drift_status"), "drifted non_compliant") \
		|| any(state("handoff_status"), "blocked failed") \
		|| any(state("verification_status"), "failed blocked mismatch") \
		|| any(state("integrity_status"), "failed mismatch tampered") \
		|| any(state("audit_export_status"), "failed blocked") \
		|| has("blocked_count") || has("critical_count") || has("breached_count") \
		|| has("failed_delivery_count") || has("connector_delivery_failure_count") \
		|| has("failed_verification_count") || has("integrity_failure_count") \
		|| has("drifted_endpoint_count") || has("missing_target_count") || has("failed_providers")

	if (empty)
		holds(2, sprintf(ask, "medium", "record.missing"))
	if (approval == "approved" && (approvals != "claimed" || text("approval_id") == ""))
		holds(3, sprintf(block, "critical", "approval.missing"))
	else if (approval == "approved")
		holds(1, sprintf(allow, "approval.approved"))
	else if (approval == "pending")
		holds(2, sprintf(ask, "high", "approval.pending"))
	else if (any(approval, "denied rejected expired cancelled canceled"))
		holds(3, sprintf(block, "critical", "approval.denied"))
	else if (approval != "")
		holds(2, sprintf(ask, "medium", "approval.unknown"))
	if (any(kind, delivery) && !has("delivery_success"))
		holds(3, sprintf(block, "high", "delivery.failed"))
	if (signal)
		holds(2, sprintf(ask, "high", "signal.critical"))
	if (any(kind, execute) && approval == "")
		holds(3, sprintf(block, "critical", "approval.missing"))
	if ((any(kind, request) || has("approval_required_count")) && approval == "")
		holds(2, sprintf(ask, "high", "approval.required"))
	if (!empty && any(kind, known))
		holds(1, sprintf(allow, "record.verified"))
	else if (!empty && kind == "")
		holds(1, sprintf(allow, "approval.not_required"))
	else if (!empty)
		holds(2, sprintf(ask, "medium", "approval.unknown"))
	print kept
}
