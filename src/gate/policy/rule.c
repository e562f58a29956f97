/* SPDX-License-Identifier: ISC */

/* Whether a rule matches a candidate. */

#include "gate/policy/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "gate/policy/glob.h"
#include "gate/policy/program-name.h"
#include "gate/policy/program.h"

static bool any_fits(
	const struct patterns *p, bool (*fits)(const char *, const char *), const char *text)
{
	for (size_t i = 0; i < p->n; i++)
		if (fits(p->any[i], text))
			return true;
	return false;
}

bool rule_is_any_words(const struct patterns *element)
{
	return element->n == 1 && strcmp(element->any[0], "**") == 0;
}

/* --- the program ------------------------------------------------------------------------------ */

/* The same for a system whose /bin, /sbin and /lib are links into /usr: in the other spelling. */
static bool merged_fits(const char *pattern, const char *path)
{
	static const char usr[] = "/usr/";

	if (strncmp(pattern, usr, strlen(usr)) == 0)
		return glob_path(pattern + strlen(usr) - 1, path);
	return strncmp(path, usr, strlen(usr)) == 0 && glob_path(pattern, path + strlen(usr) - 1);
}

/*
 * `wrapped`: the path is as it was written, after a wrapper or in a line of shell. There, it also
 * fits by its last part, since one file has many paths. If the path isn't known, it may be any path
 * with that name. A bare name does not fit a pattern for all files of a directory: otherwise every
 * argument after a wrapper would fit.
 */
static bool path_could_fit(const char *pattern, const struct candidate_program *p, bool wrapped)
{
	const char *last = path_name(pattern);

	if (p->path && glob_path(pattern, p->path))
		return true;
	if (p->path && (!wrapped || strcmp(last, "*") == 0 || strcmp(last, "**") == 0))
		return wrapped && merged_fits(pattern, p->path);
	if (strcmp(last, "*") == 0 || strcmp(last, "**") == 0)
		return !p->searched;
	return glob_text(last, p->name);
}

/* Wide: a bare name fits a file in any directory. */
static bool name_fits(const struct patterns *first, const struct candidate_program *p, bool wrapped)
{
	for (size_t i = 0; i < first->n; i++)
		if (strchr(first->any[i], '/') ? path_could_fit(first->any[i], p, wrapped)
					       : glob_text(first->any[i], p->name))
			return true;
	return false;
}

bool rule_fits_link(const struct rule *rule, const char *path)
{
	const struct patterns *first = &rule->argv[0];

	for (size_t i = 0; i < first->n; i++)
		if (strchr(first->any[i], '/')
				? glob_path(first->any[i], path) || merged_fits(first->any[i], path)
				: glob_text(first->any[i], path_name(path)))
			return true;
	return false;
}

/* Whether it may be this file. A path that was written after a wrapper may be any of that name. */
static bool may_be(const struct candidate_program *p, const char *path, bool wrapped)
{
	return !p->path || wrapped || strcmp(p->path, path) == 0 || merged_fits(path, p->path);
}

/* Wide, and also by the names that lead to the program. */
static bool program_fits(const struct rule *rule, const struct trusted *trusted,
	const struct candidate_program *p, bool wrapped)
{
	const struct program_link *links;
	size_t n;

	if (name_fits(&rule->argv[0], p, wrapped))
		return true;
	if (trusted->links.n == 0)
		return false;
	links = program_links_find(&trusted->links, p->name, &n);
	for (size_t i = 0; i < n; i++)
		if (may_be(p, links[i].program, wrapped) && rule_fits_link(rule, links[i].path))
			return true;
	return false;
}

bool trusted_has(const struct trusted *trusted, const char *path)
{
	for (size_t i = 0; i < trusted->n; i++)
		if (path_is_in(path, trusted->directories[i]))
			return true;
	return false;
}

static bool is_in_store(const char *path)
{
	/* The first test is for speed. */
	return (path[1] == 'n' || path[1] == 'g')
		&& (glob_path("/nix/store/*/bin/*", path) || glob_path("/gnu/store/*/bin/*", path));
}

bool trusted_leads(const struct trusted *trusted, const struct candidate_program *link,
	const struct candidate_program *real)
{
	if (!link->path || !real->path || !trusted_has(trusted, link->path))
		return false;
	if (is_in_store(real->path) && strcmp(link->name, real->name) == 0)
		return true;
	return (trusted_has(trusted, real->path) || is_in_store(real->path))
		&& program_is_multicall(real->name) && !program_is_multicall(link->name)
		&& (!program_name_is(real->name, "coreutils") || program_is_coreutil(link->name));
}

