/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes the scanner of shell lines beside a second one that is slow and obvious: regular
 * expressions for a word, a redirection and the list of both.
 *
 * The input is a line.
 */

#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/utf8.h"
#include "gate/shell/shell-line.h"
#include "gate/shell/shell-names.h"
#include "gate/shell/shell-words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* --- the second scanner ----------------------------------------------------------------------- */

#define END "([ \t\n;|&]|$)"

enum expression { WORD, REDIRECTION, LIST, EXPRESSIONS };

/* In LIST a letter stands for a token: Word, Redirection, And, Or, Pipe, Semicolon, Newline. */
static const char *const expressions[EXPRESSIONS] = {
	[WORD] = "^(([A-Za-z0-9_./:=@%+,-]|'[^']*'|\"[^\"$`\\!]*\")+)" END,
	[REDIRECTION] = "^(2>&1|1>&2|>&2|[12]?>[ \t]*/dev/null|<[ \t]*/dev/null)" END,
	[LIST] = "^N*W[WR]*([AOPSN]N*W[WR]*)*[SN]?N*$",
};

/* The length is that of what the expression has in its first parentheses. */
static bool fits(enum expression e, const char *text, size_t *ret_len)
{
	static regex_t compiled[EXPRESSIONS];
	static bool ready;
	regmatch_t match[2];

	for (int i = 0; !ready && i < EXPRESSIONS; i++)
		must(regcomp(&compiled[i], expressions[i], REG_EXTENDED) == 0);
	ready = true;
	if (regexec(&compiled[e], text, 2, match, 0) != 0)
		return false;
	if (ret_len)
		*ret_len = (size_t)match[1].rm_eo;
	return true;
}

#define TOKENS_MAX 4096

struct tokens {
	char kinds[TOKENS_MAX + 1];
	char *words[TOKENS_MAX]; /* without quotes; NULL of what is none */
	size_t n;
};

static void tokens_free(struct tokens *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->words[i]);
}

/* Without its quotes; NULL where they are not fine, or a bare '=' is its first character. */
static char *unquote(const char *text, size_t len)
{
	char *word = calloc(1, len + 1), *out = word, quote = '\0';

	must(word != NULL);
	for (size_t i = 0; i < len; i++) {
		if (quote == '\0' && (text[i] == '\'' || text[i] == '"')) {
			quote = text[i];
		} else if (text[i] == quote) {
			if (quote == '\'' && text[i + 1] == '\'') {
				free(word);
				return NULL;
			}
			quote = '\0';
		} else {
			if (quote == '\0' && text[i] == '=' && out == word) {
				free(word);
				return NULL;
			}
			*out++ = text[i];
		}
	}
	return word;
}

static bool tokenize(const char *text, struct tokens *t)
{
	static const struct {
		const char *text;
		char kind;
	} operators[] = { { "&&", 'A' }, { "||", 'O' }, { "|", 'P' }, { ";", 'S' }, { "\n", 'N' } };
	size_t len, i;

	for (const char *at = text; *at; at += len) {
		const bool apart = at == text || at[-1] == ' ' || at[-1] == '\t';

		if (*at == ' ' || *at == '\t') {
			len = 1;
			continue;
		}
		if (t->n == TOKENS_MAX)
			exit(0);
		for (i = 0; i < 5; i++)
			if (strncmp(at, operators[i].text, strlen(operators[i].text)) == 0)
				break;
		if (i < 5) {
			len = strlen(operators[i].text);
			t->kinds[t->n++] = operators[i].kind;
		} else if (apart && fits(REDIRECTION, at, &len)) {
			t->kinds[t->n++] = 'R';
		} else if (fits(WORD, at, &len)) {
			t->words[t->n] = unquote(at, len);
			if (!t->words[t->n])
				return false;
			t->kinds[t->n++] = 'W';
		} else {
			return false;
		}
	}
	return fits(LIST, t->kinds, NULL);
}

static bool is_control_free(const char *text)
{
	uint32_t c;

	for (size_t len; *text; text += len) {
		len = utf8_decode(text, strlen(text), &c);
		if (len == 0 || (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c < 0xA0))
			return false;
	}
	return true;
}

static bool is_name(const char *name)
{
	return name[0] && !strchr("%-+=", name[0]) && !strchr(name, '=') && strcmp(name, "cd") != 0
		&& !shell_name_is_reserved(name) && !shell_name_is_builtin(name);
}

