/* SPDX-License-Identifier: ISC */

/*
 * Matches requests. Most entries name one file and bind directory and arguments, so they are found
 * by the file's name and the hash of these. The command's words are prepared only when an entry
 * needs them.
 */

#include "gate/allowlist/allowlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "gate/allowlist/allow-asked.h"
#include "gate/allowlist/allow-bind.h"
#include "gate/allowlist/allow-entry-internal.h"
#include "gate/allowlist/allow-line.h"
#include "gate/allowlist/allowlist-internal.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"
#include "gate/policy/program.h"

size_t allowlist_size(const struct allowlist *list)
{
	return list->n;
}

const struct allow_entry *allowlist_entry(const struct allowlist *list, size_t index)
{
	return list->entries[index];
}

const struct bytes *allowlist_text(const struct allowlist *list)
{
	return &list->text;
}

const struct allow_clock *allowlist_clock(const struct allowlist *list)
{
	return &list->clock;
}

uint64_t allowlist_first_end(const struct allowlist *list)
{
	return list->first_end;
}

const struct allow_entry *allowlist_find(const struct allowlist *list, const char *id)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->entries[i]->id, id) == 0)
			return list->entries[i];
	return NULL;
}

const struct allow_entry *allowlist_find_same(
	const struct allowlist *list, const struct allow_entry *entry)
{
	for (size_t i = 0; i < list->n; i++)
		if (allow_entry_is_same(list->entries[i], entry))
			return list->entries[i];
	return NULL;
}

int allowlist_check_token(const struct allowlist *list, const struct token *token, uint8_t scope,
	const struct trusted *trusted, struct bytes *why)
{
	const char *fault = NULL;
	int r;

	if (!list)
		fault = "there is no state directory to keep that in";
	else if (list->n >= LIMIT_ALLOW_ENTRIES)
		fault = ALLOWLIST_FULL;
	if (!fault)
		return allow_check_token(token, scope, trusted, why);

	r = bytes_append_str(why, fault);
	return r < 0 ? r : ALLOW_FAULTY;
}

/* --- time ------------------------------------------------------------------------------------- */

/* The current time in ms since 1970: the later of the wall clock and this one. */
static uint64_t clock_wall(const struct allow_clock *c, const struct moment *now)
{
	uint64_t wall = now->clock.wall / CLOCK_MS, boot = now->clock.boot / CLOCK_MS, seen;

	if (!c->known)
		return wall;

	seen = c->wall;
	if (memcmp(c->boot_id, now->boot_id, sizeof(c->boot_id)) == 0 && boot > c->boot)
		seen += boot - c->boot;
	return wall > seen ? wall : seen;
}

void allow_clock_move(struct allow_clock *c, const struct moment *now)
{
	struct allow_clock moved = {
		.known = true,
		.boot = now->clock.boot / CLOCK_MS,
		.wall = clock_wall(c, now),
	};

	memcpy(moved.boot_id, now->boot_id, sizeof(moved.boot_id));
	*c = moved;
}

void allow_clock_merge(
	struct allow_clock *c, const struct allow_clock *other, const struct moment *now)
{
	if (other->known && (!c->known || clock_wall(other, now) > clock_wall(c, now)))
		*c = *other;
}

