/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The faults of a policy in the order of the document, and separately the warnings. Text from the
 * document is escaped. Embedded: faults_init(), then faults_deinit().
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/json/scan.h"

struct faults {
	struct bytes faults, warnings; /* one per line */
	size_t n, n_warnings;
	bool failed; /* out of memory: some are missing */
};

/* Limits the memory for a very faulty document: further faults are dropped. */
#define FAULTS_MAX ((size_t)1 << 20)

void faults_init(struct faults *f);
void faults_deinit(struct faults *f);

/* Adds "PLACE what"; a place ends in a colon: " exec[3]:", or ":7:12:" for a line and column. */
void faults_add(struct faults *f, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void faults_warn(struct faults *f, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds the place of a JSON error: line and column, both from 1, the column in bytes. */
void faults_add_syntax(struct faults *f, const char *text, const struct scan_fault *fault);

/*
 * Both append. The first prints all faults and then all warnings, with `file` (escaped) before each
 * line. The second prints one line: the first fault, and the number of further ones. Errors: those
 * of bytes_append().
 */
int faults_print(const struct faults *f, const char *file, struct bytes *b);
int faults_summarize(const struct faults *f, const char *file, struct bytes *b);
