/* SPDX-License-Identifier: ISC */

/*
 * `unit text COMMAND [ARG…]`: shows base/text and base/notation. Texts come on standard input,
 * notations as arguments; the result goes to standard output. Exit status: 0 done, or yes; 1 no, or
 * refused (then the errno's name is on standard output); 2 called wrongly, or broken.
 */

#include "base/utf8.h"
#include "helper/unit.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/idna.h"
#include "base/notation.h"
#include "base/text.h"
#include "base/unicode.h"

/* A "no" must not be taken for a broken helper. */
enum { NO = UNIT_FAILED, BROKEN = UNIT_USAGE };

static void must(int r, const char *what)
{
	if (r < 0)
		errx(BROKEN, "%s: %s", what, strerrorname_np(-r));
}

static void read_all(FILE *file, struct bytes *ret)
{
	cleanup(free_p) char *data = NULL;
	size_t len;

	data = unit_read(file, &len);
	must(bytes_append(ret, data, len), "reading");
}

static int print(const struct bytes *b)
{
	fwrite(b->data, 1, b->len, stdout);
	return 0;
}

static int refused(int r)
{
	puts(strerrorname_np(-r));
	return NO;
}

static uint64_t number_of(const char *text)
{
	uint64_t n;

	must(notation_parse_number(text, 0, UINT64_MAX, &n), text);
	return n;
}

static int print_number(int r, uint64_t n)
{
	if (r < 0)
		return refused(r);

	printf("%" PRIu64 "\n", n);
	return 0;
}

/* Texts, from standard input */

static int escape(char **argv, const struct bytes *in, struct bytes *out)
{
	(void)argv;
	must(text_append_escaped(out, bytes_str(in), in->len), "escape");
	return print(out);
}

/* With arguments: quotes these, as one command line. */
static int quote(char **argv, const struct bytes *in, struct bytes *out)
{
	if (!argv[0])
		must(text_append_quoted(out, bytes_str(in), in->len), "quote");

	for (char **arg = argv; *arg; arg++) {
		if (arg > argv)
			must(bytes_append_char(out, ' '), "quote");

		must(text_append_quoted(out, *arg, strlen(*arg)), "quote");
	}

	return print(out);
}

static int utf8(char **argv, const struct bytes *in, struct bytes *out)
{
	(void)argv, (void)out;
	return utf8_is_valid(bytes_str(in), in->len) ? 0 : NO;
}

static int blank(char **argv, const struct bytes *in, struct bytes *out)
{
	(void)argv, (void)out;
	return text_is_blank(bytes_str(in)) ? 0 : NO;
}

static int mixes(char **argv, const struct bytes *in, struct bytes *out)
{
	uint32_t c;
	char ascii;

	(void)argv, (void)out;
	return text_likeness(bytes_str(in), in->len, &c, &ascii) == TEXT_MIXES_SCRIPTS ? 0 : NO;
}

static int looks_alike(char **argv, const struct bytes *in, struct bytes *out)
{
	uint32_t c;
	char ascii;

	(void)argv, (void)out;
	if (text_likeness(bytes_str(in), in->len, &c, &ascii) != TEXT_LOOKS_ALIKE)
		return NO;

	printf("U+%04X %c", (unsigned int)c, ascii);
	return 0;
}

/* A failed append must change nothing: tries every limit below the text's size. */
static int ceiling_of(int (*append)(struct bytes *, const char *, size_t), const struct bytes *in)
{
	static const char was[] = "was";
	cleanup(bytes_deinit) struct bytes whole = BYTES_PRINTED;

	must(append(&whole, bytes_str(in), in->len), "append");

	for (size_t max = 0; max < whole.len; max++) {
		cleanup(bytes_deinit) struct bytes b = BYTES_INIT(strlen(was) + max);

		must(bytes_append_str(&b, was), "append");
		if (append(&b, bytes_str(in), in->len) != -EMSGSIZE
			|| strcmp(bytes_str(&b), was) != 0) {
			printf("ceiling %zu of %zu: '%s'\n", max, whole.len, bytes_str(&b));
			return NO;
		}
	}

	return 0;
}

static int ceiling(char **argv, const struct bytes *in, struct bytes *out)
{
	(void)argv, (void)out;
	return ceiling_of(text_append_escaped, in) || ceiling_of(text_append_quoted, in);
}

static int decode_host(char **argv, const struct bytes *in, struct bytes *out)
{
	(void)argv;
	must(idna_append_decoded(out, bytes_str(in), in->len), "decode");
	return print(out);
}

/* Whether utf8_decode() accepts the whole text, character by character. */
static bool is_whole(const char *text, size_t len)
{
	while (len > 0) {
		uint32_t c;
		size_t n;

		n = utf8_decode(text, len, &c);
		if (n == 0)
			return false;

		text += n;
		len -= n;
	}

	return true;
}

/*
 * Every character is decoded to itself, and no other number is decoded. Of all texts of one, two
 * and three bytes, the number of valid ones follows from the numbers of characters of one, two and
 * three bytes.
 */
