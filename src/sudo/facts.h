/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the plugin (sudo/plugin) writes to the standard input of sudo/ask: strings, each ended by
 * NUL. First FACTS_FORMAT; then each fact below once, as KEY=VALUE, in this order; then the
 * arguments and the variables. Both programs come from the same build, so there is one version.
 */

#define FACTS_FORMAT "firma-sudo 1"

#define FACT_UID "uid"         /* of the user of sudo */
#define FACT_GID "gid"         /* their group */
#define FACT_GROUPS "groups"   /* their supplementary groups: "27,100"; may be empty */
#define FACT_RUN_AS "run_as"   /* "UID:GID" that the command would run as */
#define FACT_CWD "cwd"         /* the command's working directory */
#define FACT_COMMAND "command" /* the file, or SUDOEDIT */
#define FACT_ARGS "args"       /* number of arguments, without the command's name */
#define FACT_ENV "env"         /* number of variables */

/* FACT_COMMAND for `sudo -e`, which runs no command as another user. */
#define SUDOEDIT "sudoedit"