/*
 * Every user may build programs of any name into a store. So a pattern for a file there must name
 * the directory in the store, which no other build can have, unless a trusted link leads there.
 */
static bool names_build(const char *pattern, const char *path)
{
	static const char nix[] = "/nix/store/", gnu[] = "/gnu/store/";
	const size_t len = sizeof(nix) - 1;
	const char *store = path[1] == 'n' ? nix : path[1] == 'g' ? gnu : NULL;

	if (!store || strncmp(path, store, len) != 0)
		return true;
	return strncmp(pattern, store, len) == 0
		&& strcspn(pattern + len, "*?") > strcspn(pattern + len, "/");
}

/*
 * Narrow: a bare name fits only in a trusted directory. (An example may be a bare name itself.)
 * `led`: a link in a trusted directory leads to the file.
 */
static enum rule_miss try_narrow(const struct patterns *first, const struct trusted *trusted,
	const struct candidate_program *p, bool led, enum rule_miss otherwise)
{
	const char *pattern;
	enum rule_miss miss = otherwise;

	for (size_t i = 0; i < first->n; i++) {
		pattern = first->any[i];
		if (strchr(pattern, '/')) {
			if (!p->path || !glob_path(pattern, p->path))
				continue;
			if (led || names_build(pattern, p->path))
				return RULE_MATCHES;
			miss = RULE_UNTRUSTED;
		} else if (glob_text(pattern, p->name)) {
			if (!p->path || trusted_has(trusted, p->path))
				return RULE_MATCHES;
			miss = RULE_UNTRUSTED;
		}
	}
	return miss;
}

/* --- the words -------------------------------------------------------------------------------- */

/*
 * WIDE for a rule that denies or asks, NARROW for one that allows. In both, a pattern that is an
 * absolute path also fits a word that leads there from the directory.
 */
enum width { WIDE, NARROW };

static bool fits_narrow(const struct patterns *p, const struct candidate_word *w)
{
	if (any_fits(p, glob_text_narrow, w->text))
		return true;
	for (size_t i = 0; w->narrow_path && i < p->n; i++)
		if (p->any[i][0] == '/' && glob_text_narrow(p->any[i], w->narrow_path))
			return true;
	return false;
}

/*
 * Whether the pattern is about certain files. A slash with nothing but wildcards after it fits the
 * path of every file, so it is about how a word is spelled.
 */
static bool is_about_files(const char *pattern)
{
	return pattern[0] == '/'
		&& (glob_is_literal(pattern) || pattern[strspn(pattern, "/*?")] != '\0');
}

/* A path that isn't known may be any. */
static bool fits_wide(const struct patterns *p, const struct candidate_word *w)
{
	if (any_fits(p, glob_text, w->text))
		return true;
	for (size_t i = 0; (w->path || w->path_unknown) && i < p->n; i++)
		if (is_about_files(p->any[i]) && (!w->path || glob_text(p->any[i], w->path)))
			return true;
	return false;
}

/* Pattern 0 is tried on words, too: each may be a command that a wrapper runs. */
static bool word_fits(const struct rule *rule, const struct trusted *trusted, size_t at,
	const struct candidate_word *w, enum width width)
{
	if (at == 0)
		return w->command && program_fits(rule, trusted, &w->program, true);
	return width == NARROW ? fits_narrow(&rule->argv[at], w) : fits_wide(&rule->argv[at], w);
}

/*
 * Matches the patterns from `first` on with all words. With `first` 0, any words may stand before
 * the command, and any after a word that may end it. As in gate/policy/glob, no pattern is compared
 * with a word twice between two "**". If options may precede a subcommand, the rule is matched as
 * if "**" stood before the subcommand.
 */
static bool words_fit(const struct rule *rule, const struct trusted *trusted, size_t first,
	const struct candidate *s, enum width width, struct rule_reach *reach)
{
	const size_t none = SIZE_MAX;
	size_t at = first, word = 0, taken = 0, star = first == 0 ? 0 : none;

	if (first == 1 && width == WIDE && s->options_first && rule->n_argv > 1)
		star = 1;

	while (word < s->n_words) {
		if (first == 0 && at == rule->n_argv && s->words[word - 1].ends)
			return true;
		if (at > 0 && at < rule->n_argv && rule_is_any_words(&rule->argv[at])) {
			star = ++at;
			taken = word;
			if (at == rule->n_argv)
				return true;
		} else if (at < rule->n_argv
			&& word_fits(rule, trusted, at, &s->words[word], width)) {
			if (at == 0 && s->words[word].options_first && rule->n_argv > 1) {
				star = 1;
				taken = word + 1;
			}
			at++;
			word++;
		} else if (star != none && !glob_budget_is_spent()) {
			at = star;
			word = ++taken;
		} else {
			break;
		}
		if (reach && word > reach->words)
			reach->words = word;
	}
	while (at > 0 && at < rule->n_argv && rule_is_any_words(&rule->argv[at]))
		at++;
	return word == s->n_words && at == rule->n_argv;
}

