/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The daemon's log: to the journal, with fields, if standard error is connected to the journal;
 * else to standard error. Call sd_load() (for the journal), then log_open().
 *
 * A message is one line: the caller must escape foreign text in it. Never log a command's
 * arguments: they may hold secrets.
 */

#include <stddef.h>
#include <syslog.h>

/* Message IDs, one for each kind of message (journalctl -x, systemd.journal-fields(7)). */
#define LOG_ID_DECISION "6d2f0f4c4e1b4c1e9f6c3d0b7a5e8c21"
#define LOG_ID_PENDING "a4d1f6088b3e4a57b6c29e0f5d7c1348"
#define LOG_ID_ACTION "0c9a3be2d5f74f0c8f4b1a6e2d7c5932"
#define LOG_ID_REFUSED_PEER "b1f7c2a94d8e4b6f9a3e5c0d7f218e64"
#define LOG_ID_CLOSED "e83d5b7f1c2a4f96b0d4a7c95e6f3b18"
#define LOG_ID_START "4fa6c08b92d34e7d8b5e1c7f0a3d69e2"
#define LOG_ID_STOP "97c1e4d60b5a4832af6d2e8b3c70f5d9"
#define LOG_ID_POLICY "51d07b9e6c1f4d8aa3e27c4096f85b12"
#define LOG_ID_EVIDENCE "5ad0e3c17b964d2fa8c65f0e9b41d738"
#define LOG_ID_WARNING "2b8e7d3c5f604a1e9d7b0c6a4f85e31d"

struct log_field {
	const char *name;  /* such as "FIRMA_TOKEN" */
	const char *value; /* NULL: left out */
};

#define LOG_FIELDS_MAX 16

void log_open(void);

/*
 * `priority`: as for syslog(3). At most LOG_FIELDS_MAX fields. A line to standard error may be
 * buffered until log_flush(), so that the lines of a turn are written together.
 */
void log_event(int priority, const char *id, const struct log_field *fields, size_t n_fields,
	const char *message);

void log_flush(void);

/* Logs a message without fields of its own, and flushes. */
void log_text(int priority, const char *id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
