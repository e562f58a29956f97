/* SPDX-License-Identifier: ISC */

/*
 * Whether rules fit targets. Compiled policies come first: their patterns have a form of their own.
 */

#include "gate/policy/rule-target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/idna.h"
#include "base/path.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"

/* --- rules of compiled policies --------------------------------------------------------------- */

/*
 * A pattern without a slash is the name of a file in any directory. A pattern of several commands,
 * such as "curl * | sh", may begin at any command of a line.
 */
static enum glob_reach reach_of(const char *pattern, enum kind kind, enum glob_reach otherwise)
{
	const bool is_path = kind == KIND_READ || kind == KIND_WRITE;

	if (is_path && !strchr(pattern, '/'))
		return GLOB_ANY_DEPTH;
	return kind == KIND_EXEC && strpbrk(pattern, "|;&\n") ? GLOB_ANY_WORD : otherwise;
}

static bool fits_wide(const struct patterns *p, enum kind kind, const struct target_text *text)
{
	for (size_t i = 0; i < p->n; i++)
		if (glob_run_wide(p->any[i], text->text, reach_of(p->any[i], kind, text->reach)))
			return true;
	return false;
}

static bool fits_narrow(const struct patterns *p, const char *text)
{
	for (size_t i = 0; i < p->n; i++)
		if (glob_run_narrow(p->any[i], text))
			return true;
	return false;
}

static bool is_any(const struct patterns *p, const char *text, bool any_case)
{
	for (size_t i = 0; text && i < p->n; i++)
		if (strcmp(p->any[i], text) == 0 || (any_case && strcasecmp(p->any[i], text) == 0))
			return true;
	return false;
}

static bool fits_line(const struct rule *rule, const struct target *t)
{
	bool any = false;

	if (rule->action == DECISION_ALLOW) {
		for (size_t i = 0; i < t->n; i++) {
			if (t->texts[i].command && !fits_narrow(&rule->targets, t->texts[i].text))
				return false;
			any |= t->texts[i].command;
		}
		return t->understood && any;
	}
	for (size_t i = 0; i < t->n; i++)
		if (fits_wide(&rule->targets, t->kind, &t->texts[i]))
			return true;
	return false;
}

static bool fits_branch(const struct rule *rule, const struct target *t)
{
	if (rule->pushes && !t->pushes)
		return false;
	if (t->any_branch || t->odd_branch)
		return true;
	for (size_t i = 0; i < t->n; i++)
		if (is_any(&rule->targets, t->texts[i].text, true))
			return true;
	return false;
}

/* If the request names no server, its target may begin with the name of one. */
static bool may_name_any(const struct patterns *p, const char *target)
{
	const size_t len = target ? strcspn(target, ":") : 0;

	for (size_t i = 0; target && i < p->n; i++)
		if (strlen(p->any[i]) == len && strncasecmp(p->any[i], target, len) == 0)
			return true;
	return false;
}

static bool fits_server(const struct rule *rule, const struct target *t)
{
	if (rule->except_targets.n > 0 || rule->targets.n == 0)
		return !is_any(&rule->except_targets, t->server, false);
	return t->server ? is_any(&rule->targets, t->server, true)
			 : may_name_any(&rule->targets, t->request->evaluate.target);
}

static bool fits_compiled(const struct rule *rule, const struct target *t)
{
	switch (t->kind) {
	case KIND_GIT:
		return fits_branch(rule, t);
	case KIND_MCP:
		return fits_server(rule, t);
	default:
		return fits_line(rule, t);
	}
}

/* --- paths ------------------------------------------------------------------------------------ */

enum width { WIDE, NARROW };

#define PATTERN_MAX (LIMIT_PATTERN + LIMIT_PATH + 8)

/* Buffers are zeroed when they are declared, so those of paths are in functions of their own. */

/* A quick filter: the path must end with the part after the last '*', '?' or slash of a pattern. */
static bool may_end(const char *pattern, const char *path, size_t path_len)
{
	const size_t len = strlen(pattern);
	size_t n = 0;

	if (!strchr("*?", pattern[len - 1]) && pattern[len - 1] != path[path_len - 1])
		return false;
	while (n < len && !strchr("*?/", pattern[len - n - 1]))
		n++;
	return n <= path_len && memcmp(pattern + len - n, path + path_len - n, n) == 0;
}

static bool fits_at_any_depth(const char *pattern, const char *path)
{
	char anywhere[PATTERN_MAX];

	if (pattern[0] == '/')
		return glob_path(pattern, path);
	snprintf(anywhere, sizeof(anywhere), "/**/%s", pattern);
	return glob_path(anywhere, path);
}

/* Puts a slash before the path, which is cut to the length of one. */
static bool fits_if_rooted(const char *pattern, const char *path)
{
	char rooted[LIMIT_PATH + 2];

	snprintf(rooted, sizeof(rooted), "/%s", path);
	return path_is_normal(rooted) && fits_at_any_depth(pattern, rooted);
}

