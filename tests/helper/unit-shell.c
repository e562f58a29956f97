/* SPDX-License-Identifier: ISC */

/*
 * Shell lines, and how real shells read them.
 *
 * `unit shell scan` reads a line: all of standard input but a last newline. Prints "opaque: WHY",
 * or the directory and each command as shell words, with the operators between them.
 *
 * `unit shell words` prints the words of an opaque line in each view; '|' where a command may end.
 *
 * `unit shell script SEED FROM TO` prints, for a shell's -c, random plain lines of these numbers:
 * each is generated from the seed and its own number. A function with the command's name records
 * the command's words. `unit shell script - FROM TO` takes the lines from standard input, each
 * ended by NUL. $BASE is the directory in which they run; it has two subdirectories, "here" and
 * "it's here". Records go to descriptor 9.
 *
 * `unit shell compare RECORDS SEED|- FROM TO` compares the records of the same lines with the
 * scanner's result. Prints the first line that differs; then the exit status is 1.
 *
 * `unit shell cost N` scans nine kinds of line, each of the longest allowed length, N times.
 *
 * This file uses nothing else of the helper program, so that a test can link it with another
 * scanner.
 */

#include "helper/unit.h"

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/text.h"
#include "gate/shell/shell-line.h"
#include "gate/shell/shell-names.h"
#include "gate/shell/shell-words.h"

static void must(int r)
{
	if (r < 0)
		errx(UNIT_FAILED, "%s", strerror(-r));
}

static void append(struct bytes *b, const char *text)
{
	must(bytes_append_str(b, text));
}

static const char *read_all(FILE *file, struct bytes *b)
{
	char buffer[65536];
	size_t n;

	while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
		must(bytes_append(b, buffer, n));
	return bytes_str(b);
}

/* --- random lines ----------------------------------------------------------------------------- */

/* splitmix64. */
static uint64_t state;

static unsigned int choose(unsigned int n)
{
	uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return (unsigned int)((z ^ z >> 31) >> 33) % n;
}

#define CHOOSE(array) (array)[choose(LENGTH(array))]

/* Commands with t succeed, those with f fail. */
static const char *const names[] = { "t0", "t1", "t2", "f0", "f1", "t'0'", "'t1'", "\"f0\"",
	"t\"\"2" };

static const char *const words[] = { "a", "b", "-x", "--long=a,b", "x:y", "/x/y.c", "./b", "..",
	"-", "--", "+x", "%1", "a=b", "A=", "1", "2", "u@h", "''", "\"\"", "'a b'", "\"a b\"",
	"'$(t0) `t1` $HOME'", "\"it's; t0 | t1 & # ~ *\"", "'\\n\\'", "'a\nb'", "\"a\n\tb\"",
	"'\xC3\xBC \xF0\x9F\x98\x80'", "'!x!'", "x'y'\"z\"", "\"'\"'\"'", "'a*'", "\"{a,b}\"",
	"'~'", "'=t0'", "\"=x\"", "if", "done", "time", "exit", "'>'", "1,2", "@", ":", "t0",
	"a'='b", "-n", "x=~", "'#'", "%", "\"[a-z]\"", "'\xC2\xA0'", "a-b_c" };

static const char *const redirections[] = { "2>&1", "1>&2", ">&2", ">/dev/null", "1>/dev/null",
	"2>/dev/null", "</dev/null", "> /dev/null", "2>\t/dev/null", "<  /dev/null" };

static const char *const separators[] = { " && ", " || ", " | ", "; ", "\n", "&&", "||", "|", ";",
	" &&\n", " ||\n\n ", " |\n", ";\n", "\n\n\t", " \n " };

/* Texts that a plain line must not hold, or not there: alone, after a word, or as a command. */
static const char *const hostile[] = { "*", "?", "[a-z]", "a*", "h?re", "{a,b}", "{1..3}", "~",
	"~/x", "~root", "=", "=t0", "==", "$HOME", "$(t0)", "`t0`", "\"$HOME\"", "\"`t0`\"", "\\",
	"\\a", "\"a\\\\b\"", "\"\\\"\"", "\"a\\b\"", "'a''b'", "''''", "#x", "x#y", "!", "\"!x\"",
	"&", "& t1", "&& f0 & t1", "(t0)", "()", "{ t0; }", "2>&1>pwn", ">pwn", "2>&1x", ">&2>pwn",
	">|pwn", ">>pwn", "<<x", "<(t0)", "3>&1", "&>pwn", "|& t0", ";; t0", "; ; t0", "A=b",
	"A=b t0", "x=[a-z]", "\xC3\xBC", "\xC2\xA0", "\x01", "'\x01'", "\x7F", "\r", "%", "^a",
	"a^", "2>&-", "1>&-", ">& 2", "2> &1" };

