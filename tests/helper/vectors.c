/* SPDX-License-Identifier: ISC */

/*
 * Known answers of the second contract: requests, and another daemon's replies.
 *
 * `unit vectors requests FILE FIXTURE` prints the requests that are for this fixture, one a line.
 * FIXTURE is the name of the document in force, or "none".
 *
 * `unit vectors compare FILE FIXTURE REPLIES` compares our replies, one a line, with the answers:
 * decision, rule, severity, approver, and the echoed members. Prints a line for each row that
 * differs: "laxer", "stricter" or "differs", the other daemon's decision and rule, ours, and the
 * request. If a case has a recommended decision, any other decision is "wrong".
 *
 * `unit vectors fixture FILE NAME` prints a document.
 *
 * FILE is one of tests/vectors: a row a line, or a document with cases.
 */

#include "helper/unit.h"

#include <cjson/cJSON.h>
#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)
DEFINE_CLEANUP(FILE *, fclose)

struct row {
	const cJSON *request, *peer, *recommended;
};

typedef bool (*row_fn)(const struct row *row, void *userdata);

static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static FILE *open_file(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		err(UNIT_FAILED, "%s", path);
	return file;
}

static bool is_for(const cJSON *value, const char *fixture)
{
	const char *name = cJSON_GetStringValue(value);

	return strcmp(name ? name : "none", fixture) == 0;
}

static bool each_case(const cJSON *document, const char *fixture, row_fn fn, void *userdata)
{
	const cJSON *item;
	bool fine = true;

	cJSON_ArrayForEach(item, member(document, "cases"))
	{
		const struct row row = { member(item, "request"), member(item, "expected"),
			member(item, "recommended") };

		if (is_for(member(item, "fixture"), fixture))
			fine &= fn(&row, userdata);
	}
	return fine;
}

static bool each_line(const char *text, const char *fixture, row_fn fn, void *userdata)
{
	bool fine = true;

	while (*text) {
		cleanup(cJSON_Delete_p) cJSON *item = cJSON_ParseWithOpts(text, &text, false);
		const struct row row = { member(item, "request"), member(item, "peer"), NULL };

		if (!item)
			errx(UNIT_FAILED, "a row is no JSON");
		if (is_for(member(item, "policy"), fixture))
			fine &= fn(&row, userdata);
		text += strspn(text, " \t\r\n");
	}
	return fine;
}

static bool each_row(const char *path, const char *fixture, row_fn fn, void *userdata)
{
	cleanup(fclose_p) FILE *file = open_file(path);
	cleanup(cJSON_Delete_p) cJSON *document = NULL;
	cleanup(free_p) char *text = NULL;
	size_t len;

	text = unit_read(file, &len);
	document = cJSON_Parse(text);
	return document && member(document, "cases") ? each_case(document, fixture, fn, userdata)
						     : each_line(text, fixture, fn, userdata);
}

static bool print_request(const struct row *row, void *userdata)
{
	cleanup(free_p) char *line = cJSON_PrintUnformatted(row->request);

	(void)userdata;
	if (!line)
		errx(UNIT_FAILED, "out of memory");
	puts(line);
	return true;
}

static int rank(const char *decision)
{
	static const char *const decisions[] = { "allow", "require_approval", "block" };

	for (int i = 0; i < 3; i++)
		if (strcmp(decisions[i], decision) == 0)
			return i;
	return -1;
}

static bool is_same(const cJSON *peer, const cJSON *reply)
{
	static const char *const keys[] = { "rule_id", "severity", "approver_group", "target",
		"requested_operation", "policy_pack" };
	static const char *const defaults[] = { "action_type", "session_id", "agent_id", "actor" };

	for (size_t i = 0; i < LENGTH(keys); i++)
		if (strcmp(text_of(peer, keys[i]), text_of(reply, keys[i])) != 0)
			return false;
	/* The cases omit these members. */
	for (size_t i = 0; i < LENGTH(defaults); i++)
		if (member(peer, defaults[i])
			&& strcmp(text_of(peer, defaults[i]), text_of(reply, defaults[i])) != 0)
			return false;
	return true;
}

static bool compare(const struct row *row, void *userdata)
{
	cleanup(cJSON_Delete_p) cJSON *reply = NULL;
	cleanup(free_p) char *line = NULL, *request = NULL;
	const char *peer, *ours, *wanted, *word = NULL;
	size_t size = 0;

	if (getline(&line, &size, userdata) < 0)
		errx(UNIT_FAILED, "there are fewer replies than requests");
	reply = cJSON_Parse(line);
	ours = text_of(reply, "decision");
	peer = text_of(row->peer, "decision");
	wanted = row->recommended ? text_of(row->recommended, "decision") : "";

	if (rank(ours) < 0 || (*wanted && strcmp(ours, wanted) != 0))
		word = "wrong";
	else if (rank(ours) != rank(peer))
		word = rank(ours) < rank(peer) ? "laxer" : "stricter";
	else if (!is_same(row->peer, reply))
		word = "differs";
	if (!word)
		return true;

	request = cJSON_PrintUnformatted(row->request);
	printf("%s %s %s %s %s %s\n", word, peer, text_of(row->peer, "rule_id"), ours,
		text_of(reply, "rule_id"), request ? request : "?");
	return false;
}

int unit_vectors(int argc, char **argv)
{
	const char *form = argc > 1 ? argv[1] : "";

	if (strcmp(form, "requests") == 0 && argc == 4) {
		each_row(argv[2], argv[3], print_request, NULL);
		return UNIT_OK;
	}
	if (strcmp(form, "compare") == 0 && argc == 5) {
		cleanup(fclose_p) FILE *replies = open_file(argv[4]);

		return each_row(argv[2], argv[3], compare, replies) ? UNIT_OK : UNIT_FAILED;
	}
	if (strcmp(form, "fixture") == 0 && argc == 4) {
		cleanup(fclose_p) FILE *file = open_file(argv[2]);
		cleanup(free_p) char *text = NULL, *fixture = NULL;
		cleanup(cJSON_Delete_p) cJSON *document = NULL;
		size_t len;

		text = unit_read(file, &len);
		document = cJSON_Parse(text);
		fixture = cJSON_Print(member(member(document, "fixtures"), argv[3]));
		if (!fixture)
			errx(UNIT_FAILED, "%s has no fixture %s", argv[2], argv[3]);
		puts(fixture);
		return UNIT_OK;
	}
	return unit_usage("vectors requests|compare|fixture FILE NAME [REPLIES]");
}
