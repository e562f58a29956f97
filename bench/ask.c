/* SPDX-License-Identifier: ISC */

/*
 * The bare client that the bench compares `firma check` with: `ask SOCKET LINE` connects, sends the
 * line, and reads until there is an answer. It checks no credentials, has no timeout, and parses no
 * answer.
 */

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = 0;
	char answer[4096];
	ssize_t n;
	int fd;

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	memcpy(address.sun_path, argv[1], strlen(argv[1]));

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return 3;
	if (send(fd, argv[2], strlen(argv[2]), MSG_NOSIGNAL) < 0
		|| send(fd, "\n", 1, MSG_NOSIGNAL) < 0)
		return 3;

	do {
		n = recv(fd, answer + len, sizeof(answer) - len, 0);
		if (n <= 0)
			return 3;
		len += (size_t)n;
	} while (answer[len - 1] != '\n');
	return 0;
}
