/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the plugin tells the program that asks for it: strings, each ended by NUL, on its standard
 * input. First FACTS_FORMAT; then these, each once, as KEY=VALUE and in this order; then as many
 * arguments and variables as they say. Both come from one build, so there is one version.
 */

#define FACTS_FORMAT "firma-sudo 1"

#define FACT_UID "uid"         /* of the user of sudo */
#define FACT_GID "gid"         /* their group */
#define FACT_GROUPS "groups"   /* their supplementary groups: "27,100"; may be empty */
#define FACT_RUN_AS "run_as"   /* as whom the command runs: "0:0" */
#define FACT_CWD "cwd"         /* in which directory */
#define FACT_COMMAND "command" /* the file, or SUDOEDIT */
#define FACT_ARGS "args"       /* how many arguments, after the command's name */
#define FACT_ENV "env"         /* how many variables */

/* `sudo -e` runs no command as another user: it is asked about under this name. */
#define SUDOEDIT "sudoedit"