static int utf8_all(char **argv, const struct bytes *in, struct bytes *out)
{
	const size_t one = 128, two = 1920, three = 61440;
	const size_t expected[] = { 1, one, one * one + two,
		one * one * one + 2 * one * two + three };

	(void)argv, (void)in, (void)out;

	for (uint32_t c = 0; c < 0x200000; c++) {
		bool is_character = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
		uint32_t decoded = UINT32_MAX;
		char text[4];
		size_t len = utf8_encode(c, text);
		size_t n = utf8_decode(text, len, &decoded);

		if (n != (is_character ? len : 0) || decoded != (is_character ? c : UINT32_MAX)) {
			printf("U+%04" PRIX32 "\n", c);
			return NO;
		}
	}

	for (size_t len = 1; len < LENGTH(expected); len++) {
		size_t valid = 0;

		for (uint32_t i = 0; i < UINT32_C(1) << 8 * len; i++) {
			char text[3] = { (char)i, (char)(i >> 8), (char)(i >> 16) };
			bool is_valid = utf8_is_valid(text, len);

			if (is_valid != is_whole(text, len)) {
				printf("%06" PRIX32 "\n", i);
				return NO;
			}

			valid += is_valid ? 1 : 0;
		}

		if (valid != expected[len]) {
			printf("%zu valid texts of %zu bytes\n", valid, len);
			return NO;
		}
	}

	return 0;
}

/* The whole of unicode_class(), in the notation of unicode-table.h. */
static int classes(char **argv, const struct bytes *in, struct bytes *out)
{
	static const char letters[] = { [UNICODE_SYMBOL] = 'S',
		[UNICODE_MARK] = 'M',
		[UNICODE_WORD] = 'W',
		[UNICODE_LATIN] = 'L',
		[UNICODE_GREEK] = 'G',
		[UNICODE_CYRILLIC] = 'C' };
	const uint32_t end = UINT32_C(1) << 24;
	uint32_t first = 0;

	(void)argv, (void)in, (void)out;

	for (uint32_t c = 1; c <= end; c++) {
		enum unicode_class class = unicode_class(first);

		if (c < end && unicode_class(c) == class)
			continue;

		if (class != UNICODE_HIDDEN)
			printf("{ 0x%" PRIX32 ", 0x%" PRIX32 ", %c }\n", first, c - 1,
				letters[class]);
		first = c;
	}

	return 0;
}

/* The sort key is the quoted text; the text itself goes along. */
struct quoted {
	char *text;
	char *shown;
};

static int by_shown(const void *a, const void *b)
{
	return strcmp(((const struct quoted *)a)->shown, ((const struct quoted *)b)->shown);
}

static struct quoted quoted_new(const char *const *parts, size_t n_parts, size_t number)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	struct quoted quoted;

	for (; number > 0; number /= n_parts + 1)
		if (number % (n_parts + 1) > 0)
			must(bytes_append_str(&text, parts[number % (n_parts + 1) - 1]), "append");

	must(text_append_quoted(&shown, bytes_str(&text), text.len), "quote");

	quoted = (struct quoted){ bytes_steal(&text), bytes_steal(&shown) };
	if (!quoted.text || !quoted.shown)
		must(-ENOMEM, "steal");

	return quoted;
}

/* Quotes all texts of up to four parts that are easily confused. */
static int quote_unique(char **argv, const struct bytes *in, struct bytes *out)
{
	static const char *const parts[] = { "a", "A", "0", "é", "'", "$", "\\", "\"", "{", "}",
		"u", "x", " ", "\n", "\xA0", "\xC2\xA0", "\u200B", "\xEF\xBF\xBD", "\\u{A}",
		"\\x{A0}", "\\u{A0}", "\\n", "~", "=" };
	const size_t n_parts = LENGTH(parts);
	size_t n = (n_parts + 1) * (n_parts + 1) * (n_parts + 1) * (n_parts + 1), different = 1;
	struct quoted *all;
	int r = 0;

	(void)argv, (void)in, (void)out;

	all = calloc(n, sizeof(*all));
	if (!all)
		must(-ENOMEM, "calloc");

	for (size_t i = 0; i < n; i++)
		all[i] = quoted_new(parts, n_parts, i);

	qsort(all, n, sizeof(*all), by_shown);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(all[i - 1].text, all[i].text) == 0)
			continue;

		different++;
		if (strcmp(all[i - 1].shown, all[i].shown) == 0) {
			printf("two texts: %s\n", all[i].shown);
			r = NO;
		}
	}

	for (size_t i = 0; i < n; i++) {
		free(all[i].text);
		free(all[i].shown);
	}
	free(all);

	printf("%zu\n", different);
	return r;
}

/* Notations, from arguments */

static int duration(char **argv, const struct bytes *in, struct bytes *out)
{
	uint64_t us = 0;
	int r;

	(void)in, (void)out;
	r = notation_parse_duration(argv[0], &us);
	return print_number(r, us);
}

