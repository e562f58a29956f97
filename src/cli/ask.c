/* SPDX-License-Identifier: ISC */

/* One exchange with the daemon. */

#include "cli/ask.h"

#include "cli/must.h"
#include "cli/say.h"

static int exchange(struct client *c, const struct ask *ask, const struct bytes *request,
	uint64_t wait, struct bytes *reply, struct bytes *why)
{
	int r, must;

	r = ask->trusted ? client_open_by_place(c, ask->trusted, wait + ask->timeout)
			 : client_open(c, CLIENT_AGENT, ask->socket, wait + ask->timeout);
	if (r >= 0)
		r = client_require_peer(c, ask->peer);
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
	struct client client;
	int status;

	status = exchange(&client, ask, request, wait, reply, why);
	client_close(&client);
	return status;
}