/* Tries the last word first: commands of the same program often differ there. */
bool rule_words_fit(const struct rule *rule, const struct candidate *s)
{
	const struct patterns *last = &rule->argv[rule->n_argv - 1];

	if (rule->n_argv > 1 && !rule_is_any_words(last)
		&& (s->n_words == 0 || !fits_narrow(last, &s->words[s->n_words - 1])))
		return false;
	return words_fit(rule, NULL, 1, s, NARROW, NULL);
}

static enum rule_miss try_wide(const struct rule *rule, const struct trusted *trusted,
	const struct candidate *s, struct rule_reach *reach)
{
	/* In a line, the path is as it was written, like that of a command after a wrapper. */
	bool program = program_fits(rule, trusted, &s->executable, s->form == CANDIDATE_COMMAND)
		|| (s->real.name && program_fits(rule, trusted, &s->real, false));

	if (program && words_fit(rule, trusted, 1, s, WIDE, reach))
		return RULE_MATCHES;
	if (s->wrapped && words_fit(rule, trusted, 0, s, WIDE, NULL))
		return RULE_MATCHES;
	return program ? RULE_OTHER_WORDS : RULE_OTHER_PROGRAM;
}

static bool is_same_file(const struct candidate_program *a, const struct candidate_program *b)
{
	return a->path && b->path && strcmp(a->path, b->path) == 0;
}

/* The executable and its real path must both fit. */
static enum rule_miss try_programs(const struct rule *rule, const struct trusted *trusted,
	const struct candidate *s, struct rule_reach *reach)
{
	const struct candidate_program *p = &s->narrow;
	enum rule_miss miss = RULE_OTHER_PROGRAM;

	if (p->name)
		miss = try_narrow(&rule->argv[0], trusted, p, false, RULE_OTHER_PROGRAM);
	if (miss == RULE_MATCHES && s->narrow_real.name && !is_same_file(p, &s->narrow_real)
		&& !trusted_leads(trusted, p, &s->narrow_real)) {
		bool led = p->path && trusted_has(trusted, p->path);

		p = &s->narrow_real;
		miss = try_narrow(&rule->argv[0], trusted, p, led, RULE_OTHER_REAL_PATH);
	}
	if (reach)
		reach->path = p->path;
	return miss;
}

static enum rule_miss try_argv(const struct rule *rule, const struct trusted *trusted,
	const struct candidate *s, struct rule_reach *reach)
{
	enum rule_miss miss;

	if (reach)
		*reach = (struct rule_reach){ 0 };
	if (rule->action != DECISION_ALLOW)
		return try_wide(rule, trusted, s, reach);

	miss = try_programs(rule, trusted, s, reach);
	if (miss != RULE_MATCHES)
		return miss;
	return words_fit(rule, trusted, 1, s, NARROW, reach) ? RULE_MATCHES : RULE_OTHER_WORDS;
}

enum rule_miss rule_try_argv(const struct rule *rule, const struct trusted *trusted,
	const struct candidate *s, struct rule_reach *reach)
{
	enum rule_miss miss = try_argv(rule, trusted, s, reach);

	for (size_t i = 0; miss == RULE_MATCHES && i < rule->n_except; i++)
		if (try_argv(&rule->except[i], trusted, s, NULL) == RULE_MATCHES)
			miss = RULE_EXCEPTED;
	return miss;
}

/* --- the asker and its claims ----------------------------------------------------------------- */

static bool has_id(const struct ids *ids, id_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->ids[i] == id)
			return true;
	return false;
}

/* An unknown group counts as the worse case: it doesn't fit a rule that allows, but any other. */
static bool group_fits(const struct rule *rule, const struct asker *asker)
{
	for (size_t i = 0; i < asker->n_groups; i++)
		if (has_id(&rule->groups, asker->groups[i]))
			return true;
	return asker->more_groups && rule->action != DECISION_ALLOW;
}

