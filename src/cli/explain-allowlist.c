/* SPDX-License-Identifier: ISC */

/* Makes a document of the entries that the daemon lists, each below its agent. */

#include "cli/explain-allowlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json/tree.h"
#include "base/json/writer.h"

struct agent {
	char *name;
	struct bytes entries; /* with commas in between */
};

struct agents {
	struct agent *all;
	size_t n;
};

static void agents_deinit(struct agents *agents)
{
	for (size_t i = 0; i < agents->n; i++) {
		free(agents->all[i].name);
		bytes_deinit(&agents->all[i].entries);
	}
	free(agents->all);
}

static int add_agent(struct agents *agents, const char *name, struct agent **ret)
{
	struct agent *grown;

	grown = reallocarray(agents->all, agents->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	agents->all = grown;

	*ret = &grown[agents->n];
	**ret = (struct agent){ .name = strdup(name), .entries = BYTES_PRINTED };
	if (!(*ret)->name)
		return -ENOMEM;
	agents->n++;
	return 0;
}

static int find_agent(struct agents *agents, const char *name, struct agent **ret)
{
	for (size_t i = 0; i < agents->n; i++) {
		*ret = &agents->all[i];
		if (strcmp((*ret)->name, name) == 0)
			return 0;
	}
	return add_agent(agents, name, ret);
}

static int take_entry(const struct bytes *line, void *userdata)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct agents *agents = userdata;
	struct agent *agent;
	struct scan_fault fault;
	const char *name;
	int r;

	r = json_parse(bytes_str(line), line->len, &doc, &fault);
	name = r == 0 ? json_get_string(json_root(doc), "agent_id") : NULL;
	if (r >= 0 && !name)
		return say_undecided("the answer is not an allowlist");
	if (r >= 0)
		r = find_agent(agents, name, &agent);
	if (r < 0)
		return say_undecided("out of memory");

	if (agent->entries.len > 0)
		bytes_append_char(&agent->entries, ',');
	bytes_append(&agent->entries, line->data, line->len);
	return bytes_error(&agent->entries) < 0 ? say_undecided("out of memory") : STATUS_DONE;
}

static int print_document(const struct agents *agents, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes list = BYTES_PRINTED;
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_integer(&w, "version", 1);
	writer_object(&w, "agents");
	for (size_t i = 0; i < agents->n; i++) {
		bytes_clear(&list);
		bytes_append_char(&list, '[');
		bytes_append(&list, agents->all[i].entries.data, agents->all[i].entries.len);
		bytes_append_char(&list, ']');
		if (bytes_error(&list) < 0)
			writer_fail(&w, bytes_error(&list));
		writer_object(&w, agents->all[i].name);
		writer_raw(&w, "allowlist", bytes_str(&list), list.len);
		writer_end(&w);
	}
	writer_end(&w);
	writer_end(&w);
	return writer_finish(&w);
}

static int read_document(const struct agents *agents, struct allowlist **ret)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, why = BYTES_PRINTED;
	int r;

	r = print_document(agents, &text);
	if (r >= 0)
		r = allowlist_parse(bytes_str(&text), text.len, &why, ret);
	if (r < 0)
		return say_undecided("out of memory");
	return r == 0 ? STATUS_DONE : say_undecided("the daemon's allowlist: %s", bytes_str(&why));
}

int explain_allowlist_read(const struct operator_options *op, struct allowlist **ret)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	struct agents agents = { 0 };
	int status;

	if (operator_print_request(ACTION_ALLOW_LIST, &(struct operation){ 0 }, &request) < 0)
		return say_undecided("out of memory");
	status = operator_ask(op, &request, take_entry, &agents, NULL);
	if (status == STATUS_DONE)
		status = read_document(&agents, ret);
	agents_deinit(&agents);
	return status;
}
