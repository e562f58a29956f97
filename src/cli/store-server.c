/* SPDX-License-Identifier: ISC */

#include "cli/store-server.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/absolute.h"

static int complain(const struct store_server *s, const struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	text_append_escaped(&shown, s->address.text, strlen(s->address.text));
	return say_undecided("%s: %s", bytes_str(&shown), bytes_str(why));
}

static int read_password(const struct store_server *s, struct bytes *ret, struct bytes *why)
{
	cleanup(free_p) char *path = s->password ? absolute_path(s->password) : NULL;

	if (!s->password)
		return 0;
	return path ? desk_server_password(path, ret, why) : -ENOMEM;
}

int store_server_open(const struct verb *verb, const char *operand, struct store_server *s)
{
	cleanup(bytes_deinit) struct bytes password = BYTES_PRINTED, why = BYTES_PRINTED;
	int r;

	redis_init(&s->redis);
	if (!desk_address_parse(operand, &s->address))
		return usage_error(verb,
			"a server is redis:unix:[USER@]/PATH, or "
			"redis://[USER@]ADDRESS[:PORT][/DB] "
			"with an IP address");

	r = read_password(s, &password, &why);
	if (r >= 0)
		r = desk_server_look(&s->redis, &s->address, bytes_str(&password),
			clock_now().boot + s->timeout, &s->server, &why);
	if (password.data)
		explicit_bzero(password.data, password.size);
	return r < 0 ? complain(s, &why) : STATUS_DONE;
}

void store_server_close(struct store_server *s)
{
	redis_deinit(&s->redis);
}

int store_server_ask(struct store_server *s, struct resp_item *ret, struct resp *ret_rest)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	const uint64_t deadline = clock_now().boot + s->timeout;
	int r;

	r = redis_send(&s->redis, deadline, &why);
	if (r >= 0)
		r = redis_read(&s->redis, deadline, ret, ret_rest, &why);
	if (r >= 0 && ret->type == RESP_ERROR)
		r = redis_refuse(ret, &why);
	return r < 0 ? complain(s, &why) : STATUS_DONE;
}
