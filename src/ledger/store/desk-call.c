/* SPDX-License-Identifier: ISC */

/* Calls the functions that the server runs (ledger/store/desk-function). */

#include <errno.h>
#include <inttypes.h>

#include "gate/token/token-print.h"
#include "ledger/store/desk-internal.h"

/* The timeout of WAIT, shorter than the call's, so that the answer still arrives in time. */
#define WAIT_PART(ms) ((ms) / 4 * 3 + 1)

uint64_t desk_deadline(const struct desk *d)
{
	return clock_now().boot + d->options.timeout;
}

static void append_key(struct desk *d, const char *what)
{
	struct bytes key = BYTES_PRINTED;

	desk_append_key(&key, d->options.name, d->gate, what);
	/* After -ENOMEM the key is empty, and the server refuses the call. */
	resp_append(&d->redis.out, bytes_str(&key), key.len);
	bytes_deinit(&key);
}

/* Begins a call with its keys and the claim; the caller appends the `n` words that follow. */
void desk_begin_call(struct desk *d, const char *function, const char *const *keys, size_t n)
{
	size_t n_keys = 0;

	while (keys[n_keys])
		n_keys++;
	resp_begin(&d->redis.out, 4 + n_keys + n);
	resp_append_str(&d->redis.out, "FCALL");
	resp_append_str(&d->redis.out, function);
	resp_append_number(&d->redis.out, n_keys);
	for (size_t i = 0; i < n_keys; i++)
		append_key(d, keys[i]);
	resp_append_str(&d->redis.out, d->claim);
}

/* A turn's name, "CLAIM:NUMBER": unique, since each connection has its own claim. */
void desk_append_turn(struct desk *d, uint64_t turn)
{
	char number[NOTATION_DECIMAL_MAX + 1];
	struct bytes text = BYTES_PRINTED;

	notation_decimal(turn, number);
	bytes_append_strs(&text, d->claim, ":", number);
	resp_append(&d->redis.out, bytes_str(&text), text.len);
	bytes_deinit(&text);
}

/* Asks how many replicas have everything that this connection has written. */
void desk_append_wait(struct desk *d)
{
	const uint64_t ms = d->options.timeout / CLOCK_MS;

	if (d->options.replicas == 0)
		return;
	resp_begin(&d->redis.out, 3);
	resp_append_str(&d->redis.out, "WAIT");
	resp_append_number(&d->redis.out, d->options.replicas);
	resp_append_number(&d->redis.out, WAIT_PART(ms));
}

/* How long the server keeps its copy, in ms: twice as long as the host keeps the token. */
static uint64_t time_kept(const struct token *t, const struct moment *now)
{
	uint64_t end = t->latest > t->expires ? t->latest : t->expires;
	uint64_t left = end > now->clock.boot ? end - now->clock.boot : 0;

	return left > INT64_MAX / 4 ? INT64_MAX / 4 / CLOCK_MS
				    : 2 * (left + TOKEN_RETENTION) / CLOCK_MS;
}

int desk_append_record(struct bytes *out, const struct token *t, const struct moment *now)
{
	struct bytes record = BYTES_PRINTED;
	int r;

	r = token_print_stored(t, &record);
	resp_append_number(out, time_kept(t, now));
	if (r >= 0)
		r = resp_append(out, bytes_str(&record), record.len);
	bytes_deinit(&record);
	return r;
}

void desk_append_id(struct bytes *out, const uint8_t id[static TOKEN_ID_LEN])
{
	char text[NOTATION_UUID_LEN + 1];

	notation_uuid(id, text);
	resp_append(out, text, NOTATION_UUID_LEN);
}

/* Reads a function's answer. Any first word other than "done" is a failure. */
int desk_read_done(struct desk *d, uint64_t deadline, struct bytes *why)
{
	struct resp_item item, word = { .type = RESP_NIL };
	struct resp rest;
	int r;

	r = redis_read(&d->redis, deadline, &item, &rest, why);
	if (r < 0)
		return r;
	if (item.type == RESP_ERROR)
		return redis_refuse(&item, why);
	if (item.type == RESP_ARRAY)
		(void)resp_take(&rest, &word);
	if (resp_is(&word, "done"))
		return 0;
	if (resp_is(&word, "taken"))
		return bytes_refuse(why, -EBUSY,
			"another machine uses the ID of this gate, or did so a moment ago");
	if (resp_is(&word, "behind") || resp_is(&word, "stale"))
		return bytes_refuse(why, -EBADMSG,
			"this host's tokens have changed on the server: it has lost some, or "
			"another client has changed them");
	return bytes_refuse(why, -EPROTO, "the server's answer is malformed");
}

int desk_read_wait(struct desk *d, uint64_t deadline, struct bytes *why)
{
	struct resp_item item;
	int r;

	if (d->options.replicas == 0)
		return 0;
	r = redis_read(&d->redis, deadline, &item, NULL, why);
	if (r < 0)
		return r;
	if (item.type != RESP_INTEGER || item.number < 0)
		return bytes_refuse(why, -EPROTO, "the server's answer is malformed");
	if ((uint64_t)item.number >= d->options.replicas)
		return 0;
	return bytes_refuse(why, -EREMOTEIO,
		"only %" PRId64 " of %" PRIu64 " replicas %s the change", item.number,
		d->options.replicas, item.number == 1 ? "has" : "have");
}
