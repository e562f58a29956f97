/* SPDX-License-Identifier: ISC */

/*
 * Making a request ready for the rules. Behind a wrapper each word may be a command; where it is a
 * path, that is written out, so that "/bin/../bin//rm" is no other one than "/bin/rm".
 */

#include "gate/policy/candidate.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "gate/limits.h"
#include "gate/policy/program.h"

/* What relative paths may take that continue the directory; past it they are not known. */
#define RELATIVE_MAX ((size_t)1 << 20)

static struct candidate_program program_at(const char *path)
{
	return (struct candidate_program){ .name = path_name(path), .path = path };
}

/* Links of such names are the programs that they are called by, not what they point to. */
static bool is_wrapped(const struct candidate *s)
{
	const char *real = s->real.name;

	if (program_of(s->executable.name) == PROGRAM_WRAPPER)
		return true;
	return real && program_of(real) == PROGRAM_WRAPPER && !program_is_multicall(real);
}

/* --- env's options: the one that splits a string into a command ------------------------------- */

/* Whether an option takes the next word as its value. */
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

bool candidate_is_command_option(const char *word)
{
	if (strncmp(word, "--", 2) == 0)
		return word[2] == 'c' || strncmp(word, "--se", 4) == 0;
	return word[0] == '-' && strchr(word, 'c');
}

/* `strings`: an option -c is somewhere among the words that follow. */
static bool hides(const char *name, bool splits, bool strings)
{
	return program_is_hidden(name) || (splits && program_is_env(name))
		|| (strings && program_runs_strings(name));
}

/*
 * From the last word to the first, since each may be an env whose options are the words that
 * follow: so no word is looked at for each of them anew.
 */
static bool is_hidden(const struct candidate *s)
{
	bool next[2] = { false, false }, splits, strings = false;

	if (!s->wrapped)
		return false;
	for (size_t i = s->n_words; i-- > 0;) {
		if (hides(s->words[i].program.name, next[0], strings))
			return true;
		strings |= candidate_is_command_option(s->words[i].text);
		splits = env_splits(s->words[i].text, next);
		next[1] = next[0];
		next[0] = splits;
	}
	return hides(s->executable.name, next[0], strings)
		|| (s->real.name && hides(s->real.name, next[0], strings));
}

/* --- words behind a wrapper ------------------------------------------------------------------- */

/* What the word would run: coreutils names it in an option. */
static const char *command_of(const struct candidate_word *w)
{
	static const char *const options[] = { "--coreutils-prog=", "--coreutils-prog-shebang=" };
	size_t len;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		len = strlen(options[i]);
		if (strncmp(w->text, options[i], len) == 0)
			return w->text + len;
	}
	return w->text;
}

/* What its path takes when it is written out; 0 where that can't be known. */
static size_t path_size(const struct candidate *s, const char *text, size_t *relative)
{
	size_t size = strlen(text) + 2;

	if (!strchr(text, '/') || size > LIMIT_PATH)
		return 0;
	if (text[0] == '/')
		return size;
	if (!s->directory)
		return 0;

	size += strlen(s->directory);
	if (size > RELATIVE_MAX - *relative)
		return 0;
	*relative += size;
	return size;
}

/* A path through /proc/PID/root is that of a file in this system, or in another. */
static const char *without_proc_root(const char *path)
{
	const char *p;

	while (strncmp(path, "/proc/", 6) == 0) {
		p = path + 6;
		p += strcspn(p, "/");
		if (strncmp(p, "/root/", 6) != 0)
			break;
		path = p + 5;
	}
	return path;
}

static int read_programs(struct candidate *s)
{
	size_t total = 0, relative = 0, size;
	char *at;
	int r;

	for (size_t i = 0; i < s->n_words; i++)
		total += path_size(s, command_of(&s->words[i]), &relative);
	r = bytes_reserve(&s->paths, total, &at);
	if (r < 0)
		return r;

	relative = 0;
	for (size_t i = 0; i < s->n_words; i++) {
		struct candidate_word *w = &s->words[i];
		const char *command = command_of(w);

		w->program = (struct candidate_program){
			.name = path_name(command),
			.searched = !strchr(command, '/'),
		};
		size = path_size(s, command, &relative);
		if (size == 0)
			continue;
		path_normalize(s->directory, command, at);
		w->program = program_at(without_proc_root(at));
		at += size;
	}
	return 0;
}

