/* SPDX-License-Identifier: ISC */

/*
 * Open addressing with linear probing. Removal moves later entries back, so there are no
 * tombstones. Invariant: at most three quarters of the slots are taken, and no free slot lies
 * between an entry and the slot that its hash names.
 */

#include "base/map.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MAP_SLOTS_MIN 16

void map_init(struct map *m, size_t key_len)
{
	*m = (struct map){ .key_len = key_len };
	randombytes_buf(m->secret, sizeof(m->secret));
}

void map_deinit(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

size_t map_size(const struct map *m)
{
	return m->n;
}

static uint64_t hash_key(const struct map *m, const void *key)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t hash;

	_Static_assert(sizeof(out) == sizeof(hash), "SipHash gives 64 bits");
	_Static_assert(sizeof(m->secret) == crypto_shorthash_KEYBYTES, "and takes a 128-bit key");
	crypto_shorthash(out, key, m->key_len, m->secret);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

/* The slot that holds the key, or else the free slot for it. */
static struct map_slot *find_slot(const struct map *m, const void *key, uint64_t hash)
{
	size_t mask = m->n_slots - 1;
	struct map_slot *s;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		s = &m->slots[i];
		if (!s->key || (s->hash == hash && memcmp(s->key, key, m->key_len) == 0))
			return s;
	}
}

void *map_get(const struct map *m, const void *key)
{
	struct map_slot *s;

	if (m->n == 0)
		return NULL;

	s = find_slot(m, key, hash_key(m, key));
	return s->key ? s->value : NULL;
}

static int grow(struct map *m)
{
	struct map bigger = *m;

	bigger.n_slots = m->n_slots ? m->n_slots * 2 : MAP_SLOTS_MIN;
	bigger.slots = calloc(bigger.n_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;

	for (size_t i = 0; i < m->n_slots; i++)
		if (m->slots[i].key)
			*find_slot(&bigger, m->slots[i].key, m->slots[i].hash) = m->slots[i];

	free(m->slots);
	*m = bigger;
	return 0;
}

int map_put(struct map *m, const void *key, void *value)
{
	uint64_t hash;
	int r;

	if (m->n + 1 > m->n_slots / 4 * 3) {
		r = grow(m);
		if (r < 0)
			return r;
	}

	hash = hash_key(m, key);
	*find_slot(m, key, hash) = (struct map_slot){ hash, key, value };
	m->n++;
	return 0;
}

void *map_remove(struct map *m, const void *key)
{
	size_t mask = m->n_slots - 1, hole, home;
	struct map_slot *s;
	void *value;

	if (m->n == 0)
		return NULL;

	s = find_slot(m, key, hash_key(m, key));
	if (!s->key)
		return NULL;

	value = s->value;
	hole = (size_t)(s - m->slots);

	/*
	 * An entry may move into the hole unless the hole is before the slot that its hash names.
	 */
	for (size_t i = (hole + 1) & mask; m->slots[i].key; i = (i + 1) & mask) {
		home = m->slots[i].hash & mask;
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}

	m->slots[hole] = (struct map_slot){ 0 };
	m->n--;
	return value;
}
