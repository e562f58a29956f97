/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * pidfd_open(2) and pidfd_send_signal(2): a pidfd keeps its process even if the pid is reused.
 * glibc has these calls since 2.36; release builds must also run with 2.34.
 */

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Both return -1 with errno on failure. The descriptor is closed on exec. */
static inline int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static inline int pidfd_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}
