/* SPDX-License-Identifier: ISC */

/*
 * Takes words apart. A text begins at the beginning of the word, after a separator, or after the
 * letters of an option. It ends at the next separator, so that all texts of a word together are
 * hardly longer than the word. The whole word, and a few texts up to the word's end, are tried as
 * well, since a file's name may have separators.
 */

#include "gate/policy/operands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/limits.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* The number of texts of a word that are also tried up to the word's end, if they aren't long. */
#define TAILS 4

static bool is_separator(char c)
{
	return c == '=' || c == ':' || c == '@' || c == ',' || c == ';';
}

/* The length up to the next separator. */
static size_t cut_len(const char *text)
{
	size_t len = 0;

	while (text[len] != '\0' && !is_separator(text[len]))
		len++;
	return len;
}

int operands_init(struct operands *o, const struct candidate *s)
{
	const char *directory = candidate_directory(s);
	const size_t base = directory ? strlen(directory) : 0;
	size_t longest = 0, len;

	for (size_t i = 0; i < s->n_words; i++) {
		len = strlen(s->words[i].text);
		longest = len > longest ? len : longest;
	}
	*o = (struct operands){ .candidate = s };
	o->text = malloc(longest + 1 + base + longest + 2);
	if (!o->text)
		return -ENOMEM;

	o->path = o->text + longest + 1;
	return 0;
}

/* The end of the letters in "-xfFILE"; NULL if the word is not such an option. */
static const char *end_of_letters(const char *word)
{
	return word[0] == '-' && word[1] != '-' ? word + 1 + strspn(word + 1, LETTERS) : NULL;
}

/* A text may begin after the letter of "-dFILE", or after all letters of "-xfFILE". */
static bool may_begin(const struct operands *o, const char *word, const char *at)
{
	const bool after = is_separator(at[-1])
		|| (o->letters && at >= word + 2 && (at == word + 2 || at == o->letters));

	return after && !is_separator(*at) && !strchr(" \t\n", *at);
}

/* Moves on to the next text that begins within the word. */
static bool find_start(struct operands *o, const char *word)
{
	for (o->start++; *o->start; o->start++)
		if (may_begin(o, word, o->start))
			return true;
	return false;
}

static bool enter_word(struct operands *o)
{
	if (o->index == o->candidate->n_words)
		return false;
	o->start = o->candidate->words[o->index].text;
	o->letters = end_of_letters(o->start);
	o->tails = 0;
	o->cut = false;
	return true;
}

/* Chooses the next text; `cut` says whether it ends at the next separator. */
static bool choose(struct operands *o)
{
	size_t len;

	if (!o->start)
		return enter_word(o);
	len = cut_len(o->start);
	if (!o->cut && len > 0 && o->start[len] != '\0') {
		o->cut = true;
		return true;
	}
	/* Without a separator or letters, no other text begins. */
	if (*o->start == '\0' || (o->start[len] == '\0' && !o->letters)
		|| !find_start(o, o->candidate->words[o->index].text)) {
		o->index++;
		return enter_word(o);
	}
	o->cut = o->tails >= TAILS || strnlen(o->start, LIMIT_PATH) == LIMIT_PATH;
	o->tails++;
	return true;
}

bool operands_next(struct operands *o)
{
	size_t len, path_len;

	if (!choose(o))
		return false;

	len = o->cut ? cut_len(o->start) : strlen(o->start);
	memcpy(o->text, o->start, len);
	o->text[len] = '\0';
	path_len = candidate_write_path(
		o->candidate, candidate_directory(o->candidate), o->text, o->path);
	o->as_sent = path_len >= len && memcmp(o->path + path_len - len, o->text, len) == 0;
	return true;
}

void operands_deinit(struct operands *o)
{
	free(o->text);
	o->text = o->path = NULL;
}
