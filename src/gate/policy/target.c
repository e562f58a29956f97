/* SPDX-License-Identifier: ISC */

/*
 * Prepares a target. Nothing here looks at the file system: the real path is what the asker says.
 */

#include "gate/policy/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/path.h"
#include "gate/policy/program.h"

#define BLANKS " \t\r\n\v\f"

/* Takes over `text`, also on failure; NULL means out of memory. An error sticks. */
static void add_text(struct target *t, char *text, enum glob_reach reach)
{
	struct target_text *grown;

	if (t->error == 0 && t->n == t->size) {
		grown = reallocarray(t->texts, t->size * 2 + 4, sizeof(*grown));
		if (grown) {
			t->texts = grown;
			t->size = t->size * 2 + 4;
		}
	}
	if (t->error < 0 || !text || t->n == t->size) {
		t->error = -ENOMEM;
		free(text);
		return;
	}
	t->texts[t->n++] =
		(struct target_text){ .text = text, .len = strlen(text), .reach = reach };
}

/* After the last text. Returns 0, or the error; nothing is left to free then. */
static int finish(struct target *t)
{
	if (t->error < 0)
		target_deinit(t);
	return t->error;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *trimmed(const char *text)
{
	size_t len;

	while (is_blank(*text))
		text++;
	for (len = strlen(text); len > 0 && is_blank(text[len - 1]); len--)
		;
	return strndup(text, len);
}

/* --- paths ------------------------------------------------------------------------------------ */

static bool leads_up(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")); p += 2)
		if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

/* Adds the path without a "/proc/PID/root" before it: that names the same file, or may. */
static void add_without_proc_root(struct target *t, const char *path)
{
	const char *plain = path_skip_proc_root(path);

	if (plain != path)
		add_text(t, strdup(plain), GLOB_ANY_DEPTH);
}

/* The part after "/cwd" or "/fd/N" of a process; "" if there is none. */
static const char *after_process(const char *path)
{
	const char *at = strstr(path, "/cwd/");

	if (at)
		return at + 5;
	at = strstr(path, "/fd/");
	return at ? strchrnul(at + 4, '/') : "";
}

/*
 * Adds what the path means if it leads through /proc. If it leads through a directory that is not
 * known, the part after that may be anywhere.
 */
static void add_through_proc(struct target *t, const char *path, const char *cwd)
{
	char *text = malloc((cwd ? strlen(cwd) : 0) + strlen(path) + 2);
	bool any = false;

	if (text)
		path_normalize_wide(cwd ? cwd : "", path, text, &any);
	if (text && any) {
		path_normalize("", after_process(path), text);
		memmove(text, text + 1, strlen(text));
	}
	add_text(t, text, GLOB_ANY_DEPTH);
}

/*
 * Adds the normal form of the path. If the path is relative and the directory isn't known, it is
 * added as it is; a path that leads out of that directory may then be anywhere.
 */
static void add_written_out(struct target *t, const char *path, const char *cwd)
{
	const bool known = path[0] == '/' || cwd;
	char *text;

	text = malloc((known && cwd ? strlen(cwd) : 0) + strlen(path) + 3);
	if (text)
		path_normalize(known && cwd ? cwd : "", path, text);
	if (text && !known)
		memmove(text, text + 1, strlen(text));
	add_text(t, text, known || leads_up(path) ? GLOB_ANY_DEPTH : GLOB_WHOLE);
}

static void add_path(struct target *t, const char *path, const char *cwd, const char *real)
{
	const char *plain, *written_out;

	add_text(t, trimmed(path), GLOB_WHOLE);
	if (t->error < 0)
		return;
	plain = t->texts[0].text;
	add_written_out(t, plain, cwd);
	if (t->error < 0)
		return;
	written_out = t->texts[1].text;

	t->leads_up = leads_up(plain);
	if (plain[0] == '/' || cwd)
		t->absolute = written_out;
	t->real = real;
	t->directory = cwd;
	if (strcmp(path, plain) != 0)
		add_text(t, strdup(path), GLOB_WHOLE);
	if (real)
		add_text(t, strdup(real), GLOB_ANY_DEPTH);
	add_without_proc_root(t, written_out);
	if (path_may_use_process(plain))
		add_through_proc(t, plain, cwd);
	if (real)
		add_without_proc_root(t, real);
}

/* --- commands --------------------------------------------------------------------------------- */

/* The text with each run of blanks replaced by one blank. */
static char *single_spaced(const char *text)
{
	char *copy = malloc(strlen(text) + 1), *to = copy;

	if (!copy)
		return NULL;
	for (; *text; text++) {
		if (!strchr(" \t", *text))
			*to++ = *text;
		else if (to == copy || to[-1] != ' ')
			*to++ = ' ';
	}
	*to = '\0';
	return copy;
}

static bool speaks_of(const char *text, const char *word)
{
	for (; *text; text++)
		if (strncasecmp(text, word, strlen(word)) == 0)
			return true;
	return false;
}

static bool is_grave(const char *text)
{
	return speaks_of(text, "apply") || speaks_of(text, "delete");
}

/* Adds "NAME ARGUMENTS". */
static void add_vector(
	struct target *t, const char *program, const struct candidate *s, enum glob_reach reach)
{
	struct bytes b = BYTES_PRINTED;

	bytes_append_str(&b, program);
	for (size_t i = 0; i < s->n_words; i++) {
		if (b.len > 0)
			bytes_append_char(&b, ' ');
		bytes_append_str(&b, s->words[i].text);
	}
	add_text(t, bytes_steal(&b), reach);
}

/*
 * Whether the program runs no other program. (The command that a wrapper runs isn't the wrapper.)
 */
static bool is_plain(const struct candidate *s)
{
	return !s->wrapped && program_of(s->executable.name) == PROGRAM_PLAIN
		&& (!s->real.name || program_of(s->real.name) == PROGRAM_PLAIN);
}

/* Adds the program by the names that lead to it, for rules that deny or ask. */
static void add_links(struct target *t, const struct trusted *trusted, const char *name,
	const struct candidate *s, enum glob_reach reach)
{
	const struct program_link *link;
	size_t n;

	link = program_links_find(&trusted->links, name, &n);
	for (; n > 0; link++, n--)
		add_vector(t, path_name(link->path), s, reach);
}

/*
 * Adds a program by its name, its real name and its path. In a line of shell an allowing rule must
 * fit the program as it is written there: another program may have the same last name.
 */
static void add_candidate(
	struct target *t, const struct trusted *trusted, const struct candidate *s, bool in_line)
{
	const bool by_path = in_line && !s->executable.searched;
	const enum glob_reach reach = is_plain(s) ? GLOB_WHOLE : GLOB_ANY_WORD;
	const size_t first = t->n;

	add_vector(t, s->executable.name, s, reach);
	if (candidate_other_name(&s->executable, &s->real))
		add_vector(t, s->real.name, s, reach);
	for (size_t i = first; i < t->n; i++)
		t->texts[i].command = s->form != CANDIDATE_WORDS && !by_path;
	add_links(t, trusted, s->executable.name, s, reach);
	if (s->real.name)
		add_links(t, trusted, s->real.name, s, reach);
	/* A name with a blank reads like another program with an argument. */
	if (in_line && strpbrk(s->executable.name, BLANKS))
		t->understood = false;
	if (!s->executable.path) {
		t->understood &= !by_path || s->form == CANDIDATE_WORDS;
		return;
	}
	add_vector(t, s->executable.path, s, reach);
	if (t->error == 0)
		t->texts[t->n - 1].command = s->form != CANDIDATE_WORDS && by_path;
}

/*
 * Adds the line and all commands in it. In a line that isn't understood, any word may be run. An
 * allowing rule must fit the line itself, too, as it is written: the words of a command are joined
 * without their quotes. No allowing pattern matches a newline.
 */
static void add_line(struct target *t, const struct trusted *trusted, const struct candidates *c,
	const char *line)
{
	const enum glob_reach reach = c->opaque || c->unread ? GLOB_ANY_WORD : GLOB_WHOLE;

	t->grave = is_grave(line);
	t->understood = !c->opaque && !c->unread && !c->hidden && c->n_lines == 1;
	add_text(t, trimmed(line), reach);
	if (t->error < 0)
		return;
	t->texts[0].command = true;
	t->understood &= !strchr(t->texts[0].text, '\n');

	add_text(t, single_spaced(t->texts[0].text), reach);
	for (size_t i = 1; i < c->n; i++)
		add_candidate(t, trusted, &c->all[i], true);
}

static bool is_trusted(const struct candidate_program *p, const struct trusted *trusted)
{
	const enum program program = program_of(p->name);

	return p->path && trusted_has(trusted, p->path) && program != PROGRAM_SHELL
		&& program != PROGRAM_WRAPPER;
}

static void add_command(struct target *t, const struct trusted *trusted, const struct candidates *c)
{
	const struct candidate *s = &c->all[0];

	t->understood = c->n == 1 && !s->wrapped && is_trusted(&s->executable, trusted)
		&& (!s->real.name || is_trusted(&s->real, trusted));
	for (size_t i = 0; i < c->n; i++)
		add_candidate(t, trusted, &c->all[i], false);
	t->grave = t->error == 0 && is_grave(t->texts[0].text);
}

int target_init_candidates(struct target *t, const struct candidates *c, const char *line,
	const struct trusted *trusted)
{
	*t = (struct target){
		.kind = KIND_EXEC,
		.request = c->all[0].request,
		.asker = c->all[0].asker,
	};
	if (line)
		add_line(t, trusted, c, line);
	else
		add_command(t, trusted, c);
	return finish(t);
}

/* --- git -------------------------------------------------------------------------------------- */

static bool only_reads(const char *operation)
{
	static const char *const reads[] = { "fetch", "pull", "status", "log", "diff", "show" };

	for (size_t i = 0; operation && i < LENGTH(reads); i++)
		if (strcmp(operation, reads[i]) == 0)
			return true;
	return false;
}

static const char *after(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : text;
}

/*
 * Adds a branch's full name, for rules of native policies. git takes "heads/X" for X as well, but
 * it may also be the name of a branch.
 */
static void add_name(struct target *t, const char *branch)
{
	const char *name = after(branch, "refs/heads/"), *shorter = after(name, "heads/");
	const size_t first = t->n;

	add_text(t, trimmed(name), GLOB_WHOLE);
	if (shorter != name)
		add_text(t, trimmed(shorter), GLOB_WHOLE);
	for (size_t i = first; i < t->n; i++)
		t->texts[i].name = true;
}

/* Adds the destination of "+SOURCE:DESTINATION": its last part, and its full name. */
static void add_branch(struct target *t, const char *refspec)
{
	cleanup(free_p) char *trimmed_refspec = trimmed(refspec);
	const char *from = trimmed_refspec, *branch, *colon, *slash;
	const size_t last = t->n;

	if (!from) {
		t->error = -ENOMEM;
		return;
	}
	while (*from == '+')
		from++;
	t->any_branch |= *from == '-' || strpbrk(from, "*?[") != NULL;
	colon = strrchr(from, ':');
	t->any_branch |= colon && colon[1] == '\0'; /* every branch of the same name */
	if (colon)
		from = colon + 1;
	slash = strrchr(from, '/');
	add_text(t, trimmed(slash ? slash + 1 : from), GLOB_WHOLE);
	add_name(t, from);
	if (t->error < 0)
		return;

	branch = t->texts[last].text;
	t->any_branch |= strcasecmp(branch, "HEAD") == 0 || strcmp(branch, "@") == 0;
	for (const char *c = branch; *c; c++)
		t->odd_branch |= (unsigned char)*c <= ' ' || *c == 0x7f;
}

/* The index of git's first argument, also after a wrapper; n_words if the command is not git. */
static size_t find_git(const struct candidate *s)
{
	if (strcmp(s->executable.name, "git") == 0
		|| (s->real.name && strcmp(s->real.name, "git") == 0))
		return 0;
	for (size_t i = 0; s->wrapped && i < s->n_words; i++)
		if (s->words[i].program.name && strcmp(s->words[i].program.name, "git") == 0)
			return i + 1;
	return s->n_words;
}

/* Options may have values, so a value may be mistaken for the subcommand. */
bool target_is_git(const struct candidate *s, const char *subcommand)
{
	for (size_t i = find_git(s); i < s->n_words; i++)
		if (strcmp(s->words[i].text, subcommand) == 0)
			return i == 0 || s->wrapped || s->words[0].text[0] == '-';
	return false;
}

/* git accepts abbreviated options. */
static bool is_one_of(const char *option, const char *const *options, size_t n)
{
	if (option[0] != '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(option, options[i]) == 0
			|| (strlen(option) > 3 && strncmp(option, options[i], strlen(option)) == 0))
			return true;
	return false;
}

/* Options that mean every branch. */
static bool is_for_all(const char *option)
{
	static const char *const options[] = { "--all", "--mirror", "--branches", "--prune" };

	return is_one_of(option, options, LENGTH(options));
}

/* Options of git push whose value is the next word. */
static bool takes_value(const char *option)
{
	static const char *const options[] = { "-o", "--push-option", "--receive-pack", "--exec",
		"--repo" };

	return is_one_of(option, options, LENGTH(options));
}

static bool is_push(const char *subcommand)
{
	return strcmp(subcommand, "push") == 0 || strcmp(subcommand, "send-pack") == 0;
}

/*
 * The first word counts as a branch, too: options may have values, so the remote can't be told from
 * a value. A push that names at most a remote doesn't say to which branch.
 */
int target_init_push(struct target *t, const struct candidate *s)
{
	size_t i = find_git(s), named = 0;

	while (i < s->n_words && !is_push(s->words[i].text))
		i++;
	if (i == s->n_words)
		return 0;

	*t = (struct target){
		.kind = KIND_GIT,
		.request = s->request,
		.asker = s->asker,
		.pushes = true,
		.operation = "push",
	};
	for (i++; i < s->n_words; i++) {
		const char *word = s->words[i].text;

		t->any_branch |= is_for_all(word);
		if (word[0] == '-')
			continue;
		add_branch(t, word);
		/*
		 * The value of an option is not a branch. But its text stays, since the texts are
		 * for rules that match wide.
		 */
		named += !takes_value(s->words[i - 1].text);
	}
	t->no_branch = named < 2;
	return finish(t) < 0 ? t->error : 1;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void fill(struct target *t, const struct request *q)
{
	const struct evaluate *e = &q->evaluate;
	int r;

	switch (t->kind) {
	case KIND_READ:
	case KIND_WRITE:
		add_path(t, e->target ? e->target : "", q->asked.cwd, e->real_target);
		break;
	case KIND_GIT:
		t->pushes = !only_reads(e->does);
		t->operation = e->does;
		add_branch(t, e->target ? e->target : "");
		break;
	case KIND_FETCH:
		r = url_parse(e->target ? e->target : "", URL_ADDRESS, &t->url, &t->url_fault);
		t->error = r < 0 ? r : 0;
		break;
	case KIND_MCP:
		t->server = e->server;
		t->tool = e->tool;
		t->capability = e->capability;
		break;
	default:
		break;
	}
}

int target_init(struct target *t, const struct request *request, const struct asker *asker)
{
	*t = (struct target){
		.kind = request->evaluate.kind,
		.request = request,
		.asker = asker,
	};
	fill(t, request);
	return finish(t);
}

int target_init_path(struct target *t, enum kind kind, const char *path, const char *directory,
	const struct request *request, const struct asker *asker)
{
	*t = (struct target){ .kind = kind, .request = request, .asker = asker, .operand = true };
	add_path(t, path, directory, NULL);
	return finish(t);
}

void target_deinit(struct target *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->texts[i].text);
	free(t->texts);
	url_deinit(&t->url);
	t->texts = NULL;
	t->n = 0;
}
