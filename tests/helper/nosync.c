/* SPDX-License-Identifier: ISC */

/*
 * This program syncs nothing: it writes and loads thousands of files only to look at them, and
 * should not wait for the disk. Other tests check the daemon's syncs, in its system calls.
 */

#include <unistd.h>

int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}
