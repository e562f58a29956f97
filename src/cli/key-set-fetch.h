/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Fetches the key set of an issuer of tokens (OpenID Connect Discovery 1.0, section 4) into a file.
 * The file is replaced as a whole, and only by a set with a key that can be used. If the server
 * says that the set has not changed, the file's time is set to now.
 */

#include <stdint.h>

/*
 * Whether the issuer is a URL that has a key set: https, without query and fragment. Returns 1, 0
 * or -ENOMEM.
 */
int key_set_has_issuer(const char *issuer);

/*
 * `timeout` in µs, for all questions together. Returns STATUS_DONE, or another status with the
 * message already printed; the file is then as it was.
 */
int key_set_fetch(const char *issuer, const char *path, uint64_t timeout);
