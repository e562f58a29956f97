/* SPDX-License-Identifier: ISC */

/* Parses a URL: scheme "://" host [":" port] [path] ["?" …] ["#" …]. */

#include "gate/policy/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/idna.h"
#include "base/path.h"

enum { REFUSED = 1 };

static const struct {
	const char *scheme, *port;
} usual_ports[] = {
	{ "http", "80" },
	{ "https", "443" },
	{ "ftp", "21" },
	{ "ws", "80" },
	{ "wss", "443" },
};

void url_deinit(struct url *url)
{
	free(url->scheme);
	free(url->host);
	free(url->port);
	free(url->path);
	*url = (struct url){ 0 };
}

static char *lowered(const char *text, size_t len)
{
	char *copy = strndup(text, len);

	for (char *c = copy; copy && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *characters_fault(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return "has a blank or a control character";
		if (*text == '\\')
			return "has a backslash";
	}
	return NULL;
}

/* "1.2.3.4", without leading zeros. */
static bool is_dotted_quad(const char *host)
{
	int parts = 0, value, digits;

	for (;; host++) {
		for (value = digits = 0; is_digit(*host) && digits < 4; host++, digits++)
			value = value * 10 + (*host - '0');
		if (digits == 0 || value > 255 || (digits > 1 && host[-digits] == '0'))
			return false;
		parts++;
		if (*host != '.')
			return *host == '\0' && parts == 4;
	}
}

/* Some programs read a host as an address if its last label is a number, or 0x…. */
static bool looks_numeric(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last ? last + 1 : host;
	if (strncmp(last, "0x", 2) == 0)
		return true;
	return *last && last[strspn(last, "0123456789")] == '\0';
}

/*
 * Gives an address of IPv6 its usual spelling, since it has many; an address of IPv4 within one
 * becomes that address. A pattern with wildcards stays as it is. Returns 0, REFUSED or -ENOMEM.
 */
static int respell_ipv6(char **host, enum url_form form)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char plain[INET6_ADDRSTRLEN], spelled[INET6_ADDRSTRLEN + 2];
	const char *text = *host + 1;
	const size_t len = strlen(text);
	struct in6_addr address;
	char *copy;

	if (len < 2 || text[len - 1] != ']')
		return REFUSED;
	if (form == URL_PATTERN && strchr(text, '*'))
		return strspn(text, "0123456789abcdef:*") == len - 1 ? 0 : REFUSED;
	if (len > sizeof(plain))
		return REFUSED;
	memcpy(plain, text, len - 1);
	plain[len - 1] = '\0';
	if (inet_pton(AF_INET6, plain, &address) != 1)
		return REFUSED;

	if (memcmp(address.s6_addr, mapped, sizeof(mapped)) == 0) {
		inet_ntop(AF_INET, address.s6_addr + sizeof(mapped), spelled, sizeof(spelled));
	} else {
		inet_ntop(AF_INET6, &address, plain, sizeof(plain));
		snprintf(spelled, sizeof(spelled), "[%s]", plain);
	}
	copy = strdup(spelled);
	if (!copy)
		return -ENOMEM;
	free(*host);
	*host = copy;
	return 0;
}

/*
 * Programs encode letters outside of ASCII in different ways, and some of them decode a label that
 * the others refuse. So only the encoded form is taken, if it stands for something.
 */
static const char *letters_fault(const char *host)
{
	size_t len;

	for (const char *c = host; *c; c++)
		if ((unsigned char)*c >= 0x80)
			return "has a host with letters outside of ASCII: write them as 'xn--...'";
	for (; *host; host += len + (host[len] == '.')) {
		len = strcspn(host, ".");
		if (idna_is_encoded(host, len) && !memchr(host, '*', len) && !memchr(host, '?', len)
			&& !idna_is_valid(host, len))
			return "has a part 'xn--...' in its host that stands for nothing";
	}
	return NULL;
}

