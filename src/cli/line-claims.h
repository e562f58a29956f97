/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Claims about a shell line: the programs that its commands are, and the environment variables that
 * would change its effect. Embedded: LINE_CLAIMS_INIT, line_claims_add(), and line_claims_deinit()
 * after the last use of the invocation.
 */

#include "base/bytes.h"
#include "gate/invocation.h"

struct line_claims {
	struct bytes programs, environment;
};

#define LINE_CLAIMS_INIT                                                 \
	{                                                                \
		.programs = BYTES_PRINTED, .environment = BYTES_PRINTED, \
	}

/*
 * Adds both to the invocation if it is a plain line (gate/shell). A command that isn't found is
 * left out. If the line changes to a directory that doesn't exist or is reached by a link, all
 * commands are left out, since their directory is then uncertain. Error: -ENOMEM.
 */
int line_claims_add(struct line_claims *claims, struct invocation *asked);
void line_claims_deinit(struct line_claims *claims);