static int show_duration(char **argv, const struct bytes *in, struct bytes *out)
{
	(void)in;
	must(notation_append_duration(out, number_of(argv[0])), "duration");
	return print(out);
}

static int size(char **argv, const struct bytes *in, struct bytes *out)
{
	uint64_t n = 0;
	int r;

	(void)in, (void)out;
	r = notation_parse_size(argv[0], &n);
	return print_number(r, n);
}

static int show_size(char **argv, const struct bytes *in, struct bytes *out)
{
	(void)in;
	must(notation_append_size(out, number_of(argv[0])), "size");
	return print(out);
}

static int number(char **argv, const struct bytes *in, struct bytes *out)
{
	uint64_t n = 0;
	int r;

	(void)in, (void)out;
	r = notation_parse_number(argv[0], number_of(argv[1]), number_of(argv[2]), &n);
	return print_number(r, n);
}

static int show_time(char **argv, const struct bytes *in, struct bytes *out)
{
	int r;

	(void)in;
	for (; *argv; argv++) {
		r = notation_append_time(out, number_of(*argv));
		if (r < 0)
			return refused(r);

		must(bytes_append_char(out, '\n'), "time");
	}

	return print(out);
}

/* Parses the text as so many bytes of hex, and prints the result. */
static int hex(char **argv, const struct bytes *in, struct bytes *out)
{
	uint8_t data[32];
	char text[2 * sizeof(data) + 1];
	size_t len = number_of(argv[1]);
	int r;

	(void)in, (void)out;
	if (len > sizeof(data))
		must(-ERANGE, argv[1]);

	r = notation_parse_hex(argv[0], strlen(argv[0]), data, len);
	if (r < 0)
		return refused(r);

	notation_hex(data, len, text);
	puts(text);
	return 0;
}

static int uuid(char **argv, const struct bytes *in, struct bytes *out)
{
	uint8_t id[16];
	char text[NOTATION_UUID_LEN + 1];
	int r;

	(void)in, (void)out;
	r = notation_parse_uuid(argv[0], strlen(argv[0]), id);
	if (r < 0)
		return refused(r);

	notation_uuid(id, text);
	puts(text);
	return 0;
}

/* A file of objects with `text` and `shown`. */
static int vectors(char **argv, const struct bytes *in, struct bytes *out)
{
	cleanup(bytes_deinit) struct bytes content = BYTES_PRINTED;
	const cJSON *vector;
	cJSON *list;
	FILE *file;
	int r = 0;

	(void)in;

	file = fopen(argv[0], "re");
	if (!file)
		err(BROKEN, "%s", argv[0]);

	read_all(file, &content);
	fclose(file);

	list = cJSON_Parse(bytes_str(&content));
	if (cJSON_GetArraySize(list) == 0)
		errx(BROKEN, "%s: no list of vectors", argv[0]);

	cJSON_ArrayForEach(vector, list)
	{
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(vector, "text"));
		const char *shown = cJSON_GetStringValue(cJSON_GetObjectItem(vector, "shown"));

		if (!text || !shown)
			errx(BROKEN, "%s: a vector without text or shown", argv[0]);

		bytes_clear(out);
		must(text_append_escaped(out, text, strlen(text)), "escape");
		if (strcmp(bytes_str(out), shown) != 0) {
			printf("expected: %s\nshown:    %s\n", shown, bytes_str(out));
			r = NO;
		}
	}

	cJSON_Delete(list);
	return r;
}

static const struct {
	const char *name;
	int n_args; /* -1: any number */
	bool reads; /* standard input, if it has no arguments */
	int (*run)(char **argv, const struct bytes *in, struct bytes *out);
} commands[] = {
	{ "escape", 0, true, escape },
	{ "quote", -1, true, quote },
	{ "utf8", 0, true, utf8 },
	{ "blank", 0, true, blank },
	{ "mixes", 0, true, mixes },
	{ "looks-alike", 0, true, looks_alike },
	{ "ceiling", 0, true, ceiling },
	{ "decode-host", 0, true, decode_host },
	{ "utf8-all", 0, false, utf8_all },
	{ "classes", 0, false, classes },
	{ "quote-unique", 0, false, quote_unique },
	{ "duration", 1, false, duration },
	{ "show-duration", 1, false, show_duration },
	{ "size", 1, false, size },
	{ "show-size", 1, false, show_size },
	{ "number", 3, false, number },
	{ "time", -1, false, show_time },
	{ "hex", 2, false, hex },
	{ "uuid", 1, false, uuid },
	{ "vectors", 1, false, vectors },
};

int unit_text(int argc, char **argv)
{
	cleanup(bytes_deinit) struct bytes in = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes out = BYTES_PRINTED;
	int n_args = argc - 2;

	for (size_t i = 0; argc >= 2 && i < LENGTH(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (commands[i].n_args >= 0 && commands[i].n_args != n_args)
			break;
		if (commands[i].reads && n_args == 0)
			read_all(stdin, &in);

		return commands[i].run(argv + 2, &in, &out);
	}

	return unit_usage("text COMMAND [ARG...]");
}
