/* SPDX-License-Identifier: ISC */

/* The record, as JSON. */

#include "cli/init-record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json/writer.h"
#include "base/notation.h"

#define RECORD_VERSION 1

void init_record_hash(const struct bytes *text, char ret[static 2 * SHA256_LEN + 1])
{
	uint8_t hash[SHA256_LEN];

	sha256_of(bytes_str(text), text->len, hash);
	notation_hex(hash, sizeof(hash), ret);
}

int init_record_print(const struct init_record *record, struct bytes *ret)
{
	struct writer w;
	int r;

	writer_init(&w, ret);
	writer_object(&w, NULL);
	writer_unsigned(&w, "version", RECORD_VERSION);
	writer_bool(&w, "directory", record->directory);
	writer_string(&w, "policy", record->policy ? record->policy_hash : NULL);
	writer_bool(&w, "policy_packaged", record->packaged);
	writer_string(&w, "options", record->options ? record->options_hash : NULL);
	writer_string(&w, "options_before", record->before);
	writer_bool(&w, "units", record->units);
	writer_bool(&w, "daemon", record->daemon);
	writer_string(&w, "agent_user", record->agent);
	writer_string(&w, "operator_user", record->person);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(ret, '\n');
}

static bool read_hash(const struct json *root, const char *key, char ret[static 2 * SHA256_LEN + 1])
{
	const char *text = json_get_string(root, key);

	if (!text || strlen(text) != 2 * (size_t)SHA256_LEN)
		return false;
	memcpy(ret, text, 2 * (size_t)SHA256_LEN + 1);
	return true;
}

int init_record_read(const struct bytes *text, struct init_record *ret)
{
	struct scan_fault fault;
	const struct json *root;
	uint64_t version = 0;
	int r;

	*ret = (struct init_record){ 0 };
	r = json_parse(bytes_str(text), text->len, &ret->doc, &fault);
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	root = json_root(ret->doc);
	if (!json_get_integer(root, "version", UINT32_MAX, &version) || version != RECORD_VERSION)
		return -EINVAL;

	ret->directory = json_is_true(root, "directory");
	ret->policy = read_hash(root, "policy", ret->policy_hash);
	ret->packaged = json_is_true(root, "policy_packaged");
	ret->options = read_hash(root, "options", ret->options_hash);
	ret->before = json_get_string(root, "options_before");
	ret->units = json_is_true(root, "units");
	ret->daemon = json_is_true(root, "daemon");
	ret->agent = json_get_string(root, "agent_user");
	ret->person = json_get_string(root, "operator_user");
	return 0;
}

void init_record_deinit(struct init_record *record)
{
	json_doc_free(record->doc);
}
