/* SPDX-License-Identifier: ISC */

/*
 * A connection starts with a claim and a copy of all tokens; turns follow. Every call names the
 * claim, and every turn also the turn before it. If another client has changed this host's keys, or
 * the server has lost data, the server refuses the call, and the whole copy is sent again.
 */

#include "ledger/store/desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/array.h"
#include "ledger/store/desk-internal.h"

/* How often desk_check() asks the server. */
#define CHECK_PAUSE (10 * CLOCK_SECOND)

int desk_new(const struct desk_options *options, struct state_dir *dir, struct desk **ret)
{
	struct desk *d;

	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;

	*d = (struct desk){ .options = *options,
		.dir = dir,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.fault = BYTES_PRINTED,
		.warning = BYTES_PRINTED };
	redis_init(&d->redis);
	bytes_append_str(&d->fault, "not connected yet");
	if (d->epoll < 0) {
		desk_free(d);
		return -errno;
	}
	*ret = d;
	return 0;
}

void desk_free(struct desk *d)
{
	if (!d)
		return;

	redis_deinit(&d->redis);
	if (d->epoll >= 0)
		close(d->epoll);
	free(d->changes);
	bytes_deinit(&d->fault);
	bytes_deinit(&d->warning);
	free(d);
}

/* Closes the connection. `why`, the fault, is moved into the desk. Returns `error`. */
static int go_away(struct desk *d, int error, struct bytes *why, uint64_t now)
{
	struct bytes old = d->fault;

	redis_close(&d->redis);
	if (d->phase == DESK_IS_OPEN || d->away_since == 0)
		d->away_since = now;
	d->phase = DESK_IS_AWAY;
	if (why->len == 0)
		bytes_append_str(why, strerror(-error));
	d->fault = *why;
	*why = old;
	return error;
}

int desk_step(struct desk *d, const struct token_table *table, const struct moment *now)
{
	const uint64_t deadline = desk_deadline(d);
	struct bytes why = BYTES_PRINTED;
	int r = DESK_MORE;

	/* Start again if the table no longer has the last token that was sent. */
	if (d->phase == DESK_IS_OPEN || (d->sent_any && !token_table_find(table, d->sent)))
		d->phase = DESK_IS_AWAY;
	if (d->phase == DESK_IS_AWAY) {
		d->sent_any = false;
		r = desk_connect(d, deadline, &why);
		d->phase = r < 0 ? DESK_IS_AWAY : DESK_IS_FILLING;
	}
	if (r >= 0)
		r = desk_fill(d, table, now, deadline, &why);
	if (r < 0) {
		r = go_away(d, r, &why, now->clock.boot);
	} else if (r == DESK_OPEN) {
		d->phase = DESK_IS_OPEN;
		d->turn = 0;
		d->away_since = 0;
		d->check_at = now->clock.boot + CHECK_PAUSE;
		desk_drop_from(d, 0);
		bytes_clear(&d->fault);
	}
	bytes_deinit(&why);
	return r;
}

/* --- turns ------------------------------------------------------------------------------------ */

int desk_note(struct desk *d, const struct token_change *change)
{
	struct desk_change *c;
	int r;

	/* The part that was sent may have the token's old state: start the copy again. */
	if (d->phase == DESK_IS_FILLING)
		d->phase = DESK_IS_AWAY;

	r = ARRAY_RESERVE(&d->changes, d->n_changes, &d->size_changes);
	if (r < 0)
		return r;
	c = &d->changes[d->n_changes++];
	*c = (struct desk_change){ .from = change->from, .to = change->to };
	memcpy(c->id, change->id, sizeof(c->id));
	return 0;
}

size_t desk_count(const struct desk *d)
{
	return d->n_changes;
}

void desk_drop_from(struct desk *d, size_t n)
{
	d->n_changes = n;
}

static const char *state_word(enum token_state state)
{
	return state == TOKEN_ABSENT ? "absent" : token_state_name(state);
}

static int append_turn_call(
	struct desk *d, const struct token_table *table, const struct moment *now)
{
	static const char *const keys[] = { DESK_KEY_HOST, DESK_KEY_TOKENS, DESK_KEY_ENDS, NULL };
	struct bytes *out = &d->redis.out;
	const struct token *t;
	int r = 0;

