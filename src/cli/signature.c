/* SPDX-License-Identifier: ISC */

/* Makes a signature from a token's line. */

#include "cli/signature.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/approver-key.h"
#include "cli/capture.h"
#include "gate/approval/approval-text.h"
#include "gate/approval/sshsig.h"
#include "gate/invocation-read.h"
#include "gate/wire/request.h"

/* --- the daemon's answers --------------------------------------------------------------------- */

/* Whether this gate accepts a signature for the token, and whether it requires one. */
struct gate {
	bool takes, needs;
	uint8_t id[APPROVAL_GATE_LEN];
};

static int read_gate(const struct bytes *line, struct gate *ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const struct json *sign;
	struct scan_fault fault;
	const char *id;
	int r;

	r = json_parse(bytes_str(line), line->len, &doc, &fault);
	if (r < 0)
		return r;
	id = r == 0 ? json_get_string(json_root(doc), "gate") : NULL;
	if (!id || notation_parse_hex(id, strlen(id), ret->id, sizeof(ret->id)) < 0)
		return 0;

	ret->takes = true;
	sign = json_get(json_root(doc), "sign");
	if (!sign) /* no token was named */
		sign = json_get(json_root(doc), "require_signature");
	return sign && !json_bool(sign, &ret->needs) ? -EINVAL : 0;
}

/* It is no error if the daemon accepts no signatures: its first line is then a refusal. */
static int ask_gate(const struct operator_options *op, const char *token_id, struct gate *ret)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, line = BYTES_PRINTED;
	int r, status = STATUS_DONE;
	struct client c;

	*ret = (struct gate){ 0 };
	if (operator_print_request(
		    ACTION_GATE, &(struct operation){ .token_id = token_id }, &request)
		< 0)
		return say_undecided("out of memory");

	r = client_open(&c, CLIENT_OPERATOR, op->socket, op->timeout);
	if (r >= 0)
		r = client_send(&c, &request);
	if (r >= 0)
		r = client_read_line(&c, &line);
	if (r < 0)
		status = say_undecided("%s", bytes_str(&c.why));
	else if (r == CLIENT_END)
		status = say_undecided("%s: the connection ended without an answer", c.path);
	else if (read_gate(&line, ret) < 0)
		status = say_undecided("the answer is not a gate's");
	client_close(&c);
	return status;
}

static int keep_line(const struct bytes *line, void *userdata)
{
	struct bytes *kept = userdata;

	bytes_clear(kept);
	return bytes_append(kept, line->data, line->len) < 0 ? say_undecided("out of memory")
							     : STATUS_DONE;
}

static int ask_token(const struct operator_options *op, const char *token_id, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;

	if (operator_print_request(
		    ACTION_SHOW, &(struct operation){ .token_id = token_id }, &request)
		< 0)
		return say_undecided("out of memory");
	return operator_ask(op, &request, keep_line, line, token_id);
}

/* --- the text --------------------------------------------------------------------------------- */

/* "BOOT-ID MS" */
static bool read_until(const char *until, struct approval_text *t)
{
	return until && strlen(until) > NOTATION_UUID_LEN && until[NOTATION_UUID_LEN] == ' '
		&& notation_parse_uuid(until, NOTATION_UUID_LEN, t->boot_id) == 0
		&& notation_parse_number(until + NOTATION_UUID_LEN + 1, 0, UINT64_MAX, &t->until_ms)
		== 0;
}

static bool read_hash(const struct json *root, const char *key, uint8_t ret[static SHA256_LEN])
{
	const char *hex = json_get_string(root, key);

	return hex && notation_parse_hex(hex, strlen(hex), ret, SHA256_LEN) == 0;
}

/* False if the line isn't a token's that can be signed. */
static bool read_text(const struct json *root, struct approval_text *t)
{
	cleanup(invocation_lists_deinit) struct invocation_lists lists;
	const char *id = json_get_string(root, "token_id");
	struct invocation asked;
	uint8_t record[SHA256_LEN], fingerprint[FINGERPRINT_LEN];
	uint64_t uid;

	invocation_lists_init(&lists);
	if (!id || notation_parse_uuid(id, strlen(id), t->token) < 0
		|| invocation_read(root, &lists, &asked) != 0
		|| !json_get_integer(root, "uid", UINT32_MAX, &uid)
		|| !read_hash(root, "record", record)
		|| !read_hash(root, "fingerprint", fingerprint)
		|| !read_until(json_get_string(root, "until"), t))
		return false;

	/* Computed from what the daemon shows, then compared with the daemon's hashes. */
	fingerprint_compute(&asked, t->fingerprint);
	approval_record_hash(&asked, (uid_t)uid, json_get_string(root, "rule"), t->record);
	approval_entry_hash(&asked, (uid_t)uid, t->standing.scope, t->entry);
	return memcmp(record, t->record, sizeof(record)) == 0
		&& memcmp(fingerprint, t->fingerprint, sizeof(fingerprint)) == 0;
}

