/* SPDX-License-Identifier: ISC */
#pragma once

#include <stddef.h>

/* The number of elements of an array (not of a pointer). */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Makes room for one more element in an array on the heap, which has `n` elements and room for
 * `size`: pointers to it and to `size`. Elements may move. Error: -ENOMEM; nothing has changed.
 */
#define ARRAY_RESERVE(array, n, size) \
	((n) < *(size) ? 0 : array_grow((array), (size), sizeof(**(array))))

/* Doubles the room, from ARRAY_SIZE_MIN on. `array` points to the pointer. */
#define ARRAY_SIZE_MIN 32
int array_grow(void *array, size_t *size, size_t element);
