/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The manifest of a release's bundle: what is signed. It names every file of the bundle but itself
 * and its signature, with kind, size, hash, version, and the CI systems that the file is for.
 *
 * Verify the signature first, then bundle_read(). Pure functions; zeroed, then bundle_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"

#define BUNDLE_MANIFEST "firma.ci-runner-bundles.json"
#define BUNDLE_SIGNATURE BUNDLE_MANIFEST ".sig"
#define BUNDLE_FORMAT "firma.ci-runner-bundles.v1"

/* The strings belong to the document. */
struct bundle_file {
	const char *path; /* relative to the bundle's directory */
	const char *hash; /* SHA-256, lower-case hex */
	const char *kind, *version;
	const char *platform; /* of a binary or library, such as "linux/arm64"; or NULL */
	uint64_t size;
	bool is_ours;  /* its version is the bundle's */
	bool was_seen; /* for the caller */
};

struct bundle {
	struct json_doc *doc;
	const char *version, *commit;
	struct bundle_file *files;
	size_t n;
};

void bundle_deinit(struct bundle *bundle);

/* The manifest is not what it must be. */
enum { BUNDLE_FAULTY = 1 };

/* Returns 0, BUNDLE_FAULTY with the first fault in `why`, or -ENOMEM. */
int bundle_read(struct bundle *bundle, const char *text, size_t len, struct bytes *why);

/* NULL if the bundle has no such file. */
struct bundle_file *bundle_find(const struct bundle *bundle, const char *path);

/* Whether a file lies in this directory. */
bool bundle_has_directory(const struct bundle *bundle, const char *path);

/*
 * A version is one to four whole numbers with dots between them. Compares two as strcmp() does; a
 * number that is missing counts as 0. Both must be versions.
 */
bool bundle_is_version(const char *text);
int bundle_compare_versions(const char *a, const char *b);
