# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Keys of approvers and what signs with them, for the files that load it after lib.

# use_keys: $KEYS with keys of people, and $SIGNERS, which lists some of them.
use_keys() {
	KEYS=$TMP/keys SIGNERS=$TMP/approvers
	mkdir -p "$KEYS"
	chmod 700 "$KEYS"
	unset SSH_AUTH_SOCK SSH_ASKPASS DISPLAY
}

# make_key NAME [SSH-KEYGEN-OPTION...]: ed25519, unless told otherwise.
make_key() {
	local type=(-t ed25519)

	if [[ " ${*:2} " == *' -t '* ]]; then
		type=()
	fi
	ssh-keygen -q -N '' -C "$1" -f "$KEYS/$1" "${type[@]}" "${@:2}" </dev/null
}

# make_security_key NAME [SSH-KEYGEN-OPTION...]: by the provider of tests/helper/sk-provider.c.
use_security_key() {
	export SSH_SK_PROVIDER=${UNIT%/*}/sk-provider.so FIRMA_TEST_SK=$TMP/sk
	mkdir -p "$FIRMA_TEST_SK"
}

make_security_key() {
	make_key "$1" -t ed25519-sk -w "$SSH_SK_PROVIDER" "${@:2}" 2>/dev/null
}

# list_signer NAME [OPTIONS] [PRINCIPAL]: a line of the allowed signers file.
list_signer() {
	echo "${3-$1}${2:+ $2} $(cut -d' ' -f1,2 "$KEYS/$1.pub")" >>"$SIGNERS"
}

# sign NAME [NAMESPACE] [SSH-KEYGEN-OPTION...]: standard input, to standard output.
sign() {
	ssh-keygen -q -Y sign -f "$KEYS/$1" -n "${2-firma.approval.v1}" "${@:3}" 2>/dev/null
}
