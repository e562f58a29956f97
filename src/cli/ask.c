/* SPDX-License-Identifier: ISC */

/* One exchange with the daemon. */

#include "cli/ask.h"

#include "cli/must.h"
#include "cli/say.h"

static int open_daemon(struct client *c, const struct ask *ask, uint64_t timeout)
{
	int r;

	r = ask->trusted ? client_open_by_place(c, ask->trusted, timeout)
			 : client_open(c, CLIENT_AGENT, ask->socket, timeout);
	return r < 0 ? r : client_require_peer(c, ask->peer);
}

/* Asks for the gate's ID, which a signature names. The answer has a second line. */
static int find_gate(struct client *c, const struct ask *ask, struct bytes *why)
{
	static const char action[] = "{\"action\":\"local.exec.gate\"}\n";
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, line = BYTES_PRINTED;
	int r;

	r = open_daemon(c, ask, ask->timeout);
	if (r >= 0)
		r = bytes_append_str(&request, action);
	if (r >= 0)
		r = client_send(c, &request);
	if (r >= 0)
		r = client_read_line(c, &line);
	bytes_clear(why);
	if (r == CLIENT_LINE && runner_key_take_gate(ask->signer, &line))
		return STATUS_DONE;
	if (r < 0)
		bytes_append_str(why, bytes_str(&c->why));
	else
		bytes_appendf(why, "%s: the daemon knows no runners with a shared key", c->path);
	return STATUS_UNDECIDED;
}

static int sign(
	const struct ask *ask, const struct bytes *request, struct bytes *ret, struct bytes *why)
{
	struct client client;
	int status = STATUS_DONE;

	if (!ask->signer->gate[0]) {
		status = find_gate(&client, ask, why);
		client_close(&client);
	}
	if (status == STATUS_DONE && runner_key_sign(ask->signer, request, ret) < 0) {
		bytes_clear(why);
		bytes_append_str(why, "the request can't be signed");
		status = STATUS_UNDECIDED;
	}
	return status;
}

static int exchange(struct client *c, const struct ask *ask, const struct bytes *request,
	uint64_t wait, struct bytes *reply, struct bytes *why)
{
	int r, must;

	r = open_daemon(c, ask, wait + ask->timeout);
	if (r >= 0)
		r = client_send(c, request);
	if (r >= 0)
		r = client_read_line(c, reply);
	must = r == CLIENT_LINE ? must_check(request, reply) : MUST_MET;
	if (r == CLIENT_LINE && c->in.len == 0 && must == MUST_MET)
		return STATUS_DONE;

	bytes_clear(why);
	if (r < 0)
		bytes_append_str(why, bytes_str(&c->why));
	else if (must != MUST_MET)
		bytes_appendf(why, "%s: %s", c->path,
			must < 0 ? "out of memory" : MUST_UNMET_TEXT " in 'must'");
	else
		bytes_appendf(why, "%s: the %s", c->path,
			r == 0 ? "connection ended without an answer"
			       : "answer is more than one line");
	return STATUS_UNDECIDED;
}

int ask_once(const struct ask *ask, const struct bytes *request, uint64_t wait, struct bytes *reply,
	struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes with_signature = BYTES_PRINTED;
	struct client client;
	int status;

	if (ask->signer) {
		status = sign(ask, request, &with_signature, why);
		if (status != STATUS_DONE)
			return status;
		request = &with_signature;
	}
	status = exchange(&client, ask, request, wait, reply, why);
	client_close(&client);
	return status;
}
