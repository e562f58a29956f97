/* SPDX-License-Identifier: ISC */
#pragma once

/* What a door is for (design, section 3). */

enum role { ROLE_AGENT, ROLE_OPERATOR, ROLE_ANY };

/* As in FileDescriptorName=; the inverse gives -EINVAL for a word that isn't one. */
const char *role_name(enum role role);
int role_parse(const char *name, enum role *ret);
