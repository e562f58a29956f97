/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes the policy: what is read of one, and what it decides, beside a second matcher that is slow
 * and obvious. It tries every rule, and fills a table for each pattern: whether what is left of the
 * pattern fits what is left of the text.
 *
 * The input is a policy, a NUL and a request; or "text", a NUL, a pattern, a NUL and a text; or
 * "path" and the same; or "make", a NUL, and bytes, each of which chooses a part of a policy and of
 * a request that are small and much alike.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/path.h"
#include "base/utf8.h"
#include "gate/limits.h"
#include "gate/policy/candidates.h"
#include "gate/policy/glob.h"
#include "gate/policy/policy.h"
#include "gate/policy/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Neither is there on every machine alike. */
static int find_user(const char *name, uid_t *ret)
{
	*ret = 1000;
	return strcmp(name, "alice") == 0 ? 0 : -1;
}

static int find_group(const char *name, gid_t *ret)
{
	*ret = 100;
	return strcmp(name, "users") == 0 ? 0 : -1;
}

static int find_primary(uid_t uid, gid_t *ret)
{
	*ret = 100;
	return uid == 1000 ? 0 : -1;
}

static const struct policy_names names = { find_user, find_group, find_primary };

/* --- the second matcher: a table of (pattern, text) ------------------------------------------- */

/* Whether the pattern's element is any number of the text's; and whether two of them fit. */
struct sequences {
	const void *pattern, *text;
	size_t n_pattern, n_text;
	bool (*is_any)(const void *pattern, size_t at);
	bool (*fits)(const void *pattern, size_t p, const void *text, size_t t);
};

static bool table_fits(const struct sequences *s)
{
	const size_t width = s->n_text + 1;
	bool *fits = calloc((s->n_pattern + 1) * width, sizeof(*fits)), result;

	if (!fits)
		abort();
	fits[s->n_pattern * width + s->n_text] = true;
	for (size_t p = s->n_pattern; p-- > 0;) {
		for (size_t t = s->n_text + 1; t-- > 0;) {
			bool *cell = &fits[p * width + t];

			if (s->is_any(s->pattern, p))
				*cell = fits[(p + 1) * width + t]
					|| (t < s->n_text && fits[p * width + t + 1]);
			else
				*cell = t < s->n_text && fits[(p + 1) * width + t + 1]
					&& s->fits(s->pattern, p, s->text, t);
		}
	}
	result = fits[0];
	free(fits);
	return result;
}

/* --- texts, as arrays of characters ----------------------------------------------------------- */

struct characters {
	uint32_t *c;
	size_t n;
};

/* A byte that is in no character is one by itself, and no other. */
static struct characters decode(const char *text, size_t len)
{
	struct characters out = { calloc(len + 1, sizeof(*out.c)), 0 };

	if (!out.c)
		abort();
	for (size_t n; len > 0; text += n, len -= n) {
		uint32_t c = 0x110000 + (unsigned char)*text;

		n = utf8_decode(text, len, &c);
		if (n == 0)
			n = 1;
		out.c[out.n++] = c;
	}
	return out;
}

static bool is_star(const void *pattern, size_t at)
{
	return ((const struct characters *)pattern)->c[at] == '*';
}

static bool character_fits(const void *pattern, size_t p, const void *text, size_t t)
{
	uint32_t c = ((const struct characters *)pattern)->c[p];

	return c == '?' || c == ((const struct characters *)text)->c[t];
}

static bool slow_text_n(const char *pattern, size_t pattern_len, const char *text, size_t text_len)
{
	struct characters p = decode(pattern, pattern_len), t = decode(text, text_len);
	bool fits = table_fits(&(struct sequences){ &p, &t, p.n, t.n, is_star, character_fits });

	free(p.c);
	free(t.c);
	return fits;
}

static bool slow_text(const char *pattern, const char *text)
{
	return slow_text_n(pattern, strlen(pattern), text, strlen(text));
}

/* --- the same for rules that allow: no '*' or '?' takes a part of a segment ".." -------------- */

struct masked {
	struct characters c;
	bool *up; /* the character is of a segment ".." */
};

static bool ends_segment(const struct characters *c, size_t at)
{
	return at == c->n || c->c[at] == '/' || c->c[at] == '=' || c->c[at] == ':'
		|| c->c[at] == ',';
}