/* A relative pattern fits at any depth, and "~" may be any directory. */
static bool path_fits_wide(const char *pattern, const char *path, size_t path_len)
{
	if (path_len == 0 || !may_end(pattern, path, path_len) || !glob_budget_spend(path_len))
		return false;
	if (pattern[0] == '~')
		pattern += 2;
	if (path[0] != '/')
		return fits_if_rooted(pattern, path);
	return path_is_normal(path) && fits_at_any_depth(pattern, path);
}

/* A pattern that begins at a directory fits nothing if that isn't known. */
static bool fits_below(const char *start, const char *pattern, const char *path)
{
	char absolute[PATTERN_MAX];

	if (!start || strpbrk(start, "*?") || !path_is_normal(start) || strlen(start) > LIMIT_PATH)
		return false;
	snprintf(absolute, sizeof(absolute), "%s/%s", start[1] ? start : "", pattern);
	return glob_path(absolute, path);
}

/* Relative patterns begin at the asker's directory, and those with "~/" at the home directory. */
static bool path_fits_narrow(const char *pattern, const char *path, const struct target *t)
{
	if (!path || !glob_budget_spend(strlen(path)) || !path_is_normal(path))
		return false;
	if (pattern[0] == '/')
		return glob_path(pattern, path);
	if (pattern[0] == '~')
		return fits_below(t->asker ? t->asker->home : NULL, pattern + 2, path);
	return fits_below(t->directory, pattern, path);
}

static bool any_path_narrow(const struct patterns *p, const char *path, const struct target *t)
{
	for (size_t i = 0; i < p->n; i++)
		if (path_fits_narrow(p->any[i], path, t))
			return true;
	return false;
}

/* For an allowing rule, the real path must be known and fit as well. */
static bool paths_fit(const struct patterns *p, const struct target *t, enum width width)
{
	if (width == NARROW)
		return !t->leads_up && any_path_narrow(p, t->absolute, t)
			&& any_path_narrow(p, t->real, t);
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < t->n; k++)
			if (path_fits_wide(p->any[i], t->texts[k].text, t->texts[k].len))
				return true;
	return false;
}

/* --- URLs ------------------------------------------------------------------------------------- */

static bool url_path_fits(const struct url *p, const struct url *u, enum width width)
{
	if (strcmp(p->path, "/**") == 0 || strcmp(p->path, u->path) == 0)
		return width == WIDE || u->plain_path;
	if (strcmp(p->path, "/") == 0)
		return width == WIDE;
	return (width == WIDE || u->plain_path) && glob_path(p->path, u->path);
}

static bool has_label(const char *host, const char *label, size_t label_len)
{
	size_t len;

	for (; *host; host += len + (host[len] == '.')) {
		len = strcspn(host, ".");
		if (len == label_len && memcmp(host, label, len) == 0)
			return true;
	}
	return false;
}

/* An encoded label of a host ("xn--…") can look like any other one: no wildcard stands for it. */
static bool names_encoded_labels(const char *pattern, const char *host)
{
	size_t len;

	for (; *host; host += len + (host[len] == '.')) {
		len = strcspn(host, ".");
		if (idna_is_encoded(host, len) && !has_label(pattern, host, len))
			return false;
	}
	return true;
}

/* Compares each part separately. */
static bool url_fits(const struct url *p, const struct url *u, enum width width)
{
	if (!glob_text(p->scheme, u->scheme) || !glob_text(p->host, u->host))
		return false;
	if (width == NARROW && !names_encoded_labels(p->host, u->host))
		return false;
	if (p->port[0] || width == NARROW)
		if (strcmp(p->port, "*") != 0 && strcmp(p->port, u->port) != 0)
			return false;
	return url_path_fits(p, u, width);
}

static bool urls_fit(const struct url *p, size_t n, const struct target *t, enum width width)
{
	if (!t->url.host)
		return width == WIDE;
	for (size_t i = 0; i < n; i++)
		if (url_fits(&p[i], &t->url, width))
			return true;
	return false;
}

/* --- branches, servers, tools ----------------------------------------------------------------- */

/* For a rule that denies or asks: without regard to case and to blanks around the word. */
static bool word_fits_wide(const char *pattern, const char *word)
{
	char trimmed[LIMIT_STRING + 1];
	size_t len;

	word += strspn(word, " \t\r\n\v\f");
	for (len = strlen(word); len > 0 && strchr(" \t\r\n\v\f", word[len - 1]); len--)
		;
	if (len >= sizeof(trimmed))
		return true;

	memcpy(trimmed, word, len);
	trimmed[len] = '\0';
	return glob_run_wide(pattern, trimmed, GLOB_WHOLE);
}

