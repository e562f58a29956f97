/* SPDX-License-Identifier: ISC */

/*
 * Reads `runner_auth`, which any request of an asker may have. Its strings belong to the members of
 * its own.
 */

#include <errno.h>
#include <string.h>

#include "base/json/scan-value.h"
#include "gate/limits.h"
#include "gate/wire/request-internal.h"

/* Reads a nested object; the scan of the whole line has accepted it. */
static int read_object(struct members *members, const struct member *member)
{
	struct scan_fault fault;
	int r;

	r = members_read(members, member->text, member->len, &fault);
	return r == SCAN_REFUSED ? -EINVAL : r;
}

/* NULL counts as absent. */
static int take_text(struct dispatch *d, struct members *members, const char *key, size_t limit,
	const char **ret)
{
	const struct member *member = members_find(members, key);

	if (!member)
		return 0;
	*ret = members_string(members, member);
	if (!*ret)
		return dispatch_refuse(d, key, "must be a string");
	if (strlen(*ret) > limit)
		return dispatch_refuse(d, key, "is longer than %zu bytes", limit);
	return 0;
}

static int take_time(struct dispatch *d, struct runner_auth *auth)
{
	const struct member *member = members_find(&auth->members, "issued_at");

	if (!member
		|| scan_integer_value(
			member->text, member->len, JSON_INTEGER_MAX, &auth->issued_at))
		return 0;
	return dispatch_refuse(d, "issued_at", "must be a whole number");
}

static int take_identity(struct dispatch *d, struct runner_auth *auth)
{
	const struct member *member = members_find(&auth->members, "identity");
	int r;

	if (!member)
		return 0;
	if (member->text[0] != '{')
		return dispatch_refuse(d, "identity", "must be an object");
	r = read_object(&auth->identity_members, member);
	for (enum runner_field f = 0; r == 0 && f < RUNNER_FIELDS; f++)
		r = take_text(d, &auth->identity_members, runner_field_name(f), LIMIT_STRING,
			&auth->identity[f]);
	return r;
}

int request_take_runner(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct request *q = d->to;
	struct runner_auth *auth = &q->runner_auth;
	int r;

	if (v->member->text[0] != '{')
		return dispatch_refuse(d, row->key, "must be an object");

	auth->sent = true;
	auth->text = v->member->text;
	auth->len = v->member->len;
	r = read_object(&auth->members, v->member);
	if (r == 0)
		r = take_text(d, &auth->members, "algorithm", LIMIT_STRING, &auth->algorithm);
	if (r == 0)
		r = take_text(d, &auth->members, "key_id", LIMIT_STRING, &auth->key_id);
	if (r == 0)
		r = take_text(d, &auth->members, "signature", LIMIT_JWT, &auth->signature);
	if (r == 0)
		r = take_text(d, &auth->members, "nonce", LIMIT_STRING, &auth->nonce);
	if (r == 0)
		r = take_time(d, auth);
	return r == 0 ? take_identity(d, auth) : r;
}

/* A record of evidence has the verified runner under this key. */
int request_refuse_fact(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	(void)v;
	return dispatch_refuse(d, row->key, "can't be claimed: only runner_auth proves it");
}
