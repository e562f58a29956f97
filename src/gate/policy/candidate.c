/* SPDX-License-Identifier: ISC */

/*
 * Prepares a request for the rules. After a wrapper, words may be commands. A command that is a
 * path is normalized, so that "/bin/../bin//rm" equals "/bin/rm".
 */

#include "gate/policy/candidate.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "gate/limits.h"
#include "gate/policy/program-name.h"
#include "gate/policy/program.h"
#include "gate/policy/wrapper.h"

/* Bytes for relative paths joined to the directory; paths beyond this count as unknown. */
#define RELATIVE_MAX ((size_t)1 << 20)

static struct candidate_program program_at(const char *path)
{
	return (struct candidate_program){ .name = path_name(path), .path = path };
}

/* --- words after a wrapper -------------------------------------------------------------------- */

/* The kernel opens no longer path. */
static bool is_too_long(const char *text)
{
	return strnlen(text, LIMIT_PATH) == LIMIT_PATH;
}

/* The size of the text's normalized path; 0 if that can't be known. */
static size_t path_size(const char *directory, const char *text, size_t *relative)
{
	const size_t len = strnlen(text, LIMIT_PATH);
	size_t size = len + 2;

	if (len == LIMIT_PATH)
		return 0;
	if (text[0] == '/' && (!directory || !strstr(text, "/cwd")))
		return size;
	if (!directory)
		return 0;

	size += strlen(directory);
	if (size > RELATIVE_MAX - *relative)
		return 0;
	*relative += size;
	return size;
}

const char *candidate_directory(const struct candidate *s)
{
	return s->inner_directory ? s->inner_directory : s->directory;
}

size_t candidate_write_path(
	const struct candidate *s, const char *directory, const char *path, char *ret)
{
	directory = directory ? directory : "";
	return s->normal_directories ? path_normalize_below(directory, path, ret)
				     : path_normalize(directory, path, ret);
}

/* The same for a command: a bare name is searched for, so its path is not known. */
static size_t command_size(const struct candidate *s, const char *command, size_t *relative)
{
	return strchr(command, '/') ? path_size(candidate_directory(s), command, relative) : 0;
}

static int read_programs(struct candidate *s)
{
	size_t total = 0, relative = 0, size;
	char *at;
	int r;

	for (size_t i = 0; i < s->n_words; i++)
		if (s->words[i].command)
			total += command_size(s, s->words[i].command, &relative);
	r = bytes_reserve(&s->paths, total, &at);
	if (r < 0)
		return r;

	relative = 0;
	for (size_t i = 0; i < s->n_words; i++) {
		struct candidate_word *w = &s->words[i];

		if (!w->command)
			continue;
		w->program = (struct candidate_program){
			.name = path_name(w->command),
			.searched = !strchr(w->command, '/'),
		};
		size = command_size(s, w->command, &relative);
		if (size == 0)
			continue;
		candidate_write_path(s, candidate_directory(s), w->command, at);
		w->program = program_at(path_skip_proc_root(at));
		at += size;
	}
	return 0;
}

const char *candidate_other_name(
	const struct candidate_program *program, const struct candidate_program *real)
{
	const bool same = program->name && real->name && strcmp(program->name, real->name) == 0;

	return same ? NULL : real->name;
}

/* Whether the text means a file for some program. */
static bool may_be_path(const char *text)
{
	return text[0] != '\0' && (text[0] != '-' || strchr(text, '/'));
}

/*
 * Whether the program takes a word without a slash for a file's name. For a program that runs
 * others or has subcommands, such a word may be a command, a target or a host.
 */
static bool takes_files(const char *name)
{
	return !name || program_is_simple(name);
}

/*
 * Whether the text means a file for any program: it has a slash (or `bare`: it needs none), and is
 * not an option, an assignment, a URL, or a file on another host. ".." may stand first, since the
 * directory is not a link; the part before any other ".." may be a link, so such a text is refused.
 */
