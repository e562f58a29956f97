/* SPDX-License-Identifier: ISC */

/* Journal or standard error. A message that can't be written is lost: it can't be reported. */

#include "daemon/log.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/notation.h"
#include "daemon/sd.h"

#define PREFIX "firma: "

static bool to_journal;

/* A write of up to PIPE_BUF bytes to a pipe is atomic (pipe(7)). */
static char lines[PIPE_BUF];

/* systemd names the journal's socket in $JOURNAL_STREAM as device:inode (systemd.exec(5)). */
void log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	int end;

	setvbuf(stderr, lines, _IOFBF, sizeof(lines));
	to_journal = stream && sscanf(stream, "%llu:%llu%n", &device, &inode, &end) == 2
		&& stream[end] == '\0' && fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device
		&& st.st_ino == inode;
}

void log_flush(void)
{
	fflush(stderr);
}

/*
 * An entry of the journal. `text` is its items, one after another; `ends` is where each one ends.
 */
struct journal_entry {
	struct bytes text;
	size_t ends[LOG_FIELDS_MAX + 3];
	size_t n;
};

static void add_item(struct journal_entry *entry, const char *name, const char *value)
{
	if (value && bytes_append_strs(&entry->text, name, "=", value) == 0)
		entry->ends[entry->n++] = entry->text.len;
}

static void send_to_journal(int priority, const char *id, const struct log_field *fields,
	size_t n_fields, const char *message)
{
	const char digit[2] = { (char)('0' + priority), '\0' };
	struct iovec iov[LOG_FIELDS_MAX + 3];
	struct journal_entry entry = { .text = BYTES_PRINTED };
	size_t start = 0;

	add_item(&entry, "MESSAGE", message);
	add_item(&entry, "MESSAGE_ID", id);
	add_item(&entry, "PRIORITY", digit);
	for (size_t i = 0; i < n_fields; i++)
		add_item(&entry, fields[i].name, fields[i].value);

	for (size_t i = 0; i < entry.n; start = entry.ends[i++])
		iov[i] = (struct iovec){ entry.text.data + start, entry.ends[i] - start };
	sd.journal_sendv(iov, (int)entry.n);
	bytes_deinit(&entry.text);
}

/*
 * The journal knows when a line was written; here the line says it. Flushes before the buffer
 * overflows: a line of up to PIPE_BUF bytes is never split.
 */
static void print_line(const char *message)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;

	notation_append_time(&line, clock_now().wall);
	bytes_append_strs(&line, " " PREFIX, message, "\n");
	if (__fpending(stderr) + line.len > sizeof(lines))
		log_flush();
	fwrite(bytes_str(&line), 1, line.len, stderr);
}

void log_event(int priority, const char *id, const struct log_field *fields, size_t n_fields,
	const char *message)
{
	if (to_journal)
		send_to_journal(priority, id, fields, n_fields, message);
	else
		print_line(message);
}

void log_text(int priority, const char *id, const char *format, ...)
{
	cleanup(bytes_deinit) struct bytes message = BYTES_PRINTED;
	va_list ap;
	int r;

	va_start(ap, format);
	r = bytes_vappendf(&message, format, ap);
	va_end(ap);
	log_event(priority, id, NULL, 0, r < 0 ? "out of memory" : bytes_str(&message));
	log_flush();
}
