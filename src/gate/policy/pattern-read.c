/* SPDX-License-Identifier: ISC */

/* Reads patterns. Faulty ones are left out of the result. */

#include "gate/policy/pattern-read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"

const char *pattern_text_fault(const char *pattern)
{
	return text_is_blank(pattern) ? "is blank" : glob_text_fault(pattern);
}

const char *pattern_run_fault(const char *pattern)
{
	return text_is_blank(pattern) ? "is blank" : NULL;
}

static const char *program_fault(const char *pattern)
{
	if (pattern[0] == '\0')
		return "is empty";
	if (strcmp(pattern, "**") == 0)
		return "must name a program: '**' can't stand first";
	return strchr(pattern, '/') ? glob_path_fault(pattern) : glob_text_fault(pattern);
}

static const char *word_fault(const char *pattern)
{
	return strcmp(pattern, "**") == 0 ? NULL : glob_text_fault(pattern);
}

static const char *listed_word_fault(const char *pattern)
{
	return strcmp(pattern, "**") == 0 ? "must not be '**', which can't stand in a list"
					  : glob_text_fault(pattern);
}

struct list {
	pattern_fault_fn *fault_of;
	struct patterns *patterns; /* has room */
};

static int take_pattern(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	const struct list *list = to;
	const char *pattern = json_string(v), *fault;

	if (!pattern)
		return dispatch_refuse(d, where, "must be a string");
	if (strlen(pattern) > LIMIT_PATTERN)
		return dispatch_refuse(d, where, "is longer than %d bytes", LIMIT_PATTERN);
	fault = list->fault_of(pattern);
	if (fault)
		return dispatch_refuse(d, where, "%s", fault);

	list->patterns->any[list->patterns->n++] = pattern;
	return 0;
}

static int make_room(struct patterns *p, size_t n)
{
	p->any = calloc(n + 1, sizeof(*p->any));
	return p->any ? 0 : -ENOMEM;
}

static int read_list(struct dispatch *d, const char *where, const struct json *v, size_t min,
	size_t max, struct list *list)
{
	int r;

	r = make_room(list->patterns, json_size(v));
	return r < 0 ? r : dispatch_array(d, where, v, min, max, take_pattern, list);
}

int pattern_read_list(struct dispatch *d, const char *where, const struct json *v,
	pattern_fault_fn *fault_of, struct patterns *ret)
{
	return read_list(d, where, v, 1, LIMIT_RULE_LIST, &(struct list){ fault_of, ret });
}

int pattern_read_long_list(struct dispatch *d, const char *where, const struct json *v,
	pattern_fault_fn *fault_of, struct patterns *ret)
{
	return read_list(d, where, v, 0, LIMIT_POLICY_RULES, &(struct list){ fault_of, ret });
}

int pattern_read(struct dispatch *d, const char *where, const struct json *v,
	pattern_fault_fn *fault_of, struct patterns *ret)
{
	struct list list = { fault_of, ret };
	int r;

	if (json_is_array(v))
		return read_list(d, where, v, 1, LIMIT_RULE_LIST, &list);
	if (!json_string(v))
		return dispatch_refuse(d, where, "must be a string or an array of strings");

	r = make_room(ret, 1);
	return r < 0 ? r : take_pattern(d, where, v, &list);
}

/* --- commands --------------------------------------------------------------------------------- */

static int take_element(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	struct rule *rule = to;
	const size_t at = rule->n_argv++;

	return pattern_read(d, where, v,
		at == 0                    ? program_fault
			: json_is_array(v) ? listed_word_fault
					   : word_fault,
		&rule->argv[at]);
}

int pattern_read_argv(struct dispatch *d, const char *where, const struct json *v, struct rule *ret)
{
	ret->argv = calloc(json_size(v) + 1, sizeof(*ret->argv));
	if (!ret->argv)
		return -ENOMEM;
	return dispatch_array(d, where, v, 1, LIMIT_RULE_PATTERNS, take_element, ret);
}

static int add_element(struct rule *rule, const char *pattern)
{
	struct patterns *element = &rule->argv[rule->n_argv++];
	int r;

	r = make_room(element, 1);
	if (r == 0)
		element->any[element->n++] = pattern;
	return r;
}

int pattern_read_arguments(struct dispatch *d, const char *where, const struct json *v,
	const char *program, struct rule *ret)
{
	int r;

	ret->argv = calloc(v ? json_size(v) + 1 : 2, sizeof(*ret->argv));
	if (!ret->argv)
		return -ENOMEM;

	r = add_element(ret, program);
	if (r < 0)
		return r;
	return v ? dispatch_array(d, where, v, 0, LIMIT_RULE_PATTERNS, take_element, ret)
		 : add_element(ret, "**");
}
