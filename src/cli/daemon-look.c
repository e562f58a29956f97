/* SPDX-License-Identifier: ISC */

/* Where a daemon without a service manager is, and whether it runs. */

#include "cli/daemon-look.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/absolute.h"
#include "cli/operator.h"

/* --- where ------------------------------------------------------------------------------------ */

/* In the same order as the clients (cli/client). NULL: no place is known, or out of memory. */
static char *find_socket(const char *given)
{
	const char *variable = getenv("FIRMA_SOCKET"), *runtime = getenv("XDG_RUNTIME_DIR");
	char *path = NULL;

	if (!given && variable && variable[0])
		given = variable;
	if (given)
		return absolute_path(client_strip_scheme(given));
	if (geteuid() == 0)
		return strdup("/run/firma/agent.sock");
	if (runtime && runtime[0] == '/')
		return asprintf(&path, "%s/firma/agent.sock", runtime) < 0 ? NULL : path;
	return NULL;
}

static char *find_pid_file(const char *given, const char *socket)
{
	char *path = NULL;

	if (given)
		return absolute_path(given);
	return asprintf(&path, "%s.pid", socket) < 0 ? NULL : path;
}

int daemon_place_find(
	const struct verb *verb, const struct daemon_options *options, struct daemon_place *ret)
{
	*ret = (struct daemon_place){
		.socket = find_socket(options->socket),
		.shown_socket = BYTES_PRINTED,
		.shown_pid_file = BYTES_PRINTED,
	};
	if (!ret->socket)
		return usage_error(verb, "--socket is needed: the environment names no place");

	ret->pid_file = find_pid_file(options->pid_file, ret->socket);
	if (!ret->pid_file)
		return usage_error(verb, "--pid-file wants a file");
	if (text_append_escaped(&ret->shown_socket, ret->socket, strlen(ret->socket)) < 0
		|| text_append_escaped(&ret->shown_pid_file, ret->pid_file, strlen(ret->pid_file))
			< 0)
		return say_undecided("out of memory");
	return STATUS_DONE;
}

void daemon_place_deinit(struct daemon_place *place)
{
	free(place->socket);
	free(place->pid_file);
	bytes_deinit(&place->shown_socket);
	bytes_deinit(&place->shown_pid_file);
}

/* --- whether it runs -------------------------------------------------------------------------- */

static int complain(const struct daemon_place *place, int error)
{
	return say_undecided("%s%s%s", bytes_str(&place->shown_pid_file), error > 0 ? " " : ": ",
		error > 0 ? file_fault_text((enum file_fault)error) : strerror(-error));
}

/* Asks for the gate's ID; *ret_listener is the process that listens. */
static int ask(
	struct client *c, const struct daemon_place *place, uint64_t timeout, pid_t *ret_listener)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, line = BYTES_PRINTED;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int r;

	r = client_open(c, CLIENT_AGENT, place->socket, timeout);
	if (r < 0)
		return r;
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0)
		*ret_listener = cred.pid;

	r = operator_print_request(ACTION_GATE, &(struct operation){ 0 }, &request);
	if (r >= 0)
		r = client_send(c, &request);
	if (r >= 0)
		r = client_read_line(c, &line);
	return r;
}

static void look_at_socket(
	const struct daemon_place *place, uint64_t timeout, struct daemon_look *look)
{
	pid_t listener = 0;
	struct client c;
	int r;

	r = ask(&c, place, timeout, &listener);
	if (listener > 0 && look->pid > 0 && listener != look->pid)
		bytes_appendf(&look->message, "%s is another process's, %ld",
			bytes_str(&place->shown_socket), (long)listener);
	else if (r < 0)
		bytes_append_str(&look->message, bytes_str(&c.why));
	else if (r == CLIENT_END)
		bytes_appendf(&look->message, "%s: the connection ended without an answer",
			bytes_str(&place->shown_socket));
	else
		look->responsive = true;
	client_close(&c);

	if (look->responsive)
		bytes_appendf(&look->message, "it answers at %s", bytes_str(&place->shown_socket));
}

int daemon_look(const struct daemon_place *place, uint64_t timeout, struct pid_file *f,
	struct daemon_look *ret)
{
	int r = 0;

	*ret = (struct daemon_look){ .message = BYTES_PRINTED };
	if (f->fd < 0)
		r = pid_file_open(f, place->pid_file, false);
	if (r == -ENOENT) {
		bytes_appendf(&ret->message, "the daemon does not run: there is no %s",
			bytes_str(&place->shown_pid_file));
		return STATUS_DONE;
	}
	if (r == 0)
		r = pid_file_holder(f, PID_FILE_PROCESS, &ret->pid);
	if (r != 0)
		return complain(place, r);

	if (ret->pid == 0)
		bytes_appendf(&ret->message, "the daemon does not run: no process holds %s",
			bytes_str(&place->shown_pid_file));
	else
		look_at_socket(place, timeout, ret);
	return bytes_error(&ret->message) < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

/* --- one at a time ---------------------------------------------------------------------------- */

static void interrupt(int signal_number)
{
	(void)signal_number;
}

/* A signal ends the wait for the lock; without SA_RESTART fcntl(2) fails with EINTR. */
static int take_in_time(struct pid_file *f, uint64_t timeout)
{
	const struct sigaction action = { .sa_handler = interrupt };
	struct itimerval timer = {
		.it_value = {
			.tv_sec = (time_t)(timeout / CLOCK_SECOND),
			.tv_usec = (suseconds_t)(timeout % CLOCK_SECOND),
		},
		.it_interval = { .tv_usec = 100000 }, /* the first may come before fcntl(2) waits */
	};
	sigset_t set; /* the caller may have blocked it */
	int r;

	if (timeout == 0)
		return pid_file_take(f, PID_FILE_MANAGER, false);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	if (sigprocmask(SIG_UNBLOCK, &set, NULL) < 0 || sigaction(SIGALRM, &action, NULL) < 0
		|| setitimer(ITIMER_REAL, &timer, NULL) < 0)
		return -errno;

	r = pid_file_take(f, PID_FILE_MANAGER, true);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	return r;
}

int daemon_manage(const struct daemon_place *place, uint64_t timeout, struct pid_file *ret)
{
	int r;

	do {
		pid_file_close(ret);
		r = pid_file_open(ret, place->pid_file, true);
		if (r == 0)
			r = take_in_time(ret, timeout);
	} while (r == -ESTALE);

	if (r == -EINTR || r == -EAGAIN)
		return say_undecided("%s: another start or stop is under way",
			bytes_str(&place->shown_pid_file));
	return r == 0 ? STATUS_DONE : complain(place, r);
}
