/* SPDX-License-Identifier: ISC */

/* `firma policy check`: everything that is wrong with a policy, before it is in force. */

#include <stdio.h>
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
