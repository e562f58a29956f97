/* SPDX-License-Identifier: ISC */

/* Whether the daemon answers, and whether it is this program's version. */

#include "cli/doctor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/notation.h"
#include "cli/client.h"

#define SUBJECT "daemon"

/* Whether systemd manages the system (sd_booted(3)). */
static bool is_under_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

static void mend_unreachable(struct findings *f)
{
	if (!is_under_systemd())
		findings_mend(f, "firma daemon start");
	else if (geteuid() == 0)
		findings_mend(f, "systemctl enable --now firma.socket firma-operator.socket");
	else
		findings_mend(
			f, "systemctl --user enable --now firma.socket firma-operator.socket");
}

static void add_no_answer(int r, const char *why, struct findings *f)
{
	if (r == -EACCES) {
		findings_add(f, FINDING_UNSEEN, SUBJECT, "%s", why);
		findings_mend(f, "run firma doctor as an operator, or as root");
	} else {
		findings_add(f, FINDING_WRONG, SUBJECT, "%s", why);
		mend_unreachable(f);
	}
}

/* The status is the first line of the answer. A refusal has no version. */
static void read_status(const struct bytes *line, struct findings *f, struct json_doc **ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	const char *reason;

	if (json_parse(bytes_str(line), line->len, &doc, &fault) != 0) {
		findings_add(f, FINDING_WRONG, SUBJECT, "its answer is not a status");
		return;
	}
	reason = json_get_string(json_root(doc), "reason");
	if (json_get_string(json_root(doc), "version"))
		*ret = steal_ptr(doc);
	else
		findings_add(f, FINDING_WRONG, SUBJECT, "it does not tell its status: %s",
			reason ? reason : "its answer is not a status");
}

static void add_state(const struct json *status, struct findings *f)
{
	cleanup(bytes_deinit) struct bytes up = BYTES_PRINTED;
	const char *closed = json_get_string(status, "closed");
	uint64_t ms = 0;

	json_get_integer(status, "uptime_ms", UINT64_MAX / CLOCK_MS, &ms);
	notation_append_duration(&up, ms * CLOCK_MS);
	if (!closed) {
		findings_add(f, FINDING_GOOD, SUBJECT, "answers, up %s", bytes_str(&up));
		return;
	}
	findings_add(f, FINDING_WRONG, SUBJECT, "closed, so it denies everything: %s", closed);
	findings_mend(f, "see 'Closed' in firma(7)");
}

static void add_version(const struct json *status, struct findings *f)
{
	const char *version = json_get_string(status, "version");

	if (version && strcmp(version, PACKAGE_VERSION) == 0) {
		findings_add(f, FINDING_GOOD, "version", "%s", PACKAGE_VERSION);
		return;
	}
	findings_add(f, FINDING_WARNING, "version", "the daemon has %s, this program %s",
		version ? version : "none", PACKAGE_VERSION);
	findings_mend(f,
		is_under_systemd() ? "systemctl restart firma.service"
				   : "firma daemon stop && firma daemon start");
}

void doctor_daemon(const struct operator_options *op, struct findings *f, struct json_doc **ret)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, line = BYTES_PRINTED;
	struct client c;
	int r;

	*ret = NULL;
	if (operator_print_request(ACTION_STATUS, &(struct operation){ 0 }, &request) < 0) {
		f->error = -ENOMEM;
		return;
	}

	r = client_open(&c, CLIENT_OPERATOR, op->socket, op->timeout);
	if (r >= 0)
		r = client_send(&c, &request);
	if (r >= 0)
		r = client_read_line(&c, &line);
	if (r < 0)
		add_no_answer(r, bytes_str(&c.why), f);
	else if (r != CLIENT_LINE)
		add_no_answer(r, "the connection ended without an answer", f);
	else
		read_status(&line, f, ret);
	client_close(&c);
	if (*ret) {
		add_state(json_root(*ret), f);
		add_version(json_root(*ret), f);
	}
}
