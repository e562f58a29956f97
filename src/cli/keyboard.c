/* SPDX-License-Identifier: ISC */

/* The terminal of the person who answers. */

#include "cli/keyboard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"

/*
 * For the signal handler: the terminal's original settings, its descriptor, and what else restores
 * it.
 */
static struct termios found;
static int terminal = -1;
static const char *restore = "";

/* A key is one byte. Further bytes of a key sequence count as keys without a meaning. */
#define CTRL_D 4

/* The handler may call all of these functions: signal-safety(7). */
static void on_signal(int number)
{
	ssize_t n;

	tcsetattr(terminal, TCSANOW, &found);
	n = write(terminal, restore, strlen(restore));
	(void)n;
	n = write(terminal, "\n", 1);
	(void)n;
	raise(number); /* SA_RESETHAND has restored the default action */
}

static void watch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const struct sigaction watch = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &watch, NULL);
}

int keyboard_open(struct keyboard *k)
{
	int fd;

	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;

	if (tcgetattr(fd, &found) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}

	k->fd = terminal = fd;
	watch_signals();
	return 0;
}

void keyboard_close(struct keyboard *k)
{
	if (k->fd < 0)
		return;

	keyboard_take_lines(k);
	file_write(k->fd, restore, strlen(restore));
	restore = "";
	close(k->fd);
	k->fd = -1;
}

void keyboard_change(struct keyboard *k, const char *now, const char *after)
{
	restore = after;
	file_write(k->fd, now, strlen(now));
}

void keyboard_take_keys(struct keyboard *k)
{
	struct termios keys = found;

	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	keys.c_cc[VMIN] = 0;
	keys.c_cc[VTIME] = 0;
	keys.c_cc[VSUSP] = _POSIX_VDISABLE; /* the shell would get a silent terminal */
	tcsetattr(k->fd, TCSADRAIN, &keys);
}

void keyboard_take_lines(struct keyboard *k)
{
	tcsetattr(k->fd, TCSADRAIN, &found);
}

bool keyboard_forget(struct keyboard *k)
{
	struct pollfd fd = { .fd = k->fd, .events = POLLIN };
	bool typed = poll(&fd, 1, 0) == 1 && (fd.revents & POLLIN);

	tcflush(k->fd, TCIFLUSH);
	return typed;
}

int keyboard_key(struct keyboard *k)
{
	unsigned char key;
	ssize_t n;

	n = read(k->fd, &key, 1);
	if (n == 1)
		return key == CTRL_D ? KEYBOARD_END : key;
	return n == 0 || errno == EINTR || errno == EAGAIN ? 0 : KEYBOARD_END;
}

bool keyboard_line(struct keyboard *k, char *ret, size_t size)
{
	ssize_t n;

	n = read(k->fd, ret, size);
	if (n <= 0 || ret[n - 1] != '\n') {
		keyboard_forget(k);
		return false;
	}

	ret[n - 1] = '\0';
	return strlen(ret) == (size_t)n - 1;
}
