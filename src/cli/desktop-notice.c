/* SPDX-License-Identifier: ISC */

#include "cli/desktop-notice.h"

#include <errno.h>
#include <stdint.h>

#include "cli/desktop-text.h"

enum { URGENCY_NORMAL = 1 }; /* a byte on the wire */

static int append_texts(const struct desktop_row *row, const struct desktop_notice_form *form,
	sd_bus_message *message)
{
	cleanup(bytes_deinit) struct bytes summary = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes body = BYTES_PRINTED;

	desktop_append_summary(row, &summary);
	desktop_append_body(row, form->markup, &body);
	if (bytes_error(&summary) < 0 || bytes_error(&body) < 0)
		return -ENOMEM;
	return sdbus.message_append(
		message, "susss", "firma", row->id, "", bytes_str(&summary), bytes_str(&body));
}

static int append_actions(const struct desktop_row *row, const struct desktop_notice_form *form,
	sd_bus_message *message)
{
	cleanup(bytes_deinit) struct bytes label = BYTES_PRINTED;
	static char look[] = DESKTOP_ACTION_LOOK, look_label[] = "Look";
	static char refuse[] = DESKTOP_ACTION_REFUSE;
	char *actions[5] = { 0 };
	size_t n = 0;

	if (desktop_append_refuse(row, &label) < 0)
		return -ENOMEM;
	if (form->actions && form->look) {
		actions[n++] = look;
		actions[n++] = look_label;
	}
	if (form->actions && desktop_row_count(row) <= DESKTOP_REFUSE_MAX) {
		actions[n++] = refuse;
		actions[n++] = label.data;
	}
	return sdbus.message_append_strv(message, actions);
}

/* It never expires by itself: it is closed when nothing waits any more. */
static int append_hints_and_timeout(const struct desktop_row *row, sd_bus_message *message)
{
	return row->loud
		? sdbus.message_append(message, "a{sv}i", 1, "urgency", "y", (int)URGENCY_NORMAL, 0)
		: sdbus.message_append(message, "a{sv}i", 2, "urgency", "y", (int)URGENCY_NORMAL,
			"suppress-sound", "b", 1, 0);
}

int desktop_notice_append(const struct desktop_row *row, const struct desktop_notice_form *form,
	sd_bus_message *message)
{
	int r;

	r = append_texts(row, form, message);
	if (r >= 0)
		r = append_actions(row, form, message);
	return r < 0 ? r : append_hints_and_timeout(row, message);
}
