/* SPDX-License-Identifier: ISC */

#include "daemon/turn-describe.h"

#include <string.h>

#include "base/notation.h"
#include "base/text.h"

/* The kind, and the target if it is shown. Of a command or a URL only the kind is logged. */
static void describe_evaluate(const struct evaluate *e, struct bytes *what)
{
	bytes_append_strs(what, kind_name(e->kind), " ");
	if (e->kind == KIND_EXEC || e->kind == KIND_FETCH || !e->shown_target)
		return;
	text_append_quoted(what, e->shown_target, strlen(e->shown_target));
	bytes_append_char(what, ' ');
}

int turn_describe(const struct request *request, uid_t uid, bool operates, struct bytes *what)
{
	const char *executable = request->asked.executable, *agent = request->asked.agent_id;
	char digits[NOTATION_DECIMAL_MAX + 1];

	if (request->action == ACTION_EVALUATE && !request->fault)
		describe_evaluate(&request->evaluate, what);
	if (request->action == ACTION_EXEC && !request->fault) {
		text_append_quoted(what, executable, strlen(executable));
		bytes_append_char(what, ' ');
	}
	notation_decimal(uid, digits);
	bytes_append_strs(what, operates ? "by uid " : "for uid ", digits);
	if (request->asked.run_as && request->asked.via && !request->fault)
		bytes_append_strs(
			what, " through ", request->asked.via, " as ", request->asked.run_as);
	if (agent) {
		bytes_append_str(what, " (agent ");
		text_append_quoted(what, agent, strlen(agent));
		bytes_append_char(what, ')');
	}
	return bytes_error(what);
}
