/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The two lists of a release's bundle. SHA256SUMS, in the format of sha256sum(1), is signed. It
 * names every file of the bundle, except itself and its signature. The manifest adds each file's
 * kind, size and version, and the CI systems that the file is for; it omits itself. The lists must
 * agree.
 *
 * First verify the signature, then call bundle_read_sums(), compare the manifest's hash, and call
 * bundle_read_manifest(). Pure functions. Begin with a zeroed struct; call bundle_deinit() in any
 * case.
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
	const char *version; /* NULL for the manifest */
	bool is_ours;        /* its version must be the bundle's */
	bool is_described;   /* the manifest names it */
	bool was_seen;       /* for the caller's use */
};

struct bundle {
	char *sums; /* SHA256SUMS, split in place into strings */
	struct json_doc *manifest;
	const char *version, *commit;
	struct bundle_file *files;
	size_t n;
	struct bundle_file *own; /* the manifest's entry in `files` */
};

void bundle_deinit(struct bundle *bundle);

/* A list is malformed, or the lists disagree. */
enum { BUNDLE_FAULTY = 1 };

/* Both return 0, BUNDLE_FAULTY with the first fault in `why`, or -ENOMEM. */
int bundle_read_sums(struct bundle *bundle, const char *text, size_t len, struct bytes *why);
int bundle_read_manifest(struct bundle *bundle, const char *text, size_t len, struct bytes *why);

/* NULL if the bundle has no such file. */
struct bundle_file *bundle_find(const struct bundle *bundle, const char *path);

/* Whether any file of the bundle is in this directory, or below it. */
bool bundle_has_directory(const struct bundle *bundle, const char *path);

/*
 * A version is one to four whole numbers, separated by dots. bundle_compare_versions() returns as
 * strcmp(); a missing number counts as 0. Both arguments must be valid versions.
 */
bool bundle_is_version(const char *text);
int bundle_compare_versions(const char *a, const char *b);
