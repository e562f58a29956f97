/* SPDX-License-Identifier: ISC */

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int array_grow(void *array, size_t *size, size_t element)
{
	const size_t wanted = *size > 0 ? 2 * *size : ARRAY_SIZE_MIN;
	void *old, *grown;

	memcpy(&old, array, sizeof(old));
	grown = reallocarray(old, wanted, element);
	if (!grown)
		return -ENOMEM;

	memcpy(array, &grown, sizeof(grown));
	*size = wanted;
	return 0;
}
