/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes strict JSON: what the scan takes, cJSON takes as well, and both read the same from it.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json/scan-value.h"
#include "base/json/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_string(const struct scan_member *m, const struct json *v)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	const char *string = json_string(v);
	int r;

	r = scan_string_value(m->value, m->value_len, &out);
	must(r == (string ? 0 : SCAN_OTHER));
	if (string)
		must(out.len == strlen(string) && strcmp(bytes_str(&out), string) == 0);
}

static void check_strings(const struct scan_member *m, const struct json *v)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	bool strings = json_is_array(v);
	const char *at;
	size_t n;
	int r;

	json_each (child, v)
		strings = strings && json_string(child);

	r = scan_strings_value(m->value, m->value_len, &out, &n);
	must(r == (strings ? 0 : SCAN_OTHER));
	if (!strings)
		return;

	at = bytes_str(&out);
	json_each (child, v) {
		must(n-- > 0 && strcmp(at, json_string(child)) == 0);
		at += strlen(at) + 1;
	}
	must(n == 0 && at == bytes_str(&out) + out.len);
}

static void check_integer(const struct scan_member *m, const struct json *v)
{
	bool scanned, is_integer;
	uint64_t number = 0;
	int64_t expected;

	/* Only the tree knows negative ones. */
	is_integer = json_integer(v, &expected) && m->value[0] != '-';
	scanned = scan_integer_value(m->value, m->value_len, JSON_INTEGER_MAX, &number);
	must(scanned == is_integer && (!scanned || number == (uint64_t)expected));
}

/* The members come in the tree's order. */
static int check_member(const struct scan_member *m, void *userdata)
{
	const struct json **v = userdata;

	must(*v && strlen(json_key(*v)) == m->key_len
		&& memcmp(json_key(*v), m->key, m->key_len) == 0);
	check_string(m, *v);
	check_strings(m, *v);
	check_integer(m, *v);
	*v = json_next(*v);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const char *text = (const char *)data;
	struct scan_fault fault = { 0 };
	const struct json *first;
	int scanned, parsed;

	scanned = scan_object(text, size, NULL, NULL, &fault);
	if (scanned == SCAN_REFUSED)
		must(fault.error != SCAN_FINE && fault.offset <= size);

	parsed = json_parse(text, size, &doc, &fault);
	must(parsed == scanned);
	if (parsed == 0) {
		first = json_first(json_root(doc));
		must(scan_object(text, size, check_member, &first, &fault) == 0 && !first);
	}
	return 0;
}
