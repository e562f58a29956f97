/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What goes along with a line that a shell is given: which programs its commands are, and which
 * variables of the environment would change what it does. Embedded: LINE_CLAIMS_INIT,
 * line_claims_add(), line_claims_deinit() when the invocation isn't needed any more.
 */

#include "base/bytes.h"
#include "gate/invocation.h"

struct line_claims {
	struct bytes programs, environment;
};

#define LINE_CLAIMS_INIT                                    \
	{                                                   \
		.programs = BYTES_INIT(BYTES_UNLIMITED),    \
		.environment = BYTES_INIT(BYTES_UNLIMITED), \
	}

/*
 * Adds both to the invocation where it is a plain line (gate/shell). A command that isn't found is
 * left out; so are all where the line changes to a directory that is not there or reached by a
 * link, since it isn't known then where they run. Error: -ENOMEM.
 */
int line_claims_add(struct line_claims *claims, struct invocation *asked);
void line_claims_deinit(struct line_claims *claims);
