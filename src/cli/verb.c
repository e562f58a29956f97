/* SPDX-License-Identifier: ISC */

/* Options by table: getopt_long(3) reads them, the table makes the help. */

#include "cli/verb.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

#define OPTIONS_MAX 32

/* getopt's value of a long option: its row, behind all characters. */
#define ROW_BASE 256
#define HELP_VALUE (ROW_BASE + OPTIONS_MAX)

/* Where the descriptions begin. */
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

static const struct option_row help_row = { "help", 'h', NULL, "print this help" };

static void print_help(const struct verb *v)
{
	fputs("Usage: ", stdout);
	print_name(stdout, v);
	printf(" [OPTION...]%s%s\n%s.\n\n", v->arguments ? " " : "",
		v->arguments ? v->arguments : "", v->summary);

	for (const struct option_row *row = v->options; row->name; row++)
		print_option(row);
	print_option(&help_row);
}

void options_begin(struct options *o, const struct verb *verb, int argc, char **argv)
{
	*o = (struct options){ .verb = verb, .argc = argc, .argv = argv };
	optind = 0;
	opterr = 0;
}

static int argument_of(const struct option_row *row)
{
	if (!row->value)
		return no_argument;
	return is_optional(row) ? optional_argument : required_argument;
}

/* The tables that getopt wants. "+": stop at the first word that is no option; ":": tell apart. */
static void fill_tables(
	const struct verb *v, struct option long_options[OPTIONS_MAX + 2], char letters[])
{
	size_t n = 0, at = 0;

	letters[at++] = '+';
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

static int row_of_letter(const struct verb *v, int letter)
{
	for (int i = 0; v->options[i].name; i++)
		if (v->options[i].letter == letter)
			return i;
	return OPTIONS_LEAVE;
}

static int leave(struct options *o, int status)
{
	o->status = status;
	return OPTIONS_LEAVE;
}

/* The word in which getopt found something wrong. */
static int complain(struct options *o, int found)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	const char letter[] = { '-', (char)optopt, '\0' };
	const char *word = optopt > 0 && optopt < ROW_BASE ? letter : o->argv[optind - 1];
	const char *what = "unknown or ambiguous option";

	if (found == ':')
		what = "a value is missing behind";
	else if (optopt >= ROW_BASE)
		what = "no value belongs to";

	if (text_append_quoted(&shown, word, strlen(word)) < 0)
		return leave(o, say_undecided("out of memory"));
	return leave(o, usage_error(o->verb, "%s %s", what, bytes_str(&shown)));
}

int options_next(struct options *o)
{
	struct option long_options[OPTIONS_MAX + 2];
	char letters[2 * OPTIONS_MAX + 4];
	int found;

	fill_tables(o->verb, long_options, letters);
	found = getopt_long(o->argc, o->argv, letters, long_options, NULL);
	if (found == -1) {
		o->rest = o->argv + optind;
		o->n_rest = o->argc - optind;
		return OPTIONS_END;
	}
	if (found == '?' || found == ':')
		return complain(o, found);
	if (found == 'h' || found == HELP_VALUE) {
		print_help(o->verb);
		return leave(o, STATUS_DONE);
	}

	o->value = optarg;
	return found >= ROW_BASE ? found - ROW_BASE : row_of_letter(o->verb, found);
}
