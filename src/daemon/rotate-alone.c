/* SPDX-License-Identifier: ISC */

#include "daemon/rotate-alone.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/writer.h"
#include "base/text.h"
#include "daemon/log.h"
#include "daemon/resources.h"
#include "gate/wire/request.h"
#include "ledger/evidence/head-file.h"
#include "ledger/evidence/segment.h"
#include "ledger/store/file-store.h"

static void free_resources(struct resources *res)
{
	allowlist_file_deinit(&res->allowlist);
	evidence_free(res->evidence);
	store_free(res->store);
	state_dir_free(res->state_dir);
}

static int refuse(struct bytes *why, const char *path, const char *what)
{
	int r;

	r = text_append_escaped(why, path, strlen(path));
	return r < 0 ? r : bytes_refuse(why, ROTATE_ALONE_REFUSED, ": %s", what);
}

/*
 * Finds the group that may read the log: the log's own, or the newest segment's if a crash has left
 * no log. If there is neither, FILE is probably a mistake: unlike a daemon, make no new log.
 */
static int find_readers(const char *log, gid_t *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes segment = BYTES_PRINTED;
	struct stat st;
	uint64_t last = 0;
	int r;

	r = lstat(log, &st) < 0 ? -errno : 0;
	if (r == -ENOENT) {
		(void)segment_find(log, 1, true, &last);
		if (last > 0 && segment_append_path(&segment, log, last) < 0)
			return -ENOMEM;
		if (last > 0)
			r = lstat(bytes_str(&segment), &st) < 0 ? -errno : 0;
	}
	if (r < 0)
		return refuse(why, log, strerror(-r));

	*ret = st.st_mode & S_IRGRP ? st.st_gid : FILE_NO_GROUP;
	return 0;
}

/* Locks the state directory. Unlike a daemon, it makes neither the directory nor evidence.head. */
static int take_directory(struct resources *res, const char *path, struct bytes *why)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return refuse(why, path, strerror(errno));
	r = state_dir_new(path, geteuid(), &res->state_dir);
	if (r < 0)
		return r;

	switch (state_dir_lock(res->state_dir)) {
	case STATE_DIR_BUSY:
		return refuse(why, path,
			"a daemon runs with this state directory: ask it, without naming the log");
	case STATE_DIR_REFUSED:
		return bytes_refuse(
			why, ROTATE_ALONE_REFUSED, "%s", state_dir_fault(res->state_dir));
	case STATE_DIR_LOCKED:
		break;
	}
	if (fstatat(state_dir_fd(res->state_dir), HEAD_FILE_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return refuse(
			why, path, "nothing is known here of a log: there is no " HEAD_FILE_NAME);
	return 0;
}

static int open_log(struct resources *res, const struct rotate_alone *o, struct bytes *why)
{
	struct evidence_options options = {
		.path = o->log,
		.state_dir = res->state_dir,
		.key = o->key,
		.owner = geteuid(),
	};
	const struct moment now = resources_now(res);
	int r;

	r = find_readers(o->log, &options.readers, why);
	if (r != 0)
		return r;
	r = file_store_new(res->state_dir, &now, &res->store);
	if (r >= 0)
		r = evidence_new(&options, &res->evidence);
	if (r < 0)
		return r;
	if (store_closed(res->store))
		return bytes_refuse(why, ROTATE_ALONE_REFUSED, "%s", store_closed(res->store));

	allowlist_file_init(&res->allowlist, res->state_dir);
	resources_open_evidence(res, &now);
	resources_log_warnings(res);
	log_flush();
	return evidence_closed(res->evidence)
		? bytes_refuse(why, ROTATE_ALONE_REFUSED, "%s", evidence_closed(res->evidence))
		: 0;
}

/* Records who rotates, like an operator's action, but without a door. */
static int record(struct resources *res, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, peer = BYTES_PRINTED;
	char id[EVIDENCE_ID_LEN + 1];
	struct writer w;
	int r;

	writer_init(&w, &request);
	writer_object(&w, NULL);
	writer_string(&w, "action", action_name(ACTION_ROTATE));
	writer_end(&w);
	r = writer_finish(&w);
	writer_init(&w, &peer);
	writer_object(&w, NULL);
	writer_integer(&w, "uid", getuid());
	writer_integer(&w, "pid", getpid());
	writer_end(&w);
	if (r >= 0)
		r = writer_finish(&w);
	if (r >= 0)
		r = evidence_add(res->evidence,
			&(struct evidence_entry){
				.event = "action",
				.request = bytes_str(&request),
				.response = "{\"outcome\":\"ok\"}",
				.peer = bytes_str(&peer),
			},
			now, id);
	return r < 0 ? r : evidence_commit(res->evidence);
}

static int rotate(struct resources *res, struct bytes *segment, struct bytes *why)
{
	const struct moment now = resources_now(res);
	int r;

	r = record(res, &now);
	if (r >= 0)
		r = evidence_rotate(res->evidence, &now);
	if (r < 0 && evidence_closed(res->evidence))
		return bytes_refuse(
			why, ROTATE_ALONE_REFUSED, "%s", evidence_closed(res->evidence));
	if (r < 0)
		return bytes_refuse(why, ROTATE_ALONE_REFUSED, "%s: it could not be rotated: %s",
			evidence_path(res->evidence), strerror(-r));

	r = evidence_append_segment(res->evidence, segment);
	if (r >= 0)
		r = resources_finish_evidence(res);
	return r < 0 ? r : store_put_to_rest(res->store);
}

int rotate_alone(const struct rotate_alone *o, struct bytes *segment, struct bytes *why)
{
	cleanup(free_resources) struct resources res = { 0 };
	int r;

	/* Beyond RLIMIT_FSIZE a write must fail, and not kill the process half-way. */
	signal(SIGXFSZ, SIG_IGN);
	if (sodium_init() < 0)
		return -ENOSYS;
	r = resources_read_boot_id(&res);
	if (r >= 0)
		r = take_directory(&res, o->state_dir, why);
	if (r == 0)
		r = open_log(&res, o, why);
	return r == 0 ? rotate(&res, segment, why) : r;
}
