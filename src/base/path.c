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

	/* The two characters are compared first for speed. */
	while (path[0] == '/' && path[1] == 'p' && strncmp(path, "/proc/", 6) == 0) {
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

/* Appends a component to `ret`, which ends without a slash. ".." removes the last one. */
static size_t append_part(char *ret, size_t at, const char *part, size_t len)
{
	if (len == 2 && is_dots(part, len)) {
		while (at > 0 && ret[--at] != '/')
			;
	} else if (len > 0 && !is_dots(part, len)) {
		ret[at++] = '/';
		memcpy(ret + at, part, len);
		at += len;
	}
	return at;
}

/* The next component of *path, and its length, 0 at the end; *path is then after it. */
static const char *next_part(const char **path, size_t *len)
{
	const char *part = *path;

	while (*part == '/')
		part++;
	*len = part_len(part);
	*path = part + *len;
	return part;
}

static size_t append_parts(char *ret, size_t at, const char *path)
{
	const char *part;
	size_t len;

	while (*path) {
		part = next_part(&path, &len);
		at = append_part(ret, at, part, len);
	}
	return at;
}

static size_t finish(char *ret, size_t at)
{
	if (at == 0)
		ret[at++] = '/';
	ret[at] = '\0';
	return at;
}

size_t path_normalize(const char *base, const char *path, char *ret)
{
	size_t at = path[0] == '/' ? 0 : append_parts(ret, 0, base);

	return finish(ret, append_parts(ret, at, path));
}

size_t path_normalize_below(const char *base, const char *path, char *ret)
{
	size_t at = 0;

	if (path[0] != '/' && strcmp(base, "/") != 0) {
		at = strlen(base);
		memcpy(ret, base, at + 1);
	}
	return finish(ret, append_parts(ret, at, path));
}

/* --- what the kernel shows of processes ------------------------------------------------------- */

static bool begins(const char *path, const char *prefix)
{
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* The text after "/proc/PID/" or "/proc/PID/task/TID/"; NULL if the path doesn't begin so. */
static const char *of_process(const char *path)
{
	if (!begins(path, "/proc/"))
		return NULL;
	path += 6;
	path += part_len(path);
	if (begins(path, "/task/")) {
		path += 6;
		path += part_len(path);
	}
	return *path == '/' ? path + 1 : NULL;
}

/* "/dev/fd/N" and "/proc/PID/fd/N": a directory, if more follows. */
static bool is_descriptor(const char *path)
{
	const char *rest = begins(path, "/dev/") ? path + 5 : of_process(path);

	return rest && begins(rest, "fd/") && !strchr(rest + 3, '/');
}

bool path_may_use_process(const char *path)
{
	return strchr(path, '/') && (strstr(path, "proc/") || strstr(path, "dev/fd/"));
}

size_t path_normalize_wide(const char *base, const char *path, char *ret, bool *ret_any)
{
	const char *part, *rest;
	size_t at, len;

	if (!path_may_use_process(path))
		return path_normalize(base, path, ret);

	at = path[0] == '/' ? 0 : append_parts(ret, 0, base);
	while (*path) {
		part = next_part(&path, &len);
		ret[at] = '\0';
		*ret_any |= len > 0 && is_descriptor(ret);
		at = append_part(ret, at, part, len);
		ret[at] = '\0';
		rest = of_process(ret);
		if (rest && strcmp(rest, "root") == 0)
			at = 0;
		else if (rest && strcmp(rest, "cwd") == 0 && base[0] == '/'
			&& begins(ret + 6, "self/"))
			at = append_parts(ret, 0, base);
		else
			*ret_any |= rest && strcmp(rest, "cwd") == 0;
	}
	return finish(ret, at);
}