static const char *const glued[] = { "2>&1x", "2>&11", ">&2a", "1>&2'b'", "2>&1>pwn", ">&2>pwn" };

static const char *const hostile_names[] = { "A=b", "A=b t0", "'A=b'", "if t0", "time", "time t0",
	"!", "! t0", "{", "in", "function", "select", "repeat 2", "noglob", "nocorrect", "command",
	"builtin", "exec", "eval", "exit", "test", "set", "shift", ".", ":", "[", "let", "print",
	"-", "- t0", "+x", "%1", "''", "\"\" t0", "=t0", "'=t0'", "coproc", "then", "'if'", "cd",
	"cd ..", "unset", "type", "which", "return", "*", "~", "{t0,a}", "t?", "\\t0", "t0\\" };

/* A word may be glued to another one, but nothing to a redirection: >/dev/nullx is a file. */
static void append_words(struct bytes *b)
{
	for (unsigned int n = choose(4); n > 0; n--) {
		append(b, choose(8) ? " " : "\t ");
		switch (choose(32)) {
		case 0:
		case 1:
		case 2:
			append(b, CHOOSE(redirections));
			break;
		case 3:
		case 4:
			append(b, CHOOSE(words));
			append(b, CHOOSE(words));
			break;
		case 5:
			append(b, CHOOSE(words));
			append(b, CHOOSE(hostile));
			break;
		case 6:
			append(b, CHOOSE(hostile));
			break;
		case 7:
			append(b, CHOOSE(glued));
			break;
		default:
			append(b, CHOOSE(words));
		}
	}
}

static void append_cd(struct bytes *b, const char *base)
{
	static const char *const directories[] = { "/here", "'/it''s here'", "\"/it's here\"",
		"/gone", "'/here'", "/here/", "/./here", "" };

	append(b, choose(8) ? "cd " : "'cd' ");
	append(b, base);
	append(b, CHOOSE(directories));
	append(b, choose(8) ? " && " : "; ");
}

static void append_line(struct bytes *b, const char *base)
{
	static const char *const ends[] = { "", "", "", "", "\n", ";", " ", "; \n" };
	unsigned int n = 1 + choose(4);

	if (choose(10) == 0)
		append(b, choose(2) ? " " : "\n\n");
	if (choose(8) == 0)
		append_cd(b, base);
	for (unsigned int i = 0; i < n; i++) {
		if (i > 0)
			append(b, CHOOSE(separators));
		append(b, choose(32) ? CHOOSE(names) : CHOOSE(hostile_names));
		append_words(b);
	}
	append(b, CHOOSE(ends));
}

static bool is_stub(const char *name)
{
	return (name[0] == 't' || name[0] == 'f') && name[1] >= '0' && name[1] <= '2'
		&& name[2] == '\0';
}

/* Whether no shell knows the name: a word glued to t0 makes another name by accident. */
static bool is_unknown(const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/";

	return !is_stub(name) && name[0] && name[strspn(name, plain)] == '\0'
		&& !shell_name_is_reserved(name) && !shell_name_is_builtin(name);
}

/* A shell writes a record with a newline in several pieces: in a pipe, they would be mixed. */
static bool has_pieces(const struct shell_line *line)
{
	bool pipes = false, newlines = false;

	for (size_t i = 0; i < line->n_commands; i++) {
		const char *word = line->commands[i].words;

		pipes |= line->commands[i].after == SHELL_PIPE;
		for (size_t n = line->commands[i].n_words; n > 0; n--, word += strlen(word) + 1)
			newlines |= strchr(word, '\n') != NULL;
	}
	return pipes && newlines;
}

