/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A hash table from keys of one fixed length to pointers. The map owns neither keys nor values: a
 * key lies inside its value and must not change or move while the value is in the map. Embedded in
 * its owner: map_init(), then the other functions, then map_deinit().
 *
 * Keys may come from peers, so they are hashed with SipHash under a random key.
 */

#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t hash;
	const void *key; /* NULL: the slot is free */
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t n_slots; /* a power of two, or 0 */
	size_t n;
	size_t key_len;
	uint8_t secret[16];
};

void map_init(struct map *m, size_t key_len);
void map_deinit(struct map *m);

size_t map_size(const struct map *m);

/* NULL if the key isn't in the map. */
void *map_get(const struct map *m, const void *key);

/* The key must not be in the map yet. Error: -ENOMEM; the map is unchanged then. */
int map_put(struct map *m, const void *key, void *value);

/* Removes the value and returns it; NULL if the key isn't in the map. Allocates nothing. */
void *map_remove(struct map *m, const void *key);
