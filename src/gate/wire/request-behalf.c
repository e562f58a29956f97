/* SPDX-License-Identifier: ISC */

/* Reads the members that only a front end that runs as root sends: on_behalf_*, via and run_as. */

#include <string.h>

#include "base/json/scan-value.h"
#include "base/json/scan.h"
#include "gate/limits.h"
#include "gate/run-as.h"
#include "gate/wire/request-internal.h"

int request_take_behalf(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct request *q = d->to;

	q->on_behalf = true;
	return dispatch_take_uid(d, row, v);
}

struct group_list {
	struct bytes *gids;
	size_t n;
	bool faulty;
};

static int take_group(const char *text, size_t len, void *userdata)
{
	struct group_list *list = userdata;
	uint64_t number;
	gid_t gid;

	if (list->faulty || list->n == LIMIT_GROUPS
		|| !scan_integer_value(text, len, UINT32_MAX - 1, &number)) {
		list->faulty = true;
		return 0;
	}
	gid = (gid_t)number;
	list->n++;
	return bytes_append(list->gids, (const char *)&gid, sizeof(gid));
}

int request_take_groups(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct request *q = d->to;
	struct group_list list = { .gids = &q->groups_bytes };
	int r;

	r = scan_array_value(v->member->text, v->member->len, take_group, &list);
	if (r < 0)
		return r;
	if (r != 0 || list.faulty)
		return dispatch_refuse(d, row->key,
			"must be an array of at most %d groups' numbers", LIMIT_GROUPS);

	q->has_groups = true;
	q->behalf_groups = (const gid_t *)(const void *)q->groups_bytes.data;
	q->n_behalf_groups = list.n;
	return 0;
}

int request_take_via(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const char **via = dispatch_to(d, row);

	if (!v->string || strcmp(v->string, "sudo") != 0)
		return dispatch_refuse(d, row->key, "must be 'sudo'");
	*via = v->string;
	return 0;
}

int request_take_run_as(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const char **run_as = dispatch_to(d, row);
	struct run_as is;

	if (!v->string || !run_as_parse(v->string, &is))
		return dispatch_refuse(
			d, row->key, "must be the numbers of a user and a group, such as \"0:0\"");
	*run_as = v->string;
	return 0;
}