static bool has_unknown(const struct shell_line *line)
{
	for (size_t i = 0; i < line->n_commands; i++)
		if (is_unknown(line->commands[i].words))
			return true;
	return false;
}

/* --- the source of lines ---------------------------------------------------------------------- */

struct lines {
	const char *given; /* or NULL: they are random */
	uint64_t seed;
	const char *base;
	struct bytes text;
	struct shell_line line;
};

/* The line of this number; the next call overwrites it. */
static const char *get_line(struct lines *l, size_t number)
{
	const char *text = l->given;

	shell_line_deinit(&l->line);
	if (text) {
		for (; number > 0; number--)
			text += strlen(text) + 1;
		must(shell_line_scan(&l->line, text));
		return text;
	}

	state = l->seed + number * UINT64_C(0x632BE59BD9B4E019);
	for (;;) {
		bytes_clear(&l->text);
		append_line(&l->text, l->base);
		must(shell_line_scan(&l->line, bytes_str(&l->text)));
		if (l->line.fault == SHELL_PLAIN && !has_unknown(&l->line) && !has_pieces(&l->line))
			return bytes_str(&l->text);
		shell_line_deinit(&l->line);
	}
}

static void open_lines(struct lines *l, const char *seed, struct bytes *input)
{
	const char *base = getenv("BASE");

	*l = (struct lines){ .base = base ? base : "/", .text = BYTES_PRINTED };
	if (strcmp(seed, "-") == 0)
		l->given = read_all(stdin, input);
	else
		l->seed = strtoull(seed, NULL, 10);
}

static void close_lines(struct lines *l)
{
	bytes_deinit(&l->text);
	shell_line_deinit(&l->line);
}

/* --- for a shell ------------------------------------------------------------------------------ */

static void print_function(const char *name)
{
	printf("%s() { rec %s \"$@\"; return %d; }\n", name, name, name[0] == 'f');
}

static int print_script(char **argv)
{
	cleanup(bytes_deinit) struct bytes input = BYTES_PRINTED;
	const size_t from = strtoul(argv[3], NULL, 10), to = strtoul(argv[4], NULL, 10);
	struct lines l;

	open_lines(&l, argv[2], &input);
	puts("rec() { printf '%s\\0' \"@$#\" \"$PWD\" \"$@\" >&9; }\n"
	     "m() { printf '%s\\0' \"#$1\" >&9; \\cd \"$BASE\"; }");
	for (int kind = 0; kind < 2; kind++)
		for (int digit = '0'; digit <= '2'; digit++)
			print_function((char[]){ kind ? 't' : 'f', (char)digit, '\0' });
	for (size_t n = from; l.given && n < to; n++) {
		get_line(&l, n);
		for (size_t i = 0; i < l.line.n_commands; i++)
			print_function(l.line.commands[i].words);
	}
	for (size_t n = from; n < to; n++)
		printf("m %zu\n%s\n", n, get_line(&l, n));
	printf("m %zu\n", to);
	close_lines(&l);
	return UNIT_OK;
}

/* --- the expected records --------------------------------------------------------------------- */

/* A record begins with '@' and the number of its strings: the directory, and the words. */
#define RECORDS_MAX 256

struct records {
	struct bytes text;
	size_t at[RECORDS_MAX], len[RECORDS_MAX];
	size_t n;
};

static const char *end_of_record(const char *record)
{
	size_t n = 1 + strtoul(record + 1, NULL, 10);

	for (record += strlen(record) + 1; n > 0; n--)
		record += strlen(record) + 1;
	return record;
}

static const struct records *sorting;

static int compare_records(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const char *p = sorting->text.data;
	size_t n = (size_t)(end_of_record(p + x) - (p + x)),
	       m = (size_t)(end_of_record(p + y) - (p + y));
	int r = memcmp(p + x, p + y, n < m ? n : m);

	return r != 0 ? r : (n > m) - (n < m);
}

static void add_record(struct records *r, const char *record, size_t len)
{
	if (r->n == RECORDS_MAX)
		errx(UNIT_FAILED, "too many records of one line");
	r->at[r->n] = r->text.len;
	r->n++;
	must(bytes_append(&r->text, record, len));
}

