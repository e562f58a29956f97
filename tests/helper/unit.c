/* SPDX-License-Identifier: ISC */

/* The table of tests/unit's sub-commands, and their common functions. */

#include "helper/unit.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "activate", unit_activate },
	{ "clock", unit_clock },
	{ "compare-and-set", unit_compare_and_set },
	{ "cost", unit_cost },
	{ "document", unit_document },
	{ "fake", unit_fake },
	{ "fill", unit_fill },
	{ "fold", unit_fold },
	{ "get", unit_get },
	{ "jwt", unit_jwt },
	{ "latency", unit_latency },
	{ "glob", unit_glob },
	{ "load", unit_load },
	{ "notifications", unit_notifications },
	{ "notify", unit_notify },
	{ "object", unit_object },
	{ "pass", unit_pass },
	{ "powercut", unit_powercut },
	{ "probe", unit_probe },
	{ "programs", unit_programs },
	{ "request", unit_request },
	{ "shell", unit_shell },
	{ "shell-vectors", unit_shell_vectors },
	{ "sshsig", unit_sshsig },
	{ "store-damage", unit_store_damage },
	{ "stream", unit_stream },
	{ "text", unit_text },
	{ "torture", unit_torture },
	{ "vectors", unit_vectors },
	{ "watched-file", unit_watched_file },
	{ "witness", unit_witness },
};

int unit_usage(const char *form)
{
	fprintf(stderr, "usage: unit %s\n", form);
	return UNIT_USAGE;
}

char *unit_read(FILE *in, size_t *ret_len)
{
	size_t len = 0, size = 0;
	char *data = NULL;

	do {
		char *grown = realloc(data, size += 65536);

		if (!grown)
			err(UNIT_FAILED, "standard input");
		data = grown;
		len += fread(data + len, 1, size - len - 1, in);
	} while (!feof(in) && !ferror(in));

	if (ferror(in))
		err(UNIT_FAILED, "standard input");
	data[len] = '\0';
	*ret_len = len;
	return data;
}

void *unit_allocate(size_t size)
{
	void *data = calloc(1, size);

	if (!data)
		err(UNIT_FAILED, "calloc");
	return data;
}

void unit_must(int r)
{
	if (r < 0)
		errx(UNIT_FAILED, "%s", strerror(-r));
}

unsigned long unit_number(const char *text)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[strspn(text, "0123456789")] != '\0' || end == text || errno != 0)
		errx(UNIT_USAGE, "not a number: '%s'", text);
	return n;
}

struct sockaddr_un unit_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (len >= sizeof(address.sun_path))
		errx(UNIT_USAGE, "%s: longer than the path of a socket can be", path);
	memcpy(address.sun_path, path, len + 1);
	return address;
}

struct moment unit_now(void)
{
	struct moment now = { .clock = clock_now() };
	char id[CLOCK_BOOT_ID_LEN + 1];

	if (clock_boot_id(id) < 0 || notation_parse_uuid(id, strlen(id), now.boot_id) < 0)
		errx(UNIT_FAILED, "there is no boot ID");
	return now;
}

void unit_ready(void)
{
	puts("ready");
	if (fflush(stdout) != 0)
		err(UNIT_FAILED, "standard output");
}

static void on_alarm(int signal)
{
	static const char text[] = "unit: waited too long\n";

	(void)signal;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(UNIT_FAILED);
	_exit(UNIT_TIMEOUT);
}

void unit_guard(unsigned seconds)
{
	struct sigaction action = { .sa_handler = on_alarm };

	if (sigaction(SIGALRM, &action, NULL) < 0)
		err(UNIT_FAILED, "sigaction");
	alarm(seconds);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < LENGTH(commands); i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			int status = commands[i].run(argc - 1, argv + 1);

			if (fflush(stdout) != 0 || ferror(stdout))
				err(UNIT_FAILED, "standard output");
			return status;
		}
	}

	unit_usage("COMMAND [ARG...]");
	for (size_t i = 0; i < LENGTH(commands); i++)
		fprintf(stderr, "  %s\n", commands[i].name);
	return UNIT_USAGE;
}
