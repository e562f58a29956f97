/* SPDX-License-Identifier: ISC */

/* A binary heap. Invariant: no node is due before its parent, and nodes[node->at] == node. */

#include "base/heap.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

void heap_init(struct heap *h)
{
	*h = (struct heap){ 0 };
}

void heap_deinit(struct heap *h)
{
	free(h->nodes);
	*h = (struct heap){ 0 };
}

struct heap_node *heap_first(const struct heap *h)
{
	return h->n > 0 ? h->nodes[0] : NULL;
}

static void put(struct heap *h, size_t at, struct heap_node *node)
{
	h->nodes[at] = node;
	node->at = at;
}

static void sift_up(struct heap *h, struct heap_node *node)
{
	size_t at = node->at, parent;

	for (; at > 0; at = parent) {
		parent = (at - 1) / 2;
		if (h->nodes[parent]->due <= node->due)
			break;
		put(h, at, h->nodes[parent]);
	}
	put(h, at, node);
}

static void sift_down(struct heap *h, struct heap_node *node)
{
	size_t at = node->at, child;

	for (; (child = 2 * at + 1) < h->n; at = child) {
		if (child + 1 < h->n && h->nodes[child + 1]->due < h->nodes[child]->due)
			child++;
		if (node->due <= h->nodes[child]->due)
			break;
		put(h, at, h->nodes[child]);
	}
	put(h, at, node);
}

int heap_push(struct heap *h, struct heap_node *node, uint64_t due)
{
	if (ARRAY_RESERVE(&h->nodes, h->n, &h->size) < 0)
		return -ENOMEM;

	node->due = due;
	put(h, h->n++, node);
	sift_up(h, node);
	return 0;
}

void heap_move(struct heap *h, struct heap_node *node, uint64_t due)
{
	node->due = due;
	sift_up(h, node);
	sift_down(h, node);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
	struct heap_node *last = h->nodes[--h->n];

	if (last == node)
		return;

	put(h, node->at, last);
	sift_up(h, last);
	sift_down(h, last);
}