static void mask(struct masked *m)
{
	m->up = calloc(m->c.n + 1, sizeof(*m->up));
	if (!m->up)
		abort();
	for (size_t i = 0; i + 1 < m->c.n; i++)
		if (m->c.c[i] == '.' && m->c.c[i + 1] == '.' && ends_segment(&m->c, i + 2)
			&& (i == 0 || ends_segment(&m->c, i - 1)))
			m->up[i] = m->up[i + 1] = true;
}

/* The pattern's element `p` takes the text's `t`, and stays where it is if it is a star. */
static bool takes(const struct characters *p, size_t at, const struct masked *m, size_t t)
{
	if (p->c[at] == '*' || p->c[at] == '?')
		return !m->up[t];
	return p->c[at] == m->c.c[t];
}

static bool slow_narrow(const char *pattern, const char *text)
{
	struct characters p = decode(pattern, strlen(pattern));
	struct masked m = { .c = decode(text, strlen(text)) };
	const size_t width = m.c.n + 1;
	bool *fits = calloc((p.n + 1) * width, sizeof(*fits)), result;

	if (!fits)
		abort();
	mask(&m);
	fits[p.n * width + m.c.n] = true;
	for (size_t i = p.n; i-- > 0;)
		for (size_t t = width; t-- > 0;)
			fits[i * width + t] = (p.c[i] == '*' && fits[(i + 1) * width + t])
				|| (t < m.c.n && takes(&p, i, &m, t)
					&& fits[(p.c[i] == '*' ? i : i + 1) * width + t + 1]);
	result = fits[0];
	free(fits);
	free(p.c);
	free(m.c.c);
	free(m.up);
	return result;
}

/*
 * The fast one may err towards false, but only where the text has such a segment, and the pattern
 * several stars.
 */
static bool checked_narrow(const char *pattern, const char *text)
{
	const bool fast = glob_text_narrow(pattern, text), slow = slow_narrow(pattern, text);
	const char *star = strchr(pattern, '*');

	must(!fast || slow);
	must(fast == slow || (strstr(text, "..") && star && strchr(star + 1, '*')));
	must(strstr(text, "..") || slow == slow_text(pattern, text));
	return fast;
}

/* --- paths, as arrays of segments ------------------------------------------------------------- */

#define SEGMENTS_MAX 16384

struct segments {
	const char *start[SEGMENTS_MAX];
	size_t len[SEGMENTS_MAX];
	size_t n;
};

static void split(const char *path, struct segments *ret)
{
	ret->n = 0;
	while (*path == '/' && path[1] != '\0') {
		must(ret->n < SEGMENTS_MAX);
		ret->start[ret->n] = path + 1;
		ret->len[ret->n] = strcspn(path + 1, "/");
		path += 1 + ret->len[ret->n++];
	}
}

static bool is_any_segments(const void *pattern, size_t at)
{
	const struct segments *s = pattern;

	return s->len[at] == 2 && memcmp(s->start[at], "**", 2) == 0;
}

static bool segment_fits(const void *pattern, size_t p, const void *text, size_t t)
{
	const struct segments *a = pattern, *b = text;

	return slow_text_n(a->start[p], a->len[p], b->start[t], b->len[t]);
}

/* At the end, "**" is at least one: as if a "*" stood behind it. */
static bool slow_path(const char *pattern, const char *path)
{
	static struct segments p, t;

	split(pattern, &p);
	split(path, &t);
	if (p.n > 0 && is_any_segments(&p, p.n - 1)) {
		p.start[p.n] = "*";
		p.len[p.n++] = 1;
	}
	return table_fits(&(struct sequences){ &p, &t, p.n, t.n, is_any_segments, segment_fits });
}

/* --- rules ------------------------------------------------------------------------------------ */

static bool is_any_words(const void *pattern, size_t at)
{
	return rule_is_any_words(&((const struct patterns *)pattern)[at]);
}

static bool narrow; /* as for a rule that allows */

/* What the word means from the directory. */
static char *meaning(const char *from, const char *text)
{
	char *path;

	if ((text[0] != '/' && !from) || strlen(text) >= LIMIT_PATH)
		return NULL;
	path = malloc(strlen(text) + (from ? strlen(from) : 0) + 2);
	if (!path)
		abort();
	path_normalize(from, text, path);
	return path;
}

static const char *directory, *likely_directory; /* of the candidate */
static bool bare; /* its program takes a word without a slash for a file's name */

/* Whether the program neither runs others nor has subcommands. */
static bool takes_files(const struct candidate_program *p)
{
	return !p->name
		|| (program_of(p->name) == PROGRAM_PLAIN && !program_has_verbs(p->name)
			&& !program_can_run(p->name));
}

