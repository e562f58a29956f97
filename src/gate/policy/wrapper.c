/* SPDX-License-Identifier: ISC */

/*
 * Wrappers are followed one into the next: each either leads to one word, or nowhere, or opens all
 * words from one on. Nothing is looked at again, but for the words that are open: once for each of
 * the candidate's names. LIMIT_WRAPPERS and LIMIT_OPTIONS bound what looking up costs.
 */

#include "gate/policy/wrapper.h"

#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "gate/policy/program-name.h"
#include "gate/policy/wrapper-table.h"

/* More of them open the words that are left. */
#define LIMIT_WRAPPERS 64
#define LIMIT_OPTIONS 1024

/* More words that a shell reads joined are not looked at as lines. */
#define LIMIT_JOINED 16

struct walk {
	struct wrapped *s;
	size_t at; /* the next word */
	size_t n_wrappers, n_options;
	const struct wrapper *marked; /* among the words of this one, whose commands options mark */
	bool open; /* all words from one on may be commands: there is nothing left to be found */
};

/* --- open words: each may be a command -------------------------------------------------------- */

/* env's options: the one that splits a string into a command. Whether one takes the next word. */
static bool takes_next(const char *option)
{
	if (strncmp(option, "--", 2) == 0)
		return !strchr(option, '=') && option[2] != '\0' && strchr("uac", option[2]);

	/* In a cluster, the first that takes a value takes the rest, if there is one. */
	option += strcspn(option, "uCaPLU");
	return option[0] != '\0' && option[1] == '\0';
}

static bool splits_string(const char *option)
{
	if (strncmp(option, "--", 2) == 0)
		return option[2] == 's';

	/* -uS is about a variable of that name. */
	option += strcspn(option, "uCaPLUS");
	return option[0] == 'S';
}

/* Options end before the first word that is none. `next`: the same of the two words that follow. */
static bool env_splits(const char *word, const bool next[static 2])
{
	if (word[0] != '-' || strcmp(word, "--") == 0)
		return false;
	return splits_string(word) || next[takes_next(word) ? 1 : 0];
}

bool wrapper_is_command_option(const char *word)
{
	if (strncmp(word, "--", 2) == 0)
		return word[2] == 'c' || strncmp(word, "--se", 4) == 0;
	return word[0] == '-' && strchr(word, 'c');
}

/* `strings`: an option -c is somewhere among the words that follow. */
static bool hides(const char *name, bool splits, bool strings)
{
	const struct wrapper *wrapper = wrapper_find(name);

	return wrapper
		&& (wrapper->flags & WRAPPER_HIDES || (splits && program_name_is(name, "env"))
			|| (strings && wrapper->flags & WRAPPER_STRINGS));
}

/* What the word would run: coreutils names it in an option. */
static const char *command_of(const char *word)
{
	static const char *const options[] = { "--coreutils-prog=", "--coreutils-prog-shebang=" };
	size_t len;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		len = strlen(options[i]);
		if (strncmp(word, options[i], len) == 0)
			return word + len;
	}
	return word;
}

/* Of wrappers whose every word is open, the lines are found with those of shells. */
static bool runs_string(const char *name)
{
	const struct wrapper *wrapper = wrapper_find(name);

	return wrapper && wrapper->flags & WRAPPER_STRINGS && !(wrapper->flags & WRAPPER_ANY);
}

/*
 * Opens the words from w->at on, for the program of this name. From the last word to the first,
 * since each may be an env whose options are the words that follow: so no word is looked at for
 * each of them anew.
 */
static void open_words(struct walk *w, const char *name)
{
	struct wrapped *s = w->s;
	bool next[2] = { false, false }, splits, strings = false;

	for (size_t i = s->n; i-- > w->at;) {
		struct candidate_word *word = &s->words[i];

		word->command = command_of(word->text);
		s->hidden |= hides(path_name(word->command), next[0], strings);
		strings |= wrapper_is_command_option(word->text);
		splits = env_splits(word->text, next);
		next[1] = next[0];
		next[0] = splits;
	}
	s->hidden |= hides(name, next[0], strings);
	s->found = true;
	w->open = true;
	for (size_t i = w->at; strings && runs_string(name) && i < s->n; i++)
		if (s->words[i].text[0] != '-')
			s->words[i].line = s->words[i].text;
}

