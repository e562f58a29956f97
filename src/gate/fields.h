/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The table of what an asker says: the members of struct invocation except its kind. These use it:
 * the reader of requests, the token, the fingerprint, the check of a retry, the printers, the
 * rules, the allowlist and the options of `firma check`. Only the fingerprint of the first contract
 * does not: its bytes are fixed (gate/token/fingerprint).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/json/writer.h"
#include "gate/invocation.h"

enum field_kind {
	FIELD_KIND_TEXT,      /* at most LIMIT_STRING bytes; not blank if required */
	FIELD_KIND_NON_EMPTY, /* the same; an empty one counts as none */
	FIELD_KIND_PATH,      /* absolute and normal (base/path), at most LIMIT_PATH bytes */
	FIELD_KIND_DIRECTORY, /* the same, or "/" */
	FIELD_KIND_SHA256,    /* 64 hexadecimal digits in lower case */
	FIELD_KIND_VIA,       /* "sudo" */
	FIELD_KIND_RUN_AS,    /* "UID:GID": gate/run-as */
	/* Lists. On the wire they are arrays; programs are an object of arrays. */
	FIELD_KIND_STRINGS,  /* at most LIMIT_ARGS strings */
	FIELD_KIND_PROGRAMS, /* at most LIMIT_PROGRAMS, of three strings each */
	FIELD_KIND_NAMES,    /* at most LIMIT_NAMES strings, none of them empty */
};

/* The contracts that have a field. */
enum contract {
	CONTRACT_EXEC = 1,     /* the first: local.exec */
	CONTRACT_EVALUATE = 2, /* the second */
	CONTRACT_BOTH = CONTRACT_EXEC | CONTRACT_EVALUATE,
};

/* How an approval depends on a field. */
enum field_binding {
	FIELD_BOUND,  /* it holds for this value only */
	FIELD_HASHED, /* the same through another field, which is the hash of this one */
	FIELD_SHOWN,  /* not at all: it helps people to decide */
};

struct field_row {
	const char *name; /* on the wire and on disk */
	size_t offset;    /* in struct invocation */
	enum field_kind kind;
	enum contract contract;
	bool required; /* by the first contract; the second one requires nothing */
	bool fact;     /* not read from a request: firma knows it */
	bool of_root;  /* accepted only from root; a retry must not add it */
	enum field_binding binding;

	const char *label;     /* on a card, for the asker's claims; NULL: elsewhere */
	const char *note;      /* the word before it where a command is one line; NULL: not there */
	const char *rule_key;  /* key of a rule that is limited to some values; or NULL */
	const char *entry_key; /* key of an allowlist entry that is bound to it; or NULL */

	/*
	 * Sources for `firma check` if no option gives it: a variable, another that openfirma's
	 * firma-run sets, and the value if both are blank.
	 */
	const char *variable, *run_variable, *otherwise;
};

extern const struct field_row field_rows[FIELDS];

/* Whether it is a struct string_list; else a string. */
static inline bool field_is_list(enum field field)
{
	return field_rows[field].kind >= FIELD_KIND_STRINGS;
}

struct string_list *field_list(enum field field, struct invocation *asked);
const struct string_list *field_get_list(enum field field, const struct invocation *asked);

/* The contract to which the invocation belongs. */
enum contract fields_contract(const struct invocation *asked);

/* The value of a string field. NULL if the asker did not send it. */
const char *field_get(enum field field, const struct invocation *asked);
void field_set(enum field field, struct invocation *asked, const char *value);

/* Whether the invocation has the field. By the first contract it always has arguments. */
bool field_is_there(enum field field, const struct invocation *asked);

/*
 * The first field in which a retry differs from the first request; FIELDS if there is none. By the
 * first contract, a retry may add fields that the first request did not send, except those with
 * `of_root`.
 */
enum field fields_find_mismatch(const struct invocation *first, const struct invocation *retry);

/* Whether the kinds and all fields are equal, also in not being sent. */
bool fields_are_equal(const struct invocation *a, const struct invocation *b);

/* The same without the fields on which an approval does not depend. */
bool fields_are_bound_alike(const struct invocation *a, const struct invocation *b);

/*
 * Whether variables are kept that would otherwise be dropped: the request then has the hash of each
 * one's value, too: "NAME=SHA-256".
 */
bool fields_keep_variables(const struct invocation *asked);

/* Whether the request has a field with `of_root`. */
bool fields_are_of_root(const struct invocation *asked);

/* Whether the content, if there is any, has the hash that stands beside it. */
bool fields_content_fits(const struct invocation *asked);

/* Writes programs as an object. */
void fields_write_programs(struct writer *w, const char *key, const struct string_list *programs);

/* Writes the fields that were sent as members of the open object. */
void fields_write(struct writer *w, const struct invocation *asked);
