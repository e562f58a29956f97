/* SPDX-License-Identifier: ISC */

/* Splits an opaque line in one pass; accepts every line. */

#include "gate/shell/shell-words.h"

#include <string.h>

struct splitter {
	struct shell_words *words;
	enum shell_view view;
	char quote; /* the open quote, or NUL; used only if quotes count */
	bool open;  /* a word has begun */
	char *out, *out_end;
};

static void end_word(struct splitter *s)
{
	if (!s->open)
		return;

	*s->out++ = '\0';
	*s->out_end++ = 0;
	s->words->n++;
	s->open = false;
}

/* Marks the previous word as a possible end of its command. */
static void end_command(struct splitter *s)
{
	end_word(s);
	if (s->words->n > 0)
		s->out_end[-1] = 1;
}

/*
 * Adds a character to the word. A word that begins with an expansion may expand to nothing: then
 * the word before it may be the last of its command.
 */
static void add(struct splitter *s, char c)
{
	if (!s->open && s->words->n > 0 && (c == '$' || c == '`'))
		s->out_end[-1] = 1;
	*s->out++ = c;
	s->open = true;
}

static bool is_torn_at(char c)
{
	return c > ' ' && c < 0x7F && strchr("$`{}[]*?!#~^=,", c);
}

/* Reads a character outside of quotes, or any if quotes don't count. */
static void take(struct splitter *s, char c)
{
	if (c == ' ' || c == '\t')
		end_word(s);
	else if (strchr(";&|()<>", c) || (c > 0 && c < ' ')
		|| (s->view == SHELL_TORN && is_torn_at(c)))
		end_command(s);
	else
		add(s, c);
}

/* Whether a backslash within "…" escapes the character. */
static bool is_escapable(char c)
{
	return c != '\0' && strchr("$`\"\\\n", c);
}

/* Returns the number of characters read. */
static size_t take_quoted(struct splitter *s, const char *at)
{
	if (*at == s->quote) {
		s->quote = '\0';
	} else if (s->quote == '"' && *at == '\\' && is_escapable(at[1])) {
		if (at[1] != '\n')
			add(s, at[1]);
		return 2;
	} else {
		add(s, *at);
	}
	return 1;
}

static size_t take_next(struct splitter *s, const char *at)
{
	const bool quotes = s->view == SHELL_QUOTED;

	if (s->quote)
		return take_quoted(s, at);
	if (at[0] == '\\' && at[1] == '\n')
		return 2;
	if (at[0] == '\\' && at[1] != '\0' && quotes) {
		add(s, at[1]);
		return 2;
	}
	if ((at[0] == '\'' || at[0] == '"') && quotes) {
		s->quote = at[0];
		s->open = true;
	} else if (at[0] != '\\' && at[0] != '\'' && at[0] != '"') {
		take(s, at[0]);
	}
	return 1;
}

int shell_words_take(struct shell_words *words, const char *line, enum shell_view view)
{
	struct splitter s = { .words = words, .view = view };
	size_t len = strlen(line);
	int r;

	*words = (struct shell_words){
		.text = BYTES_PRINTED,
		.ends = BYTES_PRINTED,
	};
	/* A word takes at most its own bytes and one for its end. */
	r = bytes_reserve(&words->text, len + 1, &s.out);
	if (r >= 0)
		r = bytes_reserve(&words->ends, len + 1, &s.out_end);
	if (r < 0)
		return r;

	while (*line)
		line += take_next(&s, line);
	end_command(&s);
	return 0;
}

void shell_words_deinit(struct shell_words *words)
{
	bytes_deinit(&words->text);
	bytes_deinit(&words->ends);
}
