/* SPDX-License-Identifier: ISC */

/*
 * Runners' tokens, by themselves. ISSUER is a file with an element of the policy's runners.oidc,
 * KEYS a key set, NOW a time in s since 1970; standard input is a token.
 *
 * `unit jwt verify ISSUER KEYS NOW`: prints the identity, a "KEY=VALUE" a line; or the name of the
 * refusal and the claim at fault, with exit status 1.
 *
 * `unit jwt bytes ISSUER KEYS NOW`: changes each byte of the token to each other value; prints how
 * many changes were tried and how many were accepted.
 *
 * `unit jwt cost ISSUER KEYS NOW N`: verifies N times.
 *
 * `unit jwt vectors VECTORS KEYS`: prints the verdict of each token of the file, the one that the
 * file demands, and the name of the refusal.
 *
 * `unit jwt keys`: reads a key set from standard input; prints how many keys are usable and the
 * warnings, or the fault, with exit status 1.
 */

#include "helper/unit.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "gate/runner/issuer.h"

static char *read_path(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "re");
	char *data;

	if (!file)
		err(UNIT_FAILED, "%s", path);
	data = unit_read(file, ret_len);
	fclose(file);
	return data;
}

/* What verifies tokens. */
struct tools {
	struct json_doc *doc;
	struct runner_issuer issuer;
	struct jwks *keys;
	uint64_t now;
};

static struct jwks *read_keys(const char *text, size_t len)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED, warnings = BYTES_PRINTED;
	struct jwks *keys = NULL;
	const char *library;
	int r;

	if (rs256_load(&library) < 0)
		errx(UNIT_FAILED, "%s", library);
	r = jwks_parse(text, len, &why, &warnings, &keys);
	unit_must(r);
	fputs(bytes_str(&warnings), stderr);
	if (r == JWKS_FAULTY)
		puts(bytes_str(&why));
	return keys;
}

static void read_issuer(struct tools *t, const char *text, size_t len)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	struct scan_fault fault;
	struct faults faults;

	if (json_parse(text, len, &t->doc, &fault) != 0)
		errx(UNIT_FAILED, "the issuer is not JSON");
	faults_init(&faults);
	unit_must(runner_issuer_read(&t->issuer, json_root(t->doc), "issuer", &faults));
	if (faults.n > 0) {
		unit_must(faults_print(&faults, "policy", &shown));
		fputs(bytes_str(&shown), stdout);
		exit(UNIT_FAILED);
	}
	faults_deinit(&faults);
}

static void init(struct tools *t, char **argv)
{
	size_t len;
	char *text;

	text = read_path(argv[0], &len);
	read_issuer(t, text, len);
	free(text);
	text = read_path(argv[1], &len);
	t->keys = read_keys(text, len);
	free(text);
	if (!t->keys)
		exit(UNIT_FAILED);
	t->now = unit_number(argv[2]);
}

static void deinit(struct tools *t)
{
	jwks_free(t->keys);
	runner_issuer_deinit(&t->issuer);
	json_doc_free(t->doc);
}

/* Sets the facts, or the detail of the refusal. */
static enum runner_refusal judge(const struct tools *t, const char *token, size_t len,
	struct bytes *facts, size_t *ret_n, const char **ret_detail)
{
	struct jwt jwt = JWT_INIT;
	const struct jwt_demand demand = {
		.keys = t->keys,
		.issuer = t->issuer.issuer,
		.audience = t->issuer.audience,
		.now = t->now,
	};
	int r;

	*ret_detail = "";
	r = jwt_verify(&jwt, &demand, token, len);
	if (r == RUNNER_FINE)
		r = runner_issuer_identify(&t->issuer, &jwt, facts, ret_n, ret_detail);
	jwt_deinit(&jwt);
	unit_must(r);
	return (enum runner_refusal)r;
}

static int verify(const struct tools *t, const char *token, size_t len)
{
	cleanup(bytes_deinit) struct bytes facts = BYTES_PRINTED;
	enum runner_refusal refusal;
	const char *detail, *fact;
	size_t n = 0;

	refusal = judge(t, token, len, &facts, &n, &detail);
	if (refusal != RUNNER_FINE) {
		printf("%s%s%s\n", runner_refusal_name(refusal), *detail ? " " : "", detail);
		return UNIT_FAILED;
	}
	fact = bytes_str(&facts);
	for (size_t i = 0; i < n; i++, fact += strlen(fact) + 1)
		puts(fact);
	return UNIT_OK;
}

