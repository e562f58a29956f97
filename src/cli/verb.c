/* SPDX-License-Identifier: ISC */

/* Table-driven command lines: getopt_long(3) reads them, and the table also makes the help. */

#include "cli/verb.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/nearest.h"

#define OPTIONS_MAX 64

/* getopt's value for a long option is ROW_BASE + its row, above all characters. */
#define ROW_BASE 256
#define HELP_VALUE (ROW_BASE + OPTIONS_MAX)

/* getopt's value for an operand. */
#define OPERAND_VALUE 1

/* The column where descriptions begin. */
#define HELP_COLUMN 28

static void print_name(FILE *f, const struct verb *v)
{
	fprintf(f, "firma %s%s%s", v->group ? v->group : "", v->group ? " " : "", v->name);
}

int usage_error(const struct verb *verb, const char *format, ...)
{
	va_list ap;

	fputs("firma: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputs(" (see '", stderr);
	print_name(stderr, verb);
	fputs(" --help')\n", stderr);
	return STATUS_USAGE;
}

static bool is_optional(const struct option_row *row)
{
	return row->value[0] == '[';
}

static void print_option(const struct option_row *row)
{
	const char *help = row->help;
	int n;

	n = row->letter ? printf("  -%c, --%s", row->letter, row->name)
			: printf("  --%s", row->name);
	if (row->value)
		n += printf("%s%s", is_optional(row) ? "" : " ", row->value);

	printf("%*s", n < HELP_COLUMN ? HELP_COLUMN - n : 1, "");
	for (const char *newline; (newline = strchr(help, '\n')); help = newline + 1)
		printf("%.*s\n%*s", (int)(newline - help), help, HELP_COLUMN, "");
	puts(help);
}

static const struct option_row help_row = {
	.name = "help", .letter = 'h', .help = "print this help"
};

void verb_print_help(const struct verb *v)
{
	fputs("Usage: ", stdout);
	print_name(stdout, v);
	printf(" [OPTION...]%s%s\n%s.\n\n", v->arguments ? " " : "",
		v->arguments ? v->arguments : "", v->summary);

	for (const struct option_row *row = v->options; row->name; row++)
		print_option(row);
	print_option(&help_row);
}

static int argument_of(const struct option_row *row)
{
	if (!row->value)
		return no_argument;
	return is_optional(row) ? optional_argument : required_argument;
}

/*
 * Fills getopt's tables. "+": stop at the first operand; "-": give each operand as it comes,
 * whatever $POSIXLY_CORRECT says; ":": tell both kinds of error apart.
 */
static void fill_tables(
	const struct verb *v, struct option long_options[OPTIONS_MAX + 2], char letters[])
{
	size_t n = 0, at = 0;

	letters[at++] = v->operands == OPERANDS_COMMAND ? '+' : '-';
	letters[at++] = ':';
	letters[at++] = 'h';
	for (const struct option_row *row = v->options; row->name && n < OPTIONS_MAX; row++, n++) {
		long_options[n] =
			(struct option){ row->name, argument_of(row), NULL, ROW_BASE + (int)n };
		if (!row->letter)
			continue;
		letters[at++] = row->letter;
		if (row->value)
			letters[at++] = ':';
	}
	long_options[n++] = (struct option){ "help", no_argument, NULL, HELP_VALUE };
	long_options[n] = (struct option){ 0 };
	letters[at] = '\0';
}

static const struct option_row *find_row(const struct verb *v, int found)
{
	const struct option_row *row = v->options;

	if (found >= ROW_BASE)
		return &row[found - ROW_BASE];
	while (row->letter != found)
		row++;
	return row;
}

static int unknown_option(const struct verb *v, const char *word, const char *shown)
{
	struct nearest nearest = { .word = word + 2, .len = strcspn(word, "=") - 2 };
	size_t n = 0;

	if (strncmp(word, "--", 2) != 0)
		return usage_error(v, "unknown option %s", shown);

	for (const struct option_row *row = v->options; row->name; row++) {
		n += strncmp(row->name, nearest.word, nearest.len) == 0;
		nearest_offer(&nearest, row->name);
	}
	if (n > 1)
		return usage_error(v, "ambiguous option %s", shown);
	if (nearest.found)
		return usage_error(
			v, "unknown option %s, did you mean --%s?", shown, nearest.found);
	return usage_error(v, "unknown option %s", shown);
}

/* `word` is the faulty word; `found` is getopt's error: ':' for a missing value, else '?'. */
static int complain(const struct verb *v, int found, const char *word)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	const char letter[] = { '-', (char)optopt, '\0' };

	if (optopt > 0 && optopt < ROW_BASE)
		word = letter;
	if (text_append_quoted(&shown, word, strlen(word)) < 0)
		return say_undecided("out of memory");

	if (found == ':')
		return usage_error(v, "a value is missing after %s", bytes_str(&shown));
	if (optopt >= ROW_BASE)
		return usage_error(v, "an option without a value has one: %s", bytes_str(&shown));
	return unknown_option(v, word, bytes_str(&shown));
}

static int check_operands(const struct verb *v, int n)
{
	switch (v->operands) {
	case OPERANDS_NONE:
		return n == 0 ? VERB_GO : usage_error(v, "it takes no arguments");
	case OPERANDS_ONE:
		return n == 1 ? VERB_GO : usage_error(v, "it takes one %s", v->operand);
	case OPERANDS_SOME:
		return n > 0 ? VERB_GO : usage_error(v, "the %s is missing", v->operand);
	default:
		return VERB_GO;
	}
}

int verb_read_options(
	const struct verb *v, int argc, char **argv, void *object, struct operands *ret)
{
	struct option long_options[OPTIONS_MAX + 2];
	char letters[2 * OPTIONS_MAX + 4];
	const struct option_row *row;
	const char *wants;
	int found, n = 0;

	fill_tables(v, long_options, letters);
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		if (found == OPERAND_VALUE) {
			argv[1 + n++] = optarg; /* that word was read before */
			continue;
		}
		if (found == '?' || found == ':')
			return complain(v, found, argv[optind - 1]);
		if (found == 'h' || found == HELP_VALUE) {
			verb_print_help(v);
			return STATUS_DONE;
		}

		row = find_row(v, found);
		wants = option_store(row, optarg, object);
		if (wants)
			return usage_error(v, "--%s wants %s", row->name, wants);
	}

	/* Move the words after the options or "--", with the NULL at the end. */
	memmove(argv + 1 + n, argv + optind, (size_t)(argc - optind + 1) * sizeof(*argv));
	*ret = (struct operands){ .n = n + argc - optind, .words = argv + 1 };
	return check_operands(v, ret->n);
}
