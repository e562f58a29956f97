/* SPDX-License-Identifier: ISC */

/*
 * Agents read such patches leniently, with blanks before a line, say. So any line that may be a
 * heading is taken for one, or makes the patch unknown: a file too many only asks more.
 */

#include "cli/hook-patch.h"

#include <stdbool.h>
#include <string.h>

#include "base/array.h"

#define BLANKS " \t\r\v\f"

struct line {
	const char *text; /* without blanks around it */
	size_t len;
	const char *next; /* NULL: it is the last */
};

static struct line read_line(const char *at)
{
	const char *end = strchrnul(at, '\n');
	struct line line = { at + strspn(at, BLANKS), 0, *end ? end + 1 : NULL };

	while (end > line.text && strchr(BLANKS, end[-1]))
		end--;
	line.len = end > line.text ? (size_t)(end - line.text) : 0;
	return line;
}

static bool begins(const struct line *line, const char *word)
{
	return line->len >= strlen(word) && memcmp(line->text, word, strlen(word)) == 0;
}

static const char *const headings[] = {
	"*** Add File:", "*** Update File:", "*** Delete File:", "*** Move to:"
};

static bool takes_path(const struct line *line, struct hook_patch_file *ret)
{
	size_t n;

	for (size_t i = 0; i < LENGTH(headings); i++) {
		if (!begins(line, headings[i]))
			continue;
		n = strlen(headings[i]);
		while (n < line->len && strchr(BLANKS, line->text[n]))
			n++;
		*ret = (struct hook_patch_file){
			.path = line->text + n, .path_len = line->len - n, .text = line->text
		};
		return true;
	}
	return false;
}

/* A heading after something that some program may skip as a blank. */
static bool hides_heading(const struct line *line)
{
	for (size_t i = 0; i < LENGTH(headings); i++)
		if (memmem(line->text, line->len, headings[i], strlen(headings[i])))
			return true;
	return false;
}

static bool is_frame(const struct line *line)
{
	return begins(line, "*** Begin Patch") || begins(line, "*** End Patch")
		|| begins(line, "*** End of File");
}

int hook_patch_files(const char *patch, struct hook_patch_file *ret, size_t *n)
{
	const size_t most = *n;
	struct hook_patch_file file;
	struct line line;
	size_t found = 0;

	for (const char *at = patch; at; at = line.next) {
		line = read_line(at);
		if (takes_path(&line, &file)) {
			/* Some programs take the path only up to a colon. */
			if (found == most || memchr(file.path, ':', file.path_len))
				return HOOK_PATCH_UNKNOWN;
			ret[found++] = file;
		} else if (hides_heading(&line) || (begins(&line, "***") && !is_frame(&line))) {
			return HOOK_PATCH_UNKNOWN;
		}
	}
	for (size_t i = 0; i < found; i++)
		ret[i].text_len = i + 1 < found ? (size_t)(ret[i + 1].text - ret[i].text)
						: strlen(ret[i].text);
	*n = found;
	return found > 0 ? 0 : HOOK_PATCH_UNKNOWN;
}
