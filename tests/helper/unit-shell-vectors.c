/* SPDX-License-Identifier: ISC */

/*
 * `unit shell-vectors FILE` prints each line of tests/vectors/shell.json for which the scanner and
 * the file differ, and the number of lines. Exit status 1: there is such a line.
 *
 * `unit shell-vectors FILE plain` prints the plain lines, each ended by NUL.
 */

#include "helper/unit.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "gate/shell/shell-line.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

static bool is_command(const cJSON *words, const struct shell_command *c)
{
	const char *word = c->words;
	const cJSON *wanted;

	cJSON_ArrayForEach(wanted, words)
	{
		if (strcmp(cJSON_GetStringValue(wanted), word) != 0)
			return false;
		word += strlen(word) + 1;
	}
	return (size_t)cJSON_GetArraySize(words) == c->n_words;
}

static bool is_as_expected(const cJSON *argv, const struct shell_line *line)
{
	if (cJSON_IsNull(argv))
		return line->fault != SHELL_PLAIN;
	if ((size_t)cJSON_GetArraySize(argv) != line->n_commands)
		return false;
	for (size_t i = 0; i < line->n_commands; i++)
		if (!is_command(cJSON_GetArrayItem(argv, (int)i), &line->commands[i]))
			return false;
	return true;
}

int unit_shell_vectors(int argc, char **argv)
{
	cleanup(free_p) char *text = NULL;
	cleanup(cJSON_Delete_p) cJSON *vectors = NULL;
	const cJSON *vector;
	const char *string;
	size_t len, n = 0, wrong = 0;
	FILE *file;

	if (argc < 2)
		return unit_usage("shell-vectors FILE [plain]");
	file = fopen(argv[1], "re");
	if (!file)
		err(UNIT_FAILED, "%s", argv[1]);
	text = unit_read(file, &len);
	fclose(file);
	vectors = cJSON_Parse(text);

	cJSON_ArrayForEach(vector, cJSON_GetObjectItemCaseSensitive(vectors, "lines"))
	{
		cleanup(shell_line_deinit) struct shell_line line;

		string = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(vector, "line"));
		unit_must(shell_line_scan(&line, string));
		n++;
		if (argc > 2 && line.fault == SHELL_PLAIN)
			fwrite(string, 1, strlen(string) + 1, stdout);
		if (is_as_expected(cJSON_GetObjectItemCaseSensitive(vector, "argv"), &line))
			continue;
		wrong++;
		printf("wrong: %s (%s)\n", string, shell_fault_text(line.fault));
	}
	if (argc == 2)
		printf("%zu vectors\n", n);
	return n > 0 && wrong == 0 ? UNIT_OK : UNIT_FAILED;
}
