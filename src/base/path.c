/* SPDX-License-Identifier: ISC */

/* Paths as text. */

#include "base/path.h"

#include <string.h>

static bool is_dots(const char *part, size_t len)
{
	return (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.');
}

/* The length up to the next slash. */
static size_t part_len(const char *path)
{
	return (size_t)(strchrnul(path, '/') - path);
}

bool path_is_normal(const char *path)
{
	size_t len;

	for (; *path == '/'; path += len) {
		path++;
		len = part_len(path);
		if (len == 0 || is_dots(path, len))
			return false;
		if (path[len] == '\0')
			return true;
	}
	return false;
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *path_skip_proc_root(const char *path)
{
	const char *p;

	while (strncmp(path, "/proc/", 6) == 0) {
		p = path + 6;
		p += part_len(p);
		if (strncmp(p, "/task/", 6) == 0) {
			p += 6;
			p += part_len(p);
		}
		if (strncmp(p, "/root", 5) != 0 || (p[5] != '/' && p[5] != '\0'))
			break;
		path = p[5] == '\0' ? "/" : p + 5;
	}
	return path;
}

bool path_is_in(const char *path, const char *directory)
{
	size_t len = (size_t)(path_name(path) - path), wanted = strlen(directory);

	/* Drop the slash after the directory, but keep that of the root. */
	if (len > 1)
		len--;
	return len == wanted && memcmp(path, directory, len) == 0;
}

/* Appends the components of `path` to `ret`, which ends without a slash. */
static size_t append_parts(char *ret, size_t at, const char *path)
{
	size_t len;

	for (; *path; path += len) {
		while (*path == '/')
			path++;
		len = part_len(path);
		if (len == 2 && is_dots(path, len)) {
			while (at > 0 && ret[--at] != '/')
				;
		} else if (len > 0 && !is_dots(path, len)) {
			ret[at++] = '/';
			memcpy(ret + at, path, len);
			at += len;
		}
	}
	return at;
}

size_t path_normalize(const char *base, const char *path, char *ret)
{
	size_t at = 0;

	if (path[0] != '/')
		at = append_parts(ret, at, base);
	at = append_parts(ret, at, path);
	if (at == 0)
		ret[at++] = '/';
	ret[at] = '\0';
	return at;
}
