/* SPDX-License-Identifier: ISC */

/* `firma policy check`: everything that is wrong with a policy, before it is in force. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/absolute.h"
#include "cli/verb.h"
#include "daemon/policy-file.h"

static const struct option_row rows[] = { { 0 } };

static int print_result(
	int r, const char *file, const struct faults *faults, const struct policy *policy)
{
	cleanup(bytes_deinit) struct bytes lines = BYTES_INIT(BYTES_UNLIMITED);

	if (faults_print(faults, file, &lines) < 0)
		return say_undecided("out of memory");

	fputs(bytes_str(&lines), stdout);
	if (r == POLICY_FAULTY)
		return STATUS_REFUSED;

	printf("%s: in order, %zu rule%s\n", file, policy_size(policy),
		policy_size(policy) == 1 ? "" : "s");
	return STATUS_DONE;
}

/* Where the directory of a pattern is one path, and that is a link: where it leads. */
static char *linked_directory(const char *pattern)
{
	cleanup(free_p) char *directory = strdup(pattern), *real = NULL;
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (!slash || slash == directory)
		return NULL;
	*slash = '\0';
	if (strpbrk(directory, "*?"))
		return NULL;

	real = realpath(directory, NULL);
	return real && strcmp(real, directory) != 0 ? steal_ptr(real) : NULL;
}

static void warn_of_link(
	const struct rule *rule, size_t index, const char *pattern, struct faults *faults)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED),
					   place = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(free_p) char *real = linked_directory(pattern);
	int r;

	if (!real)
		return;

	r = bytes_appendf(&place, ": exec[%zu] \"", index);
	if (r >= 0)
		r = text_append_escaped(&place, rule->id, strlen(rule->id));
	if (r >= 0)
		r = bytes_append_str(&place, "\":");
	if (r >= 0)
		r = text_append_quoted(&shown, pattern, strlen(pattern));
	if (r >= 0)
		r = bytes_append_str(&shown, " is in a directory that is a link to ");
	if (r >= 0)
		r = text_append_quoted(&shown, real, strlen(real));
	if (r >= 0)
		faults_warn(faults, bytes_str(&place),
			"%s: 'firma check' asks about what lies there", bytes_str(&shown));
}

/*
 * Who asks resolves the directory of a command, so that a pattern with a link in it fits nothing:
 * in a rule that denies, that is a rule which denies nothing.
 */
static void warn_of_links(const struct policy *policy, struct faults *faults)
{
	const struct patterns *first;

	for (size_t i = 0; i < policy_size(policy); i++) {
		first = &policy_rule(policy, i)->argv[0];
		for (size_t k = 0; k < first->n; k++)
			if (first->any[k][0] == '/')
				warn_of_link(policy_rule(policy, i), i, first->any[k], faults);
	}
}

static int check(const char *path)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(policy_free_p) struct policy *policy = NULL;
	cleanup(free_p) char *absolute = absolute_path(path);
	struct policy_source source;
	struct faults faults;
	int r, status;

	if (!absolute || text_append_escaped(&shown, path, strlen(path)) < 0)
		return say_undecided("can't tell where the policy is");

	faults_init(&faults);
	r = policy_file_check(absolute, geteuid(), &faults, &source, &policy);
	if (r == 0)
		warn_of_links(policy, &faults);
	status = r < 0 ? say_undecided("%s: %s", bytes_str(&shown), strerror(-r))
		       : print_result(r, bytes_str(&shown), &faults, policy);
	faults_deinit(&faults);
	return status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct options o;

	options_begin(&o, verb, argc, argv);
	if (options_next(&o) == OPTIONS_LEAVE)
		return o.status;
	if (o.n_rest != 1 || !o.rest[0][0])
		return usage_error(verb, "it takes one file");
	return check(o.rest[0]);
}

const struct verb policy_check_verb = {
	.group = "policy",
	.name = "check",
	.arguments = "FILE",
	.summary = "Says everything that is wrong with a policy",
	.options = rows,
	.run = run,
};
