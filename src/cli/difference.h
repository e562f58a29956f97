/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Prints the lines in which two texts differ, without their common beginning and end, as diff -u
 * does. "" stands for no file; `shown` is the file's name, escaped. Error: -ENOMEM.
 */
int difference_print(const char *shown, const char *before, const char *after);