static bool is_taken(const struct tools *t, const char *token, size_t len)
{
	cleanup(bytes_deinit) struct bytes facts = BYTES_PRINTED;
	const char *detail;
	size_t n;

	return judge(t, token, len, &facts, &n, &detail) == RUNNER_FINE;
}

static int change_bytes(const struct tools *t, char *token, size_t len)
{
	size_t tried = 0, taken = 0;

	if (!is_taken(t, token, len))
		errx(UNIT_FAILED, "the token itself is refused");
	for (size_t i = 0; i < len; i++) {
		const char was = token[i];

		for (int c = 0; c < 256; c++) {
			token[i] = (char)c;
			if ((char)c == was)
				continue;
			tried++;
			taken += is_taken(t, token, len);
		}
		token[i] = was;
	}
	printf("%zu tried, %zu taken\n", tried, taken);
	return UNIT_OK;
}

static int spend(const struct tools *t, const char *token, size_t len, unsigned long times)
{
	for (unsigned long i = 0; i < times; i++)
		if (!is_taken(t, token, len))
			errx(UNIT_FAILED, "the token is refused");
	return UNIT_OK;
}

/* The issuer of the vectors, as a policy would have it. */
static void read_issuer_of_vectors(struct tools *t, const cJSON *vectors)
{
	static const char *const keys[] = { "issuer", "audience", "pin" };
	cJSON *issuer = cJSON_CreateObject();
	char *text;

	for (size_t i = 0; i < LENGTH(keys); i++)
		cJSON_AddItemToObject(issuer, keys[i],
			cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(vectors, keys[i]), true));
	cJSON_AddStringToObject(issuer, "jwks", "jwks.json");
	text = cJSON_PrintUnformatted(issuer);
	read_issuer(t, text, strlen(text));
	free(text);
	cJSON_Delete(issuer);
}

static void try_vector(const struct tools *t, const cJSON *vector)
{
	cleanup(bytes_deinit) struct bytes facts = BYTES_PRINTED;
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(vector, "jwt"));
	enum runner_refusal refusal;
	const char *detail;
	size_t n;

	refusal = judge(t, token, strlen(token), &facts, &n, &detail);
	printf("%s %s %s %s: %s\n", refusal == RUNNER_FINE ? "allow" : "block",
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(vector, "verdict")),
		runner_refusal_name(refusal), *detail ? detail : "-", vector->string);
}

static int try_vectors(const char *vectors_path, const char *keys_path)
{
	const cJSON *vector;
	struct tools t = { 0 };
	cJSON *vectors;
	size_t len;
	char *text;

	text = read_path(vectors_path, &len);
	vectors = cJSON_Parse(text);
	free(text);
	if (!vectors)
		errx(UNIT_FAILED, "%s: not JSON", vectors_path);
	read_issuer_of_vectors(&t, vectors);
	text = read_path(keys_path, &len);
	t.keys = read_keys(text, len);
	free(text);
	t.now = (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(vectors, "now"));
	cJSON_ArrayForEach(vector, cJSON_GetObjectItemCaseSensitive(vectors, "tokens"))
		try_vector(&t, vector);
	deinit(&t);
	cJSON_Delete(vectors);
	return UNIT_OK;
}

static int show_keys(void)
{
	struct jwks *keys;
	size_t len;
	char *text;

	text = unit_read(stdin, &len);
	keys = read_keys(text, len);
	free(text);
	if (!keys)
		return UNIT_FAILED;
	printf("%zu\n", jwks_size(keys));
	jwks_free(keys);
	return UNIT_OK;
}

int unit_jwt(int argc, char **argv)
{
	struct tools t = { 0 };
	int status = UNIT_USAGE;
	size_t len;
	char *token;

	if (argc == 2 && strcmp(argv[1], "keys") == 0)
		return show_keys();
	if (argc == 4 && strcmp(argv[1], "vectors") == 0)
		return try_vectors(argv[2], argv[3]);
	if (argc != 5 && argc != 6)
		return unit_usage(
			"jwt verify|bytes|cost ISSUER KEYS NOW [N] | vectors FILE KEYS | keys");

	init(&t, argv + 2);
	token = unit_read(stdin, &len);
	if (strcmp(argv[1], "verify") == 0)
		status = verify(&t, token, len);
	else if (strcmp(argv[1], "bytes") == 0)
		status = change_bytes(&t, token, len);
	else if (strcmp(argv[1], "cost") == 0 && argc == 6)
		status = spend(&t, token, len, strtoul(argv[5], NULL, 10));
	free(token);
	deinit(&t);
	return status;
}
