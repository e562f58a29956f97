/* SPDX-License-Identifier: ISC */

/*
 * A store that behaves as stores on other machines do. Linked into tests/firma alone, with
 * -Wl,--wrap=memory_store_new. It is the memory store; but if $FIRMA_TEST_STORE names a file, the
 * word in that file is the next fault. The word is removed after the fault has happened once:
 *
 *	apply-stale    another daemon has changed the token before this one compares its state
 *	commit-stale   another daemon was faster than the turn's commit
 *	commit-fails   it is not known whether the commit was recorded; the store closes
 *	find-fails     tokens can't be looked up; the store closes
 *	commit-waits   the commit takes until the test has opened $FIRMA_TEST_STORE.go for writing
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/store/memory-store.h"
#include "ledger/store/store-internal.h"

int __real_memory_store_new(struct store **ret);
int __wrap_memory_store_new(struct store **ret);

static const struct store_ops *real; /* of the memory store */
static struct store_ops ops;
static const char *script;

/* The last token that was changed in this turn. */
static uint8_t applied[TOKEN_ID_LEN];
static bool has_applied;

/* Whether this fault happens now. */
static bool happens(const char *word)
{
	char line[64] = "";
	FILE *f = fopen(script, "re");

	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return strcmp(line, word) == 0 && unlink(script) == 0;
}

static const struct token *find(struct store *store, const uint8_t id[static TOKEN_ID_LEN])
{
	if (happens("find-fails")) {
		store_close_for(store, strdup("the look-up failed"));
		return NULL;
	}
	return real->find(store, id);
}

static int apply(struct store *store, struct token_change *change)
{
	if (happens("apply-stale"))
		return STORE_STALE;

	memcpy(applied, change->id, sizeof(applied));
	has_applied = true;
	return real->apply(store, change);
}

static void wait_for_test(void)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s.go", script);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
}

static int finish(struct store *store)
{
	if (happens("commit-waits"))
		wait_for_test();
	if (has_applied && happens("commit-stale"))
		return STORE_STALE;

	if (has_applied && happens("commit-fails")) {
		store_close_for(store, strdup("the commit failed"));
		return -EIO;
	}
	has_applied = false;
	return real->finish(store);
}

static bool lost(const struct store *store, const uint8_t id[static TOKEN_ID_LEN])
{
	(void)store;
	return has_applied && memcmp(applied, id, sizeof(applied)) == 0;
}

static void update(
	struct store *store, const struct moment *now, store_changed_fn fn, void *userdata)
{
	has_applied = false;
	real->update(store, now, fn, userdata);
}

int __wrap_memory_store_new(struct store **ret)
{
	int r;

	r = __real_memory_store_new(ret);
	script = getenv("FIRMA_TEST_STORE");
	if (r < 0 || !script)
		return r;

	real = (*ret)->ops;
	ops = *real;
	ops.find = find;
	ops.apply = apply;
	ops.finish = finish;
	ops.lost = lost;
	ops.update = update;
	(*ret)->ops = &ops;
	return 0;
}