static void expect(struct records *r, const char *directory, const struct shell_command *c)
{
	cleanup(bytes_deinit) struct bytes record = BYTES_PRINTED;
	const char *word = c->words;

	must(bytes_appendf(&record, "@%zu", c->n_words));
	must(bytes_append(&record, "", 1));
	must(bytes_append(&record, directory, strlen(directory) + 1));
	for (size_t i = 0; i < c->n_words; i++) {
		must(bytes_append(&record, word, strlen(word) + 1));
		word += strlen(word) + 1;
	}
	add_record(r, record.data, record.len);
}

/* The commands that run, and their directory, as POSIX says. */
static void expect_line(struct records *r, const struct shell_line *line, const char *base)
{
	const char *directory = base;
	enum shell_separator before = SHELL_SEQUENCE;
	bool failed = false, run = false, in_pipe = false;

	if (line->directory) {
		before = SHELL_AND;
		failed = strstr(line->directory, "/gone") != NULL;
		directory = failed ? base : line->directory;
	}
	for (size_t i = 0; i < line->n_commands; i++) {
		const struct shell_command *c = &line->commands[i];

		if (!in_pipe)
			run = before == SHELL_SEQUENCE || (before == SHELL_OR) == failed;
		if (run)
			expect(r, directory, c);
		in_pipe = c->after == SHELL_PIPE;
		if (run && !in_pipe)
			failed = c->words[0] == 'f';
		before = c->after;
	}
}

/* The commands of a pipe come in any order. */
static bool same(struct records *a, struct records *b)
{
	sorting = a;
	qsort(a->at, a->n, sizeof(a->at[0]), compare_records);
	sorting = b;
	qsort(b->at, b->n, sizeof(b->at[0]), compare_records);
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		const char *x = a->text.data + a->at[i], *y = b->text.data + b->at[i];
		size_t n = (size_t)(end_of_record(x) - x), m = (size_t)(end_of_record(y) - y);

		if (n != m || memcmp(x, y, n) != 0)
			return false;
	}
	return a->n == b->n;
}

static void show(const char *what, const struct records *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const char *at = r->text.data + r->at[i], *end = end_of_record(at);

		printf("%s", what);
		for (at += strlen(at) + 1; at < end; at += strlen(at) + 1)
			printf(" <%s>", at);
		printf("\n");
	}
}

/* Reads the records of the line that begins here, up to the next line, or the end. */
static const char *take_records(struct records *r, const char *at, const char *end)
{
	bytes_clear(&r->text);
	r->n = 0;
	while (at < end && *at == '@') {
		const char *next = end_of_record(at);

		add_record(r, at, (size_t)(next - at));
		at = next;
	}
	return at;
}

static int compare(char **argv)
{
	cleanup(bytes_deinit) struct bytes recorded = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes input = BYTES_PRINTED;
	static struct records got, wanted;
	const size_t from = strtoul(argv[4], NULL, 10), to = strtoul(argv[5], NULL, 10);
	const char *at, *end, *text;
	struct lines l;
	char start[32];
	size_t n;
	FILE *file;

	file = fopen(argv[2], "re");
	if (!file)
		err(UNIT_FAILED, "%s", argv[2]);
	at = read_all(file, &recorded);
	fclose(file);
	end = at + recorded.len;
	/* Zeros at the end: a record that was cut off must fail the comparison, not crash. */
	must(bytes_append(&recorded, (char[65536]){ 0 }, 65536));
	end = recorded.data + (end - at);
	at = recorded.data;
	bytes_init(&got.text, BYTES_PRINTED_MAX);
	bytes_init(&wanted.text, BYTES_PRINTED_MAX);

	open_lines(&l, argv[3], &input);
	for (n = from; n < to; n++) {
		text = get_line(&l, n);
		snprintf(start, sizeof(start), "#%zu", n);
		if (at >= end || strcmp(at, start) != 0)
			break;
		at = take_records(&got, at + strlen(at) + 1, end);
		bytes_clear(&wanted.text);
		wanted.n = 0;
		expect_line(&wanted, &l.line, l.base);
		if (!same(&got, &wanted)) {
			printf("line %zu: %s\n", n, text);
			show("expected", &wanted);
			show("recorded", &got);
			break;
		}
	}
	snprintf(start, sizeof(start), "#%zu", to);
	if (n == to && (at >= end || strcmp(at, start) != 0))
		n--;
	if (n < to)
		printf("stopped at line %zu\n", n);
	bytes_deinit(&got.text);
	bytes_deinit(&wanted.text);
	close_lines(&l);
	return n == to ? UNIT_OK : UNIT_FAILED;
}

