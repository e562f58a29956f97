/* SPDX-License-Identifier: ISC */

#include "cli/serve-desk.h"

#include <string.h>
#include <unistd.h>

#include "ledger/store/desk-key.h"

bool serve_desk_parse_name(const char *value, void *to)
{
	*(const char **)to = value;
	return desk_name_is_valid(value);
}

bool serve_desk_parse_durability(const char *value, void *to)
{
	*(bool *)to = strcmp(value, "everysec") == 0;
	return *(bool *)to || strcmp(value, "always") == 0;
}

/* The machine's name; NULL if it is unknown, or not valid as a host's name. */
static const char *host_name(void)
{
	static char name[DESK_NAME_MAX + 2];

	if (gethostname(name, sizeof(name) - 1) < 0 || !desk_name_is_valid(name))
		return NULL;
	return name;
}

int serve_desk_check(const struct verb *verb, const char *store, bool any, struct serve_options *s)
{
	s->is_shared = desk_address_is_meant(store);
	if (!s->is_shared)
		return any ? usage_error(
			       verb, "--desk, --host and --store-... are for a --store on a server")
			   : STATUS_DONE;

	if (!desk_address_parse(store, &s->desk.address))
		return usage_error(verb,
			"--store wants redis:unix:[USER@]/PATH, or "
			"redis://[USER@]ADDRESS[:PORT][/DB] with an IP address");
	if (!s->desk.name)
		return usage_error(verb, "--store on a server needs --desk");
	if (!s->desk.host)
		s->desk.host = host_name();
	return s->desk.host
		? STATUS_DONE
		: usage_error(verb, "the machine's name can't be a host's name: use --host");
}
