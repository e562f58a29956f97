/* SPDX-License-Identifier: ISC */

/* Hashes a file. */

#include "cli/file-hash.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/notation.h"

#define READ_SIZE 65536

int file_hash(int fd, char ret[static FILE_HASH_HEX_LEN + 1])
{
	struct sha256 state;
	struct stat st;
	uint8_t hash[SHA256_LEN];
	uint8_t buffer[READ_SIZE];
	off_t offset = 0;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;

	sha256_expect((uint64_t)st.st_size);
	sha256_init(&state);
	while ((n = pread(fd, buffer, sizeof(buffer), offset)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		sha256_update(&state, buffer, (size_t)n);
		offset += n;
	}
	sha256_final(&state, hash);
	notation_hex(hash, sizeof(hash), ret);
	return 0;
}
