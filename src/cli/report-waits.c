/* SPDX-License-Identifier: ISC */

#include "cli/report-waits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/notation.h"

const uint64_t report_wait_bounds[REPORT_WAIT_BOUNDS] = { 10, 60, 300, 900, 3600, UINT64_MAX };

struct report_waiting {
	uint8_t token[TOKEN_ID_LEN];
	bool taken;
	uint64_t since;
};

int report_waits_init(struct report_waits *w)
{
	*w = (struct report_waits){ 0 };
	map_init(&w->map, TOKEN_ID_LEN);
	w->ring = calloc(REPORT_WAITS_MAX, sizeof(*w->ring));
	return w->ring ? 0 : -ENOMEM;
}

void report_waits_deinit(struct report_waits *w)
{
	map_deinit(&w->map);
	free(w->ring);
}

static void forget(struct report_waits *w, struct report_waiting *one)
{
	map_remove(&w->map, one->token);
	one->taken = false;
}

int report_waits_begin(struct report_waits *w, const char *token, uint64_t second)
{
	struct report_waiting *one = &w->ring[w->next];
	uint8_t id[TOKEN_ID_LEN];

	if (notation_parse_uuid(token, strlen(token), id) < 0 || map_get(&w->map, id))
		return 0;

	if (one->taken)
		forget(w, one);
	memcpy(one->token, id, sizeof(id));
	one->since = second;
	if (map_put(&w->map, one->token, one) < 0)
		return -ENOMEM;

	one->taken = true;
	w->asked++;
	w->next = (w->next + 1) % REPORT_WAITS_MAX;
	return 0;
}

void report_waits_end(
	struct report_waits *w, const char *token, uint64_t second, enum report_wait outcome)
{
	struct report_waiting *one;
	uint8_t id[TOKEN_ID_LEN];
	uint64_t waited;
	size_t i = 0;

	if (notation_parse_uuid(token, strlen(token), id) < 0)
		return;
	one = map_get(&w->map, id);
	if (!one)
		return;

	waited = second > one->since ? second - one->since : 0;
	while (waited >= report_wait_bounds[i])
		i++;
	w->n[i][outcome]++;
	if (waited > w->longest)
		w->longest = waited;
	forget(w, one);
}

uint64_t report_waits_count(const struct report_waits *w, enum report_wait outcome)
{
	uint64_t n = 0;

	for (size_t i = 0; i < REPORT_WAIT_BOUNDS; i++)
		n += w->n[i][outcome];
	return n;
}
