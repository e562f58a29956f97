/* SPDX-License-Identifier: ISC */

/*
 * sudo's approval plugin. It runs inside sudo, as root, on input from the user, so it does as
 * little as it can: it writes the facts that it gets from sudo (sudo/facts) to a file, and starts
 * sudo/ask, which asks the gate. That program inherits no variable, descriptor or working directory
 * of the user. After any failure, the command is refused.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sudo_plugin.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sudo/facts.h"

/* The path of sudo/ask; the build sets it. */
#ifndef SUDO_ASK
#define SUDO_ASK "/usr/libexec/firma/firma-sudo-ask"
#endif

/* What check() and open() return: sudo_plugin(5). */
enum { ALLOWED = 1, REJECTED = 0, FAILED = -1 };

/* An option in the plugin's line of sudo.conf: also ask about root's own commands. */
#define OPTION_ROOT "ask_root"

static char *const *user; /* sudo keeps it until close() */
static sudo_printf_t print;
static bool asks_root;

/* The value of KEY=VALUE; NULL if there is none. */
static const char *find(char *const list[], const char *key)
{
	const size_t len = strlen(key);

	for (; list && *list; list++)
		if (strncmp(*list, key, len) == 0 && (*list)[len] == '=')
			return *list + len + 1;
	return NULL;
}

static bool is_true(const char *value)
{
	return value && strcmp(value, "true") == 0;
}

static size_t count(char *const list[])
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* Also prints the message, since sudo writes errstr only to its log. */
static int fail(const char **errstr, const char *why)
{
	if (print)
		print(SUDO_CONV_ERROR_MSG, "%s\n", why);
	if (errstr)
		*errstr = why;
	return FAILED;
}

static int open_plugin(unsigned int version, sudo_conv_t conversation, sudo_printf_t printf,
	char *const settings[], char *const user_info[], int submit_optind,
	char *const submit_argv[], char *const submit_envp[], char *const plugin_options[],
	const char **errstr)
{
	(void)conversation;
	(void)settings;
	(void)submit_optind;
	(void)submit_argv;
	(void)submit_envp;
	user = user_info;
	print = printf;
	asks_root = false;
	if (SUDO_API_VERSION_GET_MAJOR(version) != SUDO_API_VERSION_MAJOR)
		return fail(errstr, "firma: this version of sudo is not known");
	for (; plugin_options && *plugin_options; plugin_options++) {
		if (strcmp(*plugin_options, OPTION_ROOT) != 0)
			return fail(errstr, "firma: sudo.conf has an unknown option of the plugin");
		asks_root = true;
	}
	return ALLOWED;
}

static void close_plugin(void)
{
	user = NULL;
}

static int show_version(int verbose)
{
	(void)verbose;
	if (print)
		print(SUDO_CONV_INFO_MSG, "firma approval plugin version %s\n", PACKAGE_VERSION);
	return ALLOWED;
}

/* --- the facts -------------------------------------------------------------------------------- */

static bool put(FILE *f, const char *text)
{
	return fwrite(text, strlen(text) + 1, 1, f) == 1;
}

