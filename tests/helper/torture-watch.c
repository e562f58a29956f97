/* SPDX-License-Identifier: ISC */

/* The events that watching operators get. */

#include "helper/torture-watch.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "helper/unit.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

void torture_watch_init(struct torture_watch *w, size_t number)
{
	*w = (struct torture_watch){ .number = number, .fd = -1, .in = BYTES_PRINTED };
}

void torture_watch_begin(
	struct torture_watch *w, const struct sockaddr_un *address, struct model *m)
{
	static const char line[] = "{\"action\":\"local.exec.watch\"}\n";

	bytes_clear(&w->in);
	w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (w->fd < 0)
		err(UNIT_FAILED, "socket");
	if (connect(w->fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		err(UNIT_FAILED, "connect to %s", address->sun_path);
	if (send(w->fd, line, sizeof(line) - 1, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		err(UNIT_FAILED, "send");
	model_watch_begin(m, w->number);
}

/* Takes an event, whose first argument is the token's number; or the end, with any reason. */
static void take_line(const struct torture_watch *w, struct model *m, const char *line)
{
	cleanup(cJSON_Delete_p) cJSON *item = cJSON_Parse(line);
	const cJSON *args = cJSON_GetObjectItemCaseSensitive(item, "args");
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "token_id"));
	const char *state = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "state"));
	const char *number = cJSON_GetStringValue(cJSON_GetArrayItem(args, 0));

	if (id && state && number)
		model_event(m, w->number, unit_number(number), id, state);
	else if (!cJSON_GetObjectItemCaseSensitive(item, "outcome"))
		model_violation(m, "not an event: %s", line);
}

static void leave(struct torture_watch *w)
{
	close_p(&w->fd);
	w->fd = -1;
}

void torture_watch_read(struct torture_watch *w, struct model *m)
{
	char block[65536], *at, *newline;
	int error;
	ssize_t n;

	if (w->fd < 0)
		return;

	while ((n = recv(w->fd, block, sizeof(block), 0)) > 0)
		if (bytes_append(&w->in, block, (size_t)n) < 0)
			errx(UNIT_FAILED, "out of memory");
	error = n < 0 ? errno : 0;

	for (at = w->in.data; at && (newline = strchr(at, '\n')); at = newline + 1) {
		*newline = '\0';
		take_line(w, m, at);
	}
	if (at > w->in.data)
		bytes_consume(&w->in, (size_t)(at - w->in.data));
	if (error == EAGAIN)
		return;
	if (error != 0 && error != ECONNRESET)
		errx(UNIT_FAILED, "recv: %s", strerror(error));
	leave(w);
}

void torture_watch_end(struct torture_watch *w, struct model *m)
{
	torture_watch_read(w, m);
	leave(w);
	bytes_deinit(&w->in);
}
