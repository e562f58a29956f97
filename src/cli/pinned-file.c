/* SPDX-License-Identifier: ISC */

/* Opens, copies and executes a file. */

#include "cli/pinned-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "base/trust.h"
#include "cli/script-line.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* statfs(2) */
#define FUSE_MAGIC 0x65735546

#define COPY_STEP ((size_t)16 << 20)

/* memfd_create(2) accepts a name up to this length. */
#define NAME_LEN_MAX 200

/* Scripts use lower descriptors themselves. */
#define SCRIPT_FD_MIN 10

/* Sets `why` to "PATH: what". */
static int fail(struct bytes *why, const char *path, int r, const char *what)
{
	bytes_clear(why);
	text_append_quoted(why, path, strlen(path));
	bytes_appendf(why, ": %s", what);
	return r;
}

static int fail_by_errno(struct bytes *why, const char *path, int r)
{
	return fail(why, path, r, strerror(-r));
}

/* --- opening ---------------------------------------------------------------------------------- */

/* A user can mount a FUSE file system, and make it report root as the owner of its files. */
static bool is_of_user_space(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || fs.f_type == FUSE_MAGIC;
}

/*
 * Whether only root can change the file and the directories to it; *ret_fd is then open. A file
 * that can't be read is opened with O_PATH, for execution only: trust_open() had reached it.
 */
static bool open_trusted(const char *path, int *ret_fd)
{
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	int r;

	r = trust_open(path, 0, &at, &fd);
	if (r == -EACCES)
		fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	else if (r != FILE_FINE)
		return false;
	if (fd < 0 || is_of_user_space(fd))
		return false;

	*ret_fd = steal_fd(&fd);
	return true;
}

/* The checks of execve(2), made before the question; they include a noexec file system. */
static int check_executable(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) < 0 ? -errno : 0;
}

/* --- copying ---------------------------------------------------------------------------------- */

/* Returns a privilege that a copy would lose, as a message; NULL: none. */
static const char *find_privilege(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (st.st_mode & (S_ISUID | S_ISGID))
		return "it is setuid or setgid, and not only root could change it";
	if (fgetxattr(fd, "security.capability", NULL, 0) >= 0)
		return "it has file capabilities, and not only root could change it";
	return errno == ENODATA || errno == ENOTSUP ? NULL : strerror(errno);
}