static bool put_fact(FILE *f, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool put_fact(FILE *f, const char *key, const char *format, ...)
{
	va_list ap;
	int r;

	if (fprintf(f, "%s=", key) < 0)
		return false;
	va_start(ap, format);
	r = vfprintf(f, format, ap);
	va_end(ap);
	return r >= 0 && fputc('\0', f) == '\0';
}

static bool put_list(FILE *f, char *const list[])
{
	for (; list && *list; list++)
		if (!put(f, *list))
			return false;
	return true;
}

/*
 * For sudoedit, the files come after "--". The words before it are the editor: it runs as the user.
 */
static char *const *find_args(char *const argv[], bool edits)
{
	if (!edits)
		return *argv ? argv + 1 : argv;
	while (*argv && strcmp(*argv, "--") != 0)
		argv++;
	return *argv ? argv + 1 : NULL;
}

/*
 * The command's working directory. "runcwd" is set if an intercepted command runs another one
 * (`intercept` in sudoers): then it is the directory in which that one runs. An optional directory,
 * such as the home for a login, may be missing: then sudo stays where it is.
 */
static const char *find_directory(char *const info[])
{
	const char *now = find(info, "runcwd"), *chosen = find(info, "cwd");
	struct stat st;

	if (now)
		return now;
	if (!chosen || (is_true(find(info, "cwd_optional")) && stat(chosen, &st) < 0))
		return find(user, "cwd");
	return chosen;
}

/* Why the gate can't be asked: a fact is missing, or a request can't express something. Or NULL. */
static const char *find_obstacle(char *const info[], char *const argv[])
{
	static const char *const user_keys[] = { "uid", "gid", "groups" };
	const char *euid = find(info, "runas_euid"), *egid = find(info, "runas_egid");
	const char *uid = find(info, "runas_uid"), *gid = find(info, "runas_gid");

	for (size_t i = 0; i < sizeof(user_keys) / sizeof(user_keys[0]); i++)
		if (!find(user, user_keys[i]))
			return "firma: sudo does not say who asks";
	if (!uid || !gid)
		return "firma: sudo does not say as whom the command runs";
	if ((euid && strcmp(euid, uid) != 0) || (egid && strcmp(egid, gid) != 0))
		return "firma: the command would have two users (stay_setuid), which is not "
		       "supported";
	if (find(info, "chroot"))
		return "firma: commands in another root directory (-R) are not supported";
	if (!argv || !find(info, "command"))
		return "firma: sudo does not say which command it is";
	if (!find_directory(info))
		return "firma: sudo does not say in which directory the command runs";
	return NULL;
}

static bool write_facts(FILE *f, char *const info[], char *const argv[], char *const envp[])
{
	const bool edits = is_true(find(info, "sudoedit"));
	const char *cwd = edits ? find(user, "cwd") : find_directory(info);
	char *const *args = find_args(argv, edits);
	char *const *env = edits ? NULL : envp; /* an editor runs as the user */

	return args && cwd && put(f, FACTS_FORMAT) && put_fact(f, FACT_UID, "%s", find(user, "uid"))
		&& put_fact(f, FACT_GID, "%s", find(user, "gid"))
		&& put_fact(f, FACT_GROUPS, "%s", find(user, "groups"))
		&& put_fact(
			f, FACT_RUN_AS, "%s:%s", find(info, "runas_uid"), find(info, "runas_gid"))
		&& put_fact(f, FACT_CWD, "%s", cwd)
		&& put_fact(f, FACT_COMMAND, "%s", edits ? SUDOEDIT : find(info, "command"))
		&& put_fact(f, FACT_ARGS, "%zu", count(args))
		&& put_fact(f, FACT_ENV, "%zu", count(env)) && put_list(f, args)
		&& put_list(f, env);
}

/* Returns a file with the facts, at its beginning; -1 on failure. */
static int make_facts(char *const info[], char *const argv[], char *const envp[])
{
	const int fd = memfd_create("firma-sudo", MFD_CLOEXEC);
	const int copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
	FILE *f = copy >= 0 ? fdopen(copy, "w") : NULL;
	bool written;

	if (!f) {
		if (copy >= 0)
			close(copy);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	written = write_facts(f, info, argv, envp);
	written = fclose(f) == 0 && written;
	if (written && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* The status of a child that could not become the program. */
#define NOT_STARTED 127

/* In the child: keeps nothing of the user's process but standard error, for messages. */
static void execute(int facts, pid_t parent)
{
	static const int numbers[] = { SIGPIPE, SIGCHLD, SIGALRM, SIGTERM };
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	char *const argv[] = { (char[]){ "firma-sudo-ask" }, NULL };
	char *const envp[] = { NULL };
	sigset_t none;

	sigemptyset(&none);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &standard, NULL);
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		_exit(NOT_STARTED);
	/* Die with sudo: otherwise the answer could consume an approval, and no command runs. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(NOT_STARTED);
	umask(077);
	if (chdir("/") < 0 || dup2(facts, STDIN_FILENO) < 0
		|| dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(NOT_STARTED);
	closefrom(STDERR_FILENO + 1);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(SUDO_ASK, argv, envp);
	_exit(NOT_STARTED);
}

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define ENDING (sizeof(ending) / sizeof(ending[0]))

static volatile pid_t child;

static void pass_on(int number)
{
	const int error = errno;

	kill(child, number);
	errno = error;
}

/*
 * Waits until the child has ended, and leaves its pid in use. sudo's own handlers would only note a
 * signal for later; here it ends the child, so that the command is refused.
 */
static void await(void)
{
	const struct sigaction passing = { .sa_handler = pass_on };
	struct sigaction before[ENDING];
	siginfo_t info;

	for (size_t i = 0; i < ENDING; i++) {
		sigaction(ending[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(ending[i], &passing, NULL);
	}
	while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < ENDING; i++)
		sigaction(ending[i], &before[i], NULL);
}

/* Returns the exit status of sudo/ask; -1 if it did not exit. */
static int ask(int facts)
{
	const pid_t parent = getpid();
	int status;

	child = fork();
	if (child < 0)
		return -1;
	if (child == 0)
		execute(facts, parent);
	await();
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * The user may have started sudo with SIGCHLD ignored; the kernel would then keep no exit status.
 */
static int ask_with_status(int facts)
{
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	struct sigaction before;
	int status;

	if (sigaction(SIGCHLD, NULL, &before) < 0)
		return -1;
	if (before.sa_handler == SIG_IGN || (before.sa_flags & (int)SA_NOCLDWAIT))
		sigaction(SIGCHLD, &standard, NULL);
	status = ask(facts);
	sigaction(SIGCHLD, &before, NULL);
	return status;
}

static int check(char *const info[], char *const argv[], char *const envp[], const char **errstr)
{
	const char *uid = find(user, "uid"), *why;
	int facts, status;

	/* A broken gate must not lock root out. */
	if (!asks_root && uid && strcmp(uid, "0") == 0)
		return ALLOWED;

	why = find_obstacle(info, argv);
	if (why)
		return fail(errstr, why);

	facts = make_facts(info, argv, envp);
	if (facts < 0)
		return fail(errstr, "firma: the request could not be prepared");

	status = ask_with_status(facts);
	close(facts);
	if (status == 0)
		return ALLOWED;
	if (status == NOT_STARTED)
		return fail(errstr, "firma: the program that asks the gate can't be started");
	if (errstr)
		*errstr = status == 1 ? "firma: the command is denied"
				      : "firma: the command is not approved";
	return REJECTED;
}

/* The symbol that sudo.conf names. */
extern struct approval_plugin firma_approval;

struct approval_plugin firma_approval = {
	.type = SUDO_APPROVAL_PLUGIN,
	.version = SUDO_API_VERSION,
	.open = open_plugin,
	.close = close_plugin,
	.check = check,
	.show_version = show_version,
};
