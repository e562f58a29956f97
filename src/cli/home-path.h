/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Paths below the user's home directory. A shell replaces "~/", and systemd "%h/" in its units, but
 * nothing does in "--policy=~/x", or in a file of options. So `firma serve` does.
 */

/* $HOME if it is an absolute path, else the home in the user database. The caller frees *ret. */
int home_directory(char **ret);

/*
 * The path with a "~/" or "%h/" at its beginning replaced by the home directory; any other path as
 * it is. The caller frees *ret. Errors: -ENOENT if no home is known, -ENOMEM.
 */
int home_path(const char *path, char **ret);

/*
 * Where the policy is if no option names one: in $CONFIGURATION_DIRECTORY, which systemd sets for a
 * unit that wants it; for root and the user "firma", /etc/firma/policy.json; for other users,
 * firma/policy.json in $XDG_CONFIG_HOME or ~/.config. *ret is NULL if there is no such place. The
 * caller frees it. Error: -ENOMEM.
 */
int usual_policy_path(char **ret);