/*
 * The word is nothing but a path, and ".." stands first in it or nowhere: what comes before its
 * first slash has none of the characters of options, assignments, URLs and hosts.
 */
static bool means_narrow(const char *pattern, const char *text)
{
	const char *rest = text, *slash = strchr(text, '/'), *sign = strpbrk(text, ":=@");
	char *path;
	bool fits;

	if (pattern[0] != '/' || text[0] == '\0' || strchr("-+~!|%", text[0]) || (!slash && !bare)
		|| (sign && (!slash || sign < slash)) || strstr(text, "proc/"))
		return false;
	while (strncmp(rest, "../", 3) == 0)
		rest += 3;
	for (const char *s = rest; *s; s += strcspn(s, "/"), s += *s == '/')
		if (strncmp(s, "..", 2) == 0 && (s[2] == '/' || s[2] == '\0'))
			return false;
	path = meaning(directory, text);
	fits = path && checked_narrow(pattern, path);
	free(path);
	return fits;
}

/* The path without "/proc/PID/root" and "/proc/PID/task/TID/root" at its beginning. */
static const char *in_root(const char *path)
{
	static struct segments s;
	size_t root;

	for (;;) {
		split(path, &s);
		if (s.n < 3 || s.len[0] != 4 || memcmp(s.start[0], "proc", 4) != 0)
			return path;
		root = s.n > 4 && s.len[2] == 4 && memcmp(s.start[2], "task", 4) == 0 ? 4 : 2;
		if (s.len[root] != 4 || memcmp(s.start[root], "root", 4) != 0)
			return path;
		path = s.n > root + 1 ? s.start[root + 1] - 1 : "/";
	}
}

/* A pattern of nothing but wildcards is not about certain files. */
static bool means_wide(const char *pattern, const char *text)
{
	char *path;
	bool fits;

	if (pattern[0] != '/' || text[0] == '\0' || (text[0] == '-' && !strchr(text, '/'))
		|| (strspn(pattern, "/*?") == strlen(pattern) && strpbrk(pattern, "*?")))
		return false;
	path = meaning(directory ? directory : likely_directory, text);
	fits = path && slow_text(pattern, in_root(path));
	free(path);
	return fits;
}

static bool pattern_fits(const char *pattern, const struct candidate_word *w)
{
	if (narrow)
		return checked_narrow(pattern, w->text)
			|| (!w->path_unknown && means_narrow(pattern, w->text));
	return slow_text(pattern, w->text)
		|| (w->path_unknown && pattern[0] == '/'
			&& (strspn(pattern, "/*?") < strlen(pattern) || !strpbrk(pattern, "*?")))
		|| means_wide(pattern, w->text);
}

static bool word_fits(const void *pattern, size_t p, const void *text, size_t t)
{
	const struct patterns *element = &((const struct patterns *)pattern)[p];
	const struct candidate_word *w = &((const struct candidate_word *)text)[t];

	for (size_t i = 0; i < element->n; i++)
		if (pattern_fits(element->any[i], w))
			return true;
	return false;
}

static bool words_fit(const struct rule *rule, const struct candidate *s, size_t from, size_t to)
{
	return table_fits(&(struct sequences){ rule->argv + 1, s->words + from, rule->n_argv - 1,
		to - from, is_any_words, word_fits });
}

/* Where options stand before the subcommand, that may be any word after them. */
static bool words_fit_after(const struct rule *rule, const struct candidate *s, size_t from,
	size_t to, bool options_first)
{
	bool fits = words_fit(rule, s, from, to);

	for (; options_first && rule->n_argv > 1 && !fits && from < to; from++)
		fits = words_fit(rule, s, from + 1, to);
	return fits;
}

/* The command that begins before this word may end after each that says so, and at the end. */
static bool command_fits(
	const struct rule *rule, const struct candidate *s, size_t from, bool options_first)
{
	for (size_t to = from; to <= s->n_words; to++)
		if ((to == s->n_words || (to > 0 && s->words[to - 1].ends))
			&& words_fit_after(rule, s, from, to, options_first))
			return true;
	return false;
}

static bool wide_fits(const char *pattern, const struct candidate_program *p, bool wrapped)
{
	const char *last = path_name(pattern);

	if (last == pattern)
		return slow_text(pattern, p->name);
	if (p->path && slow_path(pattern, p->path))
		return true;
	if (p->path && (!wrapped || strspn(last, "*") == strlen(last)))
		return wrapped
			&& ((strncmp(pattern, "/usr/", 5) == 0 && slow_path(pattern + 4, p->path))
				|| (strncmp(p->path, "/usr/", 5) == 0
					&& slow_path(pattern, p->path + 4)));
	if (strspn(last, "*") == strlen(last))
		return !p->searched;
	return slow_text(last, p->name);
}

