/* SPDX-License-Identifier: ISC */

#include "cli/evidence-keys.h"

#include <sodium.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/evidence-file.h"
#include "cli/say.h"

static bool add_file(struct evidence_key_files *files, const char *path, bool shared)
{
	if (files->n == EVIDENCE_KEYS_MAX)
		return false;
	files->paths[files->n] = path;
	files->shared[files->n++] = shared;
	return true;
}

bool evidence_keys_add_shared(const char *value, void *to)
{
	return add_file(to, value, true);
}

bool evidence_keys_add_public(const char *value, void *to)
{
	return add_file(to, value, false);
}

static int load_key(const char *path, bool shared, struct evidence_key **ret)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED, why = BYTES_PRINTED;
	int r;

	r = evidence_key_load(path, shared ? EVIDENCE_KEY_SHARED : EVIDENCE_KEY_PUBLIC, geteuid(),
		false, ret, &why);
	if (r < 0 || evidence_file_append_path(&shown, path) < 0)
		return say_undecided("out of memory");
	if (r > 0)
		return say_undecided("the key %s %s", bytes_str(&shown), bytes_str(&why));
	return STATUS_DONE;
}

int evidence_keys_load(const struct evidence_key_files *files, struct evidence_keys *keys)
{
	int status = STATUS_DONE;

	if (files->n > 0 && sodium_init() < 0)
		return say_undecided("libsodium can't be used here");

	for (size_t i = 0; status == STATUS_DONE && i < files->n; i++) {
		status = load_key(files->paths[i], files->shared[i], &keys->list[i]);
		keys->n += status == STATUS_DONE;
	}
	return status;
}

void evidence_keys_deinit(struct evidence_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		evidence_key_free(keys->list[i]);
}