/* --- one wrapper ------------------------------------------------------------------------------ */

static const char *word_at(const struct walk *w)
{
	return w->at < w->s->n ? w->s->words[w->at].text : NULL;
}

/* The command begins with this word, or in it. */
static void found(struct walk *w, size_t index, const char *command)
{
	w->s->words[index].command = command;
	w->s->found = true;
	/* find puts a file's name there. */
	w->s->hidden |= strstr(command, "{}") != NULL;
}

/* A value such as "ProxyCommand=…", "|tee", "alias.x=!…". */
static bool may_run(const char *value)
{
	return strcasestr(value, "command") || strcasestr(value, "exec") || value[0] == '|'
		|| value[0] == '!' || strstr(value, "=!");
}

/* What became of an option. */
enum took { TOOK, TOOK_COMMAND, TOOK_STRING, TOOK_UNKNOWN };

/* On TOOK_COMMAND, *ret_command begins before w->at. */
static enum took take_option(
	struct walk *w, const struct wrapper *wrapper, const char **ret_command)
{
	const char *value;
	enum option_kind kind = wrapper_option(wrapper, word_at(w), &value);
	size_t at = w->at;

	if (++w->n_options > LIMIT_OPTIONS || kind == OPTION_UNKNOWN)
		return TOOK_UNKNOWN;

	w->at++;
	if (kind == OPTION_ALONE || kind == OPTION_BARE || kind == OPTION_ATTACHED)
		return TOOK;
	if (!value) {
		at = w->at;
		value = word_at(w);
		w->at += kind == OPTION_PAIR ? 2 : 1;
	}
	if (!value || at >= w->s->n)
		return kind == OPTION_STRING ? TOOK_STRING : TOOK;
	if (kind == OPTION_STRING) {
		/* Where the value is another, that is hidden as well. */
		w->s->words[at].line = value;
		w->at = at;
		return TOOK_STRING;
	}
	if (kind == OPTION_PERHAPS && may_run(value))
		return TOOK_STRING;
	if (kind == OPTION_PROGRAM || kind == OPTION_COMMAND)
		found(w, at, value);
	*ret_command = value;
	return kind == OPTION_COMMAND ? TOOK_COMMAND : TOOK;
}

static bool is_number(const char *word)
{
	return word[0] >= '0' && word[0] <= '9';
}

/* Where a command could stand, or a subcommand. */
enum place { PLACE_NONE, PLACE_WORD, PLACE_COMMAND, PLACE_OPEN };

/* Past options and operands. A string that is run hides the command, and opens the words. */
static enum place skip(struct walk *w, const struct wrapper *wrapper, const char **ret_command)
{
	size_t operands = wrapper->operands;
	bool ended = false;
	enum took took;

	for (const char *word; (word = word_at(w));) {
		if (!ended && strcmp(word, "--") == 0) {
			ended = true;
			operands = wrapper->flags & WRAPPER_DASHES ? 0 : operands;
			w->at++;
		} else if (!ended && word[0] == '-') {
			took = take_option(w, wrapper, ret_command);
			w->s->hidden |= took == TOOK_STRING;
			if (took == TOOK_COMMAND)
				return PLACE_COMMAND;
			if (took != TOOK)
				return PLACE_OPEN;
		} else if (wrapper->flags & WRAPPER_ASSIGNS && operands == 0 && strchr(word, '=')) {
			w->at++;
		} else if (operands == 0) {
			return PLACE_WORD;
		} else if (wrapper->flags & WRAPPER_NUMBER && !is_number(word)) {
			return PLACE_OPEN;
		} else {
			operands -= operands < WRAPPER_MANY;
			w->at++;
		}
	}
	return PLACE_NONE;
}

/* Whether a shell that reads the words from w->at on sees the same words. */
static bool is_plain(const struct walk *w)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./=:,@%+-";

	for (size_t i = w->at; i < w->s->n; i++) {
		const char *word = w->s->words[i].text;

		if (word[0] == '\0' || word[strspn(word, plain)] != '\0')
			return false;
	}
	return true;
}

/* Each word may be a line, or the end of one; of many, none is looked at. */
static void take_lines(struct walk *w)
{
	for (size_t i = w->at; i < w->s->n && w->s->n - w->at <= LIMIT_JOINED; i++)
		w->s->words[i].line = w->s->words[i].text;
}

