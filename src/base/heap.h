/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A binary heap of nodes, ordered by the time at which each is due. A node is embedded in the
 * object that is due. The heap owns an array of pointers, never the nodes. heap_init(), then the
 * other functions, then heap_deinit().
 */

#include <stddef.h>
#include <stdint.h>

struct heap_node {
	uint64_t due;
	size_t at; /* private to the heap */
};

struct heap {
	struct heap_node **nodes;
	size_t n, size;
};

void heap_init(struct heap *h);
void heap_deinit(struct heap *h);

/* The node that is due first; NULL if the heap is empty. */
struct heap_node *heap_first(const struct heap *h);

/* The node must not be in a heap. Error: -ENOMEM. */
int heap_push(struct heap *h, struct heap_node *node, uint64_t due);

/* Both take a node of this heap and can't fail. */
void heap_move(struct heap *h, struct heap_node *node, uint64_t due);
void heap_remove(struct heap *h, struct heap_node *node);
