/* SPDX-License-Identifier: ISC */

/* Reads groups of approvers, and checks who is in them. */

#include "gate/policy/approver-groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/notation.h"
#include "base/text.h"
#include "gate/approval/demand.h"
#include "gate/limits.h"

#define PLACE ": approver_groups:"
#define PRINCIPALS_PLACE ": principals:"

void approver_groups_deinit(struct approver_groups *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->groups[i].principals);
		free(g->groups[i].gids);
	}
	free(g->groups);
	free(g->uids);
}

/* The names of a group, for messages. */
struct shown {
	struct bytes text;
};

static const char *show(struct shown *s, const char *name)
{
	bytes_clear(&s->text);
	return text_append_quoted(&s->text, name, strlen(name)) < 0 ? "?" : bytes_str(&s->text);
}

static void take_unix_group(struct approver_group *group,
	int (*find_group)(const char *name, gid_t *ret), struct faults *faults, const char *name)
{
	struct shown shown = { BYTES_PRINTED };
	uint64_t number;
	gid_t gid;

	if (notation_parse_number(name, 0, UINT32_MAX - 1, &number) == 0)
		group->gids[group->n_gids++] = (gid_t)number;
	else if (find_group(name, &gid) == 0)
		group->gids[group->n_gids++] = gid;
	else
		faults_add(faults, PLACE, "there is no group %s", show(&shown, name));
	bytes_deinit(&shown.text);
}

static int take_group(struct approver_group *group, int (*find_group)(const char *name, gid_t *ret),
	struct faults *faults, const struct json *v)
{
	struct shown shown = { BYTES_PRINTED };
	const char *name;

	group->name = json_key(v);
	if (text_is_blank(group->name) || strlen(group->name) > LIMIT_PRINCIPAL
		|| strchr(group->name, ' '))
		faults_add(faults, PLACE, "a group's name is blank, has blanks or is too long");
	if (!json_is_array(v) || !json_first(v) || json_size(v) > LIMIT_RULE_LIST) {
		faults_add(faults, PLACE, "%s must be an array of 1 to %d names",
			show(&shown, group->name), LIMIT_RULE_LIST);
		bytes_deinit(&shown.text);
		return 0;
	}
	bytes_deinit(&shown.text);

	group->principals = calloc(json_size(v), sizeof(*group->principals));
	group->gids = calloc(json_size(v), sizeof(*group->gids));
	if (!group->principals || !group->gids)
		return -ENOMEM;

	json_each (child, v) {
		name = json_string(child);
		if (!name || text_is_blank(name) || strlen(name) > LIMIT_PRINCIPAL)
			faults_add(faults, PLACE, "a principal must be a name");
		else if (name[0] == '%')
			take_unix_group(group, find_group, faults, name + 1);
		else
			group->principals[group->n_principals++] = name;
	}
	return 0;
}

int approver_groups_take(struct approver_groups *g, int (*find_group)(const char *name, gid_t *ret),
	struct faults *faults, const struct json *v)
{
	int r;

	if (!json_is_object(v) || json_size(v) > DEMAND_GROUPS_MAX) {
		faults_add(
			faults, PLACE, "must be an object of at most %d groups", DEMAND_GROUPS_MAX);
		return 0;
	}

	g->groups = calloc(json_size(v) + 1, sizeof(*g->groups));
	if (!g->groups)
		return -ENOMEM;

	json_each (member, v) {
		r = take_group(&g->groups[g->n++], find_group, faults, member);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads {"uid": 1001}, and accepts nothing else. */
static bool read_uid(const struct json *v, uid_t *ret)
{
	uint64_t uid;

	if (!json_is_object(v) || json_size(v) != 1
		|| !json_get_integer(v, "uid", UINT32_MAX - 1, &uid))
		return false;
	*ret = (uid_t)uid;
	return true;
}

int approver_groups_take_principals(
	struct approver_groups *g, struct faults *faults, const struct json *v)
{
	struct shown shown = { BYTES_PRINTED };
	uid_t uid = 0;

	if (!json_is_object(v) || json_size(v) > LIMIT_APPROVERS) {
		faults_add(faults, PRINCIPALS_PLACE, "must be an object");
		return 0;
	}

	g->uids = calloc(json_size(v) + 1, sizeof(*g->uids));
	if (!g->uids)
		return -ENOMEM;

	json_each (member, v) {
		if (!read_uid(member, &uid))
			faults_add(faults, PRINCIPALS_PLACE, "%s must be {\"uid\": NUMBER}",
				show(&shown, json_key(member)));
		g->uids[g->n_uids++] = (struct principal_uid){ json_key(member), uid };
	}
	bytes_deinit(&shown.text);
	return 0;
}

const struct approver_group *approver_groups_find(const struct approver_groups *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (strcmp(g->groups[i].name, name) == 0)
			return &g->groups[i];
	return NULL;
}

bool approver_groups_use_gids(const struct approver_groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->groups[i].n_gids > 0)
			return true;
	return false;
}

bool approver_group_has_principal(const struct approver_group *group, const char *principal)
{
	for (size_t i = 0; i < group->n_principals; i++)
		if (strcmp(group->principals[i], principal) == 0)
			return true;
	return false;
}

bool approver_group_has_asker(const struct approver_group *group, const struct asker *asker)
{
	for (size_t i = 0; i < group->n_gids; i++)
		for (size_t k = 0; k < asker->n_groups; k++)
			if (group->gids[i] == asker->groups[k])
				return true;
	return false;
}

bool approver_groups_has_uid(const struct approver_groups *g, const char *principal)
{
	for (size_t i = 0; i < g->n_uids; i++)
		if (strcmp(g->uids[i].principal, principal) == 0)
			return true;
	return false;
}

bool approver_groups_is_uid(const struct approver_groups *g, const char *principal, uid_t uid)
{
	for (size_t i = 0; i < g->n_uids; i++)
		if (g->uids[i].uid == uid && strcmp(g->uids[i].principal, principal) == 0)
			return true;
	return false;
}

const char *approver_groups_principal_of(const struct approver_groups *g, uid_t uid)
{
	for (size_t i = 0; i < g->n_uids; i++)
		if (g->uids[i].uid == uid)
			return g->uids[i].principal;
	return NULL;
}
