#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Release governance: each condition by itself, and all of them together. What is expected comes from
# a second list of the conditions, in release.awk.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2028 # "\\t" is for JSON
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib

# compare_records: what the daemon says of the records in $TMP/records, a line for each, beside what
# release.awk says, in $1 (on-record or claimed).
compare_records() {
	sed 's/.*/{"action_type":"release_governance_record","release_governance":&}/' \
		"$TMP/records" | send_lines >"$TMP/replies"
	assert_equal "$(wc -l <"$TMP/replies")" "$(wc -l <"$TMP/records")"
	awk '{
		for (i = 1; i <= 4; i++) {
			key = i == 1 ? "decision" : i == 2 ? "severity" : i == 3 ? "rule_id" : "approver_group"
			value = "-"
			if (match($0, "\"" key "\":\"[^\"]*\""))
				value = substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 5)
			printf "%s%s", value, i < 4 ? "|" : "\n"
		}
	}' "$TMP/replies" | paste -d ' ' - "$TMP/records" >"$TMP/actual"
	awk -v approvals="$1" -f "$BATS_TEST_DIRNAME/release.awk" "$TMP/records" |
		paste -d ' ' - "$TMP/records" >"$TMP/expected"
	run diff "$TMP/expected" "$TMP/actual"
	assert_output ''
}

# Texts that hold a kind or a state, one of each group, and others.
KINDS=(endpoint-drift-remediation-execution rollout-promotion-execution rollout-rollback-execution
	release-channel-promotion-request endpoint-reconciliation-automation
	endpoint-drift-remediation-request endpoint-remediation-handoff
	endpoint-management-publication-delivery release-connector-delivery
	managed-endpoint-reconciliation endpoint-management-export
	endpoint-inventory-{ingestion,freshness-report} endpoint-remediation-handoff-status
	rollout-{evidence-capture,evidence-verification,artifact-retrieval,artifact-integrity}
	rollout-{promotion,rollback}-audit-export
	endpoint-remediation-sla-{report,notification-plan,notification-ack}
	endpoint-remediation-sla-escalation-{plan,review,recurrence-plan,suppression-audit}
	endpoint-remediation-sla-escalation-{recurrence-retry-plan,owner-digest,suppression-trend}
	endpoint-remediation-sla-escalation-recurrence-automation-{run,health-alert-plan,health-alert-ack})
COUNTS=(blocked_count critical_count breached_count failed_delivery_count
	connector_delivery_failure_count failed_verification_count integrity_failure_count
	drifted_endpoint_count missing_target_count)
SIGNALS=(alert_level:{critical,blocked,breached} drift_status:{drifted,non_compliant,non-compliant}
	handoff_status:{blocked,failed} verification_status:{failed,blocked,mismatch}
	integrity_status:{failed,mismatch,tampered} audit_export_status:{failed,blocked})

@test "each condition decides as the table says, however its words are written" {
	local kind state count signal

	start_daemon --release-approvals=claimed
	{
		echo '{}'
		echo '{"approval_state":"","failed_delivery_count":0,"delivery_success":false,"evidence_refs":[]}'
		for kind in "${KINDS[@]}" other rollout_evidence_capture rollout-evidence-capture-2; do
			echo "{\"metadata_kind\":\"$kind\"}"
			echo "{\"metadata_kind\":\" ${kind^^}\\t\"}"
			echo "{\"metadata_kind\":\"$kind\",\"delivery_success\":true}"
		done
		for state in approved pending denied rejected expired cancelled canceled other 'den ied' \
			approve approvedd; do
			echo "{\"approval_state\":\"$state\"}"
			echo "{\"approval_state\":\" ${state^^} \",\"approval_id\":\"x\"}"
			echo "{\"approval_state\":\"$state\",\"approval_id\":\" \"}"
		done
		for count in "${COUNTS[@]}" approval_required_count rollback_reference_count; do
			echo "{\"$count\":1}"
			echo "{\"$count\":0,\"release_channel\":\"stable\"}"
		done
		for signal in "${SIGNALS[@]}" alert_level:{high,failed} drift_status:critical \
			handoff_status:done verification_status:ok integrity_status:blocked \
			audit_export_status:mismatch release_channel:failed; do
			echo "{\"${signal%%:*}\":\"${signal#*:}\"}"
			signal=${signal^^}
			echo "{\"$(tr '[:upper:]' '[:lower:]' <<<"${signal%%:*}")\":\"\\t${signal#*:} \"}"
		done
		echo '{"failed_providers":["a"]}'
		echo '{"failed_providers":[]}'
		echo '{"evidence_refs":["a"]}'
		echo '{"connector_delivery_source":"a"}'
	} >"$TMP/records"
	compare_records claimed
}

# all_records: one of each group of kinds, with each state, signal, delivery and count.
all_records() {
	local kind state signal delivery count

	for kind in '' "${KINDS[0]}" "${KINDS[3]}" "${KINDS[7]}" "${KINDS[9]}" other; do
		for state in '' approved:x approved: pending denied odd; do
			for signal in '' '"integrity_status":"tampered",' '"critical_count":2,' \
				'"failed_providers":["a","b"],'; do
				for delivery in '' '"delivery_success":true,'; do
					for count in '' '"approval_required_count":1,'; do
						printf '{%s%s%s' "$signal" "$delivery" "$count"
						[[ ! $kind ]] || printf '"metadata_kind":"%s",' "$kind"
						[[ ! $state ]] || printf '"approval_state":"%s",' "${state%%:*}"
						[[ $state != *:x ]] || printf '"approval_id":"x",'
						echo '"evidence_refs":["e"]}'
					done
				done
			done
		done
	done
}

@test "of all conditions that hold, the strictest decides, and of several alike the first" {
	start_daemon --release-approvals=claimed
	all_records >"$TMP/records"
	assert_equal "$(wc -l <"$TMP/records")" 576
	compare_records claimed
}

@test "an approval that is not on record is none" {
	start_daemon
	all_records >"$TMP/records"
	compare_records on-record
}