static int make_text(const struct bytes *line, const struct gate *gate,
	const struct signing *signing, const struct operation *o, struct bytes *ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct approval_text t = {
		.approve = signing->approve,
		.standing = o->standing,
		.reason = o->reason && !text_is_blank(o->reason) ? o->reason : NULL,
	};
	struct scan_fault fault;

	memcpy(t.gate, gate->id, sizeof(t.gate));
	if (json_parse(bytes_str(line), line->len, &doc, &fault) != 0
		|| !read_text(json_root(doc), &t)
		|| (signing->record && memcmp(signing->record, t.record, sizeof(t.record)) != 0))
		return say_undecided(
			"%s: what the daemon shows is not what it would have signed", o->token_id);
	if (approval_text_print(&t, ret) < 0)
		return say_undecided("out of memory");
	return STATUS_DONE;
}

/* --- ssh-keygen ------------------------------------------------------------------------------- */

/* A person may have to type a passphrase or to touch a key. */
static int run_keygen(
	const char *key, const char *name_space, const struct bytes *text, struct bytes *ret)
{
	const char *const words[] = { "ssh-keygen", "-Y", "sign", "-n", name_space, "-f", key,
		NULL };
	int r, status = 0;

	r = capture_run(words, text, SSHSIG_MAX, CAPTURE_TIMEOUT_MAX, ret, &status);
	return r == 0 && status != 0 ? -EPERM : r;
}

static int sign(
	const char *key, const char *name_space, const struct bytes *text, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	struct sshsig s;
	int r;

	if (text_append_quoted(&shown, key, strlen(key)) < 0)
		return say_undecided("out of memory");
	if (approver_key_look(key) == APPROVER_KEY_SECURITY)
		say("signing with %s: touch the security key when it blinks", bytes_str(&shown));

	r = run_keygen(key, name_space, text, ret);
	if (r == -ENOENT)
		return say_undecided("ssh-keygen is not there: signing needs OpenSSH");
	if (r < 0 || sshsig_parse(bytes_str(ret), ret->len, name_space, &s) != SSHSIG_FINE)
		return say_undecided("ssh-keygen did not sign with %s", bytes_str(&shown));
	return STATUS_DONE;
}

int signature_make(const struct operator_options *op, const struct signing *signing,
	const struct operation *operation, const struct bytes *shown, struct bytes *ret)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED, text = BYTES_PRINTED;
	struct gate gate;
	int status;

	if (!signing->key)
		return STATUS_DONE;

	status = ask_gate(op, operation->token_id, &gate);
	if (status != STATUS_DONE || !gate.takes || !(gate.needs || signing->wanted))
		return status;

	if (!shown) {
		status = ask_token(op, operation->token_id, &line);
		shown = &line;
	}
	if (status == STATUS_DONE)
		status = make_text(shown, &gate, signing, operation, &text);
	return status == STATUS_DONE ? sign(signing->key, SSHSIG_APPROVAL, &text, ret) : status;
}

static int make_addition_text(const struct gate *gate, const struct addition *addition,
	const char *argv, struct signed_addition *made, struct bytes *ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct addition_text t = { .time_ms = clock_now().wall / CLOCK_MS };
	struct scan_fault fault;

	if (sodium_init() < 0)
		return say_undecided("libsodium can't be used here");
	randombytes_buf(t.nonce, sizeof(t.nonce));
	memcpy(t.gate, gate->id, sizeof(t.gate));
	if (json_parse(argv, strlen(argv), &doc, &fault) != 0
		|| !addition_entry_hash(addition, json_get(json_root(doc), "argv"), t.entry)
		|| addition_text_print(&t, ret) < 0)
		return say_undecided("out of memory");

	made->time_ms = t.time_ms;
	notation_hex(t.nonce, sizeof(t.nonce), made->nonce);
	return STATUS_DONE;
}

int signature_make_addition(const struct operator_options *op, const struct signing *signing,
	const struct addition *addition, const char *argv, struct signed_addition *ret)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct gate gate;
	int status;

	if (!signing->key)
		return STATUS_DONE;

	status = ask_gate(op, NULL, &gate);
	if (status != STATUS_DONE || !gate.takes || !(gate.needs || signing->wanted))
		return status;
	status = make_addition_text(&gate, addition, argv, ret, &text);
	return status == STATUS_DONE ? sign(signing->key, SSHSIG_ALLOW, &text, &ret->signature)
				     : status;
}
