/* SPDX-License-Identifier: ISC */

/*
 * The scanner. Its state is a position in the line and one in the output. Two passes look for
 * control characters and invalid UTF-8; then each byte is read once. The output is never longer
 * than the line, so all memory is allocated at the beginning.
 */

#include "gate/shell/shell-line.h"

#include <string.h>

#include "base/array.h"
#include "base/path.h"
#include "base/utf8.h"
#include "gate/shell/shell-names.h"

static const char *const texts[] = {
	[SHELL_PLAIN] = "",
	[SHELL_NOTHING] = "holds no command",
	[SHELL_TOO_LONG] = "is longer than 16 KiB",
	[SHELL_TOO_MANY_COMMANDS] = "has more than 32 commands",
	[SHELL_NOT_UTF8] = "is not UTF-8",
	[SHELL_CONTROL] = "holds a control character",
	[SHELL_NOT_ASCII] = "holds a character outside of ASCII that is not quoted",
	[SHELL_EMPTY_COMMAND] = "holds an empty command",
	[SHELL_BACKGROUND] = "runs a command in the background, or uses & in another way",
	[SHELL_GROUP] = "holds a parenthesis",
	[SHELL_EXPANSION] = "holds $ or a backquote, which a shell replaces",
	[SHELL_PATTERN] = "holds a pattern or braces, which a shell replaces",
	[SHELL_TILDE] = "holds ~, which a shell replaces",
	[SHELL_COMMENT] = "holds # outside of quotes",
	[SHELL_BACKSLASH] = "holds a backslash outside of '...'",
	[SHELL_HISTORY] = "holds ! outside of '...'",
	[SHELL_OPEN_QUOTE] = "holds a quote that is not closed",
	[SHELL_DOUBLED_QUOTE] = "has a ' directly after '...'",
	[SHELL_EQUALS_WORD] = "has a word that begins with =, which zsh replaces",
	[SHELL_REDIRECTION] = "holds a redirection that is not a known one",
	[SHELL_NAME] = "has a command whose name is empty or begins with % - + or =",
	[SHELL_ASSIGNMENT] = "assigns to a variable",
	[SHELL_RESERVED] = "has a command whose name is a reserved word",
	[SHELL_BUILTIN] = "has a command that is built into a shell",
	[SHELL_DIRECTORY] = "changes the directory other than by a first 'cd /PATH &&'",
};

const char *shell_fault_text(enum shell_fault fault)
{
	return texts[fault];
}

/* --- characters ------------------------------------------------------------------------------- */

/* The characters of a bare word. */
static const bool is_word_char[256] = {
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
	['_'] = true,
	['.'] = true,
	['/'] = true,
	[':'] = true,
	['='] = true,
	['@'] = true,
	['%'] = true,
	['+'] = true,
	[','] = true,
	['-'] = true,
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *at)
{
	while (is_blank(*at))
		at++;
	return at;
}

static const char *skip_space(const char *at)
{
	while (is_blank(*at) || *at == '\n')
		at++;
	return at;
}

static bool ends_word(char c)
{
	return c == '\0' || is_blank(c) || c == '\n' || c == ';' || c == '|' || c == '&';
}

/* The fault for a character that is special to a shell outside of quotes. */
static enum shell_fault meaning_of(char c)
{
	switch (c) {
	case '$':
	case '`':
		return SHELL_EXPANSION;
	case '(':
	case ')':
		return SHELL_GROUP;
	case '<':
	case '>':
		return SHELL_REDIRECTION;
	case '~':
		return SHELL_TILDE;
	case '#':
		return SHELL_COMMENT;
	case '\\':
		return SHELL_BACKSLASH;
	case '!':
		return SHELL_HISTORY;
	case '&':
		return SHELL_BACKGROUND;
	default:
		return (unsigned char)c >= 0x80 ? SHELL_NOT_ASCII : SHELL_PATTERN;
	}
}

/* ASCII control characters, and those from U+0080 to U+009F. */
static bool has_control(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if ((*c < 0x20 && *c != '\t' && *c != '\n') || *c == 0x7F
			|| (*c == 0xC2 && c[1] < 0xA0))
			return true;
	return false;
}

/* --- words ------------------------------------------------------------------------------------ */

