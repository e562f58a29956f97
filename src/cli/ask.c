/* SPDX-License-Identifier: ISC */

/* One exchange with the daemon. */

#include "cli/ask.h"

#include "cli/say.h"

static int exchange(struct client *c, const struct ask *ask, const struct bytes *request,
	uint64_t wait, struct bytes *reply, struct bytes *why)
{
	int r;

	r = client_open(c, CLIENT_AGENT, ask->socket, wait + ask->timeout);
	if (r >= 0)
		r = client_require_peer(c, ask->peer);
	if (r >= 0)
		r = client_send(c, request);
	if (r >= 0)
		r = client_read_line(c, reply);
	if (r == CLIENT_LINE && c->in.len == 0)
		return STATUS_DONE;

	bytes_clear(why);
	if (r < 0)
		bytes_append_str(why, bytes_str(&c->why));
	else
		bytes_appendf(why, "%s: the %s", c->path,
			r == 0 ? "connection ended without an answer"
			       : "answer is more than one line");
	return STATUS_UNDECIDED;
}

int ask_once(const struct ask *ask, const struct bytes *request, uint64_t wait, struct bytes *reply,
	struct bytes *why)
{
	struct client client;
	int status;

	status = exchange(&client, ask, request, wait, reply, why);
	client_close(&client);
	return status;
}