/* --- one line --------------------------------------------------------------------------------- */

static const char *read_line(struct bytes *b)
{
	read_all(stdin, b);
	if (b->len > 0 && b->data[b->len - 1] == '\n')
		bytes_truncate(b, b->len - 1);
	return bytes_str(b);
}

static void append_quoted(struct bytes *b, const char *word)
{
	must(text_append_quoted(b, word, strlen(word)));
}

static int print_line(void)
{
	static const char *const between[] = { "", "&&", "||", "|", ";" };
	static const char *const redirected[] = { "2>&1", ">&2", ">/dev/null", "2>/dev/null",
		"</dev/null" };
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	cleanup(shell_line_deinit) struct shell_line line;

	must(shell_line_scan(&line, read_line(&text)));
	if (line.fault != SHELL_PLAIN) {
		printf("opaque: it %s\n", shell_fault_text(line.fault));
		return UNIT_OK;
	}
	if (line.directory) {
		append(&out, "in ");
		append_quoted(&out, line.directory);
		append(&out, "\n");
	}
	for (size_t i = 0; i < line.n_commands; i++) {
		const struct shell_command *c = &line.commands[i];
		const char *word = c->words;

		append(&out, c->after_cd ? "+" : " ");
		for (size_t w = 0; w < c->n_words; w++, word += strlen(word) + 1) {
			append(&out, " ");
			append_quoted(&out, word);
		}
		for (size_t n = 0; n < c->n_redirections; n++)
			must(bytes_appendf(&out, " %s", redirected[c->redirections[n]]));
		must(bytes_appendf(&out, "%s%s\n", c->after ? " " : "", between[c->after]));
	}
	fputs(bytes_str(&out), stdout);
	return UNIT_OK;
}

static int print_words(void)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	const char *line = read_line(&text), *word;

	for (enum shell_view view = 0; view < SHELL_VIEWS; view++) {
		cleanup(shell_words_deinit) struct shell_words taken;

		must(shell_words_take(&taken, line, view));
		word = taken.text.data;
		for (size_t i = 0; i < taken.n; i++, word += strlen(word) + 1) {
			append(&out, i > 0 ? " " : "");
			append_quoted(&out, word);
			append(&out, taken.ends.data[i] ? " |" : "");
		}
		append(&out, "\n");
	}
	fputs(bytes_str(&out), stdout);
	return UNIT_OK;
}

/* --- cost ------------------------------------------------------------------------------------- */

/* Scans lines of the longest allowed length, each kind so many times. */
static int spend(unsigned long times)
{
	static const char *const parts[] = { " a", " abcdefgh", " ''", " \"a b\"", " 2>&1",
		" >/dev/null", " '\xC3\xBC\xC3\xBC'", " 1", "\t\t" };

	for (size_t i = 0; i < LENGTH(parts); i++) {
		cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

		append(&text, "a");
		while (text.len + strlen(parts[i]) <= SHELL_LINE_MAX)
			append(&text, parts[i]);
		for (unsigned long n = 0; n < times; n++) {
			struct shell_line line;

			must(shell_line_scan(&line, text.data));
			if (line.fault != SHELL_PLAIN)
				errx(UNIT_FAILED, "opaque: it %s", shell_fault_text(line.fault));
			shell_line_deinit(&line);
		}
	}
	return UNIT_OK;
}

int unit_shell(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "scan") == 0)
		return print_line();
	if (argc == 2 && strcmp(argv[1], "words") == 0)
		return print_words();
	if (argc == 3 && strcmp(argv[1], "cost") == 0)
		return spend(strtoul(argv[2], NULL, 10));
	if (argc == 5 && strcmp(argv[1], "script") == 0)
		return print_script(argv);
	if (argc == 6 && strcmp(argv[1], "compare") == 0)
		return compare(argv);
	fputs("usage: unit shell scan | words | cost N | script SEED|- FROM TO | compare RECORDS "
	      "SEED|- FROM TO\n",
		stderr);
	return UNIT_USAGE;
}
