/* SPDX-License-Identifier: ISC */

/* Names of programs, with their suffixes. */

#include "gate/policy/program-name.h"

#include <string.h>

#include "gate/limits.h"
#include "gate/policy/glob.h"

/* Words that may follow a name or its version. */
static const char *const builds[] = { "-coreutils", "-dbg", "-debug", "-debug-m", "-gdb-m", "-gnu",
	"-lldb-m", "-m", "-minimal", "-native", "-pseudo", "-rs", "-static", "-sysv", "-tcp",
	"-uutils", "-valgrind-m", ".bin", ".busybox", ".coreutils", ".dash", ".default", ".distrib",
	".exe", ".fakechroot", ".gnu", ".hydra", ".lam", ".mpich", ".old", ".openmpi", ".orig",
	".real", ".slurm", ".ul", ".usr-is-merged", ".wrapper", ".ws", NULL };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

/* busybox and toybox: each name that begins with theirs counts. */
static bool takes_any(const char *known)
{
	return strcmp(known, "busybox") == 0 || strcmp(known, "toybox") == 0;
}

/* Debian's "-x86_64-linux-gnu", and nothing after it: "sh4-linux-gnu-gcc" is a compiler for sh4. */
static bool is_machine(const char *text)
{
	static const char *const systems[] = { "-linux-gnu", "-linux-musl", NULL };
	const char *end;

	for (const char *const *s = systems; text[0] == '-' && *s; s++) {
		end = strstr(text + 1, *s);
		if (end && end != text + 1 && !strchr(end + strlen(*s), '-'))
			return true;
	}
	return false;
}

/*
 * The end of a version: "rc1", "beta3", python's "d", "m", "t", or a machine.
 */
static bool is_version_end(const char *text)
{
	if (text[0] != '\0' && strchr("dmt", text[0]) && text[1] == '\0')
		return true;
	if (is_machine(text))
		return true;
	text += is_separator(text[0]);
	text += strncmp(text, "rc", 2) == 0 ? 2 : strncmp(text, "beta", 4) == 0 ? 4 : 0;
	return text[strspn(text, ".0123456789")] == '\0';
}

static bool is_build(const char *text)
{
	for (const char *const *b = builds; *b; b++)
		if (strcmp(text, *b) == 0)
			return true;
	return false;
}

static bool is_suffix(const char *suffix)
{
	const char *version = suffix + is_separator(suffix[0]);

	if (suffix[0] == '\0')
		return true;
	if (is_digit(version[0])) {
		suffix = version + strspn(version, ".0123456789");
		if (is_version_end(suffix))
			return true;
	}
	return is_build(suffix);
}

/* GNU's programs may be named "gtimeout", "gnuenv" if the system has its own. */
static bool is_gnus(const char *known)
{
	static const char *const names[] = { "chroot", "env", "find", "nice", "nohup", "stdbuf",
		"time", "timeout", "xargs", "awk", "sed", "coreutils", NULL };

	for (const char *const *n = names; *n; n++)
		if (strcmp(known, *n) == 0)
			return true;
	return false;
}

/*
 * Whether no digit directly follows this name: env2, script6, cl65 and gap5 are other programs.
 */
static bool ends_in_no_digit(const char *known)
{
	static const char *const names[] = { "cl", "gap", "r", "script", NULL };

	for (const char *const *n = names; *n; n++)
		if (strcmp(known, *n) == 0)
			return true;
	return is_gnus(known);
}

/* Whether the name is the known one, without a prefix but perhaps with a suffix. */
static bool is_with_suffix(const char *name, const char *known)
{
	const char *rest = name;

	for (const char *k = known; *k; k++, rest++)
		if (*rest != *k)
			return false;
	if (is_digit(*rest) && ends_in_no_digit(known))
		return false;
	return is_suffix(rest) || takes_any(known);
}

static bool is_wrapped_file(const char *name, const char *known)
{
	static const char end[] = "-wrapped";
	size_t len = strlen(known);

	return name[0] == '.' && strncmp(name + 1, known, len) == 0
		&& strcspn(name + 1 + len, "-") == strspn(name + 1 + len, ".0123456789")
		&& strcmp(name + 1 + len + strspn(name + 1 + len, ".0123456789"), end) == 0;
}

struct program_starts program_starts_of(const char *name)
{
	struct program_starts starts = { .at = { name }, .n = 1 };

	if (name[0] == '.' || name[0] == 'g')
		starts.at[starts.n++] = name + 1;
	if (strncmp(name, "gnu", 3) == 0)
		starts.at[starts.n++] = name + 3;
	return starts;
}

static bool begins_with(const char *name, const char *known)
{
	for (; *known != '\0' && *known != '*'; known++, name++)
		if (*name != *known)
			return false;
	return true;
}

bool program_begins_alike(const struct program_starts *starts, const char *known)
{
	for (unsigned int i = 0; i < starts->n; i++)
		if (begins_with(starts->at[i], known))
			return true;
	return false;
}

bool program_name_is(const char *name, const char *known)
{
	if (is_with_suffix(name, known))
		return true;
	if (name[0] == '.' && is_wrapped_file(name, known))
		return true;
	if (name[0] == 'g' && is_with_suffix(name + (strncmp(name, "gnu", 3) == 0 ? 3 : 1), known)
		&& is_gnus(known))
		return true;
	return strchr(known, '*') && glob_text(known, name);
}

/* Whether the rest of a pattern, after the known name, may fit a suffix. */
static bool could_be_suffix(const char *rest, const char *known)
{
	size_t literal = strcspn(rest, "*?");

	if (takes_any(known) || literal == 0)
		return true;
	if (rest[literal] == '\0')
		return is_suffix(rest);
	if (is_separator(rest[0]) && (literal == 1 || is_digit(rest[1])))
		return true;
	if (is_digit(rest[0]))
		return true;
	for (const char *const *b = builds; *b; b++)
		if (strncmp(*b, rest, literal) == 0)
			return true;
	return false;
}

/*
 * Whether the pattern fits a name that begins with `known` and ends in a suffix. `at` marks the
 * positions in the pattern that are possible after the part of the name read so far.
 */
bool program_name_could_be(const char *pattern, const char *known)
{
	bool at[LIMIT_PATTERN + 1] = { true };
	size_t end = strlen(pattern), len = strlen(known);

	if (glob_is_literal(pattern))
		return program_name_is(pattern, known);
	if (strchr(known, '*'))
		len = strcspn(known, "*");

	for (size_t n = 0; n <= len; n++) {
		bool ended = n == len;

		for (size_t i = 0; i < end; i++)
			if (at[i] && pattern[i] == '*')
				at[i + 1] = true;
		/*
		 * Backwards, since a character moves every position by one, except that of a star.
		 */
		for (size_t i = end + 1; i-- > 0;) {
			if (!at[i])
				continue;
			if (ended && (known[len] == '*' || could_be_suffix(pattern + i, known)))
				return true;
			if (i < end && pattern[i] == '*')
				continue;
			at[i] = false;
			if (i < end && !ended && (pattern[i] == '?' || pattern[i] == known[n]))
				at[i + 1] = true;
		}
	}
	return false;
}
