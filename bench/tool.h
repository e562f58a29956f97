/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * bench/tool: what the bench's script can't do itself, as sub-commands. Whatever goes wrong ends
 * it with status 1 and a message; what it measures it prints as one line of numbers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#define TOOL_FAILED 1
#define TOOL_USAGE 2

int tool_batch(int argc, char **argv);
int tool_crowd(int argc, char **argv);
int tool_load(int argc, char **argv);
int tool_spawn(int argc, char **argv);
int tool_start(int argc, char **argv);

int tool_usage(const char *form);

/* A number in decimal digits. */
unsigned long tool_number(const char *text);

struct sockaddr_un tool_address(const char *path);

/* Returns a non-blocking socket that listens at the address. */
int tool_listen(const struct sockaddr_un *address);

/* Pins this process to the first processor that it may use, and the server to the last. */
void tool_take_processors(pid_t server);

/* Prints the results of a load: see load.c. Sorts `times`. All times are in ns. */
void tool_print_load(uint64_t *times, size_t n, uint64_t took, uint64_t processor);

/* ns of the monotonic clock, and of the processor time that a process has used. */
uint64_t tool_now(void);
uint64_t tool_processor_time(pid_t pid);

/* Sorts. */
void tool_sort(uint64_t *values, size_t n);

/* Of sorted values: the smallest that is not below `percent` of them. */
uint64_t tool_percentile(const uint64_t *sorted, size_t n, unsigned int percent);

/* Never NULL. */
void *tool_allocate(size_t n, size_t size);