static bool is_certain_path(const char *text, bool bare)
{
	const char *at = text;

	if (text[0] == '\0' || strchr("-+~!|%", text[0]))
		return false;
	for (; *at != '/' && *at != '\0'; at++)
		if (*at == ':' || *at == '=' || *at == '@')
			return false;
	if (*at == '\0' && !bare)
		return false;
	while (strncmp(text, "../", 3) == 0)
		text += 3;
	for (at = text; (at = strstr(at, "..")); at += 2)
		if ((at == text || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
			return false;
	return true;
}

/*
 * Decides for each word whether its path can be known, and how many bytes it takes. Returns the
 * sum. Writing the paths must rely on these decisions: a second count against RELATIVE_MAX could
 * differ, and exceed the room.
 */
static size_t size_paths(struct candidate *s, const char *directory)
{
	size_t total = 0, relative = 0;

	for (size_t i = 0; i < s->n_words; i++) {
		struct candidate_word *w = &s->words[i];

		if (!may_be_path(w->text))
			continue;
		w->path_unknown = s->any_inner_directory && w->text[0] != '/';
		if (w->path_unknown)
			continue;
		w->path_size = path_size(directory, w->text, &relative);
		if (w->path_size == 0)
			w->path_unknown = directory && !is_too_long(w->text);
		total += w->path_size;
	}
	return total;
}

static int read_paths(struct candidate *s)
{
	const char *directory = candidate_directory(s), *text;
	const bool bare = !s->wrapped && takes_files(s->narrow.name)
		&& takes_files(candidate_other_name(&s->narrow, &s->narrow_real));
	const bool certain = s->directory && !s->inner_directory && !s->any_inner_directory;
	bool process;
	char *at;
	int r;

	if (!directory)
		directory = s->likely_directory;
	r = bytes_reserve(&s->word_paths, size_paths(s, directory), &at);
	if (r < 0)
		return r;

	for (size_t i = 0; i < s->n_words; i++) {
		struct candidate_word *w = &s->words[i];

		text = w->text;
		if (w->path_size == 0)
			continue;
		process = path_may_use_process(text);
		if (process)
			path_normalize_wide(directory ? directory : "", text, at, &w->path_unknown);
		else
			candidate_write_path(s, directory, text, at);
		w->path = w->path_unknown ? NULL : path_skip_proc_root(at);
		if (is_certain_path(text, bare) && (certain || text[0] == '/')
			&& !(process && strstr(text, "proc/")))
			w->narrow_path = at;
		at += w->path_size;
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
		s->words[i].options_first = s->words[i].command && is_option(s, i + 1)
			&& program_has_verbs(s->words[i].program.name);
}

/*
 * A link to a program with many names acts as the program of the link's name. coreutils uses an
 * argument as the name if it doesn't know the link's name.
 */
static struct wrapped find_commands(struct candidate *s)
{
	const char *name = s->executable.name;
	const char *real = candidate_other_name(&s->executable, &s->real);
	struct wrapped w = { .words = s->words, .n = s->n_words };
	size_t n;

	if (s->form == CANDIDATE_WORDS)
		wrapper_open_words(&w);
	else
		wrapper_find_commands(&w, name);
	n = w.n_directories;
	if (real
		&& (!program_is_multicall(real)
			|| (program_name_is(real, "coreutils") && !program_is_coreutil(name))))
		wrapper_find_commands(&w, real);
	if (n > 0)
		w.n_directories = n; /* the other name has found the same */
	s->wrapped = w.found;
	s->hidden = w.hidden;
	return w;
}

/* Each directory is relative to the one before, and the first to the command's own. */
static int enter_directories(struct candidate *s, const struct wrapped *w)
{
	const char *from;
	char *entered;

	s->any_inner_directory |= w->n_directories > WRAPPED_DIRECTORIES_MAX;
	for (size_t i = 0; !s->any_inner_directory && i < w->n_directories; i++) {
		from = candidate_directory(s);
		from = from ? from : s->likely_directory;
		if (!from && w->directories[i][0] != '/')
			return 0;
		from = from ? from : "";
		entered = malloc(strlen(from) + strlen(w->directories[i]) + 2);
		if (!entered)
			return -ENOMEM;
		path_normalize(from, w->directories[i], entered);
		free(s->inner_directory);
		s->inner_directory = entered;
	}
	return 0;
}

static int read_words(struct candidate *s, const char *words, size_t n)
{
	struct wrapped wrapped;
	int r;

	s->words = reallocarray(NULL, n > 0 ? n : 1, sizeof(*s->words));
	if (!s->words)
		return -ENOMEM;

	s->n_words = n;
	for (size_t i = 0; i < n; i++, words += strlen(words) + 1)
		s->words[i] = (struct candidate_word){ .text = words };

	wrapped = find_commands(s);
	r = enter_directories(s, &wrapped);
	if (r >= 0 && s->wrapped)
		r = read_programs(s);
	if (r >= 0)
		r = read_paths(s);
	if (r < 0) {
		candidate_deinit(s);
		return r;
	}
	find_options_first(s);
	return 0;
}

int candidate_init(struct candidate *s, const struct request *request, const struct asker *asker)
{
	const char *cwd = request->asked.cwd;

	*s = (struct candidate){
		.request = request,
		.asker = asker,
		.executable = program_at(request->asked.executable),
		.directory = cwd,
		.normal_directories = !cwd || path_is_normal(cwd) || strcmp(cwd, "/") == 0,
		.paths = BYTES_PRINTED,
		.word_paths = BYTES_PRINTED,
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
		.paths = BYTES_PRINTED,
		.word_paths = BYTES_PRINTED,
	};
	if (!path_is_normal(words)) {
		s->executable.path = NULL;
		s->executable.searched = true;
	}
	s->narrow = s->executable;
	return read_words(s, words + strlen(words) + 1, n - 1);
}

/* If the name is a path, it is normalized like that of a word after a wrapper. */
static int read_name(struct candidate *s, const char *name)
{
	size_t relative = 0, size = command_size(s, name, &relative);

	s->executable = (struct candidate_program){
		.name = path_name(name),
		.searched = !strchr(name, '/'),
	};
	if (size == 0)
		return 0;

	s->path = malloc(size);
	if (!s->path)
		return -ENOMEM;
	candidate_write_path(s, s->directory, name, s->path);
	s->executable = program_at(path_skip_proc_root(s->path));
	return 0;
}

/*
 * The command's directory; NULL if it isn't certain, since the command may run after a failed cd.
 */
static const char *directory_of(const struct candidate *whole, const struct shell_line *line,
	const struct shell_command *command)
{
	const char *directory = candidate_directory(whole);

	if (!line->directory)
		return directory;
	if (command->after_cd || (directory && strcmp(directory, line->directory) == 0))
		return line->directory;
	return NULL;
}

/*
 * Whether the path can be that of the name in a line. If the name is a path, both must be equal,
 * unless /bin is a link to /usr/bin.
 */
static bool is_of_name(const char *path, const struct candidate_program *named)
{
	static const char usr[] = "/usr";
	const size_t len = strlen(usr);

	if (named->searched)
		return strcmp(path_name(path), named->name) == 0;
	if (!named->path)
		return false;
	return strcmp(path, named->path) == 0
		|| (strncmp(path, usr, len) == 0 && strcmp(path + len, named->path) == 0);
}

int candidate_init_command(struct candidate *s, const struct candidate *whole,
	const struct shell_line *line, const struct shell_command *command, const char *paths)
{
	int r;

	*s = (struct candidate){
		.form = CANDIDATE_COMMAND,
		.request = whole->request,
		.asker = whole->asker,
		.directory = directory_of(whole, line, command),
		.any_inner_directory = whole->any_inner_directory,
		.likely_directory = line->directory ? line->directory : whole->likely_directory,
		.normal_directories = whole->normal_directories,
		.paths = BYTES_PRINTED,
		.word_paths = BYTES_PRINTED,
	};
	r = read_name(s, command->words);
	if (paths && is_of_name(paths, &s->executable)) {
		s->narrow = program_at(paths);
		s->narrow_real = s->real = program_at(paths + strlen(paths) + 1);
	}
	if (r >= 0)
		r = read_words(
			s, command->words + strlen(command->words) + 1, command->n_words - 1);
	if (r < 0)
		candidate_deinit(s);
	return r;
}

/* The first word is not an argument: each word is tried as a command. */
int candidate_init_words(
	struct candidate *s, const struct candidate *whole, const struct shell_words *words)
{
	const char *directory = candidate_directory(whole);
	int r;

	*s = (struct candidate){
		.form = CANDIDATE_WORDS,
		.request = whole->request,
		.asker = whole->asker,
		.executable = { .name = "", .searched = true },
		.any_inner_directory = whole->any_inner_directory,
		.likely_directory = directory ? directory : whole->likely_directory,
		.normal_directories = whole->normal_directories,
		.paths = BYTES_PRINTED,
		.word_paths = BYTES_PRINTED,
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
	free(s->inner_directory);
	s->path = NULL;
	s->inner_directory = NULL;
	bytes_deinit(&s->paths);
	bytes_deinit(&s->word_paths);
	s->words = NULL;
}
