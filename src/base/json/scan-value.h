/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Decodes values. These functions take only the text of a value that the scan has accepted. They
 * check the kind of the value, but not that it is JSON.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/scan.h"

/* Appends a string's characters. Returns 0, SCAN_OTHER, or what bytes_append() gives. */
int scan_string_value(const char *value, size_t len, struct bytes *out);

/* Appends the characters of each string of an array, each ended by NUL, and counts them. */
int scan_strings_value(const char *value, size_t len, struct bytes *out, size_t *ret_n);

/* Whether the value is a whole number from 0 to `max`, without sign, fraction and exponent. */
bool scan_integer_value(const char *value, size_t len, uint64_t max, uint64_t *ret);
