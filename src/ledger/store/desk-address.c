/* SPDX-License-Identifier: ISC */

#include "ledger/store/desk-address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/notation.h"

#define SCHEME "redis:"
#define UNIX SCHEME "unix:"
#define TCP SCHEME "//"

#define PORT 6379
#define DATABASE_MAX 65535

bool desk_address_is_meant(const char *text)
{
	return strncmp(text, SCHEME, sizeof(SCHEME) - 1) == 0;
}

/* Copies the text up to `end`; false if there is none, or it is too long. */
static bool copy_part(const char *text, const char *end, char *ret, size_t size)
{
	size_t len = (size_t)(end - text);

	if (len == 0 || len >= size)
		return false;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return true;
}

/* Takes an optional "USER@" off *text; false if the name is not valid. */
static bool take_user(const char **text, struct desk_address *a)
{
	const char *at = strchr(*text, '@');

	if (!at || (*text)[0] == '/')
		return true;
	if (!copy_part(*text, at, a->user, sizeof(a->user)))
		return false;
	*text = at + 1;
	return true;
}

static bool parse_path(const char *path, struct desk_address *a)
{
	struct sockaddr_un *to = (struct sockaddr_un *)(void *)&a->to;
	size_t len = strlen(path);

	if (path[0] != '/' || len >= sizeof(to->sun_path))
		return false;

	to->sun_family = AF_UNIX;
	memcpy(to->sun_path, path, len + 1);
	a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return true;
}

static bool set_address(const char *host, uint16_t port, bool is_v6, struct desk_address *a)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&a->to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&a->to;

	if (is_v6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		a->len = sizeof(*v6);
		return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	a->len = sizeof(*v4);
	return inet_pton(
		       AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &v4->sin_addr)
		== 1;
}

/* Reads "/3" or nothing. */
static bool parse_database(const char *text, struct desk_address *a)
{
	uint64_t n = 0;

	if (text[0] == '/' && notation_parse_number(text + 1, 0, DATABASE_MAX, &n) < 0)
		return false;
	a->database = (unsigned int)n;
	return text[0] == '/' || text[0] == '\0';
}

/* Takes ":6379" off *text, if it is there; false if the number is not valid. */
static bool parse_port(const char **text, uint16_t *ret)
{
	const char *end = *text + strcspn(*text, "/");
	char digits[6];
	uint64_t n = PORT;

	if (**text == ':'
		&& (!copy_part(*text + 1, end, digits, sizeof(digits))
			|| notation_parse_number(digits, 1, UINT16_MAX, &n) < 0))
		return false;
	if (**text == ':')
		*text = end;
	*ret = (uint16_t)n;
	return true;
}

static bool parse_host(const char *text, struct desk_address *a)
{
	const bool is_v6 = text[0] == '[';
	const char *host = text + is_v6, *end = host + strcspn(host, is_v6 ? "]" : ":/");
	char copy[INET6_ADDRSTRLEN];
	uint16_t port;

	if (!copy_part(host, end, copy, sizeof(copy)) || (is_v6 && *end != ']'))
		return false;

	end += is_v6;
	return parse_port(&end, &port) && parse_database(end, a)
		&& set_address(copy, port, is_v6, a);
}

bool desk_address_parse(const char *text, struct desk_address *ret)
{
	struct desk_address a = { .text = text };
	const bool is_path = strncmp(text, UNIX, sizeof(UNIX) - 1) == 0;
	const char *rest = text + (is_path ? sizeof(UNIX) : sizeof(TCP)) - 1;

	if (!is_path && strncmp(text, TCP, sizeof(TCP) - 1) != 0)
		return false;
	if (!take_user(&rest, &a) || !(is_path ? parse_path(rest, &a) : parse_host(rest, &a)))
		return false;
	*ret = a;
	return true;
}