struct scanner {
	const char *at;
	char *out; /* where the next byte of a word is written */
	unsigned char *out_redirection;
};

/* Reads up to the closing quote. */
static enum shell_fault take_quoted(struct scanner *s, const char *stop)
{
	const char quote = *s->at++;
	/* Calling strcspn() costs more than reading an empty word. */
	const size_t len = *s->at == quote ? 0 : strcspn(s->at, stop);

	for (const char *end = s->at + len; s->at < end; s->at++)
		*s->out++ = *s->at;
	if (*s->at == '\0')
		return SHELL_OPEN_QUOTE;
	if (*s->at != quote)
		return meaning_of(*s->at);
	s->at++;
	return quote == '\'' && *s->at == '\'' ? SHELL_DOUBLED_QUOTE : SHELL_PLAIN;
}

static enum shell_fault take_word(struct scanner *s)
{
	const char *const start = s->out;
	enum shell_fault fault = SHELL_PLAIN;

	while (fault == SHELL_PLAIN && !ends_word(*s->at)) {
		if (*s->at == '\'')
			fault = take_quoted(s, "'");
		else if (*s->at == '"')
			fault = take_quoted(s, "\"$`\\!");
		else if (*s->at == '=' && s->out == start)
			fault = SHELL_EQUALS_WORD;
		else if (is_word_char[(unsigned char)*s->at])
			*s->out++ = *s->at++;
		else
			fault = meaning_of(*s->at);
	}
	*s->out++ = '\0';
	return fault;
}

/* --- redirections ----------------------------------------------------------------------------- */

static const struct {
	const char *text;
	bool from_null; /* to or from /dev/null, which follows */
	enum shell_redirection redirection;
} redirections[] = {
	{ "2>&1", false, SHELL_STDERR_TO_STDOUT },
	{ "1>&2", false, SHELL_STDOUT_TO_STDERR },
	{ ">&2", false, SHELL_STDOUT_TO_STDERR },
	{ ">", true, SHELL_STDOUT_TO_NULL },
	{ "1>", true, SHELL_STDOUT_TO_NULL },
	{ "2>", true, SHELL_STDERR_TO_NULL },
	{ "<", true, SHELL_STDIN_FROM_NULL },
};

static bool is_redirection(const char *at)
{
	at += *at >= '0' && *at <= '9';
	return *at == '<' || *at == '>';
}

/* The position after `prefix`; NULL if the text doesn't begin with it. */
static const char *skip_text(const char *at, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(at, prefix, len) == 0 ? at + len : NULL;
}

static enum shell_fault take_redirection(struct scanner *s, struct shell_command *c)
{
	const char *end;

	for (size_t i = 0; i < LENGTH(redirections); i++) {
		end = skip_text(s->at, redirections[i].text);
		if (end && redirections[i].from_null)
			end = skip_text(skip_blanks(end), "/dev/null");
		if (!end || !ends_word(*end))
			continue;

		s->at = end;
		*s->out_redirection++ = (unsigned char)redirections[i].redirection;
		c->n_redirections++;
		return SHELL_PLAIN;
	}
	return SHELL_REDIRECTION;
}

/* --- commands --------------------------------------------------------------------------------- */

/* Reads all words up to the separator. */
static enum shell_fault take_words(struct scanner *s, struct shell_command *c)
{
	enum shell_fault fault;

	*c = (struct shell_command){ .words = s->out, .redirections = s->out_redirection };
	fault = take_word(s);
	c->n_words = 1;
	while (fault == SHELL_PLAIN && is_blank(*s->at)) {
		s->at = skip_blanks(s->at);
		if (is_redirection(s->at)) {
			fault = take_redirection(s, c);
		} else if (!ends_word(*s->at)) {
			fault = take_word(s);
			c->n_words++;
		}
	}
	return fault;
}

static enum shell_fault take_separator(struct scanner *s, struct shell_command *c)
{
	if (s->at[0] == '&' && s->at[1] == '&')
		c->after = SHELL_AND;
	else if (s->at[0] == '|' && s->at[1] == '|')
		c->after = SHELL_OR;
	else if (s->at[0] == '&' || (s->at[0] == '|' && s->at[1] == '&'))
		return SHELL_BACKGROUND;
	else if (s->at[0] == '|')
		c->after = SHELL_PIPE;
	else if (s->at[0] != '\0')
		c->after = SHELL_SEQUENCE;