static int make_memory_file(const char *path, int *ret_fd)
{
	char name[NAME_LEN_MAX + 1] = { 0 };
	int fd;

	memccpy(name, strrchr(path, '/') + 1, '\0', NAME_LEN_MAX);
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 all of them are executable */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int copy_content(int from, int to)
{
	off_t copied = 0;
	ssize_t n;

	while ((n = sendfile(to, from, &copied, COPY_STEP)) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (copied > PINNED_FILE_MAX)
			return -EFBIG;
	}
	return 0;
}

static int copy_and_seal(const char *path, int from, int *ret_fd)
{
	cleanup(close_p) int fd = -1;
	int r;

	r = make_memory_file(path, &fd);
	if (r >= 0)
		r = copy_content(from, fd);
	if (r < 0)
		return r;

	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return -errno;

	*ret_fd = steal_fd(&fd);
	return 0;
}

/* Replaces the file's descriptor by its copy's. */
static int replace_by_copy(const char *path, int *fd, struct bytes *why)
{
	const char *privilege = find_privilege(*fd);
	int copy = -1, r;

	if (privilege)
		return fail(why, path, -EPERM, privilege);

	r = copy_and_seal(path, *fd, &copy);
	if (r < 0) {
		fail_by_errno(why, path, r);
		bytes_append_str(why, " (it could not be copied to memory)");
		return r;
	}
	close(*fd);
	*fd = copy;
	return 0;
}

/* --- scripts ---------------------------------------------------------------------------------- */

/* A script's interpreter may be a script. The kernel follows as many. */
#define SCRIPTS_MAX 4

struct pinned_script {
	struct script_line line;
	struct pinned_file interpreter;
};

static int open_at_depth(
	const char *path, bool hash, int depth, struct pinned_file *ret, struct bytes *why);

/* If the file is a script, opens its interpreter. */
static int open_interpreter(
	const char *path, int fd, int depth, struct pinned_script **ret, struct bytes *why)
{
	cleanup(free_p) struct pinned_script *script = NULL;
	cleanup(free_p) char *real_path = NULL;
	struct script_line line;
	int r;

	if (!script_line_read(fd, &line))
		return 0;
	if (depth == SCRIPTS_MAX)
		return fail(
			why, path, -ELOOP, "its interpreter is a script of a script of a script");
	if (line.interpreter[0] != '/')
		return fail(why, path, -EACCES, "its interpreter is not an absolute path");
	script = calloc(1, sizeof(*script));
	if (!script)
		return fail_by_errno(why, path, -ENOMEM);
	real_path = realpath(line.interpreter, NULL);
	if (!real_path && errno == ENOENT)
		return fail(why, path, -ENOENT, "its interpreter is not there");
	if (!real_path)
		return fail_by_errno(why, line.interpreter, -errno);

	script->line = line;
	r = open_at_depth(real_path, false, depth + 1, &script->interpreter, why);
	if (r < 0)
		return r;
	*ret = steal_ptr(script);
	return 0;
}

/* The arguments of an interpreter: its name, what its script's first line adds, the script, the
 * rest. */
static char **arguments_of_interpreter(struct pinned_script *script, char *name, char *const argv[])
{
	size_t n = 0, at = 0;
	char **made;

	while (argv[n])
		n++;
	made = calloc(n + 3, sizeof(*made));
	if (!made)
		return NULL;
	made[at++] = script->line.interpreter;
	if (script->line.has_argument)
		made[at++] = script->line.argument;
	made[at++] = name;
	for (size_t i = 1; i < n; i++)
		made[at++] = argv[i];
	return made;
}

static int execute_script(
	const struct pinned_file *f, const char *path, char **argv, char **envp, struct bytes *why)
{
	cleanup(close_p) int fd = -1;
	char name[32], **arguments;
	int r;

	if (access("/dev/fd", F_OK) < 0)
		return fail(why, path, -EACCES,
			"a script can't be given to its interpreter "
			"without /dev/fd");

	fd = fcntl(f->fd, F_DUPFD, SCRIPT_FD_MIN);
	if (fd < 0)
		return fail_by_errno(why, path, -errno);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	arguments = arguments_of_interpreter(f->script, name, argv);
	if (!arguments)
		return fail_by_errno(why, path, -ENOMEM);
	r = pinned_file_execute(
		&f->script->interpreter, f->script->line.interpreter, arguments, envp, why);
	free(arguments);
	return r;
}

/* --- open and execute ------------------------------------------------------------------------- */

static int open_at_depth(
	const char *path, bool hash, int depth, struct pinned_file *ret, struct bytes *why)
{
	struct pinned_file f = PINNED_FILE_INIT;
	cleanup(close_p) int fd = -1;
	bool trusted;
	int r;

	trusted = open_trusted(path, &fd);
	if (!trusted)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
	r = fd < 0 ? -errno : check_executable(fd);
	if (r < 0)
		return fail_by_errno(why, path, r);

	if (!trusted) {
		r = replace_by_copy(path, &fd, why);
		if (r < 0)
			return r;
	}

	r = hash || !trusted ? file_hash(fd, f.sha256) : 0;
	if (r < 0)
		return fail_by_errno(why, path, r);
	r = open_interpreter(path, fd, depth, &f.script, why);
	if (r < 0)
		return r;

	f.fd = steal_fd(&fd);
	*ret = f;
	return 0;
}

int pinned_file_open(const char *path, bool hash, struct pinned_file *ret, struct bytes *why)
{
	return open_at_depth(path, hash, 0, ret, why);
}

void pinned_file_deinit(struct pinned_file *f)
{
	if (f->script)
		pinned_file_deinit(&f->script->interpreter);
	free(f->script);
	close_p(&f->fd);
	*f = (struct pinned_file)PINNED_FILE_INIT;
}

int pinned_file_execute(
	const struct pinned_file *f, const char *path, char **argv, char **envp, struct bytes *why)
{
	if (f->script)
		return execute_script(f, path, argv, envp, why);

	execveat(f->fd, "", argv, envp, AT_EMPTY_PATH);
	if (errno == ENOENT)
		return fail(why, path, -ENOENT, "its loader is not there");
	if (errno == ENOEXEC)
		return fail(why, path, -ENOEXEC,
			"neither a program nor a script that begins with "
			"'#!'");
	return fail_by_errno(why, path, -errno);
}
