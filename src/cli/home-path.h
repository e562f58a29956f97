/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Paths below the user's home directory. `firma serve` replaces "~/" and "%h/" in its options
 * itself: a shell does not in "--policy=~/x", and systemd does not in an environment file.
 */

/* $HOME if it is an absolute path, else the home in the user database. The caller frees *ret. */
int home_directory(char **ret);

/*
 * Replaces a leading "~/" or "%h/" by the home directory; copies any other path unchanged. The
 * caller frees *ret. Errors: -ENOENT if no home is known, -ENOMEM.
 */
int home_path(const char *path, char **ret);

/*
 * The path of the policy if no option names one: policy.json in $CONFIGURATION_DIRECTORY, which
 * systemd sets for units with ConfigurationDirectory=; else /etc/firma/policy.json for root and the
 * user "firma"; else firma/policy.json in $XDG_CONFIG_HOME or ~/.config. *ret is NULL if there is
 * no home either. The caller frees *ret. Error: -ENOMEM.
 */
int usual_policy_path(char **ret);
