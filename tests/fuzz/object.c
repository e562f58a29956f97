/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes strict JSON: whatever the scan takes, cJSON must take as well, and print as something
 * that the scan takes again.
 */

#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check_member(const struct scan_member *member, void *userdata)
{
	const char *const *end = userdata;

	if (member->value + member->value_len > *end || member->value_len == 0)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const char *text = (const char *)data, *end = text + size;
	struct scan_fault fault = { 0 };
	int scanned, parsed;

	scanned = scan_object(text, size, check_member, &end, &fault);
	if (scanned == SCAN_REFUSED && (fault.error == SCAN_FINE || fault.offset > size))
		abort();

	parsed = json_parse(text, size, &doc, &fault);
	if (parsed != scanned)
		abort();
	return 0;
}
