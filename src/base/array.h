/* SPDX-License-Identifier: ISC */
#pragma once

/* The number of elements of an array (not of a pointer). */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
