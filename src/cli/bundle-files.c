/* SPDX-License-Identifier: ISC */

/*
 * Walks through the directory with descriptors, and looks up each name that it finds in the lists.
 * So no file is opened under a name from the manifest.
 */

#include "cli/bundle-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/file-hash.h"
#include "cli/say.h"

/*
 * Differences that are printed; further ones are only counted. A deeper directory is a difference.
 */
#define SHOWN_MAX 20
#define DEPTH_MAX 8

struct walk {
	struct bundle *bundle;
	const struct stat *signers;
	struct bytes path; /* of the current file, relative to the bundle */
	size_t n_faults;
};

static void fault(struct walk *w, const char *path, const char *what)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (++w->n_faults > SHOWN_MAX)
		return;
	text_append_quoted(&shown, path, strlen(path));
	say_foreign("%s %s", bytes_str(&shown), what);
}

static const char *compare(const struct walk *w, int fd, const struct bundle_file *f)
{
	char hash[FILE_HASH_HEX_LEN + 1];
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if (st.st_dev == w->signers->st_dev && st.st_ino == w->signers->st_ino)
		return "is the file of signers: that must not come with the bundle";
	if (st.st_nlink != 1)
		return "is a hard link: the file has another name";
	if ((uint64_t)st.st_size != f->size)
		return "has another size than was signed";

	r = file_hash(fd, hash);
	if (r < 0)
		return strerror(-r);
	return strcmp(hash, f->hash) == 0 ? NULL : "has another content than was signed";
}

static void look_at_file(struct walk *w, int dir_fd, const char *name)
{
	struct bundle_file *f = bundle_find(w->bundle, bytes_str(&w->path));
	cleanup(close_p) int fd = -1;
	const char *what;

	if (!f) {
		fault(w, bytes_str(&w->path), "was added: " BUNDLE_SUMS " does not name it");
		return;
	}
	f->was_seen = true;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	what = fd < 0 ? strerror(errno) : compare(w, fd, f);
	if (what)
		fault(w, bytes_str(&w->path), what);
}

static int look_into(struct walk *w, int dir_fd, unsigned int depth);

static int look_at_directory(struct walk *w, int dir_fd, const char *name, unsigned int depth)
{
	cleanup(close_p) int fd = -1;

	if (!bundle_has_directory(w->bundle, bytes_str(&w->path)) || depth == DEPTH_MAX) {
		fault(w, bytes_str(&w->path), "was added: " BUNDLE_SUMS " names no file in it");
		return 0;
	}
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return look_into(w, fd, depth + 1);
	fault(w, bytes_str(&w->path), strerror(errno));
	return 0;
}

/* SHA256SUMS does not name itself, nor its signature. */
static bool is_signed(const struct walk *w)
{
	return strcmp(bytes_str(&w->path), BUNDLE_SUMS) == 0
		|| strcmp(bytes_str(&w->path), BUNDLE_SIGNATURE) == 0;
}

static int look_at(struct walk *w, int dir_fd, const char *name, unsigned int depth)
{
	struct bundle_file *f;
	struct stat st;

	if (bytes_error(&w->path) < 0)
		return bytes_error(&w->path);
	if (is_signed(w))
		return 0;
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		fault(w, bytes_str(&w->path), strerror(errno));
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return look_at_directory(w, dir_fd, name, depth);
	if (S_ISREG(st.st_mode)) {
		look_at_file(w, dir_fd, name);
		return 0;
	}
	f = bundle_find(w->bundle, bytes_str(&w->path));
	if (f)
		f->was_seen = true;
	fault(w, bytes_str(&w->path),
		S_ISLNK(st.st_mode) ? "is a symbolic link" : "is not a regular file");
	return 0;
}

/* `depth`: 0 for the bundle's own directory. Error: a negative errno. */
static int look_into(struct walk *w, int dir_fd, unsigned int depth)
{
	cleanup(closedir_p) DIR *dir = NULL;
	const size_t len = w->path.len;
	const struct dirent *entry;
	int fd, r = 0;

	fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		r = -errno;
		close_p(&fd);
		return r;
	}

	while (r >= 0 && (errno = 0, entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		bytes_append_strs(&w->path, len > 0 ? "/" : "", entry->d_name);
		r = look_at(w, dirfd(dir), entry->d_name, depth);
		bytes_truncate(&w->path, len);
	}
	return r == 0 && errno != 0 ? -errno : r;
}

int bundle_files_check(struct bundle *bundle, int dir_fd, const struct stat *signers)
{
	struct walk w = { .bundle = bundle, .signers = signers, .path = BYTES_PRINTED };
	int r;

	r = look_into(&w, dir_fd, 0);
	bytes_deinit(&w.path);
	if (r < 0)
		return say_undecided("the bundle can't be read: %s", strerror(-r));

	for (size_t i = 0; i < bundle->n; i++)
		if (!bundle->files[i].was_seen)
			fault(&w, bundle->files[i].path, "is missing");
	if (w.n_faults > SHOWN_MAX)
		say("and %zu more", w.n_faults - SHOWN_MAX);
	return w.n_faults > 0 ? STATUS_REFUSED : STATUS_DONE;
}
