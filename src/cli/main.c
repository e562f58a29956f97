/* SPDX-License-Identifier: ISC */

/* The multi-call program: finds the verb by the first words or by the program's name. */

#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/text.h"
#include "cli/commit.h"
#include "cli/nearest.h"
#include "cli/verb.h"

#define PROGRAM "firma"

static const struct verb *const verbs[] = {
	&init_verb,
	&serve_verb,
	&daemon_start_verb,
	&daemon_status_verb,
	&daemon_stop_verb,
	&check_verb,
	&run_verb,
	&hook_verb,
	&hook_install_verb,
	&hook_uninstall_verb,
	&hook_status_verb,
	&token_list_verb,
	&token_show_verb,
	&token_approve_verb,
	&token_revoke_verb,
	&token_watch_verb,
	&token_receipt_verb,
	&token_withdraw_verb,
	&policy_check_verb,
	&policy_explain_verb,
	&policy_convert_verb,
	&allow_list_verb,
	&allow_add_verb,
	&allow_remove_verb,
	&notify_verb,
	&status_verb,
	&doctor_verb,
	&fingerprint_verb,
	&runner_claims_verb,
	&runner_keys_verb,
	&runner_token_verb,
	&runner_verify_verb,
	&evidence_verify_verb,
	&evidence_receipt_verb,
	&evidence_show_verb,
	&evidence_report_verb,
	&evidence_head_verb,
	&evidence_rotate_verb,
	&evidence_keygen_verb,
	&store_status_verb,
	&store_install_verb,
	&store_list_verb,
};

/* Prints all verbs, or those of a group. */
static void print_verbs(const char *group)
{
	char name[64];

	for (size_t i = 0; i < LENGTH(verbs); i++) {
		if (group && (!verbs[i]->group || strcmp(verbs[i]->group, group) != 0))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", verbs[i]->group ? verbs[i]->group : "",
			verbs[i]->group ? " " : "", verbs[i]->name);
		printf("  %-17s%s\n", name, verbs[i]->summary);
	}
}

static int print_help(void)
{
	puts("Usage: " PROGRAM " VERB [OPTION...] [ARGUMENT...]\n"
	     "Decides whether a command may run on this machine.\n");
	print_verbs(NULL);
	puts("\n  -h, --help      print this help\n"
	     "  --version       print the version\n\n"
	     "'" PROGRAM " help VERB' says more of one; " PROGRAM "(7) is about all of them.");
	return STATUS_DONE;
}

static int print_group_help(const char *group)
{
	printf("Usage: " PROGRAM " %s VERB [OPTION...] [ARGUMENT...]\n\n", group);
	print_verbs(group);
	printf("\n'" PROGRAM " help %s VERB' says more of one.\n", group);
	return STATUS_DONE;
}

static const struct verb *find_verb(const char *group, const char *name)
{
	for (size_t i = 0; i < LENGTH(verbs); i++)
		if (!group == !verbs[i]->group && strcmp(verbs[i]->name, name) == 0
			&& (!group || strcmp(verbs[i]->group, group) == 0))
			return verbs[i];
	return NULL;
}

static bool is_group(const char *name)
{
	for (size_t i = 0; i < LENGTH(verbs); i++)
		if (verbs[i]->group && strcmp(verbs[i]->group, name) == 0)
			return true;
	return false;
}

/* A group's name may also be a verb, if the next word is no verb of the group: "hook claude". */
static bool is_verb_itself(int argc, char **argv)
{
	return find_verb(NULL, argv[0]) && !(argc > 1 && find_verb(argv[0], argv[1]));
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Prints the error, and where to find help. Always returns STATUS_USAGE. */
static int __attribute__((format(printf, 2, 3)))
complain(const char *group, const char *format, ...)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	va_list ap;
	int r;

	va_start(ap, format);
	r = bytes_vappendf(&text, format, ap);
	va_end(ap);
	if (r < 0)
		return say_undecided("out of memory");
	say("%s (see '" PROGRAM "%s%s --help')", text.data, group ? " " : "", group ? group : "");
	return STATUS_USAGE;
}

/* Suggests a verb of the group or, without a group, a group or a verb without a group. */
static int complain_of_verb(const char *group, const char *word)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	struct nearest nearest = { .word = word, .len = strlen(word) };

	if (text_append_quoted(&shown, word, strlen(word)) < 0)
		return say_undecided("out of memory");

	if (!group)
		nearest_offer(&nearest, "help");
	for (size_t i = 0; i < LENGTH(verbs); i++) {
		if (!group)
			nearest_offer(&nearest, verbs[i]->group ? verbs[i]->group : verbs[i]->name);
		else if (verbs[i]->group && strcmp(verbs[i]->group, group) == 0)
			nearest_offer(&nearest, verbs[i]->name);
	}
	return complain(group, "unknown verb %s%s%s%s", bytes_str(&shown),
		nearest.found ? ", did you mean " : "", nearest.found ? nearest.found : "",
		nearest.found ? "?" : "");
}

/* argv[0] is the verb or group. With `help`, only prints its help. */
static int run(int argc, char **argv, bool help)
{
	const char *group = NULL;
	const struct verb *verb;

	if (is_group(argv[0]) && !is_verb_itself(argc, argv)) {
		group = argv[0];
		argc--;
		argv++;
		if (argc < 1 && !help)
			return complain(group, "a verb is missing after %s", group);
		if (argc < 1 || is_help(argv[0]))
			return print_group_help(group);
	}

	verb = find_verb(group, argv[0]);
	if (!verb)
		return complain_of_verb(group, argv[0]);
	if (!help)
		return verb->run(verb, argc, argv);

	verb_print_help(verb);
	return STATUS_DONE;
}

static int run_program(int argc, char **argv)
{
	bool help;

	if (argc < 2)
		return complain(NULL, "a verb is missing");
	if (strcmp(argv[1], "--version") == 0) {
		printf(PROGRAM " " PACKAGE_VERSION "%s%s%s\n", commit[0] ? " (commit " : "", commit,
			commit[0] ? ")" : "");
		return STATUS_DONE;
	}

	help = strcmp(argv[1], "help") == 0;
	if (is_help(argv[1]) || (help && argc == 2))
		return print_help();
	return help ? run(argc - 2, argv + 2, true) : run(argc - 1, argv + 1, false);
}

/*
 * If a standard descriptor is closed, the next socket or file gets its number, and messages would
 * be written into it. A descriptor that can't be written to takes its place, so that printing
 * fails.
 */
static bool fill_standard_descriptors(void)
{
	int opened;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;

		opened = open("/dev/null", O_RDONLY);
		if (opened != fd)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static const char prefix[] = PROGRAM "-";
	char *name;
	int status;

	if (argc < 1 || !fill_standard_descriptors())
		return STATUS_UNDECIDED;

	/* A symbolic link named firma-VERB runs that verb. */
	name = basename(argv[0]);
	if (strncmp(name, prefix, sizeof(prefix) - 1) == 0) {
		argv[0] = name + sizeof(prefix) - 1;
		status = run(argc, argv, false);
	} else {
		status = run_program(argc, argv);
	}
	return say_finish(status);
}