static const char *host_fault(const char *host, enum url_form form)
{
	static const char known[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.*?";
	const bool wild = form == URL_PATTERN && strpbrk(host, "*?");
	const char *fault = letters_fault(host);

	if (!host[0])
		return "has no host";
	if (host[0] == '.' || strstr(host, ".."))
		return "has an empty part in its host";
	if (fault)
		return fault;
	if (host[strspn(host, known)] != '\0' || (!wild && strpbrk(host, "*?")))
		return "has a host with other characters than a-z, 0-9, '-' and '.'";
	if (!wild && looks_numeric(host) && !is_dotted_quad(host))
		return "has a host that is a number, but no dotted quad";
	return NULL;
}

static int take_authority(
	const char *text, size_t len, enum url_form form, struct url *u, const char **fault)
{
	const char *end = text + len, *colon, *bracket = memchr(text, ']', len);
	size_t host;
	int r;

	if (memchr(text, '@', len) || memchr(text, '%', len)) {
		*fault = "has user information";
		return REFUSED;
	}
	colon = memchr(bracket ? bracket : text, ':', (size_t)(end - (bracket ? bracket : text)));
	host = (size_t)((colon ? colon : end) - text);
	if (host > 1 && text[host - 1] == '.')
		host--;
	u->host = lowered(text, host);
	u->port = colon ? strndup(colon + 1, (size_t)(end - colon - 1)) : strdup("");
	if (!u->host || !u->port)
		return -ENOMEM;

	if (u->host[0] == '[') {
		r = respell_ipv6(&u->host, form);
		if (r < 0)
			return r;
		*fault = r == REFUSED ? "has no address of IPv6 in its brackets" : NULL;
	} else {
		*fault = host_fault(u->host, form);
	}
	if (!*fault && strspn(u->port, "0123456789") != strlen(u->port)
		&& !(form == URL_PATTERN && strcmp(u->port, "*") == 0))
		*fault = "has a port that is no number";
	if (!*fault && (strlen(u->port) > 5 || u->port[0] == '0'))
		*fault = "has a port that is none";
	for (size_t i = 0; i < LENGTH(usual_ports); i++)
		if (strcmp(usual_ports[i].scheme, u->scheme) == 0
			&& strcmp(usual_ports[i].port, u->port) == 0)
			u->port[0] = '\0';
	return *fault ? REFUSED : 0;
}

/* Decodes escapes; refuses those that would then have a special meaning. */
static int decode(const char *text, size_t len, char *ret, const char **fault)
{
	size_t at = 0;
	int c;

	for (size_t i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		if (c == '%') {
			if (len - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) {
				*fault = "has a '%' that encodes nothing";
				return REFUSED;
			}
			c = hex(text[i + 1]) * 16 + hex(text[i + 2]);
			i += 2;
			if (c == '.' || c == '/' || c == '\\' || c == '%') {
				*fault = "has an encoded dot, slash or percent sign";
				return REFUSED;
			}
			if (c < ' ' || c == 0x7f) {
				*fault = "has an encoded control character";
				return REFUSED;
			}
		}
		ret[at++] = (char)c;
	}
	ret[at] = '\0';
	return 0;
}

static int take_path(const char *text, enum url_form form, struct url *u, const char **fault)
{
	size_t len = form == URL_PATTERN ? strcspn(text, "#") : strcspn(text, "?#");
	cleanup(free_p) char *decoded = malloc(len + 2);
	int r;

	u->path = malloc(len + 4);
	if (!decoded || !u->path)
		return -ENOMEM;

	r = decode(text, len, decoded, fault);
	if (r != 0)
		return r;
	len = path_normalize("", decoded, u->path);
	u->plain_path = !decoded[0] || strcmp(decoded, u->path) == 0
		|| (strncmp(decoded, u->path, len) == 0 && strcmp(decoded + len, "/") == 0);
	return 0;
}

int url_parse(const char *text, enum url_form form, struct url *ret, const char **ret_fault)
{
	const char *colon = strstr(text, "://"), *rest;
	struct url u = { 0 };
	size_t len;
	int r = 0;

	*ret_fault = characters_fault(text);
	if (!*ret_fault && (!colon || colon == text))
		*ret_fault = "has no scheme and host";
	if (*ret_fault)
		return REFUSED;

	u.scheme = lowered(text, (size_t)(colon - text));
	if (!u.scheme)
		return -ENOMEM;
	if (u.scheme[strspn(u.scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.")] != '\0'
		&& !(form == URL_PATTERN && strcmp(u.scheme, "*") == 0)) {
		*ret_fault = "has a scheme that is none";
		r = REFUSED;
	}
	rest = colon + 3;
	len = strcspn(rest, form == URL_PATTERN ? "/#" : "/?#");
	if (r == 0)
		r = take_authority(rest, len, form, &u, ret_fault);
	if (r == 0)
		r = take_path(rest + len, form, &u, ret_fault);
	if (r != 0) {
		url_deinit(&u);
		return r;
	}
	*ret = u;
	return 0;
}
