/* SPDX-License-Identifier: ISC */

/* Keeps the uses. */

#include "daemon/runner-gate.h"

#include <sodium.h>
#include <string.h>

#include "ledger/runner/uses-file.h"

void runner_gate_init(struct runner_gate *g)
{
	*g = (struct runner_gate){ .fault = BYTES_PRINTED };
}

void runner_gate_deinit(struct runner_gate *g)
{
	runner_uses_deinit(&g->uses);
	bytes_deinit(&g->fault);
}

bool runner_gate_knows_uses(const struct runner_gate *g)
{
	return g->loaded && g->fault.len == 0;
}

void runner_gate_load(struct runner_gate *g, struct state_dir *dir)
{
	int r;

	if (g->loaded || (dir && !state_dir_is_locked(dir)))
		return;

	g->loaded = true;
	g->dir = dir;
	if (!dir) {
		randombytes_buf(g->id.id, sizeof(g->id.id));
		return;
	}
	r = uses_file_load(dir, &g->uses, &g->fault);
	if (r == 0)
		r = gate_id_load(dir, &g->id, &g->fault);
	if (r < 0)
		bytes_appendf(&g->fault, "runner-uses: %s; restart it", strerror(-r));
}

const uint8_t *runner_gate_id(
	struct runner_gate *g, const struct live_policy *policy, struct state_dir *dir)
{
	const struct runners *runners = live_policy_runners(policy);

	if (!runners || runners->n_signers == 0)
		return NULL;
	runner_gate_load(g, dir);
	return runner_gate_knows_uses(g) ? g->id.id : NULL;
}

int runner_gate_write(struct runner_gate *g)
{
	int r;

	if (!g->dirty || !g->dir)
		return 0;
	r = uses_file_write(g->dir, &g->uses);
	if (r >= 0)
		g->dirty = false;
	return r;
}

int runner_gate_use(struct runner_gate *g, const struct runner_use *use, bool once,
	const struct clock_time *now)
{
	const uint64_t seconds = now->wall / CLOCK_SECOND;
	enum runner_refusal refusal;
	int r;

	if (!runner_gate_knows_uses(g))
		return RUNNER_STATE;
	refusal = runner_uses_judge(&g->uses, use, once, seconds);
	if (refusal != RUNNER_FINE)
		return refusal;

	r = runner_uses_note(&g->uses, use, seconds);
	g->dirty |= r > 0;
	return r < 0 ? r : RUNNER_FINE;
}
