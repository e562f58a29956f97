/* SPDX-License-Identifier: ISC */

/* Reads the output of strace. */

#include "helper/trace.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base/notation.h"
#include "helper/unit.h"

/* Reads "\x2f\x74" up to `end`. Returns the text after it. */
static const char *read_string(const char *at, char end, struct bytes *ret)
{
	uint8_t byte;

	for (; *at && *at != end; at += 4) {
		if (at[0] != '\\' || at[1] != 'x' || notation_parse_hex(at + 2, 2, &byte, 1) < 0)
			errx(UNIT_USAGE, "this is no trace of strace -xx -y: %.40s", at);
		if (bytes_append(ret, &byte, 1) < 0)
			errx(UNIT_FAILED, "trace: out of memory");
	}
	if (*at == '\0' || strncmp(at + 1, "...", 3) == 0)
		errx(UNIT_USAGE, "the trace was cut short: strace needs a larger -s");
	return at + 1;
}

/* Reads from an argument's beginning, or from within it. Returns where to go on. */
static const char *read_argument(const char *at, struct call *c)
{
	if ((*at == '"' || *at == '<') && c->n_strings < CALL_STRINGS_MAX)
		return read_string(at + 1, *at == '"' ? '"' : '>', &c->strings[c->n_strings++]);

	if (strncmp(at, ", ", 2) == 0 && at[2] >= '0' && at[2] <= '9')
		c->number = strtoul(at + 2, NULL, 10);
	if (strncmp(at, "O_CREAT", 7) == 0)
		c->creates = true;
	return at + 1;
}

bool call_read(const char *line, struct call *ret)
{
	size_t len = strcspn(line, "(");
	const char *at = line + len;

	*ret = (struct call){ 0 };
	for (size_t i = 0; i < CALL_STRINGS_MAX; i++)
		bytes_init(&ret->strings[i], BYTES_PRINTED_MAX);
	if (*at == '\0' || len >= sizeof(ret->name))
		return false;

	memcpy(ret->name, line, len);
	while (*at && strncmp(at, " = ", 3) != 0)
		at = read_argument(at, ret);
	return *at && at[3] >= '0' && at[3] <= '9';
}

void call_deinit(struct call *c)
{
	for (size_t i = 0; i < CALL_STRINGS_MAX; i++)
		bytes_deinit(&c->strings[i]);
}

bool call_is(const struct call *c, const char *name)
{
	return strcmp(c->name, name) == 0;
}