/* How many tokens "cd /PATH &&" are, at the beginning; 0 where that isn't there. */
static size_t directory_tokens(const struct tokens *t, const char **ret)
{
	size_t i = strspn(t->kinds, "N");

	if (strncmp(t->kinds + i, "WWA", 3) != 0 || strcmp(t->words[i], "cd") != 0
		|| (!path_is_normal(t->words[i + 1]) && strcmp(t->words[i + 1], "/") != 0))
		return 0;
	*ret = t->words[i + 1];
	return i + 3;
}

/* Compares what both say of the commands. */
static bool compare_commands(const struct tokens *t, const struct shell_line *line)
{
	static const char separators[] = { '\0', 'A', 'O', 'P', 'S' };
	const struct shell_command *c = line->commands;
	const char *directory = NULL, *word = "";
	size_t n = 0, words = 0, redirections = 0, i = directory_tokens(t, &directory);
	bool sure = i > 0, begins = true;

	must(!directory == !line->directory
		&& (!directory || strcmp(directory, line->directory) == 0));
	for (; i < t->n; i++) {
		switch (t->kinds[i]) {
		case 'W':
			if (begins) {
				must(n < line->n_commands);
				c = &line->commands[n++];
				word = c->words;
				words = redirections = 0;
				must(c->after_cd == sure);
			}
			begins = false;
			must(words < c->n_words && strcmp(word, t->words[i]) == 0);
			word += strlen(word) + 1;
			words++;
			break;
		case 'R':
			redirections++;
			break;
		default:
			if (n == 0 || begins)
				break;
			begins = true;
			must(words == c->n_words && redirections == c->n_redirections);
			sure &= t->kinds[i] == 'A' || t->kinds[i] == 'P';
			must(c->after == SHELL_END
				|| separators[c->after]
					== (t->kinds[i] == 'N' ? 'S' : t->kinds[i]));
			must((c->after == SHELL_END)
				== (t->kinds[i + strspn(t->kinds + i, "SN")] == '\0'));
		}
	}
	must(begins || (words == c->n_words && redirections == c->n_redirections));
	return n == line->n_commands;
}

static size_t count_commands(const struct tokens *t, bool *ret_names)
{
	const char *directory;
	size_t n = 0, i = directory_tokens(t, &directory);

	*ret_names = true;
	for (bool begins = true; i < t->n; i++) {
		if (t->kinds[i] == 'W' && begins) {
			n++;
			*ret_names &= is_name(t->words[i]);
		}
		begins = t->kinds[i] != 'W' && t->kinds[i] != 'R';
	}
	return n;
}

/* --- the comparison --------------------------------------------------------------------------- */

/* In each view, there are as many words as it says. Those of a plain line are among the quoted. */
static void check_words(const char *text, const struct shell_line *line)
{
	struct shell_words words;
	const char *at, *wanted;
	size_t c = 0, w = 0, i;

	for (enum shell_view view = 0; view < SHELL_VIEWS; view++) {
		if (shell_words_take(&words, text, view) < 0)
			abort();
		at = words.text.data;
		wanted = line->n_commands > 0 ? line->commands[0].words : "";
		for (i = 0; i < words.n; i++, at += strlen(at) + 1) {
			must(words.ends.data[i] == 0 || words.ends.data[i] == 1);
			if (view != SHELL_QUOTED || c == line->n_commands
				|| strcmp(at, wanted) != 0)
				continue;
			wanted += strlen(wanted) + 1;
			if (++w == line->commands[c].n_words && ++c < line->n_commands) {
				wanted = line->commands[c].words;
				w = 0;
			}
		}
		must(view != SHELL_QUOTED || c == line->n_commands);
		must(words.n == 0 || words.ends.data[words.n - 1] == 1);
		shell_words_deinit(&words);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct tokens t = { 0 };
	struct shell_line line;
	bool plain, names = false;
	size_t n;

	must(text != NULL && shell_line_scan(&line, text) == 0);
	plain = strlen(text) <= SHELL_LINE_MAX && is_control_free(text) && tokenize(text, &t);
	n = plain ? count_commands(&t, &names) : 0;
	plain = plain && names && n > 0 && n <= SHELL_COMMANDS_MAX;

	must(plain == (line.fault == SHELL_PLAIN));
	must(!plain || compare_commands(&t, &line));
	check_words(text, &line);
	tokens_free(&t);
	shell_line_deinit(&line);
	free(text);
	return 0;
}
