# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the tests of the shared store share: servers of their own, in directories of their own, without
# a network.
#
# What is set here may be for the tests:
# shellcheck disable=SC2034,SC2153

load store

DESK=ops

setup() {
	shared_setup
}

shared_setup() {
	_find_server || skip "no server of Redis is here"
	store_setup
	declare -gA SERVERS=() # name → process
	SERVER=redis:unix:$TMP/a.redis
}

teardown() {
	lib_teardown || _SHARED_FAILED=1
	_end_servers
	[[ -z ${_SHARED_FAILED-} ]]
}

# FIRMA_TEST_DESK says which server to test with: redis (the default) or valkey. Debian's redis-tools
# and valkey-tools have the server under another name; the packages of the servers would start one.
_find_server() {
	local kind=${FIRMA_TEST_DESK:-redis} path

	CLIENT=$kind-cli
	if path=$(command -v "$kind-server"); then
		SERVER_COMMAND=("$path")
	elif path=$(command -v "$kind-check-rdb"); then
		# shellcheck disable=SC2016 # they are for the other shell
		SERVER_COMMAND=(bash -c 'exec -a "$1" "$0" "${@:2}"' "$path" "$kind-server")
	else
		return 1
	fi
}

_end_servers() {
	local name

	for name in "${!SERVERS[@]}"; do
		kill -CONT "${SERVERS[$name]}" 2>/dev/null || true
		kill_server "$name"
	done
}

# start_server NAME [OPTION...]: a server at $TMP/NAME.redis with its data in $TMP/NAME.data.
start_server() {
	mkdir -p "$TMP/$1.data"
	_spawn "${SERVER_COMMAND[@]}" --port 0 --unixsocket "$TMP/$1.redis" --dir "$TMP/$1.data" \
		--daemonize no --save '' --appendonly yes --appendfsync always \
		"${@:2}" </dev/null >>"$TMP/$1.log" 2>&1
	SERVERS[$1]=$!
	_until "$!" _server_answers "$1" || fail "the server does not answer: $(tail -n 3 "$TMP/$1.log")"
}

_server_answers() {
	[[ $(redis "$1" PING 2>/dev/null) == @(PONG|NOAUTH*) ]]
}

kill_server() { # NAME
	local pid=${SERVERS[$1]}

	unset "SERVERS[$1]"
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	rm -f "$TMP/$1.redis"
}

# redis NAME WORD...: what the server says.
redis() {
	"$CLIENT" -s "$TMP/$1.redis" "${@:2}"
}

# A server that a daemon can use.
prepare_server() { # [OPTION...]
	start_server a "$@"
	firma store install "$SERVER" >/dev/null
}

# start_sharing [SERVE-OPTION...]
start_sharing() {
	start_daemon --store "$SERVER" --desk "$DESK" --host here --default-action pending_hitl \
		--store-timeout 2s "$@"
}

# desk [OPTION...]: the live tokens of the desk, "HOST STATE TOKEN" a line.
desk() {
	firma store list --json --desk "$DESK" "$@" "$SERVER" 2>/dev/null |
		sed -nE 's/^\{"host":"([^"]*)","token_id":"([^"]*)","state":"([^"]*)".*/\1 \3 \2/p'
}

# key WHAT: the name of a key of the only host.
key() {
	local key

	key=$(redis a --raw KEYS "firma:{$DESK}:*:host")
	echo "${key%host}$1"
}

# How servers say that a right is missing: Redis, for a command and within a function; Valkey.
NO_RIGHT="@(NOPERM|can't run this command|no permissions to run the '*')"

# use_rights: the server's user build1 gets the manual's rights for this host, and a password, which
# is in $TMP/password. Fills RIGHTS.
use_rights() {
	local page=$BATS_TEST_DIRNAME/../man/firma-store.7 id

	id=$(key '')
	RIGHTS=$(sed -n '/^user build1/,/^\.Ed/{/^\.Ed/d;s/^user build1 on//;p}' "$page")
	RIGHTS=${RIGHTS//'firma:{DESK}:ID'/${id%:}}
	RIGHTS=${RIGHTS/PASSWORD/secret}
	# shellcheck disable=SC2086 # words
	must OK redis a ACL SETUSER build1 reset on $RIGHTS
	(umask 077 && echo secret >"$TMP/password")
}

# The daemon tries again, which it does after at most four seconds.
try_again() {
	move_clock 5
	until_open
}

until_open() {
	_until "$DAEMON" _is_open || fail "$(operate status)"
}

_is_open() {
	[[ $(operate status) == *'"state":"answering"'* ]]
}

until_closed() { # PATTERN
	_until "$DAEMON" _is_closed "$1" || fail "$(operate status)"
}

_is_closed() {
	# shellcheck disable=SC2053 # a pattern is meant
	[[ $(operate status) == *'"state":"closed","closed":"the store '$SERVER': '$1'"'* ]]
}
