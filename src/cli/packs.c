/* SPDX-License-Identifier: ISC */

/* Finds the policy packs. */

#include "cli/packs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/absolute.h"
#include "cli/own-path.h"

/* The first one decides if an asker may choose a pack but doesn't. */
static const char *const shipped[] = {
	"cavra-ai-agent-baseline",
	"cavra-agentic-delivery",
	"cavra-banking-baseline",
	"cavra-cloud-iam",
	"cavra-github-enterprise",
	"cavra-kubernetes-prod",
	"cavra-mcp-enterprise",
	"cavra-owasp-llm-agentic",
	"cavra-terraform-prod",
};

void packs_deinit(struct packs *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->paths[i]);
	p->n = 0;
}

/* The directory of the program's own file, without a slash at its end. */
static int find_own_directory(struct bytes *b)
{
	char path[PATH_MAX];
	size_t len;

	if (own_path(path) < 0)
		return -ENOENT;
	len = (size_t)(path_name(path) - path);
	return len < 2 ? -ENOENT : bytes_append(b, path, len - 1);
}

/* Looks next to a program that was built but not installed, or moved together with its files. */
static int find_directory(struct bytes *ret)
{
	static const char *const beside[] = { "/../share/firma/packs", "/policies/packs",
		"/../policies/packs" };
	int r;

	if (access(PACKS_DIRECTORY, F_OK) == 0)
		return bytes_append_str(ret, PACKS_DIRECTORY);

	for (size_t i = 0; i < LENGTH(beside); i++) {
		cleanup(bytes_deinit) struct bytes path = BYTES_PRINTED;
		cleanup(free_p) char *real = NULL;

		r = find_own_directory(&path);
		if (r >= 0)
			r = bytes_append_str(&path, beside[i]);
		if (r == -ENOMEM)
			return r;
		real = r < 0 ? NULL : realpath(bytes_str(&path), NULL);
		if (real)
			return bytes_append_str(ret, real);
	}
	return bytes_append_str(ret, PACKS_DIRECTORY);
}

/* Refuses any name that could lead out of the directory. */
static bool is_name(const char *name, size_t len)
{
	static const char known[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return len > 0 && name[0] != '.' && len <= LIMIT_RULE_ID && strspn(name, known) >= len;
}

static int refuse(struct bytes *why, const char *what, const char *name, size_t len)
{
	text_append_quoted(why, name, len);
	return bytes_refuse(why, PACKS_REFUSED, " %s", what);
}

static int add(
	struct packs *p, const char *directory, const char *name, size_t len, struct bytes *why)
{
	char *path;

	if (!is_name(name, len))
		return refuse(why, "is no name of a policy pack", name, len);
	if (p->n == LIMIT_PACKS_NAMED)
		return refuse(why, "is one policy pack too many", name, len);
	if (asprintf(&path, "%s/%.*s.json", directory, (int)len, name) < 0)
		return -ENOMEM;

	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->paths[i], path) != 0)
			continue;
		free(path);
		return refuse(why, "is named twice", name, len);
	}
	p->paths[p->n++] = path;
	return 0;
}

int packs_directory(const char *directory, struct bytes *ret)
{
	cleanup(free_p) char *given = directory ? absolute_path(directory) : NULL;

	if (!directory)
		return find_directory(ret);
	return given ? bytes_append_str(ret, given) : -ENOMEM;
}

int packs_find(const char *names, const char *directory, struct packs *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes found = BYTES_PRINTED;
	cleanup(packs_deinit) struct packs p = { .n = 0 };
	size_t len;
	int r;

	r = packs_directory(directory, &found);
	if (strcmp(names, "all") == 0) {
		for (size_t i = 0; r == 0 && i < LENGTH(shipped); i++)
			r = add(&p, bytes_str(&found), shipped[i], strlen(shipped[i]), why);
	} else {
		for (; r == 0; names += len + 1) {
			len = strcspn(names, ",");
			r = add(&p, bytes_str(&found), names, len, why);
			if (names[len] == '\0')
				break;
		}
	}
	if (r != 0)
		return r;

	*ret = p;
	p.n = 0;
	return 0;
}
