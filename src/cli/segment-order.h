/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The order in which files of evidence are verified. Segments of one log are put in order, so that
 * they may be given as the shell lists them, with the newest one first.
 */

/*
 * Sorts the paths by the sequences of their first records. They stay as they are if one of them is
 * not a file that can be read twice, doesn't begin with a record, or if more than one begins with
 * record 1: then they are not of one log. Error: -ENOMEM.
 */
int segment_order_sort(char **paths, int n);
