/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Notices on the desktop, by the Desktop Notifications Specification 1.2: one for each user, which
 * is updated in place, and closed when nothing waits any more. No call blocks. A bus or a server
 * that is away is tried again, and said once.
 *
 * A notice can refuse and look, and never approve. The server is trusted no further: another action
 * or ID than those that were given to it does nothing.
 *
 *	desktop_open()                  connects
 *	desktop_take_event()            for each event
 *	desktop_tell()                  for each notice that is due
 *	desktop_step()                  sends and receives; then do what was clicked:
 *	desktop_take_refused(), desktop_take_look()
 *	desktop_fill(), desktop_due()   wait
 *	desktop_close()
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/desktop-list.h"
#include "cli/events.h"

struct desktop;

/*
 * `details`: notices show commands. `look`: offer "Look". Returns STATUS_DONE, or a status to exit
 * with (message printed). desktop_close() frees, and closes the notices; it takes NULL.
 */
int desktop_open(bool details, bool look, struct desktop **ret);
void desktop_close(struct desktop *d);

/* Takes an event of a request in `notice`, which must outlive the desktop. Error: -ENOMEM. */
int desktop_take_event(struct desktop *d, const struct notice *notice, const struct event *event);

/* Shows the notice, with all its requests that wait. Error: -ENOMEM. */
int desktop_tell(struct desktop *d, const struct notice *notice);

/* Sends and receives what can be. `now`: µs of the boot clock. Error: -ENOMEM. */
int desktop_step(struct desktop *d, uint64_t now);

/* For poll(2); a descriptor of -1 while there is no bus. */
void desktop_fill(const struct desktop *d, struct pollfd *fd);

/* When desktop_step() has something to do without any input; CLOCK_NEVER if never. */
uint64_t desktop_due(const struct desktop *d);

/* Takes what a person clicked. */
size_t desktop_take_refused(
	struct desktop *d, char ret[static DESKTOP_REFUSE_MAX][NOTATION_UUID_LEN + 1]);
bool desktop_take_look(struct desktop *d);