static bool is_option(const struct candidate *s, size_t index)
{
	return index < s->n_words && s->words[index].text[0] == '-';
}

static void find_options_first(struct candidate *s)
{
	s->options_first = is_option(s, 0)
		&& (program_has_verbs(s->executable.name)
			|| (s->real.name && program_has_verbs(s->real.name)));
	for (size_t i = 0; s->wrapped && i < s->n_words; i++)
		s->words[i].options_first =
			is_option(s, i + 1) && program_has_verbs(s->words[i].program.name);
}

static int read_words(struct candidate *s, const char *words, size_t n)
{
	int r;

	s->words = calloc(n > 0 ? n : 1, sizeof(*s->words));
	if (!s->words)
		return -ENOMEM;

	s->n_words = n;
	for (size_t i = 0; i < n; i++, words += strlen(words) + 1)
		s->words[i].text = words;

	s->wrapped = s->form == CANDIDATE_WORDS || is_wrapped(s);
	r = s->wrapped ? read_programs(s) : 0;
	if (r < 0) {
		candidate_deinit(s);
		return r;
	}
	find_options_first(s);
	s->hidden = is_hidden(s);
	return 0;
}

int candidate_init(struct candidate *s, const struct request *request, const struct asker *asker)
{
	*s = (struct candidate){
		.request = request,
		.asker = asker,
		.executable = program_at(request->asked.executable),
		.directory = request->asked.cwd,
		.paths = BYTES_INIT(BYTES_UNLIMITED),
	};
	if (request->asked.real_path)
		s->real = program_at(request->asked.real_path);
	s->narrow = s->executable;
	s->narrow_real = s->real;
	return read_words(s, request->asked.args.text, request->asked.args.n);
}

int candidate_init_example(struct candidate *s, const char *words, size_t n)
{
	*s = (struct candidate){
		.executable = program_at(words),
		.paths = BYTES_INIT(BYTES_UNLIMITED),
	};
	if (!path_is_normal(words)) {
		s->executable.path = NULL;
		s->executable.searched = true;
	}
	s->narrow = s->executable;
	return read_words(s, words + strlen(words) + 1, n - 1);
}

/* Where a name is a path, that is written out as of a word behind a wrapper. */
static int read_name(struct candidate *s, const char *name)
{
	size_t relative = 0, size = path_size(s, name, &relative);

	s->executable = (struct candidate_program){
		.name = path_name(name),
		.searched = !strchr(name, '/'),
	};
	if (size == 0)
		return 0;

	s->path = malloc(size);
	if (!s->path)
		return -ENOMEM;
	path_normalize(s->directory, name, s->path);
	s->executable = program_at(without_proc_root(s->path));
	return 0;
}

/* What runs whether or not cd succeeded may run in either directory. */
static const char *directory_of(const struct candidate *whole, const struct shell_line *line,
	const struct shell_command *command)
{
	if (!line->directory)
		return whole->directory;
	if (command->after_cd
		|| (whole->directory && strcmp(whole->directory, line->directory) == 0))
		return line->directory;
	return NULL;
}

int candidate_init_command(struct candidate *s, const struct candidate *whole,
	const struct shell_line *line, const struct shell_command *command)
{
	int r;

	*s = (struct candidate){
		.form = CANDIDATE_COMMAND,
		.request = whole->request,
		.asker = whole->asker,
		.directory = directory_of(whole, line, command),
		.paths = BYTES_INIT(BYTES_UNLIMITED),
	};
	r = read_name(s, command->words);
	if (r >= 0)
		r = read_words(
			s, command->words + strlen(command->words) + 1, command->n_words - 1);
	if (r < 0)
		candidate_deinit(s);
	return r;
}

/* The first word is an argument of nothing: each is tried as a command. */
int candidate_init_words(
	struct candidate *s, const struct candidate *whole, const struct shell_words *words)
{
	int r;

	*s = (struct candidate){
		.form = CANDIDATE_WORDS,
		.request = whole->request,
		.asker = whole->asker,
		.executable = { .name = "", .searched = true },
		.paths = BYTES_INIT(BYTES_UNLIMITED),
	};
	r = read_words(s, words->text.data, words->n);
	for (size_t i = 0; r >= 0 && i < s->n_words; i++)
		s->words[i].ends = words->ends.data[i];
	return r;
}

void candidate_deinit(struct candidate *s)
{
	free(s->words);
	free(s->path);
	s->path = NULL;
	bytes_deinit(&s->paths);
	s->words = NULL;
}