/* A missing value fits if the rule denies or asks. */
static bool word_fits(const struct patterns *p, const char *word, enum width width)
{
	if (p->n == 0)
		return true;
	if (!word)
		return width == WIDE;
	for (size_t i = 0; i < p->n; i++)
		if (glob_text(p->any[i], word)
			|| (width == WIDE && word_fits_wide(p->any[i], word)))
			return true;
	return false;
}

static bool branches_fit(const struct patterns *p, const struct target *t, enum width width)
{
	bool all = t->n > 0, any = false, fits;

	if (p->n == 0)
		return true;
	if (t->any_branch || t->odd_branch)
		return width == WIDE;
	for (size_t i = 0; i < t->n && !glob_budget_is_spent(); i++) {
		fits = word_fits(p, t->texts[i].text, width);
		any |= fits;
		all &= fits || !t->texts[i].name;
	}
	return width == WIDE ? any : all;
}

/* "SERVER:TOOL". */
static bool tool_fits(const struct patterns *p, const struct target *t)
{
	char text[2 * LIMIT_STRING + 2];

	snprintf(text, sizeof(text), "%s:%s", t->server ? t->server : "", t->tool ? t->tool : "");
	return word_fits(p, text, NARROW);
}

/* --- native rules ----------------------------------------------------------------------------- */

static bool fits_native(const struct rule *rule, const struct target *t, enum width width)
{
	switch (t->kind) {
	case KIND_READ:
	case KIND_WRITE:
		return paths_fit(&rule->targets, t, width);
	case KIND_FETCH:
		return urls_fit(rule->urls, rule->n_urls, t, width);
	case KIND_GIT:
		return (!rule->pushes || t->pushes)
			&& word_fits(&rule->operations, t->operation, width)
			&& branches_fit(&rule->targets, t, width);
	case KIND_MCP:
		return word_fits(&rule->targets, t->server, width)
			&& word_fits(&rule->tools, t->tool, width);
	default:
		return false;
	}
}

/* Exceptions are the reverse of their rule: narrow if the rule is wide, wide if it is narrow. */
static bool is_excepted(const struct rule *rule, const struct target *t, enum width width)
{
	const struct patterns *p = &rule->except_targets;
	const enum width other = width == WIDE ? NARROW : WIDE;
	const char *fault;
	struct url url;
	bool found = false;

	switch (t->kind) {
	case KIND_READ:
	case KIND_WRITE:
		if (t->operand && other == NARROW)
			return !t->leads_up && any_path_narrow(p, t->absolute, t);
		return p->n > 0 && paths_fit(p, t, other);
	case KIND_FETCH:
		for (size_t i = 0; !found && i < p->n; i++) {
			if (url_parse(p->any[i], URL_PATTERN, &url, &fault) != 0)
				return width == NARROW;
			found = urls_fit(&url, 1, t, other);
			url_deinit(&url);
		}
		return found;
	case KIND_GIT:
		return p->n > 0 && branches_fit(p, t, other);
	default:
		return p->n > 0 && tool_fits(p, t);
	}
}

bool rule_fits_target_itself(const struct rule *rule, const struct target *t)
{
	const enum width width = rule->action == DECISION_ALLOW ? NARROW : WIDE;

	if (rule->compiled)
		return fits_compiled(rule, t);
	return fits_native(rule, t, width) && !is_excepted(rule, t, width);
}

bool rule_fits_target(const struct rule *rule, const struct target *t)
{
	return rule_fits_target_itself(rule, t)
		&& rule_try_asker(rule, t->request, t->asker, t->request->asked.cwd, NULL)
		== RULE_MATCHES;
}

enum rule_miss rule_try_target(
	const struct rule *rule, const struct target *t, struct rule_reach *reach)
{
	const enum width width = rule->action == DECISION_ALLOW ? NARROW : WIDE;
	const enum rule_miss asker =
		rule_try_asker(rule, t->request, t->asker, t->request->asked.cwd, reach);

	if (rule_fits_target_itself(rule, t))
		return asker;
	if (rule->compiled)
		return RULE_OTHER_TARGET;
	if (fits_native(rule, t, width))
		return RULE_EXCEPTED;
	return fits_native(rule, t, WIDE) ? RULE_NOT_NARROW : RULE_OTHER_TARGET;
}

bool rule_names_target(const struct rule *rule, const struct target *t)
{
	for (size_t i = 0; i < rule->targets.n; i++)
		if (glob_is_literal(rule->targets.any[i])
			&& path_fits_narrow(rule->targets.any[i], t->absolute, t))
			return true;
	return false;
}

static bool names_home(const struct patterns *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->any[i][0] == '~')
			return true;
	return false;
}

bool rule_needs_home(const struct rule *rule)
{
	if (rule->kind != KIND_READ && rule->kind != KIND_WRITE)
		return false;
	return names_home(rule->action == DECISION_ALLOW ? &rule->targets : &rule->except_targets);
}
