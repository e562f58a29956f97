/* SPDX-License-Identifier: ISC */
#pragma once

/* The plot of a report: decisions over time, as SVG with the classes a, d and p. */

#include "base/bytes.h"
#include "cli/report-times.h"

int report_append_plot(const struct report_times *t, struct bytes *b);
