/* SPDX-License-Identifier: ISC */

/* Which kinds a request is of, for the policy's `runners.required`. */

#include "gate/policy/policy-runners.h"

#include <string.h>

#include "gate/evaluate-asked.h"
#include "gate/policy/candidates.h"
#include "gate/policy/operands.h"
#include "gate/policy/policy-document.h"

static bool is_git(const struct candidate *s)
{
	for (size_t i = 0; i < s->n_words; i++)
		if (s->words[i].program.name && strcmp(s->words[i].program.name, "git") == 0)
			return true;
	return (s->executable.name && strcmp(s->executable.name, "git") == 0)
		|| (s->real.name && strcmp(s->real.name, "git") == 0);
}

/* Any text may name a file to read or to write, and one with "://" a URL. */
static int operands_need(const struct runners *r, const struct candidate *s, bool *ret)
{
	const bool files = r->required[KIND_READ] || r->required[KIND_WRITE];
	struct operands o;
	int e;

	if (!files && !r->required[KIND_FETCH])
		return 0;
	e = operands_init(&o, s);
	if (e < 0)
		return e;
	while (!*ret && operands_next(&o))
		*ret = files || strstr(o.text, "://");
	operands_deinit(&o);
	return 0;
}

static int command_needs(const struct runners *r, const struct request *request,
	const struct asker *asker, bool *ret)
{
	struct candidates c;
	int e;

	e = candidates_init(&c, request, asker);
	if (e < 0)
		return e;

	*ret = c.opaque || c.hidden || c.unread || c.all[0].hidden;
	for (size_t i = 0; e >= 0 && !*ret && i < c.n; i++) {
		*ret = r->required[KIND_GIT] && is_git(&c.all[i]);
		if (!*ret)
			e = operands_need(r, &c.all[i], ret);
	}
	candidates_deinit(&c);
	return e;
}

/* A command of the second contract is a line for a shell. */
static int line_needs(const struct runners *r, const struct request *request,
	const struct asker *asker, bool *ret)
{
	cleanup(bytes_deinit) struct bytes args = BYTES_PRINTED;
	struct request shell;
	int e;

	e = evaluate_make_shell(request, &args, &shell);
	return e < 0 ? e : command_needs(r, &shell, asker, ret);
}

int policy_needs_runner(const struct runners *r, const struct request *request,
	const struct asker *asker, bool *ret)
{
	const bool second = request->action == ACTION_EVALUATE;
	const enum kind kind = second ? request->evaluate.kind : KIND_EXEC;

	*ret = false;
	if (!r || !runners_require_any(r))
		return 0;
	*ret = r->required[kind] || kind == KIND_OTHER;
	if (*ret || kind != KIND_EXEC)
		return 0;
	return second ? line_needs(r, request, asker, ret) : command_needs(r, request, asker, ret);
}
