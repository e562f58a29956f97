/* SPDX-License-Identifier: ISC */

/*
 * Follows wrappers one after another. Each leads to one word, or to none, or opens all words from
 * one on. No word is read twice, except open words: once for each name of the candidate.
 * LIMIT_WRAPPERS and LIMIT_OPTIONS bound the cost of lookups.
 */

#include "gate/policy/wrapper.h"

#include <string.h>

#include "base/array.h"
#include "base/path.h"
#include "gate/policy/program-name.h"
#include "gate/policy/wrapper-table.h"

/* Beyond these limits, all words that are left are opened. */
#define LIMIT_WRAPPERS 64
#define LIMIT_OPTIONS 1024

/* If a shell joins more words than this, they are not tried as lines. */
#define LIMIT_JOINED 16

struct walk {
	struct wrapped *s;
	size_t at; /* the next word */
	size_t n_wrappers, n_options;
	const struct wrapper *marked;  /* the wrapper whose commands options mark, if within one */
	const struct wrapper *entered; /* the last wrapper that went into a directory */
	bool open;                     /* all further words may be commands: nothing more to find */
};

/* --- open words: each may be a command -------------------------------------------------------- */

/* For options of env: whether one takes the next word, and whether one splits a string. */
static bool takes_next(const char *option)
{
	if (strncmp(option, "--", 2) == 0)
		return !strchr(option, '=') && option[2] != '\0' && strchr("uac", option[2]);

	/*
	 * In a cluster, the first option that takes a value takes the rest, or else the next word.
	 */
	option += strcspn(option, "uCaPLU");
	return option[0] != '\0' && option[1] == '\0';
}

static bool splits_string(const char *option)
{
	if (strncmp(option, "--", 2) == 0)
		return option[2] == 's';

	/* -uS unsets the variable S. */
	option += strcspn(option, "uCaPLUS");
	return option[0] == 'S';
}

/*
 * Whether env, before this word, splits a string. Options end at the first other word. `next`: the
 * results for the next two words.
 */
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

/* `strings`: one of the further words is an option -c. */
static bool hides(const char *name, bool splits, bool strings)
{
	const struct wrapper *wrapper = wrapper_find(name);

	return wrapper
		&& (wrapper->flags & WRAPPER_HIDES || (splits && program_name_is(name, "env"))
			|| (strings && wrapper->flags & WRAPPER_STRINGS));
}

/* The command that the word would run. coreutils and fd take it as an option's value. */
static const char *command_of(const char *word)
{
	static const char *const options[] = { "--coreutils-prog=", "--coreutils-prog-shebang=",
		"--exec=", "--exec-batch=", "-x", "-X" };
	size_t len;

	for (size_t i = 0; i < LENGTH(options); i++) {
		len = strlen(options[i]);
		if (strncmp(word, options[i], len) == 0 && word[len] != '\0')
			return word + len;
	}
	return word;
}

/* Excludes wrappers of which any word may be the command: candidates.c finds their lines. */
static bool runs_string(const char *name)
{
	const struct wrapper *wrapper = wrapper_find(name);

	return wrapper && wrapper->flags & WRAPPER_STRINGS && !(wrapper->flags & WRAPPER_ANY);
}

/*
 * Opens the words from w->at on, for the program of this name. Goes backwards, because each word
 * may be an env whose options are the words after it: so no word is read again for each env.
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

/* Notes that the command begins with this word, or in it. */
static void found(struct walk *w, size_t index, const char *command)
{
	w->s->words[index].command = command;
	w->s->found = true;
	/* find replaces {} with a file's name, so the command isn't known. */
	w->s->hidden |= strstr(command, "{}") != NULL;
}

/* A value such as "ProxyCommand=…", "|tee", "alias.x=push", "core.hooksPath=…". */
static bool may_run(const char *value)
{
	static const char *const signs[] = { "command", "exec", "alias.", "pager", "fsmonitor",
		"hookspath", "editor", "include", "=!" };

	for (size_t i = 0; i < LENGTH(signs); i++)
		if (strcasestr(value, signs[i]))
			return true;
	return value[0] == '|' || value[0] == '!';
}

/*
 * Notes that the command runs there. It is not known where, if find runs several commands, or if
 * the wrapper names two directories: some join these, others take the last one.
 */
static void enter(struct walk *w, const struct wrapper *wrapper, const char *directory)
{
	struct wrapped *s = w->s;

	if (w->marked || w->entered == wrapper || s->n_directories >= WRAPPED_DIRECTORIES_MAX)
		s->n_directories = WRAPPED_DIRECTORIES_MAX + 1;
	else
		s->directories[s->n_directories++] = directory;
	w->entered = wrapper;
}

/* Whether the value of an option for a program is a line of shell. */
static bool is_line(const char *value)
{
	return value[strcspn(value, " \t\n;|&$`<>()\"'\\")] != '\0';
}

/* The result of reading an option. */
enum took { TOOK, TOOK_COMMAND, TOOK_STRING, TOOK_UNKNOWN };

/* With TOOK_COMMAND, *ret_command begins before w->at. */
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
	if (kind == OPTION_STRING || (kind == OPTION_PROGRAM && is_line(value))) {
		/* If the value is something else, the result is still "hidden". */
		w->s->words[at].line = value;
		w->at = at;
		return TOOK_STRING;
	}
	if (kind == OPTION_PERHAPS && may_run(value))
		return TOOK_STRING;
	if (kind == OPTION_PROGRAM || kind == OPTION_COMMAND)
		found(w, at, value);
	if (kind == OPTION_DIRECTORY)
		enter(w, wrapper, value);
	*ret_command = value;
	return kind == OPTION_COMMAND ? TOOK_COMMAND : TOOK;
}

static bool is_number(const char *word)
{
	return word[0] >= '0' && word[0] <= '9';
}

/* What follows the options and operands. */
enum place { PLACE_NONE, PLACE_WORD, PLACE_COMMAND, PLACE_OPEN };

/*
 * Skips options and operands. An option that runs a string hides the command and opens the words.
 */
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

/* Whether a shell would split the joined words from w->at on into the same words. */
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

/* Each word may be a line, or the end of one; if there are too many, none is tried. */
static void take_lines(struct walk *w)
{
	for (size_t i = w->at; i < w->s->n && w->s->n - w->at <= LIMIT_JOINED; i++)
		w->s->words[i].line = w->s->words[i].text;
}

/* tmux: ";" separates commands, and formats run the content of "#(…)". */
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

/* The entry of the subcommand at w->at; NULL if it runs nothing. */
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

/*
 * Finds each command that an option marks, up to the end. What such a command runs is among these
 * words, too.
 */
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

/*
 * The command that the program of this name runs; w->at is then after it. NULL if there is none, or
 * more than one.
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
		/* The outer wrapper finds the inner one's commands. */
		if (!w->marked)
			find_marked(w, wrapper, name);
		else if (w->marked != wrapper)
			open_words(w, name);
		return NULL;
	}
	if (wrapper)
		place = skip(w, wrapper, &command);
	if (wrapper && wrapper->flags & WRAPPER_ROOT)
		enter(w, wrapper, "/");
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