static enum rule_miss try_claim(const struct rule *rule, enum field claim,
	const struct request *request, const char *directory)
{
	const char *text = claim == FIELD_CWD ? directory : field_get(claim, &request->asked);
	bool path = field_rows[claim].kind == FIELD_KIND_DIRECTORY;

	if (!text)
		return rule->action == DECISION_ALLOW ? RULE_LACKS_CLAIM : RULE_MATCHES;
	return any_fits(&rule->claims[claim], path ? glob_path : glob_text, text)
		? RULE_MATCHES
		: RULE_OTHER_CLAIM;
}

/* A rule that denies or asks counts as well where nothing is known of the runner. */
static bool runner_fits(const struct rule *rule, const struct string_list *runner)
{
	if (!runner->text)
		return rule->action != DECISION_ALLOW;
	return rule_runners_fit(&rule->runners, runner);
}

/* RULE_MATCHES if the command would run as one of the rule's users. */
static enum rule_miss try_run_as(const struct rule *rule, const char *run_as)
{
	if (rule->run_as.n == 0)
		return run_as && rule->action == DECISION_ALLOW ? RULE_LACKS_RUN_AS : RULE_MATCHES;
	return run_as && run_as_fits(&rule->run_as, run_as) ? RULE_MATCHES : RULE_OTHER_RUN_AS;
}

bool rule_is_for(const struct rule *rule, const struct asker *asker)
{
	return (rule->users.n == 0 || has_id(&rule->users, asker->uid))
		&& (rule->groups.n == 0 || group_fits(rule, asker))
		&& (rule->runners.n == 0 || rule->action != DECISION_ALLOW);
}

enum rule_miss rule_try_asker(const struct rule *rule, const struct request *request,
	const struct asker *asker, const char *directory, struct rule_reach *reach)
{
	enum rule_miss miss;

	if (rule->users.n > 0 && !has_id(&rule->users, asker->uid))
		return RULE_OTHER_USER;
	if (rule->groups.n > 0 && !group_fits(rule, asker))
		return RULE_OTHER_GROUP;
	if (rule->runners.n > 0 && !runner_fits(rule, &request->asked.runner))
		return RULE_OTHER_RUNNER;

	miss = try_run_as(rule, request->asked.run_as);
	if (miss != RULE_MATCHES)
		return miss;
	for (enum field claim = 0; claim < FIELDS; claim++) {
		if (rule->claims[claim].n == 0)
			continue;
		miss = try_claim(rule, claim, request, directory);
		if (miss != RULE_MATCHES) {
			if (reach)
				reach->claim = claim;
			return miss;
		}
	}
	return RULE_MATCHES;
}

enum rule_miss rule_try(const struct rule *rule, const struct trusted *trusted,
	const struct candidate *s, struct rule_reach *reach)
{
	enum rule_miss miss;

	/*
	 * argv comes first although it costs most: a miss after it is the nearest one, for reports.
	 */
	miss = rule_try_argv(rule, trusted, s, reach);
	return miss == RULE_MATCHES
		? rule_try_asker(rule, s->request, s->asker, s->directory, reach)
		: miss;
}

enum severity severity_of(enum decision action)
{
	switch (action) {
	case DECISION_ALLOW:
		return SEVERITY_LOW;
	case DECISION_PENDING:
		return SEVERITY_MEDIUM;
	default:
		return SEVERITY_HIGH;
	}
}

int rule_strictness(const struct rule *rule)
{
	if (!rule)
		return 0;

	switch (rule->action) {
	case DECISION_ALLOW:
		return 1;
	case DECISION_PENDING:
		return rule->remember ? 2 : 3;
	default:
		return 4;
	}
}

enum severity rule_severity(const struct rule *rule)
{
	return rule->severity != SEVERITY_NONE ? rule->severity : severity_of(rule->action);
}

void rule_deinit(struct rule *rule)
{
	for (size_t i = 0; i < rule->n_except; i++)
		rule_deinit(&rule->except[i]);
	free(rule->except);
	for (size_t i = 0; i < rule->n_argv; i++)
		free(rule->argv[i].any);
	free(rule->argv);
	for (enum field claim = 0; claim < FIELDS; claim++)
		free(rule->claims[claim].any);
	free(rule->users.ids);
	free(rule->groups.ids);
	rule_runners_deinit(&rule->runners);
	free(rule->run_as.any);
	free(rule->targets.any);
	free(rule->except_targets.any);
	free(rule->operations.any);
	free(rule->tools.any);
	for (size_t i = 0; i < rule->n_urls; i++)
		url_deinit(&rule->urls[i]);
	free(rule->urls);
}
