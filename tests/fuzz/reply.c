/* SPDX-License-Identifier: ISC */

/* Fuzzes the client's reading of a reply: what it takes, it prints as a reply that it takes. */

#include <stdint.h>
#include <stdlib.h>

#include "gate/wire/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct parsed_reply first, second;

	if (reply_parse((const char *)data, size, &first) != 0)
		return 0;

	if (reply_print(&first.reply, &line) == 0) {
		if (reply_parse(line.data, line.len - 1, &second) != 0
			|| second.reply.decision != first.reply.decision
			|| second.reply.outcome != first.reply.outcome)
			abort();
		parsed_reply_deinit(&second);
	}
	parsed_reply_deinit(&first);
	return 0;
}
