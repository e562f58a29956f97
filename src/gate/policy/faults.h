/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What is wrong with a policy, in the order of the document: each fault, and apart from them what
 * somebody should think about again. Text of the document is escaped. Embedded: faults_init(), then
 * faults_deinit().
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/json/scan.h"

struct faults {
	struct bytes faults, warnings; /* a line each */
	size_t n, n_warnings;
	bool failed; /* memory ran out: some are missing */
};

/* A document that is nothing but faults must not take all memory: what is past this isn't kept. */
#define FAULTS_MAX ((size_t)1 << 20)

void faults_init(struct faults *f);
void faults_deinit(struct faults *f);

/* Forgets all. */
void faults_clear(struct faults *f);

/* Adds "PLACE what"; a place ends in a colon: " exec[3]:", or ":7:12:" for a line and column. */
void faults_add(struct faults *f, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void faults_warn(struct faults *f, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds where in the text it is no JSON: line and column, both from 1, the column in bytes. */
void faults_add_syntax(struct faults *f, const char *text, const struct scan_fault *fault);

/*
 * Both append, with `file` (escaped) before each line: all faults and then all warnings; or in one
 * line the first fault, and how many more there are. Errors: those of bytes_append().
 */
int faults_print(const struct faults *f, const char *file, struct bytes *b);
int faults_summarize(const struct faults *f, const char *file, struct bytes *b);