static bool narrow_fits(
	const char *pattern, const struct candidate_program *p, const struct trusted *trusted)
{
	size_t len = strlen(p->path) - strlen(p->name);

	if (strchr(pattern, '/'))
		return slow_path(pattern, p->path);
	if (!slow_text(pattern, p->name))
		return false;
	for (size_t i = 0; i < trusted->n; i++)
		if (strlen(trusted->directories[i]) + 1 == len
			&& strncmp(trusted->directories[i], p->path, len - 1) == 0)
			return true;
	return false;
}

static bool any_wide(const struct rule *rule, const struct candidate_program *p, bool wrapped)
{
	for (size_t i = 0; p->name && i < rule->argv[0].n; i++)
		if (wide_fits(rule->argv[0].any[i], p, wrapped))
			return true;
	return false;
}

static bool any_narrow(
	const struct rule *rule, const struct candidate_program *p, const struct trusted *trusted)
{
	for (size_t i = 0; p->name && i < rule->argv[0].n; i++)
		if (narrow_fits(rule->argv[0].any[i], p, trusted))
			return true;
	return !p->name;
}

static bool argv_fits(
	const struct rule *rule, const struct candidate *s, const struct trusted *trusted)
{
	narrow = rule->action == DECISION_ALLOW;
	directory = candidate_directory(s);
	if (narrow && (s->inner_directory || s->any_inner_directory))
		directory = NULL;
	likely_directory = s->likely_directory;
	bare = !s->wrapped && takes_files(&s->narrow) && takes_files(&s->narrow_real);
	if (narrow)
		return s->narrow.name && any_narrow(rule, &s->narrow, trusted)
			&& (trusted_leads(trusted, &s->narrow, &s->narrow_real)
				|| any_narrow(rule, &s->narrow_real, trusted))
			&& words_fit(rule, s, 0, s->n_words);

	if ((any_wide(rule, &s->executable, s->form == CANDIDATE_COMMAND)
		    || any_wide(rule, &s->real, false))
		&& words_fit_after(rule, s, 0, s->n_words, s->options_first))
		return true;
	for (size_t i = 0; s->wrapped && i < s->n_words; i++)
		if (s->words[i].command && any_wide(rule, &s->words[i].program, true)
			&& command_fits(rule, s, i + 1, s->words[i].options_first))
			return true;
	return false;
}

/* In an opaque line a command may end after some of the words. */
static bool argv_fits_somewhere(
	const struct rule *rule, const struct candidate *s, const struct trusted *trusted)
{
	struct candidate cut = *s;

	if (s->form != CANDIDATE_WORDS)
		return argv_fits(rule, s, trusted);

	/* Of a part of the words, the program is one of them. */
	cut.executable = cut.real = (struct candidate_program){ 0 };
	for (cut.n_words = 1; cut.n_words <= s->n_words; cut.n_words++)
		if (s->words[cut.n_words - 1].ends && argv_fits(rule, &cut, trusted))
			return true;
	return argv_fits(rule, s, trusted);
}

static bool has_id(const struct ids *ids, id_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->ids[i] == id)
			return true;
	return ids->n == 0;
}

static bool claim_fits(const struct rule *rule, enum field claim, const char *text)
{
	const struct patterns *p = &rule->claims[claim];

	if (p->n > 0 && !text)
		return rule->action != DECISION_ALLOW;
	for (size_t i = 0; i < p->n; i++)
		if (claim == FIELD_CWD ? slow_path(p->any[i], text) : slow_text(p->any[i], text))
			return true;
	return p->n == 0;
}

static bool rule_fits(
	const struct rule *rule, const struct candidate *s, const struct trusted *trusted)
{
	const struct request *q = s->request;

	for (size_t i = 0; i < rule->n_except; i++)
		if (argv_fits(&rule->except[i], s, trusted))
			return false;
	return argv_fits_somewhere(rule, s, trusted) && has_id(&rule->users, s->asker->uid)
		&& has_id(&rule->groups, s->asker->groups[0])
		&& claim_fits(rule, FIELD_AGENT_ID, q->asked.agent_id)
		&& claim_fits(rule, FIELD_SESSION_ID, q->asked.session_id)
		&& claim_fits(rule, FIELD_SANDBOX_ID, q->asked.sandbox_id)
		&& claim_fits(rule, FIELD_PROFILE, q->asked.profile)
		&& claim_fits(rule, FIELD_CWD, s->directory);
}

