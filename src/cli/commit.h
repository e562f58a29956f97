/* SPDX-License-Identifier: ISC */
#pragma once

/* The commit of the source, such as "1a2b3c4d5e6f"; "" if it isn't known. The build writes it. */
extern const char commit[];
