/* SPDX-License-Identifier: ISC */

/* Each step scans one object and takes the text of one member. */

#include "cli/raw-member.h"

#include <string.h>

#include "base/json/scan.h"

struct search {
	const char *key;
	size_t key_len;
	struct raw_text found;
};

static int take_member(const struct scan_member *member, void *userdata)
{
	struct search *search = userdata;

	if (member->key_len == search->key_len
		&& memcmp(member->key, search->key, search->key_len) == 0)
		search->found = (struct raw_text){ member->value, member->value_len };
	return 0;
}

struct raw_text raw_member(struct raw_text object, const char *path)
{
	const struct scan_limits limits = { .depth_max = RAW_MEMBER_DEPTH_MAX };
	struct scan_fault fault;

	while (object.text && *path) {
		struct search search = { .key = path, .key_len = strcspn(path, ".") };

		if (scan_object_within(
			    object.text, object.len, &limits, take_member, &search, &fault)
			!= 0)
			return (struct raw_text){ 0 };
		object = search.found;
		path += search.key_len + (path[search.key_len] == '.');
	}
	return object;
}
