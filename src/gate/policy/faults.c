/* SPDX-License-Identifier: ISC */

/* Collects faults. */

#include "gate/policy/faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void faults_init(struct faults *f)
{
	*f = (struct faults){
		.faults = BYTES_INIT(FAULTS_MAX),
		.warnings = BYTES_INIT(FAULTS_MAX),
	};
}

void faults_deinit(struct faults *f)
{
	bytes_deinit(&f->faults);
	bytes_deinit(&f->warnings);
}

static int __attribute__((format(printf, 4, 0)))
append(struct bytes *b, const char *place, const char *kind, const char *format, va_list ap)
{
	size_t start = b->len;
	int r;

	bytes_appendf(b, "%s %s", place, kind);
	bytes_vappendf(b, format, ap);
	r = bytes_append_char(b, '\n');
	if (r < 0)
		bytes_truncate(b, start);
	return r;
}

void faults_add(struct faults *f, const char *place, const char *format, ...)
{
	va_list ap;

	f->n++;
	va_start(ap, format);
	f->failed |= append(&f->faults, place, "", format, ap) == -ENOMEM;
	va_end(ap);
}

void faults_warn(struct faults *f, const char *place, const char *format, ...)
{
	va_list ap;

	f->n_warnings++;
	va_start(ap, format);
	f->failed |= append(&f->warnings, place, "warning: ", format, ap) == -ENOMEM;
	va_end(ap);
}

static int print_lines(const struct bytes *lines, size_t n, const char *file, struct bytes *b)
{
	const char *line = bytes_str(lines), *end;

	for (; (end = strchr(line, '\n')); line = end + 1, n--) {
		bytes_append_str(b, file);
		bytes_append(b, line, (size_t)(end + 1 - line));
	}
	return n == 0 ? bytes_error(b) : bytes_appendf(b, "%s: and %zu more\n", file, n);
}

int faults_print(const struct faults *f, const char *file, struct bytes *b)
{
	int r;

	r = print_lines(&f->faults, f->n, file, b);
	return r < 0 ? r : print_lines(&f->warnings, f->n_warnings, file, b);
}

int faults_summarize(const struct faults *f, const char *file, struct bytes *b)
{
	const char *first = bytes_str(&f->faults);

	bytes_append_str(b, file);
	if (f->faults.len > 0)
		bytes_append(b, first, strcspn(first, "\n"));
	else
		bytes_append_str(b, ": out of memory");
	if (f->n > 1)
		bytes_appendf(b, " (and %zu more)", f->n - 1);
	return bytes_error(b);
}

void faults_add_syntax(struct faults *f, const char *text, const struct scan_fault *fault)
{
	size_t line = 1, start = 0;
	char place[64];

	for (size_t i = 0; i < fault->offset; i++) {
		if (text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	snprintf(place, sizeof(place), ":%zu:%zu:", line, fault->offset - start + 1);
	faults_add(f, place, "%s", scan_error_text(fault->error));
}
