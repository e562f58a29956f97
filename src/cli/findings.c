/* SPDX-License-Identifier: ISC */

/* A list in the order of its making. */

#include "cli/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/json/writer.h"
#include "base/text.h"

#define FIRST_ROOM 16

/* Columns before the text of a finding. */
#define INDENT 26

static const char *const names[FINDING_STATES] = {
	[FINDING_GOOD] = "good",
	[FINDING_UNSEEN] = "unseen",
	[FINDING_WARNING] = "warning",
	[FINDING_WRONG] = "wrong",
};

void findings_deinit(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		bytes_deinit(&f->list[i].text);
		bytes_deinit(&f->list[i].remedy);
	}
	free(f->list);
	*f = (struct findings){ 0 };
}

static struct finding *grow(struct findings *f)
{
	size_t room = f->room > 0 ? 2 * f->room : FIRST_ROOM;
	void *more;

	if (f->n == f->room) {
		more = reallocarray(f->list, room, sizeof(*f->list));
		if (!more)
			return NULL;
		f->list = more;
		f->room = room;
	}
	return &f->list[f->n++];
}

/* Appends the text, escaped. */
static void __attribute__((format(printf, 3, 0)))
append(struct findings *f, struct bytes *b, const char *format, va_list ap)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	if (bytes_vappendf(&text, format, ap) < 0
		|| text_append_escaped(b, bytes_str(&text), text.len) < 0)
		f->error = -ENOMEM;
}

void findings_add(
	struct findings *f, enum finding_state state, const char *subject, const char *format, ...)
{
	struct finding *finding = grow(f);
	va_list ap;

	if (!finding) {
		f->error = -ENOMEM;
		return;
	}
	*finding = (struct finding){
		.state = state,
		.subject = subject,
		.text = BYTES_PRINTED,
		.remedy = BYTES_PRINTED,
	};
	va_start(ap, format);
	append(f, &finding->text, format, ap);
	va_end(ap);
}

void findings_mend(struct findings *f, const char *format, ...)
{
	va_list ap;

	if (f->n == 0)
		return;
	va_start(ap, format);
	append(f, &f->list[f->n - 1].remedy, format, ap);
	va_end(ap);
}

enum finding_state findings_worst(const struct findings *f)
{
	enum finding_state worst = FINDING_GOOD;

	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].state > worst)
			worst = f->list[i].state;
	return worst;
}

static void append_counts(const struct findings *f, struct bytes *b)
{
	size_t counts[FINDING_STATES] = { 0 };

	for (size_t i = 0; i < f->n; i++)
		counts[f->list[i].state]++;
	bytes_appendf(b, "\n%zu good, %zu unseen, %zu %s, %zu wrong\n", counts[FINDING_GOOD],
		counts[FINDING_UNSEEN], counts[FINDING_WARNING],
		counts[FINDING_WARNING] == 1 ? "warning" : "warnings", counts[FINDING_WRONG]);
}

int findings_print(const struct findings *f, struct bytes *b)
{
	const struct finding *finding;

	for (size_t i = 0; i < f->n; i++) {
		finding = &f->list[i];
		bytes_appendf(b, "%-9s%-17s%s\n", names[finding->state], finding->subject,
			bytes_str(&finding->text));
		if (finding->remedy.len > 0)
			bytes_appendf(b, "%*s-> %s\n", INDENT, "", bytes_str(&finding->remedy));
	}
	append_counts(f, b);
	return bytes_error(b);
}

int findings_print_json(const struct findings *f, struct bytes *b)
{
	const struct finding *finding;
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, "state", names[findings_worst(f)]);
	writer_array(&w, "findings");
	for (size_t i = 0; i < f->n; i++) {
		finding = &f->list[i];
		writer_object(&w, NULL);
		writer_string(&w, "subject", finding->subject);
		writer_string(&w, "state", names[finding->state]);
		writer_string(&w, "text", bytes_str(&finding->text));
		writer_string(
			&w, "remedy", finding->remedy.len > 0 ? bytes_str(&finding->remedy) : NULL);
		writer_end(&w);
	}
	writer_end(&w);
	writer_end(&w);
	return writer_finish(&w);
}