/* tmux: commands are separated by ";", and formats run what is in "#(…)". */
static bool has_other(const struct walk *w)
{
	for (size_t i = 0; i < w->s->n; i++) {
		const char *word = w->s->words[i].text;
		size_t len = strlen(word);

		if ((len > 0 && word[len - 1] == ';') || strstr(word, "#("))
			return true;
	}
	return false;
}

/* The entry of the subcommand that stands at w->at, or NULL where it runs nothing. */
static const struct wrapper *find_verb(
	struct walk *w, const struct wrapper *program, enum place *place, const char **ret_command)
{
	const char *verbs[WRAPPER_VERBS_MAX];
	const struct wrapper *entry = program;

	for (size_t n = 0; entry && entry->flags & WRAPPER_VERBS; n++) {
		*place = skip(w, entry, ret_command);
		if (*place != PLACE_WORD || n == WRAPPER_VERBS_MAX)
			return NULL;
		verbs[n] = word_at(w);
		entry = wrapper_find_verb(program, verbs, n + 1);
		w->at += entry != NULL;
	}
	*place = PLACE_NONE;
	if (program->flags & WRAPPER_OTHERS && (!entry || has_other(w))) {
		w->s->hidden = true;
		*place = PLACE_OPEN;
		return NULL;
	}
	return entry;
}

static const char *follow(struct walk *w, const char *name);

/* Each command after an option that says so, to the end: what it runs is among these words, too. */
static void find_marked(struct walk *w, const struct wrapper *wrapper, const char *name)
{
	const char *word, *command;
	size_t after;

	w->marked = wrapper;
	for (size_t i = w->at + 1; i < w->s->n && wrapper->flags & WRAPPER_ENDS; i++) {
		word = w->s->words[i].text;
		w->s->words[i - 1].ends = strcmp(word, ";") == 0 || strcmp(word, "+") == 0;
	}
	while (!w->open && (word = word_at(w))) {
		if (word[0] != '-') {
			w->at++;
			continue;
		}
		w->n_options = 0;
		switch (take_option(w, wrapper, &command)) {
		case TOOK_STRING:
			w->s->hidden = true;
			open_words(w, name);
			break;
		case TOOK_COMMAND:
			after = w->at;
			while (command)
				command = follow(w, path_name(command));
			w->at = after;
			break;
		case TOOK:
			break;
		case TOOK_UNKNOWN:
			w->at++;
		}
	}
}

/* The command that the program of this name runs, after which w->at is; NULL: none, or no single.
 */
static const char *follow(struct walk *w, const char *name)
{
	const struct wrapper *program = wrapper_find(name), *wrapper = program;
	enum place place = PLACE_NONE;
	const char *command = NULL;

	if (!program || w->open)
		return NULL;
	w->s->hidden |= (program->flags & WRAPPER_HIDES) != 0;
	if (program->flags & WRAPPER_ANY || ++w->n_wrappers > LIMIT_WRAPPERS) {
		if (program->flags & WRAPPER_JOINS)
			take_lines(w);
		open_words(w, name);
		return NULL;
	}
	if (program->flags & WRAPPER_VERBS)
		wrapper = find_verb(w, program, &place, &command);
	if (wrapper && wrapper->flags & WRAPPER_MARKED) {
		/* The outer one finds the commands of the inner. */
		if (!w->marked)
			find_marked(w, wrapper, name);
		else if (w->marked != wrapper)
			open_words(w, name);
		return NULL;
	}
	if (wrapper)
		place = skip(w, wrapper, &command);
	if (place == PLACE_WORD && wrapper && wrapper->flags & WRAPPER_JOINS && !is_plain(w)) {
		take_lines(w);
		w->s->hidden = true;
		place = PLACE_OPEN;
	}
	if (place == PLACE_OPEN)
		open_words(w, name);
	if (place == PLACE_WORD) {
		command = word_at(w);
		found(w, w->at++, command);
	}
	return place == PLACE_WORD || place == PLACE_COMMAND ? command : NULL;
}

void wrapper_find_commands(struct wrapped *s, const char *name)
{
	struct walk w = { .s = s };

	while (name) {
		name = follow(&w, name);
		name = name ? path_name(name) : NULL;
	}
}

void wrapper_open_words(struct wrapped *s)
{
	open_words(&(struct walk){ .s = s }, "");
}
