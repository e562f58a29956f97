/* SPDX-License-Identifier: ISC */

/* Adds `runner_auth` as the last member of the request. */

#include "cli/runner-auth.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/json/members.h"
#include "base/json/writer.h"
#include "base/text.h"
#include "cli/input-file.h"
#include "cli/runner-source.h"
#include "gate/limits.h"
#include "gate/runner/jwt.h"

#define BLANKS " \t\r\n"

static int refuse(const char *path, const char *what)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (text_append_quoted(&shown, path, strlen(path)) < 0)
		return say_undecided("out of memory");
	return say_undecided("%s: %s", bytes_str(&shown), what);
}

/* Reads a small file, without the blanks around its content. */
static int read_text(const char *path, struct bytes *ret)
{
	int r;

	r = input_file_read(path, LIMIT_REQUEST, ret);
	if (r == -EFBIG)
		return refuse(path, "is longer than a request may be");
	if (r < 0)
		return refuse(path, strerror(-r));

	while (ret->len > 0 && strchr(BLANKS, ret->data[ret->len - 1]))
		bytes_truncate(ret, ret->len - 1);
	bytes_consume(ret, strspn(bytes_str(ret), BLANKS));
	return STATUS_DONE;
}

static int read_token(const char *path, const char *audience, struct bytes *ret)
{
	int status;

	if (strcmp(path, "auto") == 0)
		return runner_source_get(audience, RUNNER_SOURCE_TIMEOUT, ret);
	status = read_text(path, ret);

	if (status != STATUS_DONE)
		return status;
	if (ret->len == 0 || ret->len > LIMIT_JWT
		|| strspn(bytes_str(ret),
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
			!= ret->len)
		return refuse(path, "is not a token");
	return STATUS_DONE;
}

static int read_claims(const char *path, struct bytes *ret)
{
	struct scan_fault fault;
	int status = read_text(path, ret), r;

	if (status != STATUS_DONE)
		return status;
	r = scan_object(bytes_str(ret), ret->len, NULL, NULL, &fault);
	if (r == SCAN_REFUSED)
		return refuse(path, "is not an identity in JSON");
	input_file_join_lines(ret);
	return r < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

static int add_token(struct bytes *line, const struct bytes *token, const struct bytes *claims)
{
	cleanup(bytes_deinit) struct bytes auth = BYTES_PRINTED;
	struct writer w;
	int r;

	writer_init(&w, &auth);
	writer_object(&w, NULL);
	if (claims->len > 0)
		writer_raw(&w, "identity", claims->data, claims->len);
	writer_string(&w, "algorithm", JWT_ALGORITHM);
	writer_string(&w, "signature", bytes_str(token));
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : runner_append_auth(line, bytes_str(&auth), auth.len);
}

/* Takes the members of an identity; all that are known must be texts. */
static int take_identity(struct runner_key *key, const char *path)
{
	const struct member *member;
	struct scan_fault fault;

	if (members_read(&key->claims, bytes_str(&key->text), key->text.len, &fault) != 0)
		return refuse(path, "is not an identity in JSON");
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++) {
		member = members_find(&key->claims, runner_field_name(f));
		key->identity[f] = member ? members_string(&key->claims, member) : NULL;
		if (member && !key->identity[f])
			return refuse(path, "has a member that is not a text");
	}
	return STATUS_DONE;
}

int runner_auth_load_key(const struct runner_auth_options *options, const struct verb *verb,
	struct runner_key *ret, bool *ret_signs)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	int status, r;

	*ret_signs = options->key != NULL;
	if (!options->key != !options->key_id)
		return usage_error(verb, "--runner-key and --runner-key-id go together");
	if (!options->key)
		return STATUS_DONE;
	if (options->token)
		return usage_error(verb, "--runner-key excludes --runner-token");

	if (sodium_init() < 0)
		return say_undecided("libsodium can't be used here");
	ret->id = options->key_id;
	r = evidence_key_load(options->key, EVIDENCE_KEY_SHARED, geteuid(), false, &ret->key, &why);
	if (r != 0)
		return refuse(options->key, r < 0 ? strerror(-r) : bytes_str(&why));
	if (!options->claims)
		return STATUS_DONE;
	status = read_claims(options->claims, &ret->text);
	return status == STATUS_DONE ? take_identity(ret, options->claims) : status;
}

int runner_auth_add(
	const struct runner_auth_options *options, const struct verb *verb, struct bytes *line)
{
	cleanup(bytes_deinit) struct bytes token = BYTES_PRINTED, claims = BYTES_PRINTED;
	int status;

	if (options->audience && (!options->token || strcmp(options->token, "auto") != 0))
		return usage_error(verb, "--runner-audience needs --runner-token auto");
	if (!options->token)
		return options->claims && !options->key
			? usage_error(verb, "--runner-claims needs a token or a key")
			: STATUS_DONE;

	status = read_token(options->token, options->audience, &token);
	if (status == STATUS_DONE && options->claims)
		status = read_claims(options->claims, &claims);
	if (status != STATUS_DONE)
		return status;
	if (add_token(line, &token, &claims) < 0)
		return say_undecided("out of memory");
	return line->len > LIMIT_REQUEST_MAX
		? say_undecided("a request takes at most %zu bytes", LIMIT_REQUEST_MAX)
		: STATUS_DONE;
}