/* --- the index -------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	const struct allow_name *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	if (r == 0)
		r = strcmp(x->bound, y->bound);
	return r != 0 ? r : (x->entry > y->entry) - (x->entry < y->entry);
}

int allowlist_make_index(struct allowlist *list)
{
	const struct allow_entry *e;
	const char *name;

	list->names = calloc(list->n + 1, sizeof(*list->names));
	list->others = calloc(list->n + 1, sizeof(*list->others));
	if (!list->names || !list->others)
		return -ENOMEM;

	list->first_end = ALLOW_FOREVER;
	for (size_t i = 0; i < list->n; i++) {
		e = list->entries[i];
		if (e->expires < list->first_end)
			list->first_end = e->expires;
		if (e->idle)
			continue;
		if (e->form != ALLOW_FORMS)
			list->has_form[e->form] = true;
		name = path_name(e->pattern);
		if (glob_is_literal(name))
			list->names[list->n_names++] = (struct allow_name){ name,
				e->arg_pattern ? e->arg_pattern : "", i };
		else
			list->others[list->n_others++] = i;
	}
	qsort(list->names, list->n_names, sizeof(*list->names), compare_names);
	return 0;
}

/* The index of the first entry with this name and binding, or the index at which it would stand. */
static size_t find_name(const struct allowlist *list, const char *name, const char *bound)
{
	const struct allow_name key = { name, bound, 0 };
	size_t low = 0, high = list->n_names, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_names(&list->names[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* --- matching --------------------------------------------------------------------------------- */

struct matching {
	const struct request *request;
	const struct asker *asker;
	const struct trusted *trusted;
	const char *agent;
	bool self_approval;
	bool is_real; /* no real_path is claimed that differs from the executable */
	uint64_t now;
	bool of_root;       /* the request has fields that only root may send */
	bool opaque_lines;  /* a rule lets them be remembered */
	bool known_program; /* either path is a shell, an interpreter or a wrapper */

	char bound[ALLOW_FORMS][ALLOW_BOUND_LEN + 1]; /* "" if not needed, or not possible */
	struct candidate candidate;
	bool has_candidate;

	const struct allow_entry *found;
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool agent_fits(const struct allow_entry *e, const struct matching *m)
{
	return e->any_agent || strcmp(e->agent, m->agent) == 0;
}

/* An entry does not allow its own maker, unless self-approval is on. */
static bool approver_fits(const struct allow_entry *e, const struct matching *m)
{
	return m->self_approval || e->by == ALLOW_NO_USER || e->by != m->asker->uid;
}

/* Each value that the entry gives must be the request's. */
static bool bounds_fit(const struct allow_entry *e, const struct matching *m)
{
	if ((e->uid != ALLOW_NO_USER && e->uid != m->asker->uid) || !approver_fits(e, m))
		return false;
	if (!e->has_bounds && !m->of_root)
		return true;
	for (enum field f = 0; f < FIELDS; f++) {
		/* An entry without `run_as` only allows what users run as themselves. */
		const bool bound =
			e->bounds[f] || (field_rows[f].of_root && field_rows[f].entry_key);

		if (bound && !same(e->bounds[f], field_get(f, &m->request->asked)))
			return false;
	}
	return true;
}

static bool path_fits(const struct allow_entry *e, const char *path)
{
	return e->literal ? strcmp(e->pattern, path) == 0 : glob_path(e->pattern, path);
}

static bool paths_fit(const struct allow_entry *e, const struct matching *m)
{
	const char *real = m->request->asked.real_path;

	if (!path_fits(e, m->request->asked.executable))
		return false;
	if (e->real_path)
		return same(e->real_path, real);
	return m->is_real || path_fits(e, real);
}

/*
 * For an entry by approval, the executable must have the same hash as when it was approved. Without
 * a hash, the file must be in a trusted directory, where only root can change it.
 */
static bool content_fits(const struct allow_entry *e, const struct matching *m)
{
	const struct request *q = m->request;

	if (!e->always)
		return true;
	if (!same(e->bounds[FIELD_EXECUTABLE_SHA256], q->asked.executable_sha256))
		return false;
	if (q->asked.executable_sha256)
		return true;
	if (!trusted_has(m->trusted, q->asked.executable))
		return false;
	return q->asked.real_path ? trusted_has(m->trusted, q->asked.real_path) : e->scope != 0;
}

static bool bound_fits(const struct allow_entry *e, const struct matching *m)
{
	return !e->arg_pattern
		|| (e->form != ALLOW_FORMS && strcmp(e->arg_pattern, m->bound[e->form]) == 0);
}

/*
 * Checks an entry by approval for a line of shell. The entry binds the line's text. The programs of
 * a plain line must be the same as when it was approved, and other users must still be unable to
 * change them.
 */
static int line_fits(const struct allow_entry *e, enum allow_line kind, const struct matching *m)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	char programs[ALLOW_PROGRAMS_LEN + 1];
	int r;

	if (kind == ALLOW_LINE_OPAQUE)
		return m->opaque_lines && !e->programs;

	allow_bind_programs(&m->request->asked.programs, programs);
	if (!e->programs || strcmp(e->programs, programs) != 0)
		return 0;
	r = allow_line_check(&m->request->asked, m->trusted, &why);
	return r < 0 ? r : r == 0;
}

/* Returns 1 if the arguments fit, 0 if not, or -ENOMEM. */
static int words_fit(const struct allow_entry *e, struct matching *m)
{
	enum allow_line kind;
	int r;

	if (!e->has_argv && !m->known_program)
		return 1;
	if (e->always && e->arg_pattern && !e->has_argv) {
		r = allow_line_kind(&m->request->asked, &kind);
		if (r < 0 || kind != ALLOW_LINE_NONE)
			return r < 0 ? r : line_fits(e, kind, m);
	}
	if (m->known_program && !allow_entry_is_literal(e))
		return 0;

	if (!m->has_candidate) {
		r = candidate_init(&m->candidate, m->request, m->asker);
		if (r < 0)
			return r;
		m->has_candidate = true;
	}
	return !m->candidate.hidden && rule_words_fit(&e->rule, &m->candidate);
}

/* The most specific entry wins: bound arguments, then patterns, then any arguments. */
static int rank(const struct allow_entry *e)
{
	return e->arg_pattern ? 2 : e->has_argv ? 1 : 0;
}

static int try_entry(const struct allow_entry *e, struct matching *m)
{
	int r;

	if ((m->found && rank(e) <= rank(m->found)) || allow_entry_is_over(e, m->now)
		|| !agent_fits(e, m) || !bounds_fit(e, m) || !paths_fit(e, m) || !content_fits(e, m)
		|| !bound_fits(e, m))
		return 0;

	r = words_fit(e, m);
	if (r > 0)
		m->found = e;
	return r < 0 ? r : 0;
}

static bool is_known_program(const char *path)
{
	return path && program_of(path_name(path)) != PROGRAM_PLAIN;
}

/* Tries the entries that name the file, with this binding. */
static int try_named(const struct allowlist *list, const char *bound, struct matching *m)
{
	const char *name = path_name(m->request->asked.executable);
	const struct allow_name *n;
	int r = 0;

	for (size_t i = find_name(list, name, bound); r >= 0 && i < list->n_names; i++) {
		n = &list->names[i];
		if (strcmp(n->name, name) != 0 || strcmp(n->bound, bound) != 0)
			break;
		r = try_entry(list->entries[n->entry], m);
	}
	return r;
}

static int match(const struct allowlist *list, const struct request *request,
	const struct asker *asker, bool self_approval, bool opaque_lines,
	const struct trusted *trusted, uint64_t now, const struct allow_entry **ret)
{
	struct matching m = {
		.request = request,
		.asker = asker,
		.self_approval = self_approval,
		.opaque_lines = opaque_lines,
		.trusted = trusted,
		.is_real = !request->asked.real_path
			|| strcmp(request->asked.real_path, request->asked.executable) == 0,
		.agent = request->asked.agent_id ? request->asked.agent_id : ALLOW_AGENT_NONE,
		.now = now,
		.of_root = fields_are_of_root(&request->asked),
		.known_program = is_known_program(request->asked.executable)
			|| is_known_program(request->asked.real_path),
	};
	int r = 0;

	for (enum allow_form f = 0; r >= 0 && f < ALLOW_FORMS; f++) {
		if (!list->has_form[f] || (allow_form_has_directory(f) && !request->asked.cwd))
			continue;
		allow_bind(f, request->asked.cwd, &request->asked.args, m.bound[f]);
		r = try_named(list, m.bound[f], &m);
	}
	if (r >= 0)
		r = try_named(list, "", &m);
	for (size_t i = 0; r >= 0 && i < list->n_others; i++)
		r = try_entry(list->entries[list->others[i]], &m);
	if (m.has_candidate)
		candidate_deinit(&m.candidate);
	if (r < 0)
		return r;

	*ret = m.found;
	return 0;
}

/* --- matching requests of the second contract ------------------------------------------------- */

static bool asked_fits(const struct allow_entry *e, const struct matching *m)
{
	return e->kind == m->request->evaluate.kind && !allow_entry_is_over(e, m->now)
		&& agent_fits(e, m) && e->uid == m->asker->uid && approver_fits(e, m);
}

/* All entries for requests bind what is asked, so no patterns are tried. */
static int match_asked(
	const struct allowlist *list, const struct matching *m, const struct allow_entry **ret)
{
	cleanup(bytes_deinit) struct bytes asked = BYTES_PRINTED;
	const char *kind = kind_name(m->request->evaluate.kind);
	char bound[ALLOW_ASKED_LEN + 1];
	const struct allow_name *n;
	size_t n_asked;
	int r;

	*ret = NULL;
	r = allow_asked_list(&m->request->asked, &asked, &n_asked);
	if (r < 0)
		return r;
	allow_asked_bind(m->request->evaluate.kind, bytes_str(&asked), n_asked, bound);
	for (size_t i = find_name(list, kind, bound); i < list->n_names; i++) {
		n = &list->names[i];
		if (strcmp(n->name, kind) != 0 || strcmp(n->bound, bound) != 0)
			break;
		if (asked_fits(list->entries[n->entry], m)) {
			*ret = list->entries[n->entry];
			break;
		}
	}
	return 0;
}

int allowlist_match_asked(const struct allowlist *list, const struct request *request,
	const struct asker *asker, bool self_approval, uint64_t now, const struct allow_entry **ret)
{
	const struct matching m = {
		.request = request,
		.asker = asker,
		.self_approval = self_approval,
		.agent = request->asked.agent_id ? request->asked.agent_id : ALLOW_AGENT_NONE,
		.now = now,
	};

	return match_asked(list, &m, ret);
}

int allowlist_match(const struct allowlist *list, const struct request *request,
	const struct asker *asker, bool self_approval, bool opaque_lines,
	const struct trusted *trusted, uint64_t now, const struct allow_entry **ret)
{
	if (list->n > 0)
		return match(list, request, asker, self_approval, opaque_lines, trusted, now, ret);

	*ret = NULL;
	return 0;
}