	s->at += c->after == SHELL_AND || c->after == SHELL_OR ? 2 : c->after != SHELL_END;
	s->at = skip_space(s->at);
	if (s->at[0] == '\0' && c->after == SHELL_SEQUENCE)
		c->after = SHELL_END;
	return c->after != SHELL_END && ends_word(s->at[0]) ? SHELL_EMPTY_COMMAND : SHELL_PLAIN;
}

static enum shell_fault check_name(const char *name)
{
	if (strcmp(name, "cd") == 0)
		return SHELL_DIRECTORY;
	if (shell_name_is_reserved(name))
		return SHELL_RESERVED;
	if (shell_name_is_builtin(name))
		return SHELL_BUILTIN;
	if (name[0] == '\0' || strchr("%-+=", name[0]))
		return SHELL_NAME;
	return strchr(name, '=') ? SHELL_ASSIGNMENT : SHELL_PLAIN;
}

/* The directory of "cd /PATH &&"; NULL for any other command. */
static const char *directory_of(const struct shell_command *c)
{
	const char *directory = c->words + strlen(c->words) + 1;

	if (strcmp(c->words, "cd") != 0 || c->n_words != 2 || c->n_redirections > 0
		|| c->after != SHELL_AND)
		return NULL;
	return path_is_normal(directory) || strcmp(directory, "/") == 0 ? directory : NULL;
}

static enum shell_fault take_command(struct scanner *s, struct shell_command *c)
{
	enum shell_fault fault = take_words(s, c);

	return fault == SHELL_PLAIN ? take_separator(s, c) : fault;
}

static enum shell_fault take_list(struct shell_line *line, struct scanner *s)
{
	struct shell_command command;
	enum shell_fault fault;
	bool after_cd;

	fault = take_command(s, &command);
	if (fault != SHELL_PLAIN)
		return fault;
	line->directory = directory_of(&command);
	after_cd = line->directory != NULL;
	if (after_cd)
		fault = take_command(s, &command);

	while (fault == SHELL_PLAIN) {
		fault = check_name(command.words);
		if (fault != SHELL_PLAIN)
			break;
		if (line->n_commands == SHELL_COMMANDS_MAX)
			return SHELL_TOO_MANY_COMMANDS;

		command.after_cd = after_cd;
		line->commands[line->n_commands++] = command;
		if (command.after == SHELL_END)
			break;
		after_cd &= command.after == SHELL_AND || command.after == SHELL_PIPE;
		fault = take_command(s, &command);
	}
	return fault;
}

static enum shell_fault scan(struct shell_line *line, const char *text, size_t len)
{
	struct scanner s = {
		.at = skip_space(text),
		.out = line->text.data,
		.out_redirection = (unsigned char *)line->redirections.data,
	};

	if (*s.at == '\0')
		return SHELL_NOTHING;
	if (has_control(text))
		return SHELL_CONTROL;
	if (!utf8_is_valid(text, len))
		return SHELL_NOT_UTF8;
	return ends_word(*s.at) ? SHELL_EMPTY_COMMAND : take_list(line, &s);
}

int shell_line_scan(struct shell_line *line, const char *text)
{
	size_t len = strlen(text);
	char *place;
	int r;

	*line = (struct shell_line){
		.text = BYTES_PRINTED,
		.redirections = BYTES_PRINTED,
	};
	if (len > SHELL_LINE_MAX) {
		line->fault = SHELL_TOO_LONG;
		return 0;
	}

	/*
	 * A word takes its own bytes and one for its NUL, in place of the character that ends it.
	 */
	r = bytes_reserve(&line->text, len + 1, &place);
	if (r >= 0)
		r = bytes_reserve(&line->redirections, len + 1, &place);
	if (r < 0)
		return r;

	line->fault = scan(line, text, len);
	if (line->fault != SHELL_PLAIN) {
		line->n_commands = 0;
		line->directory = NULL;
	}
	return 0;
}

void shell_line_deinit(struct shell_line *line)
{
	bytes_deinit(&line->text);
	bytes_deinit(&line->redirections);
}
