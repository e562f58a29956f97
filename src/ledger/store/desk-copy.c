/* SPDX-License-Identifier: ISC */

/*
 * Connects, and then sends a copy of all tokens. The copy is written under keys of its own, which
 * replace the old ones when it is complete.
 */

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/notation.h"
#include "ledger/store/desk-internal.h"

/* How long another machine can't claim a host after its last call. Longer than CHECK_PAUSE. */
#define LEASE_MS "30000"

/* The size of one part of a copy. */
#define FILL_TOKENS 256
#define FILL_BYTES ((size_t)1 << 20)

static int load_gate(struct desk *d, struct bytes *why)
{
	struct gate_id id;
	int r;

	if (d->has_gate)
		return 0;

	bytes_append_str(why, "the gate's ID: ");
	r = gate_id_load(d->dir, &id, why);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;

	notation_hex(id.id, sizeof(id.id), d->gate);
	d->has_gate = true;
	bytes_clear(why);
	return 0;
}

static void warn_if_other(struct desk *d, const struct desk_server *found)
{
	if (d->server.run_id[0] != '\0' && strcmp(d->server.run_id, found->run_id) != 0) {
		bytes_clear(&d->warning);
		bytes_append_str(&d->warning,
			"it is another server, or was started again: all tokens of this host are "
			"sent to it");
	}
	d->server = *found;
}

static int watch_connection(struct desk *d)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP };

	return epoll_ctl(d->epoll, EPOLL_CTL_ADD, d->redis.fd, &event) < 0 ? -errno : 0;
}

/*
 * Each connection makes a new claim. So if the server hangs, and later runs a call from an earlier
 * connection, it refuses that call.
 */
static void make_claim(struct desk *d)
{
	uint8_t random[DESK_CLAIM_LEN / 2];

	randombytes_buf(random, sizeof(random));
	notation_hex(random, sizeof(random), d->claim);
}

int desk_connect(struct desk *d, uint64_t deadline, struct bytes *why)
{
	static const char *const keys[] = { DESK_KEY_HOST, DESK_KEY_TOKENS ".new",
		DESK_KEY_ENDS ".new", NULL };
	struct bytes password = BYTES_PRINTED;
	char boot[CLOCK_BOOT_ID_LEN + 1];
	struct desk_server found;
	int r;

	r = clock_boot_id(boot);
	if (r >= 0)
		r = load_gate(d, why);
	if (r >= 0 && d->options.password)
		r = desk_server_password(d->options.password, &password, why);
	if (r >= 0)
		r = desk_server_look(&d->redis, &d->options.address, bytes_str(&password), deadline,
			&found, why);
	if (password.data)
		explicit_bzero(password.data, password.size);
	bytes_deinit(&password);
	if (r < 0)
		return r;
	if (!desk_server_judge(&found, d->options.lax, why))
		return -EPERM;

	warn_if_other(d, &found);
	make_claim(d);
	desk_begin_call(d, "firma1_claim", keys, 3);
	resp_append_str(&d->redis.out, boot);
	resp_append_str(&d->redis.out, d->options.host);
	resp_append_str(&d->redis.out, LEASE_MS);
	r = redis_send(&d->redis, deadline, why);
	if (r >= 0)
		r = desk_read_done(d, deadline, why);
	return r < 0 ? r : watch_connection(d);
}

/* The first token that was not sent yet; NULL if all were sent. */
static const struct token *next_unsent(const struct desk *d, const struct token_table *table)
{
	return token_table_next(table, d->sent_any ? token_table_find(table, d->sent) : NULL);
}

/* Appends a call with the next tokens. Returns the number of tokens, or a negative errno. */
static int append_fill(struct desk *d, const struct token_table *table, const struct moment *now)
{
	static const char *const keys[] = { DESK_KEY_HOST, DESK_KEY_TOKENS ".new",
		DESK_KEY_ENDS ".new", NULL };
	struct bytes words = BYTES_PRINTED;
	const struct token *t = next_unsent(d, table);
	int n = 0, r = 0;

	for (; r >= 0 && t && n < FILL_TOKENS && words.len < FILL_BYTES; n++) {
		desk_append_id(&words, t->id);
		resp_append_str(&words, token_state_name(t->state));
		r = desk_append_record(&words, t, now);
		memcpy(d->sent, t->id, sizeof(d->sent));
		d->sent_any = true;
		t = token_table_next(table, t);
	}
	if (r >= 0)
		r = bytes_error(&words);
	if (r >= 0 && n > 0) {
		desk_begin_call(d, "firma1_fill", keys, 1 + 4 * (size_t)n - 1);
		bytes_append(&d->redis.out, bytes_str(&words), words.len);
	}
	bytes_deinit(&words);
	return r < 0 ? r : n;
}

static void append_open(struct desk *d)
{
	static const char *const keys[] = { DESK_KEY_HOST, DESK_KEY_TOKENS ".new",
		DESK_KEY_ENDS ".new", DESK_KEY_TOKENS, DESK_KEY_ENDS, NULL };

	desk_begin_call(d, "firma1_open", keys, 1);
	desk_append_turn(d, 0);
	desk_append_wait(d);
}

int desk_fill(struct desk *d, const struct token_table *table, const struct moment *now,
	uint64_t deadline, struct bytes *why)
{
	bool last;
	int n, r;

	n = append_fill(d, table, now);
	if (n < 0)
		return n;
	last = !next_unsent(d, table);
	if (last)
		append_open(d);
	r = redis_send(&d->redis, deadline, why);
	if (r >= 0 && n > 0)
		r = desk_read_done(d, deadline, why);
	if (r >= 0 && last)
		r = desk_read_done(d, deadline, why);
	if (r >= 0 && last)
		r = desk_read_wait(d, deadline, why);
	if (r < 0)
		return r;
	return last ? DESK_OPEN : DESK_MORE;
}