/* --- the comparison --------------------------------------------------------------------------- */

static bool rule_fits_any(
	const struct rule *rule, const struct candidates *c, const struct trusted *trusted)
{
	size_t n = rule->action == DECISION_ALLOW ? 1 : c->n;

	for (size_t i = 0; i < n; i++)
		if (rule_fits(rule, &c->all[i], trusted))
			return true;
	return false;
}

static void compare(const struct policy *policy, const struct candidates *c)
{
	static const struct {
		enum decision action;
		bool remember;
	} strictest[] = {
		{ DECISION_DENY, false },
		{ DECISION_PENDING, false },
		{ DECISION_PENDING, true },
		{ DECISION_ALLOW, false },
	};
	const struct candidate *s = &c->all[0];
	struct judgement j;

	if (policy_judge(policy, s->request, s->asker, DECISION_DENY, &j) < 0)
		return;
	must(!j.hidden || j.decision != DECISION_ALLOW);
	if (!j.by_rule && strcmp(j.rule, RULE_DEFAULT) != 0)
		return;

	for (size_t i = 0; i < 4; i++) {
		for (size_t n = 0; n < policy_size(policy); n++) {
			const struct rule *rule = policy_rule(policy, n);

			if (rule->action != strictest[i].action
				|| rule->remember != strictest[i].remember
				|| !rule_fits_any(rule, c, policy_trusted(policy)))
				continue;
			must(j.by_rule && j.index == n && j.decision == strictest[i].action
				&& j.remember == (strictest[i].remember && !s->hidden));
			return;
		}
	}
	must(!j.by_rule);
}

static void judge(const struct policy *policy, const char *text, size_t len)
{
	static const gid_t groups[] = { 100 };
	const struct asker asker = { .uid = 1000, .groups = groups, .n_groups = 1 };
	cleanup(request_free_p) struct request *request = NULL;
	struct candidates c;

	if (request_parse(text, len, &request) < 0 || request->fault
		|| request->action != ACTION_EXEC || candidates_init(&c, request, &asker) < 0)
		return;
	compare(policy, &c);
	candidates_deinit(&c);
}

static void check_policy(const char *text, size_t len, const char *request, size_t request_len)
{
	cleanup(policy_free_p) struct policy *policy = NULL;
	cleanup(bytes_deinit) struct bytes lines = BYTES_PRINTED;
	struct faults faults;
	int r;

	faults_init(&faults);
	r = policy_parse(text, len, &names, &faults, &policy);
	must((r == POLICY_FAULTY) == (faults.n > 0) && (r == 0) == (policy != NULL));
	must(faults_print(&faults, "FILE", &lines) < 0 || utf8_is_valid(lines.data, lines.len));
	faults_deinit(&faults);
	if (policy)
		judge(policy, request, request_len);
}

/* Both are C strings here. */
static void check_glob(bool path, const char *pattern, const char *text)
{
	if (strlen(pattern) * strlen(text) > 1000000)
		return;
	if (!path && !glob_text_fault(pattern) && utf8_is_valid(pattern, strlen(pattern))
		&& utf8_is_valid(text, strlen(text))) {
		must(glob_text(pattern, text) == slow_text(pattern, text));
		checked_narrow(pattern, text);
	}
	if (path && !glob_path_fault(pattern) && utf8_is_valid(pattern, strlen(pattern))
		&& (path_is_normal(text) || strcmp(text, "/") == 0)
		&& utf8_is_valid(text, strlen(text)))
		must(glob_path(pattern, text) == slow_path(pattern, text));
}

/* --- policies that are made ------------------------------------------------------------------- */

struct choices {
	const uint8_t *at, *end;
};

static unsigned int choose(struct choices *c, unsigned int n)
{
	return c->at < c->end ? *c->at++ % n : 0;
}

#define CHOOSE(c, array) (array)[choose(c, LENGTH(array))]

static void append(struct bytes *b, const char *text)
{
	must(bytes_append_str(b, text) >= 0);
}

static void append_strings(
	struct bytes *b, struct choices *c, const char *const *words, size_t n_words, size_t n)
{
	append(b, "[");
	for (size_t i = 0; i < n; i++) {
		append(b, i > 0 ? ",\"" : "\"");
		append(b, words[choose(c, (unsigned int)n_words)]);
		append(b, "\"");
	}
	append(b, "]");
}