	desk_begin_call(d, "firma1_turn", keys, 2 + 5 * d->n_changes);
	desk_append_turn(d, d->turn);
	desk_append_turn(d, d->turn + 1);
	for (size_t i = 0; r >= 0 && i < d->n_changes; i++) {
		const struct desk_change *c = &d->changes[i];

		t = token_table_find(table, c->id);
		if (!t)
			return -ENOENT;
		desk_append_id(out, c->id);
		resp_append_str(out, state_word(c->from));
		resp_append_str(out, state_word(c->to));
		r = desk_append_record(out, t, now);
	}
	desk_append_wait(d);
	return r < 0 ? r : bytes_error(out);
}

int desk_turn(struct desk *d, const struct token_table *table, const struct moment *now)
{
	const uint64_t deadline = desk_deadline(d);
	struct bytes why = BYTES_PRINTED;
	int r = d->phase == DESK_IS_OPEN ? 0 : -ENOTCONN;

	if (r < 0)
		return r;

	r = append_turn_call(d, table, now);
	if (r >= 0)
		r = redis_send(&d->redis, deadline, &why);
	if (r >= 0)
		r = desk_read_done(d, deadline, &why);
	if (r >= 0)
		r = desk_read_wait(d, deadline, &why);
	if (r < 0) {
		r = go_away(d, r, &why, now->clock.boot);
	} else {
		d->turn++;
		d->check_at = now->clock.boot + CHECK_PAUSE;
		desk_drop_from(d, 0);
	}
	bytes_deinit(&why);
	return r;
}

/* --- checking the connection ------------------------------------------------------------------ */

static int ask_whether_seen(struct desk *d, struct bytes *why)
{
	static const char *const keys[] = { DESK_KEY_HOST, NULL };
	const uint64_t deadline = desk_deadline(d);
	int r;

	desk_begin_call(d, "firma1_seen", keys, 1);
	desk_append_turn(d, d->turn);
	r = redis_send(&d->redis, deadline, why);
	return r < 0 ? r : desk_read_done(d, deadline, why);
}

int desk_check(struct desk *d, const struct moment *now)
{
	struct bytes why = BYTES_PRINTED;
	int r = 0;

	if (d->phase != DESK_IS_OPEN)
		return 0;

	if (redis_is_broken(&d->redis))
		r = bytes_refuse(&why, -EPIPE, "the server has ended the connection");
	else if (now->clock.boot >= d->check_at)
		r = ask_whether_seen(d, &why);
	if (r < 0)
		go_away(d, r, &why, now->clock.boot);
	else if (now->clock.boot >= d->check_at)
		d->check_at = now->clock.boot + CHECK_PAUSE;
	bytes_deinit(&why);
	return r;
}

void desk_leave(struct desk *d, const struct moment *now)
{
	struct bytes why = BYTES_PRINTED;

	desk_drop_from(d, 0);
	if (d->phase == DESK_IS_AWAY)
		return;
	bytes_append_str(&why, "this host could not record what the server has");
	go_away(d, -EIO, &why, now->clock.boot);
	bytes_deinit(&why);
}

uint64_t desk_due(const struct desk *d)
{
	return d->phase == DESK_IS_OPEN ? d->check_at : CLOCK_NEVER;
}

int desk_fd(const struct desk *d)
{
	return d->epoll;
}

bool desk_is_open(const struct desk *d)
{
	return d->phase == DESK_IS_OPEN;
}

const char *desk_fault(const struct desk *d)
{
	return bytes_str(&d->fault);
}

const char *desk_address_text(const struct desk *d)
{
	return d->options.address.text;
}

void desk_write(const struct desk *d, const struct moment *now, struct writer *w)
{
	writer_string(w, "server", d->options.address.text);
	writer_string(w, "desk", d->options.name);
	writer_string(w, "host", d->options.host);
	writer_unsigned(w, "replicas", d->options.replicas);
	writer_bool(w, "may_lose_a_second", d->options.lax);
	writer_string(w, "state", d->phase == DESK_IS_OPEN ? "open" : "closed");
	if (d->phase != DESK_IS_OPEN) {
		writer_string(w, "closed", desk_fault(d));
		writer_unsigned(w, "closed_ms",
			d->away_since > 0 ? (now->clock.boot - d->away_since) / CLOCK_MS : 0);
	}
}

bool desk_take_warning(struct desk *d, struct bytes *b)
{
	bool any = d->warning.len > 0;

	if (any)
		bytes_append_str(b, bytes_str(&d->warning));
	bytes_clear(&d->warning);
	return any;
}
