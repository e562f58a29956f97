/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes the replies of a store's server: what is measured as a reply can be taken item by item, to
 * its last byte and without reading beyond it; no beginning of it is a reply.
 */

#include "base/resp.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Takes the whole reply. Its texts must lie within it. */
static void take_all(const char *reply, size_t len)
{
	struct resp rest = { reply, len };
	struct resp_item item;
	int64_t wanted = 1;

	while (wanted > 0) {
		must(resp_take(&rest, &item));
		if (item.type == RESP_STATUS || item.type == RESP_ERROR || item.type == RESP_STRING)
			must(item.text >= reply && item.len <= (size_t)(reply + len - item.text));
		must(item.type != RESP_ARRAY
			|| (item.number >= 0 && item.number <= RESP_ITEMS_MAX));
		wanted += (item.type == RESP_ARRAY ? item.number : 0) - 1;
	}
	must(rest.left == 0);
	must(!resp_take(&rest, &item));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just this length, so that reading beyond it is seen. */
	char *text = malloc(size + 1), *cut;
	ssize_t len;

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	len = resp_measure(text, size);
	must(len == 0 || len == -EBADMSG || (len > 0 && (size_t)len <= size));
	for (ssize_t i = 0; len > 0 && len < 256 && i < len; i++) {
		cut = malloc((size_t)i + 1);
		must(cut != NULL);
		memcpy(cut, text, (size_t)i);
		must(resp_measure(cut, (size_t)i) == 0);
		free(cut);
	}
	if (len > 0)
		take_all(text, (size_t)len);
	free(text);
	return 0;
}