static const char *const programs[] = { "a", "b", "git", "a*", "?", "*", "env", "/x/a", "/x/*",
	"/**/a", "/x/**", "sh", "/x/a*", "/*/?", "/x/y/**/b", "/x/y/b" };
static const char *const word_patterns[] = { "a", "b", "*", "?", "a*", "*b", "?*?", "-S", "",
	"/x/a", "b/../a", "*a*a*", "/x/*", "/*", "/x/y/?*", "*/..", "../*" };
static const char *const words[] = { "a", "b", "ab", "aab", "", "-S", "env", "/x/a", "/x/./y/../a",
	"y/b", "../a", "./b", "..", "b/../a", "x=../b", "ü", "aaab", "/x/y/z/b", "xargs", "-exec",
	";", "+", "-u", "--", "timeout", "5", "find", "git", "-C", "sh", "-c", "a b",
	"b; env a ab | sh -c 'a a'", "x $a b; a", "cd /x && a; a", "'a b' `a` -- b" };
static const char *const paths[] = { "/x/a", "/x/b", "/x/env", "/x/y/b", "/a", "/x/y/z/b", "/x/ab",
	"/x/busybox", "/x/find", "/x/timeout", "/x/sh" };

/* The elements after the first. */
static void append_elements(struct bytes *b, struct choices *c, unsigned int n)
{
	unsigned int kind;

	for (; n > 0; n--) {
		append(b, ",");
		kind = choose(c, 3);
		if (kind == 0)
			append(b, "\"**\"");
		else
			append_strings(b, c, word_patterns, LENGTH(word_patterns), kind);
	}
}

static void append_rule(struct bytes *b, struct choices *c, size_t index)
{
	static const char *const actions[] = { "deny", "pending_hitl", "allow" };
	const char *action = CHOOSE(c, actions);
	unsigned int n = choose(c, 6);

	must(bytes_appendf(b, "%s{\"id\":\"r%zu\",\"action\":\"%s\",\"opaque\":%s,\"argv\":[",
		     index > 0 ? "," : "", index, action, action == actions[2] ? "true" : "false")
		>= 0);
	append_strings(b, c, programs, LENGTH(programs), 1 + choose(c, 2));
	append_elements(b, c, n);
	append(b, "]");
	if (choose(c, 3) == 0) {
		append(b, ",\"except\":[[");
		append_strings(b, c, programs, LENGTH(programs), 1 + choose(c, 2));
		append_elements(b, c, choose(c, 4));
		append(b, "]]");
	}
	append(b, choose(c, 4) == 0 ? ",\"cwd\":[\"/x\",\"/x/**\"]}" : "}");
}

static void check_made(struct choices *c)
{
	cleanup(bytes_deinit) struct bytes policy = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	size_t n = 1 + choose(c, 6);

	append(&request,
		"{\"action\":\"local.exec\",\"sandbox_id\":\"s\",\"session_id\":\"s\","
		"\"profile\":\"p\",\"hitl_mode\":\"async_token\",\"executable\":\"");
	append(&request, CHOOSE(c, paths));
	if (choose(c, 2)) {
		append(&request, "\",\"real_path\":\"");
		append(&request, CHOOSE(c, paths));
	}
	append(&request, choose(c, 2) ? "\",\"cwd\":\"/x/y\"" : "\"");
	append(&request, ",\"args\":");
	append_strings(&request, c, words, LENGTH(words), choose(c, 8));
	append(&request, "}");

	append(&policy, "{\"trusted_path\":[\"/x\"],\"exec\":[");
	for (size_t i = 0; i < n; i++)
		append_rule(&policy, c, i);
	append(&policy, "]}");
	check_policy(policy.data, policy.len, request.data, request.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(free_p) char *copy = malloc(size + 1);
	char *second, *third;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';

	second = memchr(copy, '\0', size);
	if (!second) {
		check_policy(copy, size, "", 0);
		return 0;
	}
	second++;
	if (strcmp(copy, "make") == 0) {
		check_made(&(struct choices){ (uint8_t *)second, (uint8_t *)copy + size });
		return 0;
	}
	third = memchr(second, '\0', (size_t)(copy + size - second));
	if (third && (strcmp(copy, "text") == 0 || strcmp(copy, "path") == 0))
		check_glob(copy[0] == 'p', second, third + 1);
	else
		check_policy(
			copy, (size_t)(second - 1 - copy), second, (size_t)(copy + size - second));
	return 0;
}
