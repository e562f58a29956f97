/* SPDX-License-Identifier: ISC */

/*
 * A line is read from left to right: principal, options (if the next word is not a key type), type,
 * key, comment. All strings lie in one copy of the text, in which the ends of words become NUL.
 */

#include "gate/approval/allowed-signers.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/local-time.h"
#include "base/text.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"

#define BLANKS " \t"
#define DIGITS "0123456789"

/*
 * A principal is visible ASCII without the characters that are special in this file or in the
 * policy's groups.
 */
#define PRINCIPAL_EXCLUDES "\"'*?!,%\\#"

struct allowed_signers {
	char *text;
	size_t n, size;
	struct allowed_signer *signers;
};

static const char *const standings[] = {
	[SIGNER_GOOD] = "the key may approve",
	[SIGNER_UNKNOWN] = "the key is not among those that may approve",
	[SIGNER_OTHER_NAMESPACE] = "the key is not listed for this namespace",
	[SIGNER_NOT_YET] = "the key is not valid yet",
	[SIGNER_EXPIRED] = "the key is not valid any more",
};

const char *signer_standing_text(enum signer_standing standing)
{
	return standings[standing];
}

void allowed_signers_free(struct allowed_signers *list)
{
	if (!list)
		return;

	free(list->signers);
	free(list->text);
	free(list);
}

size_t allowed_signers_count(const struct allowed_signers *list)
{
	return list->n;
}

const struct allowed_signer *allowed_signers_at(const struct allowed_signers *list, size_t i)
{
	return &list->signers[i];
}

/* --- one line --------------------------------------------------------------------------------- */

static int refuse(struct bytes *why, unsigned int line, const char *what)
{
	int r;

	r = bytes_appendf(why, "%u: %s", line, what);
	return r < 0 ? r : ALLOWED_SIGNERS_FAULTY;
}

/* Cuts off the next word; "" if there is none. */
static char *take_word(char **at)
{
	char *word = *at + strspn(*at, BLANKS);
	size_t len = strcspn(word, BLANKS);

	*at = word + len;
	if (word[len] != '\0') {
		word[len] = '\0';
		(*at)++;
	}
	return word;
}

/* The fault of a principal, or NULL. */
static const char *principal_fault(const char *name)
{
	if (strlen(name) > LIMIT_PRINCIPAL)
		return "the principal is too long";
	if (strchr(name, ','))
		return "names more than one principal";
	for (const char *c = name; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr(PRINCIPAL_EXCLUDES, *c))
			return "the principal must be one name, not a pattern, of visible ASCII "
			       "characters";
	return NULL;
}

/* "20261231", "202612312359", "20261231235959", each with or without a Z. */
static bool read_time(const char *text, uint64_t *ret)
{
	size_t digits = strspn(text, DIGITS), n = 0;
	struct local_time t = { 0 };
	int *const parts[] = { &t.month, &t.day, &t.hour, &t.minute, &t.second };
	bool utc = text[digits] == 'Z';

	if ((digits != 8 && digits != 12 && digits != 14) || text[digits + utc] != '\0')
		return false;

	for (; n < 4; n++)
		t.year = t.year * 10 + (text[n] - '0');
	for (size_t i = 0; n < digits; i++, n += 2)
		*parts[i] = (text[n] - '0') * 10 + (text[n + 1] - '0');
	return local_time_to_wall(&t, utc, ret);
}

/* Cuts off the value of `name="value"` at *at and moves past it; NULL if it is another option. */
static char *take_option(char **at, const char *name)
{
	size_t len = strlen(name);
	char *value, *end;

	if (strncasecmp(*at, name, len) != 0 || (*at)[len] != '=' || (*at)[len + 1] != '"')
		return NULL;

	value = *at + len + 2;
	end = strchr(value, '"');
	if (!end || (end[1] != ',' && end[1] != '\0') || (end[1] == ',' && end[2] == '\0'))
		return NULL;

	*at = end + (end[1] == ',' ? 2 : 1);
	*end = '\0';
	return value;
}

/* The fault of the options, or NULL. */
static const char *read_options(char *at, struct allowed_signer *s)
{
	bool after = false, before = false;
	const char *value;

	if (*at == '\0')
		return "an option is missing";
	while (*at) {
		if ((value = take_option(&at, "namespaces"))) {
			if (s->namespaces)
				return "namespaces is given twice";
			if (*value == '\0')
				return "namespaces is empty";
			s->namespaces = value;
		} else if ((value = take_option(&at, "valid-after"))) {
			if (after)
				return "valid-after is given twice";
			if (!read_time(value, &s->valid_after))
				return "valid-after is not a time such as \"20261231Z\"";
			after = true;
		} else if ((value = take_option(&at, "valid-before"))) {
			if (before)
				return "valid-before is given twice";
			if (!read_time(value, &s->valid_before))
				return "valid-before is not a time such as \"20261231Z\"";
			before = true;
		} else if (strncasecmp(at, "cert-authority", strlen("cert-authority")) == 0) {
			return "cert-authority is not supported: each key must be listed";
		} else {
			return "has an option that is not namespaces=\"…\", valid-after=\"…\" or "
			       "valid-before=\"…\"";
		}
	}
	if (s->valid_after >= s->valid_before)
		return "valid-before is not later than valid-after";
	return NULL;
}

