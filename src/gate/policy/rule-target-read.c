/* SPDX-License-Identifier: ISC */

/* Reads the patterns of targets. */

#include "gate/policy/rule-target-read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/limits.h"
#include "gate/policy/glob.h"
#include "gate/policy/pattern-read.h"

/* "~/…" and relative patterns are checked like paths that begin with a slash. */
static const char *path_fault(const char *pattern)
{
	char absolute[LIMIT_PATTERN + 2];

	if (pattern[0] == '/')
		return glob_path_fault(pattern);
	if (strncmp(pattern, "~/", 2) == 0)
		return glob_path_fault(pattern + 1);
	snprintf(absolute, sizeof(absolute), "/%s", pattern);
	return glob_path_fault(absolute) ? "must be a path without '.', '..', '//' and final '/', "
					   "with '**' as a whole segment only"
					 : NULL;
}

static const char *url_fault(const char *pattern)
{
	const char *fault = NULL;
	struct url url;

	if (url_parse(pattern, URL_PATTERN, &url, &fault) == 0)
		url_deinit(&url);
	return fault;
}

static const char *tool_fault(const char *pattern)
{
	return strchr(pattern, ':') ? pattern_text_fault(pattern) : "must be SERVER:TOOL";
}

static pattern_fault_fn *target_fault(const struct rule *rule)
{
	if (rule->compiled)
		return pattern_run_fault;
	switch (rule->kind) {
	case KIND_READ:
	case KIND_WRITE:
		return path_fault;
	case KIND_FETCH:
		return url_fault;
	default:
		return pattern_text_fault;
	}
}

static int parse_urls(struct rule *rule)
{
	const char *fault;
	int r;

	rule->urls = calloc(rule->targets.n + 1, sizeof(*rule->urls));
	if (!rule->urls)
		return -ENOMEM;

	for (size_t i = 0; i < rule->targets.n; i++) {
		r = url_parse(rule->targets.any[i], URL_PATTERN, &rule->urls[rule->n_urls], &fault);
		if (r < 0)
			return r;
		rule->n_urls += r == 0 ? 1 : 0;
	}
	return 0;
}

int rule_take_targets(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct rule *rule = d->to;
	int r;

	r = pattern_read(d, row->key, v->json, target_fault(rule), &rule->targets);
	return r == 0 && rule->kind == KIND_FETCH ? parse_urls(rule) : r;
}

int rule_take_except_targets(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct rule *rule = d->to;
	const bool tools = rule->kind == KIND_MCP && !rule->compiled;

	return pattern_read(d, row->key, v->json, tools ? tool_fault : target_fault(rule),
		&rule->except_targets);
}

int rule_take_words(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return pattern_read(d, row->key, v->json, pattern_text_fault, dispatch_to(d, row));
}

int rule_take_content(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct rule *rule = d->to;

	rule->content_required = v->string && strcmp(v->string, "required") == 0;
	return rule->content_required ? 0 : dispatch_refuse(d, row->key, "must be 'required'");
}
