/* SPDX-License-Identifier: ISC */

/*
 * A hash table with chains. A known name of one letter, or with a star after it, begins like more
 * than one pair of letters: it is in the chain of its letter and NUL, which every search reads,
 * too.
 */

#include "gate/policy/known-names.h"

#include <assert.h>
#include <string.h>

static unsigned int chain_of(int letter, int second)
{
	return (31U * (unsigned char)letter + (unsigned char)second) % KNOWN_CHAINS;
}

void known_names_init(struct known_names *names, struct known_name *list, size_t size)
{
	*names = (struct known_names){ .list = list, .size = size };
}

void known_names_add(struct known_names *names, const char *name, uint16_t value)
{
	uint16_t *chain = &names->chains[chain_of(name[0], name[1] == '*' ? '\0' : name[1])];

	assert(names->n < names->size && names->n < UINT16_MAX);
	names->list[names->n++] = (struct known_name){ name, value, *chain };
	*chain = (uint16_t)names->n;
}

struct known_search known_names_search(const struct known_names *names, const char *name)
{
	return (struct known_search){
		.names = names,
		.name = name,
		.starts = program_starts_of(name),
	};
}

/* Goes to the beginning of the next chain. Returns false after the last one. */
static bool enter_chain(struct known_search *s)
{
	const char *start;

	if (s->chain / 2 == s->starts.n)
		return false;
	start = s->starts.at[s->chain / 2];
	s->at = s->names->chains[chain_of(
		start[0], s->chain % 2 == 0 && start[0] ? start[1] : '\0')];
	s->chain++;
	return true;
}

const struct known_name *known_names_next(struct known_search *s)
{
	const struct known_name *known;

	for (;;) {
		while (s->at == 0)
			if (!enter_chain(s))
				return NULL;
		known = &s->names->list[s->at - 1];
		s->at = known->next;
		if (program_begins_alike(&s->starts, known->name)
			&& program_name_is(s->name, known->name))
			return known;
	}
}

bool known_names_recall(const struct known_names *names, const char *name, uint16_t *ret_value)
{
	const struct known_result *result;

	if (name[0] == '\0')
		return false;
	result = &names->results[chain_of(name[0], name[1]) % KNOWN_RESULTS];
	if (strcmp(result->name, name) != 0)
		return false;
	*ret_value = result->value;
	return true;
}

void known_names_keep(struct known_names *names, const char *name, uint16_t value)
{
	struct known_result *result;

	if (name[0] == '\0' || strlen(name) >= sizeof(result->name))
		return;
	result = &names->results[chain_of(name[0], name[1]) % KNOWN_RESULTS];
	memcpy(result->name, name, strlen(name) + 1);
	result->value = value;
}