/* Whether the word names a key type, supported or not. */
static bool is_key_type(const char *word)
{
	static const char *const starts[] = { "ssh-", "sk-", "ecdsa-", "webauthn-", "rsa-" };

	for (size_t i = 0; i < LENGTH(starts); i++)
		if (strncmp(word, starts[i], strlen(starts[i])) == 0)
			return word[strcspn(word, BLANKS "=")] != '=';
	return false;
}

static const char *key_fault(enum sshsig_fault fault)
{
	if (fault == SSHSIG_OTHER_KEY_TYPE)
		return "the key's type must be ssh-ed25519 or sk-ssh-ed25519@openssh.com";
	return "the key can't be read";
}

/* Cuts off the options. A quoted value may hold blanks, so the options may continue after one. */
static char *take_options(char **at)
{
	char *word = *at + strspn(*at, BLANKS), *c = word;
	bool quoted = false;

	for (; *c && (quoted || !strchr(BLANKS, *c)); c++)
		if (*c == '"')
			quoted = !quoted;
	*at = *c ? c + 1 : c;
	*c = '\0';
	return word;
}

static int read_line(struct allowed_signers *list, char *at, unsigned int number, struct bytes *why)
{
	struct allowed_signer *s = &list->signers[list->n];
	const char *fault, *type, *base64;
	enum sshsig_fault e;
	char *peek;

	*s = (struct allowed_signer){ .line = number, .valid_before = ALLOWED_SIGNERS_NO_END };
	s->principal = take_word(&at);
	fault = principal_fault(s->principal);
	if (fault)
		return refuse(why, number, fault);

	at += strspn(at, BLANKS);
	peek = at;
	if (!is_key_type(peek)) {
		fault = read_options(take_options(&at), s);
		if (fault)
			return refuse(why, number, fault);
	}
	type = take_word(&at);
	base64 = take_word(&at);
	if (*type == '\0' || *base64 == '\0')
		return refuse(why, number, "a key is missing");

	e = sshsig_parse_key(type, strlen(type), base64, strlen(base64), &s->key);
	if (e != SSHSIG_FINE)
		return refuse(why, number, key_fault(e));

	for (size_t i = 0; i < list->n; i++)
		if (sshsig_key_is_same(&list->signers[i].key, &s->key)) {
			int r = bytes_appendf(why, "%u: the key stands in line %u already", number,
				list->signers[i].line);

			return r < 0 ? r : ALLOWED_SIGNERS_FAULTY;
		}
	list->n++;
	return 0;
}

/* --- the file --------------------------------------------------------------------------------- */

static int read_lines(struct allowed_signers *list, size_t len, struct bytes *why)
{
	unsigned int number = 1;
	int r;

	for (char *at = list->text, *end; at < list->text + len; at = end + 1, number++) {
		end = memchr(at, '\n', (size_t)(list->text + len - at));
		if (!end)
			end = list->text + len;
		*end = '\0';
		if (strlen(at) != (size_t)(end - at) || strchr(at, '\r'))
			return refuse(why, number, "has a NUL byte or a carriage return");

		at += strspn(at, BLANKS);
		if (*at == '\0' || *at == '#')
			continue;
		if (list->n == LIMIT_APPROVERS)
			return refuse(why, number, "there are more keys than 4096");

		r = ARRAY_RESERVE(&list->signers, list->n, &list->size);
		if (r == 0)
			r = read_line(list, at, number, why);
		if (r != 0)
			return r;
	}
	return 0;
}

_Static_assert(LIMIT_APPROVERS == 4096, "the fault names it");

int allowed_signers_parse(
	const char *text, size_t len, struct bytes *why, struct allowed_signers **ret)
{
	cleanup(allowed_signers_free_p) struct allowed_signers *list = calloc(1, sizeof(*list));
	int r;

	if (list)
		list->text = malloc(len + 1);
	if (!list || !list->text)
		return -ENOMEM;

	memcpy(list->text, text, len);
	list->text[len] = '\0';
	r = read_lines(list, len, why);
	if (r == 0)
		*ret = steal_ptr(list);
	return r;
}

/* --- judging ---------------------------------------------------------------------------------- */

/* Pattern lists as in ssh_config(5): a pattern with '!' that fits refuses. */
static bool fits_namespaces(const char *patterns, const char *name)
{
	char pattern[SSHSIG_APPLICATION_MAX + 1];
	bool fits = false;
	size_t len;

	for (const char *at = patterns;; at += len + 1) {
		bool refuses = *at == '!';

		at += refuses;
		len = strcspn(at, ",");
		if (len < sizeof(pattern)) {
			memcpy(pattern, at, len);
			pattern[len] = '\0';
			if (glob_text(pattern, name)) {
				if (refuses)
					return false;
				fits = true;
			}
		} else if (refuses) {
			return false;
		}
		if (at[len] == '\0')
			return fits;
	}
}

enum signer_standing allowed_signers_judge(const struct allowed_signers *list,
	const struct sshsig_key *key, const char *name_space, uint64_t wall,
	const struct allowed_signer **ret)
{
	const struct allowed_signer *s = NULL;

	for (size_t i = 0; !s && i < list->n; i++)
		if (sshsig_key_is_same(&list->signers[i].key, key))
			s = &list->signers[i];
	*ret = s;
	if (!s)
		return SIGNER_UNKNOWN;
	if (s->namespaces && !fits_namespaces(s->namespaces, name_space))
		return SIGNER_OTHER_NAMESPACE;
	if (wall < s->valid_after)
		return SIGNER_NOT_YET;
	return wall > s->valid_before ? SIGNER_EXPIRED : SIGNER_GOOD;
}
