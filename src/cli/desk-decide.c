/* SPDX-License-Identifier: ISC */

#include "cli/desk-decide.h"

#include "cli/approver-key.h"
#include "cli/say.h"
#include "cli/signature.h"
#include "gate/approval/approval-text.h"

static int sign(const struct operator_options *op, const char *key, struct keyboard *keyboard,
	const struct token_view *token, const struct operation *operation, struct bytes *signature)
{
	uint8_t record[SHA256_LEN];
	const struct signing signing = {
		.key = key ? key : approver_key_usual(),
		.approve = true,
		.record = record,
	};
	int status;

	if (!signing.key)
		return STATUS_DONE;

	approval_record_hash(&token->asked, (uid_t)token->uid, token->rule, record);
	keyboard_take_lines(keyboard);
	status = signature_make(op, &signing, operation, NULL, signature);
	keyboard_take_keys(keyboard);
	keyboard_forget(keyboard);
	return status;
}

int desk_decide(const struct operator_options *op, const char *key, struct keyboard *keyboard,
	const struct token_view *token, const struct desk_decision *decision)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, signature = BYTES_PRINTED;
	const bool approve = decision->action == ACTION_APPROVE;
	struct operation operation = {
		.token_id = token->id,
		.fingerprint = token->fingerprint,
		.state = token_state_name(TOKEN_PENDING),
		.reason = decision->reason,
		.standing.always = decision->always,
		.confirmed = approve ? CONFIRMED_ON_TERMINAL : CONFIRMED_UNSAID,
	};

	if (approve) {
		if (sign(op, key, keyboard, token, &operation, &signature) != STATUS_DONE)
			return STATUS_UNDECIDED;
		operation.signature = signature.len > 0 ? bytes_str(&signature) : NULL;
	}
	if (operator_print_request(decision->action, &operation, &request) < 0)
		return say_undecided("out of memory");
	return operator_ask(op, &request, NULL, NULL, token->id);
}
