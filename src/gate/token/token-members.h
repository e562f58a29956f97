/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The members of a token's JSON object, in the order in which they are written. The printer
 * (token-print) and the reader (token-parse) go by this table.
 */

#include "gate/fields.h"
#include "gate/token/token.h"

enum token_member_kind {
	MEMBER_UUID,
	MEMBER_HASH,
	MEMBER_STATE,
	MEMBER_KIND, /* of what is asked */
	MEMBER_DOOR,
	MEMBER_STRING,
	MEMBER_STRINGS,
	MEMBER_PROGRAMS,
	MEMBER_NAMES, /* strings; an empty list is written, too */
	MEMBER_UID,
	MEMBER_PID,
	MEMBER_TIME,
	MEMBER_NUMBER, /* written only if not 0 */
	MEMBER_FLAG,   /* written only if true */
	MEMBER_SCOPE,  /* an array of words; written only if not 0 */

	/* A member of struct approval; written only if that is known. */
	MEMBER_APPROVER,
	MEMBER_APPROVED,
	MEMBER_CONFIRMED,
};

/* The places where a member is written, in addition to the store's line of a whole token. */
enum token_place {
	IN_CHANGE = 1,
	ON_WIRE = 2,
	OPTIONAL = 4, /* only if the token has it */
	IF_NEW = 8,   /* in a change only if it is set there */
};

struct token_member {
	const char *key;
	size_t offset; /* in struct token */
	enum token_member_kind kind;
	unsigned int places;
};

#define TOKEN_MEMBERS (35 + FIELDS)

/* `i`: from 0 to TOKEN_MEMBERS - 1. */
const struct token_member *token_member_at(size_t i);

/* Whether it is a field of the invocation, and not one of the token itself. */
bool token_member_is_field(size_t i);

/*
 * Whether a token of this contract has the member in the store. One of the first contract has no
 * kind, as in files of older versions.
 */
bool token_member_is_of(size_t i, enum contract contract);
