/* SPDX-License-Identifier: ISC */

/*
 * `unit glob vectors FILE`: prints each path pattern of tests/vectors/path-pattern.json that
 * doesn't give the expected result, and the number of patterns. Exit status 1: there is such a
 * pattern.
 *
 * `unit glob text PATTERN TEXT`, `unit glob path PATTERN PATH`: prints "fits", "differs", or the
 * pattern's fault.
 *
 * `unit glob cost`: matches patterns that are made to be slow, with twice the text and with twice
 * the pattern; prints, as a line of JSON, the ns for each byte of the pattern and of the text, and
 * the factor by which each of the two takes longer.
 */

#include "helper/unit.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "gate/policy/glob.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

static const char *judge(bool path, const char *pattern, const char *text)
{
	const char *fault = path ? glob_path_fault(pattern) : glob_text_fault(pattern);
	bool fits;

	if (fault)
		return fault;
	fits = path ? glob_path(pattern, text) : glob_text(pattern, text);
	return fits ? "fits" : "differs";
}

static const char *string_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static bool is_as_expected(const cJSON *vector)
{
	const cJSON *match = cJSON_GetObjectItemCaseSensitive(vector, "match");
	const char *got = judge(true, string_of(vector, "pattern"), string_of(vector, "path"));

	if (cJSON_IsString(match))
		return strncmp(got, "must ", strlen("must ")) == 0;
	return strcmp(got, cJSON_IsTrue(match) ? "fits" : "differs") == 0;
}

static int check_vectors(const char *path)
{
	cleanup(free_p) char *text = NULL;
	cleanup(cJSON_Delete_p) cJSON *vectors = NULL;
	const cJSON *vector;
	FILE *file = fopen(path, "re");
	size_t len, n = 0, wrong = 0;

	if (!file)
		err(UNIT_FAILED, "%s", path);
	text = unit_read(file, &len);
	fclose(file);
	vectors = cJSON_Parse(text);

	cJSON_ArrayForEach(vector, vectors)
	{
		n++;
		if (is_as_expected(vector))
			continue;
		wrong++;
		printf("wrong: %s\n", string_of(vector, "why"));
	}
	printf("%zu vectors\n", n);
	return n > 0 && wrong == 0 ? UNIT_OK : UNIT_FAILED;
}

/* "*a*a…*b": fits no text of only a. */
static char *slow_pattern(size_t stars)
{
	char *pattern = unit_allocate(2 * stars + 3);

	for (size_t i = 0; i <= stars; i++) {
		pattern[2 * i] = '*';
		pattern[2 * i + 1] = i < stars ? 'a' : 'b';
	}
	return pattern;
}

/* "*aaa…b": every offset of the text looks like a match at first. */
static char *repeating_pattern(size_t len)
{
	char *pattern = unit_allocate(len + 3);

	memset(pattern, 'a', len);
	pattern[0] = '*';
	pattern[len] = 'b';
	return pattern;
}

static double seconds_of(const char *pattern, size_t len)
{
	char *text = unit_allocate(len + 1);
	struct timespec start, end;

	memset(text, 'a', len);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	if (glob_text(pattern, text))
		errx(UNIT_FAILED, "it fits");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	free(text);
	return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

/* The shortest of several times: it has the least delay from other processes. */
static double least(const char *pattern, size_t len)
{
	double best = seconds_of(pattern, len), other;

	for (int i = 0; i < 4; i++) {
		other = seconds_of(pattern, len);
		best = other < best ? other : best;
	}
	return best;
}

static int print_cost(void)
{
	const size_t text = 60000, len = 2000;
	char *once = repeating_pattern(len), *twice = repeating_pattern(2 * len);
	char *stars = slow_pattern(len);
	double base = least(once, text);

	printf("{\"ms\":%.1f,\"ns\":%.2f,\"text\":%.2f,\"pattern\":%.2f,\"stars_ms\":%.2f}\n",
		base * 1e3, base * 1e9 / (double)text / (double)len, least(once, 2 * text) / base,
		least(twice, text) / base, least(stars, text) * 1e3);
	free(once);
	free(twice);
	free(stars);
	return UNIT_OK;
}

int unit_glob(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "vectors") == 0)
		return check_vectors(argv[2]);
	if (argc == 2 && strcmp(argv[1], "cost") == 0)
		return print_cost();
	if (argc == 4 && (strcmp(argv[1], "text") == 0 || strcmp(argv[1], "path") == 0)) {
		puts(judge(argv[1][0] == 'p', argv[2], argv[3]));
		return UNIT_OK;
	}
	return unit_usage("glob vectors FILE | text PATTERN TEXT | path PATTERN PATH | cost");
}
