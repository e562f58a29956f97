/* SPDX-License-Identifier: ISC */

#include "daemon/announce.h"

#include "base/cleanup.h"
#include "daemon/log.h"
#include "daemon/sd.h"

static void tell_systemd(struct announce *a, const char *before)
{
	const char *closed = resources_closed(a->resources);
	cleanup(bytes_deinit) struct bytes status = BYTES_PRINTED;

	a->told_closed = closed != NULL;
	if (bytes_appendf(&status, "%sSTATUS=%s%s", before, closed ? "closed: " : "answering",
		    closed ? closed : "")
		== 0)
		sd.notify(false, status.data);
}

void announce_closed(const char *closed)
{
	if (closed)
		log_text(LOG_CRIT, LOG_ID_CLOSED, "closed: %s", closed);
}

void announce_change(struct announce *a)
{
	const char *closed = resources_closed(a->resources);

	if (a->told_closed == (closed != NULL))
		return;

	announce_closed(closed);
	tell_systemd(a, "");
}

/* Warns of a group whose door does not exist: the group has no effect. */
static void warn_idle_group(const struct announce *a, enum role role, gid_t group)
{
	if (group == DOOR_NO_GROUP)
		return;
	for (size_t i = 0; i < a->doors->n; i++)
		if (a->doors->doors[i].role == role)
			return;
	log_text(LOG_WARNING, LOG_ID_START, "--%s-group has no effect: there is no %s door",
		role_name(role), role_name(role));
}

void announce_start(struct announce *a)
{
	const struct settings *settings = a->resources->settings;

	for (size_t i = 0; i < a->doors->n; i++)
		log_text(LOG_INFO, LOG_ID_START, "serves at the %s door %s",
			role_name(a->doors->doors[i].role), a->doors->doors[i].path);
	warn_idle_group(a, ROLE_AGENT, a->doors->agent_group);
	warn_idle_group(a, ROLE_OPERATOR, a->doors->operator_group);
	if (settings->allow_self_approval)
		log_text(LOG_WARNING, LOG_ID_START,
			"askers may approve their own requests (--allow-self-approval)");
	if (settings->require_signature && a->resources->approvers.advisory)
		log_text(LOG_WARNING, LOG_ID_START,
			"signatures are advice: askers have the gate's own uid (--advisory)");
	if (settings->packs_by_asker)
		log_text(LOG_WARNING, LOG_ID_START,
			"askers choose the policy pack that they are judged by (--packs-by-asker)");
	if (settings->approvals_claimed)
		log_text(LOG_WARNING, LOG_ID_START,
			"releases are approved by what their records say "
			"(--release-approvals=claimed)");
	resources_log_warnings(a->resources);
	announce_closed(resources_closed(a->resources));
	tell_systemd(a, "READY=1\n");
}
