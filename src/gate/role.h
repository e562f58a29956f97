/* SPDX-License-Identifier: ISC */
#pragma once

/* The purpose of a door (design, section 3). */

enum role { ROLE_AGENT, ROLE_OPERATOR, ROLE_ANY };

/* As in FileDescriptorName=; the inverse gives -EINVAL for an unknown word. */
const char *role_name(enum role role);
int role_parse(const char *name, enum role *ret);
