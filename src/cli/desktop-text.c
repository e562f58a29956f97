/* SPDX-License-Identifier: ISC */

/*
 * The markup is that of the Desktop Notifications Specification 1.2, "Markup": a small part of XML.
 * None is ever sent: its characters are escaped.
 */

#include "cli/desktop-text.h"

#include <string.h>
#include <strings.h>

#include "base/array.h"

/* Some servers make a link of a text that looks like one. */
static const struct {
	const char *text, *instead;
} links[] = {
	{ "://", ":\\u{2F}/" },
	{ "www.", "www\\u{2E}" },
	{ "mailto:", "mailto\\u{3A}" },
};

/*
 * What is sent instead of a character of markup; NULL: it is none. A server without the capability
 * should show the body as it is, but dunst 1.9 with `markup = no` still obeys a "<b>".
 */
static const char *instead_of(char c, bool markup)
{
	switch (c) {
	case '&':
		return markup ? "&amp;" : "\\u{26}";
	case '<':
		return markup ? "&lt;" : "\\u{3C}";
	case '>':
		return markup ? "&gt;" : NULL;
	default:
		return NULL;
	}
}

/* Appends text without the beginning of a link. Returns how much of it was taken. */
static size_t append_link(const char *text, struct bytes *b)
{
	for (size_t i = 0; i < LENGTH(links); i++) {
		if (strncasecmp(text, links[i].text, strlen(links[i].text)) == 0) {
			bytes_append_str(b, links[i].instead);
			return strlen(links[i].text);
		}
	}
	return 0;
}

static void append_foreign(const char *text, bool markup, struct bytes *b)
{
	const char *instead;
	size_t taken;

	while (*text) {
		taken = append_link(text, b);
		instead = instead_of(*text, markup);
		if (taken == 0 && instead)
			bytes_append_str(b, instead);
		else if (taken == 0)
			bytes_append_char(b, *text);
		text += taken > 0 ? taken : 1;
	}
}

static void append_commands(const struct desktop_row *row, bool markup, struct bytes *b)
{
	const struct desktop_request *request;
	size_t n = 0;

	TAILQ_FOREACH (request, &row->requests, order) {
		if (!desktop_request_is_told(request) || !request->command)
			continue;
		if (n++ >= DESKTOP_COMMANDS_MAX)
			continue;
		append_foreign(request->command, markup, b);
		bytes_append_char(b, '\n');
	}
	if (n > DESKTOP_COMMANDS_MAX)
		bytes_appendf(b, "and %zu more\n", n - DESKTOP_COMMANDS_MAX);
}

int desktop_append_summary(const struct desktop_row *row, struct bytes *b)
{
	return notice_append_count(row->of, desktop_row_count(row), b);
}

int desktop_append_body(const struct desktop_row *row, bool markup, struct bytes *b)
{
	append_commands(row, markup, b);
	return bytes_append_str(b, "To look and decide: firma token watch");
}

int desktop_append_refuse(const struct desktop_row *row, struct bytes *b)
{
	const size_t n = desktop_row_count(row);

	return n == 1 ? bytes_append_str(b, "Refuse") : bytes_appendf(b, "Refuse all %zu", n);
}
