/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The two lists of a release's bundle. SHA256SUMS, in the form of sha256sum(1), is what is signed.
 * It names every file of the bundle but itself and its signature. The manifest says more of each of
 * these files but itself: kind, size, version, and the CI systems that the file is for. The lists
 * must agree.
 *
 * Verify the signature first, then bundle_read_sums(), compare the manifest's hash, and
 * bundle_read_manifest(). Pure functions; zeroed, then bundle_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"

#define BUNDLE_SUMS "SHA256SUMS"
#define BUNDLE_SIGNATURE BUNDLE_SUMS ".sig"
#define BUNDLE_MANIFEST "firma.ci-runner-bundles.json"
#define BUNDLE_FORMAT "firma.ci-runner-bundles.v1"

struct bundle_file {
	const char *path; /* relative to the bundle's directory */
	const char *hash; /* SHA-256, lower-case hex */
	uint64_t size;
	const char *version; /* the manifest's has none */
	bool is_ours;        /* its version must be the bundle's */
	bool is_described;   /* by the manifest */
	bool was_seen;       /* for the caller */
};

struct bundle {
	char *sums; /* cut into strings */
	struct json_doc *manifest;
	const char *version, *commit;
	struct bundle_file *files;
	size_t n;
	struct bundle_file *own; /* the manifest's own, by SHA256SUMS */
};

void bundle_deinit(struct bundle *bundle);

/* A list is not what it must be. */
enum { BUNDLE_FAULTY = 1 };

/* Both return 0, BUNDLE_FAULTY with the first fault in `why`, or -ENOMEM. */
int bundle_read_sums(struct bundle *bundle, const char *text, size_t len, struct bytes *why);
int bundle_read_manifest(struct bundle *bundle, const char *text, size_t len, struct bytes *why);

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
