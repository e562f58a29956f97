/* SPDX-License-Identifier: ISC */

/* `firma daemon status`: whether a daemon without a service manager runs, as JSON. */

#include "base/cleanup.h"
#include "base/json/writer.h"
#include "cli/daemon-look.h"

static const struct option_row rows[] = {
	DAEMON_ROWS(struct daemon_options, ),
	{ 0 },
};

static int print(const struct daemon_place *place, const struct daemon_look *look)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct writer w;

	writer_init(&w, &line);
	writer_object(&w, NULL);
	writer_bool(&w, "running", look->pid != 0 && look->responsive);
	if (look->pid > 0)
		writer_integer(&w, "pid", look->pid);
	else
		writer_null(&w, "pid");
	writer_string(&w, "socket_path", place->socket);
	writer_string(&w, "pid_path", place->pid_file);
	writer_bool(&w, "process_running", look->pid != 0);
	writer_bool(&w, "socket_responsive", look->responsive);
	writer_string(&w, "message", bytes_str(&look->message));
	writer_end(&w);
	if (writer_finish(&w) < 0)
		return say_undecided("out of memory");

	say_json(line.data, line.len);
	return STATUS_DONE;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	cleanup(daemon_place_deinit) struct daemon_place place = { 0 };
	cleanup(pid_file_close) struct pid_file file = PID_FILE_INIT;
	struct daemon_options options = DAEMON_INIT;
	struct daemon_look look = { 0 };
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &options, &none);
	if (status != VERB_GO)
		return status;

	status = daemon_place_find(verb, &options, &place);
	if (status == STATUS_DONE)
		status = daemon_look(&place, options.timeout, &file, &look);
	if (status == STATUS_DONE)
		status = print(&place, &look);
	bytes_deinit(&look.message);
	if (status != STATUS_DONE)
		return status;
	return look.responsive ? STATUS_DONE : STATUS_UNDECIDED;
}

const struct verb daemon_status_verb = {
	.group = "daemon",
	.name = "status",
	.summary = "Shows whether such a daemon runs",
	.options = rows,
	.run = run,
};
