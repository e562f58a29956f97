/* SPDX-License-Identifier: ISC */

/*
 * `unit document policy|allowlist`: reads a document from each line of standard input, and prints
 * what its reader says of it, as a line: "fine", or its faults with tabs between them. Every user
 * and group exists.
 */

#include "helper/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "gate/allowlist/allowlist.h"
#include "gate/policy/policy.h"

static int find_user(const char *name, uid_t *ret)
{
	(void)name;
	*ret = 1000;
	return 0;
}

static int find_group(const char *name, gid_t *ret)
{
	(void)name;
	*ret = 100;
	return 0;
}

static int find_primary(uid_t uid, gid_t *ret)
{
	(void)uid;
	*ret = 100;
	return 0;
}

static const struct policy_names names = { find_user, find_group, find_primary };

static void print(const struct bytes *faults)
{
	if (faults->len == 0)
		fputs("fine", stdout);
	for (size_t i = 0; i < faults->len; i++)
		if (faults->data[i] != '\n')
			putchar(faults->data[i]);
		else if (i + 1 < faults->len)
			putchar('\t');
	putchar('\n');
}

static void read_policy(const char *text, size_t len)
{
	struct policy *policy = NULL;
	struct faults faults;
	int r;

	faults_init(&faults);
	r = policy_parse(text, len, &names, &faults, &policy);
	unit_must(r);
	print(&faults.faults);
	policy_free(policy);
	faults_deinit(&faults);
}

static void read_allowlist(const char *text, size_t len)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct allowlist *list = NULL;
	int r;

	r = allowlist_parse(text, len, &why, &list);
	unit_must(r);
	print(&why);
	allowlist_free(list);
}

int unit_document(int argc, char **argv)
{
	cleanup(free_p) char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool policy;

	if (argc != 2 || (strcmp(argv[1], "policy") != 0 && strcmp(argv[1], "allowlist") != 0))
		return unit_usage("document policy|allowlist");

	policy = argv[1][0] == 'p';
	while ((len = getline(&line, &size, stdin)) > 0) {
		line[len - 1] = '\0';
		if (policy)
			read_policy(line, (size_t)len - 1);
		else
			read_allowlist(line, (size_t)len - 1);
	}
	return UNIT_OK;
}
