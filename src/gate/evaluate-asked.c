/* SPDX-License-Identifier: ISC */

/* Makes invocations of requests of the second contract. */

#include "gate/evaluate-asked.h"

#include <errno.h>
#include <string.h>

#include "base/notation.h"
#include "base/sha256.h"
#include "gate/policy/target.h"

/* "https://host:port/path", as rules see it. */
static char *print_url(const struct url *url)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	if (bytes_appendf(&text, "%s://%s%s%s%s", url->scheme, url->host, url->port[0] ? ":" : "",
		    url->port, url->path)
		< 0)
		return NULL;
	return bytes_steal(&text);
}

/* The branch's full name. */
static const char *find_branch(const struct target *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->texts[i].name)
			return t->texts[i].text;
	return NULL;
}

/* NULL: rules see the target as sent. */
static int print_compared(const struct target *t, char **ret)
{
	const char *text = NULL;

	*ret = NULL;
	if (t->kind == KIND_FETCH && t->url.host)
		*ret = print_url(&t->url);
	else if (t->kind == KIND_READ || t->kind == KIND_WRITE)
		text = t->absolute ? t->absolute : t->texts[1].text;
	else if (t->kind == KIND_GIT)
		text = find_branch(t);
	else
		return 0;
	if (text)
		*ret = strdup(text);
	return *ret || (t->kind == KIND_FETCH && !t->url.host) ? 0 : -ENOMEM;
}

static int set_compared(struct request *q)
{
	struct evaluate *e = &q->evaluate;
	struct target t;
	int r = 0;

	if (!e->target)
		return 0;
	if (e->kind == KIND_EXEC) {
		e->owned_compared = strdup(e->text);
		r = e->owned_compared ? 0 : -ENOMEM;
	} else {
		r = target_init(&t, q, NULL);
		if (r < 0)
			return r;
		r = print_compared(&t, &e->owned_compared);
		target_deinit(&t);
	}
	if (e->owned_compared && strcmp(e->owned_compared, e->target) != 0)
		q->asked.compared_target = e->owned_compared;
	return r;
}

static void set_content(struct request *q)
{
	struct evaluate *e = &q->evaluate;
	uint8_t hash[SHA256_LEN];

	q->asked.content = e->content;
	q->asked.content_sha256 = e->content_sha256;
	q->asked.old_text = e->old_text;
	q->asked.new_text = e->new_text;
	if (!e->content)
		return;

	sha256_of(e->content, strlen(e->content), hash);
	notation_hex(hash, sizeof(hash), e->content_hash);
	q->asked.content_sha256 = e->content_hash;
}

int evaluate_bind(struct request *q)
{
	struct evaluate *e = &q->evaluate;
	struct invocation *asked = &q->asked;

	if (e->bound)
		return 0;
	e->bound = true;
	asked->kind = e->kind;
	asked->action_type = e->kind == KIND_OTHER ? e->action_type : NULL;
	asked->target = e->target;
	asked->real_target = e->real_target;
	asked->operation = e->does;
	asked->server = e->server;
	asked->tool = e->tool;
	asked->capability = e->capability;
	asked->actor = e->actor;
	set_content(q);
	return set_compared(q);
}

void evaluate_restore(const struct invocation *asked, struct request *ret)
{
	const char *text = asked->compared_target ? asked->compared_target : asked->target;

	*ret = (struct request){ .action = ACTION_EXEC, .asked = *asked };
	if (asked->executable)
		return;

	ret->action = ACTION_EVALUATE;
	ret->evaluate = (struct evaluate){
		.kind = asked->kind,
		.session_id = asked->session_id,
		.agent_id = asked->agent_id,
		.actor = asked->actor,
		.target = asked->target,
		.operation = asked->operation,
		.server = asked->server,
		.tool = asked->tool,
		.capability = asked->capability,
		.real_target = asked->real_target,
		.content = asked->content,
		.content_sha256 = asked->content_sha256,
		.old_text = asked->old_text,
		.new_text = asked->new_text,
		.does = asked->operation,
		.text = text ? text : "",
	};
}

int evaluate_make_shell(const struct request *q, struct bytes *args, struct request *ret)
{
	int r;

	bytes_append(args, "-c", sizeof("-c"));
	r = bytes_append(args, q->evaluate.text, strlen(q->evaluate.text) + 1);
	if (r < 0)
		return r;

	*ret = *q;
	ret->asked.executable = "/bin/sh";
	ret->asked.args = string_list_of(args->data, 2, args->len);
	return 0;
}
