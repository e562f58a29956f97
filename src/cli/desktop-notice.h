/* SPDX-License-Identifier: ISC */
#pragma once

/* The arguments of Notify, by the Desktop Notifications Specification 1.2. Errors: negative errnos.
 */

#include <stdbool.h>

#include "cli/desktop-list.h"
#include "cli/session-bus.h"

/* The actions' keys. There is none that approves. */
#define DESKTOP_ACTION_REFUSE "refuse"
#define DESKTOP_ACTION_LOOK "look"

struct desktop_notice_form {
	bool actions; /* the server shows actions */
	bool markup;  /* the server reads the body as markup */
	bool look;    /* offer "Look" */
};

/* Appends the arguments for the row's next version to the message. */
int desktop_notice_append(const struct desktop_row *row, const struct desktop_notice_form *form,
	sd_bus_message *message);
