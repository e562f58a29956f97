/* SPDX-License-Identifier: ISC */

/*
 * A request of the first contract has an invocation's members. One of the second contract is read
 * as the daemon has read it: parts of its invocation are derived from it.
 */

#include "ledger/evidence/recorded-request.h"

#include <string.h>

#include "base/json/members.h"
#include "base/json/writer.h"
#include "gate/evaluate-asked.h"

void recorded_request_init(struct recorded_request *r)
{
	*r = (struct recorded_request){ .text = BYTES_PRINTED };
	invocation_lists_init(&r->lists);
}

void recorded_request_deinit(struct recorded_request *r)
{
	request_free(r->request);
	bytes_deinit(&r->text);
	invocation_lists_deinit(&r->lists);
}

/* The daemon has replaced the proof of a runner, and added what it proves: no request may have it.
 */
static bool is_of_daemon(const char *key)
{
	return strcmp(key, "runner") == 0 || strcmp(key, "runner_auth") == 0;
}

/* Appends the request as it was sent, without what proves a runner. */
static int append_sent(struct bytes *b, const char *text, size_t len)
{
	struct members members = MEMBERS_INIT;
	struct scan_fault fault;
	struct writer w;
	int r;

	r = members_read(&members, text, len, &fault);
	writer_init(&w, b);
	writer_object(&w, NULL);
	for (size_t i = 0; r == 0 && i < members.n; i++)
		if (!is_of_daemon(members.list[i].key))
			writer_raw(
				&w, members.list[i].key, members.list[i].text, members.list[i].len);
	writer_end(&w);
	members_deinit(&members);
	return r != 0 ? r : writer_finish(&w);
}

static int parse_sent(struct recorded_request *q)
{
	int r;

	r = request_parse(bytes_str(&q->text), q->text.len, &q->request);
	if (r < 0)
		return r;
	if (q->request->fault || q->request->action != ACTION_EVALUATE)
		return INVOCATION_MALFORMED;
	return evaluate_bind(q->request);
}

static int read_evaluate(struct recorded_request *q, const char *line, size_t len)
{
	const struct string_list runner = q->asked.runner;
	struct members record = MEMBERS_INIT;
	const struct member *request;
	struct scan_fault fault;
	int r;

	r = members_read(&record, line, len, &fault);
	request = r == 0 ? members_find(&record, "request") : NULL;
	if (request)
		r = append_sent(&q->text, request->text, request->len);
	members_deinit(&record);
	if (r < 0 || !request)
		return r < 0 ? r : INVOCATION_MALFORMED;

	r = r == 0 ? parse_sent(q) : INVOCATION_MALFORMED;
	if (r != 0)
		return r;
	q->asked = q->request->asked;
	q->asked.runner = runner;
	return 0;
}

int recorded_request_read(
	struct recorded_request *q, const char *line, size_t len, const struct json *root)
{
	const struct json *request = json_get(root, "request");
	int r;

	if (!request)
		return INVOCATION_MALFORMED;
	r = invocation_read(request, &q->lists, &q->asked);
	if (r < 0 || json_get_string(request, "action"))
		return r;
	return read_evaluate(q, line, len);
}
