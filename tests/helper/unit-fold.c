/* SPDX-License-Identifier: ISC */

/*
 * `unit fold COMMAND [ARG…]`: shows cli/fold. Texts come on standard input.
 *
 *	columns                    the number of columns of the text
 *	append AT INDENT COLUMNS   the folded text
 *	cut COLUMNS                the cut text
 *	promises                   checks the promises of cli/fold on thousands of texts
 */

#include "helper/unit.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "cli/fold.h"

static int columns(char **argv, const struct bytes *in)
{
	(void)argv;
	printf("%zu\n", fold_columns(bytes_str(in), in->len));
	return 0;
}

static int append(char **argv, const struct bytes *in)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;

	unit_must(fold_append(&out, bytes_str(in), in->len, unit_number(argv[0]),
		unit_number(argv[1]), unit_number(argv[2])));
	puts(bytes_str(&out));
	return 0;
}

static int cut(char **argv, const struct bytes *in)
{
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;

	unit_must(fold_append_cut(&out, bytes_str(in), in->len, unit_number(argv[0])));
	puts(bytes_str(&out));
	return 0;
}

/* A fold, and its input. */
struct fold {
	const char *text;
	size_t len, at, indent, columns;
	struct bytes out;
};

/* The end of the next line: at its newline, or at the text's end. */
static const char *end_of_line(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline ? newline : end;
}

static const char *broken_promise(const struct fold *f)
{
	const char *p = bytes_str(&f->out), *end = p + f->out.len, *text = f->text, *stop;
	size_t at = f->at;

	for (bool first = true;; first = false, at = 0) {
		stop = end_of_line(p, end);
		if (stop > p && at + fold_columns(p, (size_t)(stop - p)) > f->columns)
			return "a line is too wide";
		if (!first && strspn(p, " ") < f->indent)
			return "a line begins with the text";

		p += first ? 0 : f->indent;
		if ((size_t)(stop - p) > f->len - (size_t)(text - f->text)
			|| memcmp(p, text, (size_t)(stop - p)) != 0)
			return "the text is another one";
		text += stop - p;
		if (stop == end)
			break;
		p = stop + 1;
	}
	return text == f->text + f->len ? NULL : "the text isn't whole";
}

/* The numbers are the same in each run. */
static unsigned int next_number(void)
{
	static unsigned int state = 1;

	state = state * 1103515245 + 12345;
	return state >> 16 & 0x7fff;
}

static void make_text(struct bytes *ret)
{
	static const char *const characters[] = { "a", " ", "b", "é", "日", "🔥", "\xcc\x81", "-" };

	bytes_clear(ret);
	for (unsigned int n = next_number() % 300; n > 0; n--)
		unit_must(bytes_append_str(ret, characters[next_number() % 8]));
}

static int promises(char **argv, const struct bytes *in)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct fold f = { .out = BYTES_PRINTED };
	const char *broken;

	(void)argv;
	(void)in;
	for (int i = 0; i < 20000; i++) {
		make_text(&text);
		f.text = bytes_str(&text);
		f.len = text.len;
		f.columns = FOLD_COLUMNS_MIN + next_number() % 100;
		f.indent = next_number() % (f.columns / 2) + 1;
		f.at = next_number() % (f.columns + 3);
		bytes_clear(&f.out);
		unit_must(fold_append(&f.out, f.text, f.len, f.at, f.indent, f.columns));

		broken = broken_promise(&f);
		if (broken)
			errx(UNIT_FAILED, "%s: at %zu, indent %zu, %zu columns: %s", broken, f.at,
				f.indent, f.columns, f.text);
	}
	bytes_deinit(&f.out);
	return 0;
}

static const struct {
	const char *name;
	int n_args;
	bool reads;
	int (*run)(char **argv, const struct bytes *in);
} commands[] = {
	{ "columns", 0, true, columns },
	{ "append", 3, true, append },
	{ "cut", 1, true, cut },
	{ "promises", 0, false, promises },
};

int unit_fold(int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes in = BYTES_PRINTED;
	cleanup(free_p) char *data = NULL;
	size_t len;

	for (size_t i = 0; argc >= 2 && i < LENGTH(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0 || argc - 2 != commands[i].n_args)
			continue;
		if (commands[i].reads) {
			data = unit_read(stdin, &len);
			unit_must(bytes_append(&in, data, len));
		}
		return commands[i].run(argv + 2, &in);
	}
	return unit_usage("fold columns | append AT INDENT COLUMNS | cut COLUMNS | promises");
}
