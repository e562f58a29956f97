/* SPDX-License-Identifier: ISC */

/* Looks into ~/.ssh, where ssh-keygen puts keys. */

#include "cli/approver-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "gate/limits.h"

/* The longest line of a .pub file that is read. */
#define PUB_MAX ((size_t)4096)

#define SUFFIX ".pub"

struct search {
	const struct allowed_signers *list;
	approver_files_fn fn;
	void *userdata;
};

static int read_text(const char *path, size_t max, struct bytes *ret)
{
	cleanup(close_p) int fd = -1;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : file_read(fd, max, ret);
}

struct allowed_signers *approver_files_read_list(const char *path)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, why = BYTES_PRINTED;
	struct allowed_signers *list = NULL;

	if (read_text(path, LIMIT_APPROVERS_FILE, &text) < 0
		|| allowed_signers_parse(bytes_str(&text), text.len, &why, &list) != 0)
		return NULL;
	return list;
}

const char *approver_files_principal(const struct allowed_signers *list, const char *line)
{
	size_t type_len = strcspn(line, " "), len;
	const char *base64 = line + type_len + strspn(line + type_len, " ");
	struct sshsig_key key;

	len = strcspn(base64, " \n");
	if (sshsig_parse_key(line, type_len, base64, len, &key) != SSHSIG_FINE)
		return NULL;
	for (size_t i = 0; i < allowed_signers_count(list); i++)
		if (sshsig_key_is_same(&allowed_signers_at(list, i)->key, &key))
			return allowed_signers_at(list, i)->principal;
	return NULL;
}

static int look_at(const struct search *s, const char *directory, const char *name)
{
	cleanup(bytes_deinit) struct bytes path = BYTES_PRINTED, text = BYTES_PRINTED;
	const size_t len = strlen(name), suffix = strlen(SUFFIX);
	const char *usual = approver_key_usual();

	if (len <= suffix || strcmp(name + len - suffix, SUFFIX) != 0)
		return 0;
	if (bytes_appendf(&path, "%s/%s", directory, name) < 0)
		return -ENOMEM;
	if (read_text(bytes_str(&path), PUB_MAX, &text) < 0
		|| !approver_files_principal(s->list, bytes_str(&text)))
		return 0;

	bytes_truncate(&path, path.len - suffix);
	if (!usual || strcmp(usual, bytes_str(&path)) != 0)
		s->fn(bytes_str(&path), approver_key_look(bytes_str(&path)), s->userdata);
	return 0;
}

static int look_into(const struct search *s, const char *directory)
{
	const struct dirent *entry;
	int r = 0;
	DIR *dir;

	dir = opendir(directory);
	if (!dir)
		return 0;
	while (r >= 0 && (entry = readdir(dir)))
		r = look_at(s, directory, entry->d_name);
	closedir(dir);
	return r;
}

int approver_files_each(const struct allowed_signers *list, approver_files_fn fn, void *userdata)
{
	cleanup(bytes_deinit) struct bytes directory = BYTES_PRINTED;
	const struct search search = { list, fn, userdata };
	const char *home = getenv("HOME"), *usual = approver_key_usual();

	if (usual)
		fn(usual, approver_key_look(usual), userdata);
	if (!list || !home)
		return 0;
	if (bytes_appendf(&directory, "%s/.ssh", home) < 0)
		return -ENOMEM;
	return look_into(&search, bytes_str(&directory));
}
