# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What every .bats file loads (`load lib`). Each test gets a directory, an environment and a clock
# of its own; whatever it starts here ends with it, and all that the daemon said at its sockets is
# then judged by `unit witness`. A file with a setup or teardown of its own calls lib_setup and
# lib_teardown from it.
#
# `make check` names the programs; without it they are those of this checkout:
#   FIRMA          with the tests' clock and witness (tests/firma)
#   FIRMA_SHIPPED  as installed (./firma)
#   UNIT           the tests' helper program (tests/unit)
#   FIRMA_WRAPPER  what the first is run under, in words: "valgrind -q --vgdb=no"
#   FIRMA_EVIDENCE where it is 1, what start_daemon starts keeps evidence as well, which is
#                  verified when the test is over
#   FIRMA_STORE    where start_daemon keeps tokens, unless its options say so: "memory", or the address
#                  of a server; without it, in files (tests/store-kinds.bats)
#
# A test finds:
#   TMP              its directory, short enough for sockets; also HOME
#   SOCKET           where start_daemon listens; FIRMA_SOCKET for the clients
#   OPERATOR_SOCKET  where `operate` asks: SOCKET, unless a test sets another
#   STATE_DIR        what start_daemon serves from
#   DAEMON           the process that start_daemon started last
#   $TMP/log         what daemons wrote on standard output and error
#
# Nothing here sleeps for time to pass: move_clock does that. Where something is waited for, it is
# another process, and the wait has a bound.

bats_require_minimum_version 1.5.0

FIRMA=${FIRMA:-$BATS_TEST_DIRNAME/firma}
FIRMA_SHIPPED=${FIRMA_SHIPPED:-$BATS_TEST_DIRNAME/../firma}
UNIT=${UNIT:-$BATS_TEST_DIRNAME/unit}
read -ra WRAPPER <<<"${FIRMA_WRAPPER-}"

# How often a test that fails is tried again; .ci/run says once, and lists such tests.
# shellcheck disable=SC2034 # it is for bats
BATS_TEST_RETRIES=${FIRMA_TEST_RETRIES-0}

# Seconds that a process may take to start or to end: many, for valgrind on a busy machine.
PATIENCE=180

# --- setup and teardown ---------------------------------------------------------------------------

setup() {
	lib_setup
}

teardown() {
	lib_teardown
}

lib_setup() {
	((BATS_TEST_TRY_NUMBER == 1)) || echo "# tried again: $BATS_TEST_DESCRIPTION" >&3
	_trace_less
	_make_tmp
	_clean_environment

	SOCKET=$TMP/agent.sock
	OPERATOR_SOCKET=$SOCKET
	STATE_DIR=$TMP/state
	DAEMON=
	KILLED=
	declare -gA DAEMONS=()    # those that run: process → 1
	declare -gA BACKGROUND=() # name → process
	declare -gA HELD=()       # name → the descriptor that holds its standard input open

	mkdir "$TMP/clock"
	export HOME=$TMP FIRMA_SOCKET=$SOCKET FIRMA_OPERATOR_SOCKET=$OPERATOR_SOCKET
	export FIRMA_TEST_CLOCK=$TMP/clock/now FIRMA_TEST_WITNESS=$TMP/witness
	# No policy of this machine.
	export CONFIGURATION_DIRECTORY=$TMP/configuration
}

lib_teardown() {
	local failed=0

	_end_background
	_end_daemons || failed=1
	_check_witness || failed=1
	_check_evidence || failed=1
	if [[ -z ${BATS_TEST_COMPLETED-} || $failed != 0 ]]; then
		_show_log
	fi
	if [[ $TMP != "$BATS_TEST_TMPDIR" ]]; then
		rm -rf "$TMP"
	fi
	return "$failed"
}

# bats runs a trap before every command, to know the line of one that fails; that took a third of a
# test's time. Here it runs for the test's own commands alone: where a function that is called from
# there fails, _show_place tells the place. `bats --trace` shows all, as ever.
_trace_less() {
	((${BATS_TRACE_LEVEL-0} == 0)) || return 0
	declare -F bats_error_trap bats_check_status_from_trap >/dev/null || return 0
	set +T
	# They switch that trap off, which must last.
	declare -ft bats_error_trap bats_check_status_from_trap
	trap 'bats_error_trap; _show_place' ERR
}

# Where a command failed, unless that is in the test itself.
_show_place() {
	local file=${BASH_SOURCE[1]}

	if [[ ${FUNCNAME[1]} != "${BATS_TEST_NAME-}" ]]; then
		[[ $file != "${BATS_TEST_SOURCE-}" ]] || file=$BATS_TEST_FILENAME
		echo "-- in ${FUNCNAME[1]}, ${file##*/}, line ${BASH_LINENO[0]} --" >&2
	fi
}

# The path of a socket has at most 107 bytes; ours need 20 after the directory.
_make_tmp() {
	TMP=$BATS_TEST_TMPDIR
	if ((${#TMP} > 85)); then
		TMP=$(mktemp -d "${TMPDIR:-/tmp}/firma.XXXXXX")
	fi
	if ((${#TMP} > 85)); then
		rmdir "$TMP"
		TMP=$(mktemp -d /tmp/firma.XXXXXX)
	fi
}

_clean_environment() {
	local name

	for name in "${!FIRMA_@}" "${!XDG_@}" "${!LISTEN_@}" "${!WATCHDOG_@}" "${!SYSTEMD_@}" \
		STATE_DIRECTORY RUNTIME_DIRECTORY CREDENTIALS_DIRECTORY NOTIFY_SOCKET \
		JOURNAL_STREAM INVOCATION_ID TZ NO_COLOR COLUMNS LINES; do
		case $name in
		FIRMA_SHIPPED | FIRMA_WRAPPER | FIRMA_EVIDENCE | FIRMA_STORE) ;;
		*) unset "$name" ;;
		esac
	done
	export -n FIRMA FIRMA_SHIPPED FIRMA_WRAPPER FIRMA_EVIDENCE FIRMA_STORE UNIT
	# Python would leave compiled files in the source.
	export LC_ALL=C.UTF-8 TERM=dumb PYTHONDONTWRITEBYTECODE=1

	# No status of a program's own is a sanitizer's.
	export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS-}"
	export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:exitcode=99:${UBSAN_OPTIONS-}"
	umask 022
	ulimit -S -c 0
}

_end_background() {
	local name

	for name in "${!BACKGROUND[@]}"; do
		kill -KILL "${BACKGROUND[$name]}" 2>/dev/null || true
		wait "${BACKGROUND[$name]}" 2>/dev/null || true
	done
	BACKGROUND=()
}

# One that runs is stopped; one that is gone without having been waited for must not have failed.
_end_daemons() {
	local pid failed=0

	for pid in "${!DAEMONS[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
		_daemon_ends "$pid" 0 || failed=1
	done
	return "$failed"
}

_check_witness() {
	if [[ -e $TMP/log ]] && grep -a '^witness: ' "$TMP/log"; then
		echo "the witness could not record what the daemon said"
		return 1
	fi
	if [[ -e $TMP/witness ]]; then
		"$UNIT" witness "$TMP/witness"
	fi
}

# All that was written is whole, and not a record is missing; one whose daemon was killed while it
# wrote is for the next daemon to look at.
_check_evidence() {
	local file

	for file in "$TMP"/*.evidence; do
		if [[ -s $file && -z ${KILLED-} ]]; then
			"$FIRMA" evidence verify "$file" || return 1
		fi
	done
}

# What a failing test shows of the log: the lines of a busy daemon are many, and may be long.
_end_of_log() {
	tail -n 20 "$TMP/log" | cut -c 1-500
}

_show_log() {
	if [[ -s $TMP/log ]]; then
		echo "-- the daemon's log --"
		_end_of_log
	fi
}

# --- processes ------------------------------------------------------------------------------------

# _command PROGRAM ARG...: fills CMD with what runs it.
#
# Where AS_UID is set, as in `AS_UID=4242 ask`, that is as another user: without groups but that of
# the same number, from a copy (the program may lie where that user can't go), with a way into $TMP,
# which then is that user's. A socket keeps its mode: to get to one, the test opens it with chmod.
_command() {
	local program=$1 as=()

	if [[ ${AS_UID-} ]]; then
		_give_tmp "$AS_UID"
		mkdir -p "$TMP/bin"
		cp -f "$program" "$TMP/bin/"
		program=$TMP/bin/${program##*/}
		as=(setpriv --reuid="$AS_UID" --regid="$AS_UID" --clear-groups --)
	fi
	if [[ $1 == "$FIRMA" ]]; then
		as+=("${WRAPPER[@]}")
	fi
	CMD=("${as[@]}" "$program" "${@:2}")
}

_give_tmp() {
	chmod go+x "$TMP" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
	chown "$1" "$TMP"
	touch "$TMP/witness"
	chmod a+rw "$TMP/witness"
}

# Runs a command in the background ($! is its process), without bats' descriptor 3, for which bats
# would wait, and without those that hold the standard input of others open.
_spawn() {
	(
		for fd in 3 "${HELD[@]}"; do
			exec {fd}>&-
		done
		exec "$@"
	) <&0 &
}

# _until PROCESS COMMAND...: until the command succeeds, or, where the process ends first or time is
# up, does not: status 1.
_until() {
	local pid=$1 end=$((SECONDS + PATIENCE))

	shift
	until "$@"; do
		if _is_gone "$pid" || ((SECONDS > end)); then
			"$@"
			return
		fi
		sleep 0.01
	done
}

_is_gone() {
	! kill -0 "$1" 2>/dev/null
}

# Asks the kernel, not the daemon, which would log and count and record one more request.
_listens() {
	grep -q " 00010000 .* $1\$" /proc/net/unix
}

# start_daemon [SERVE-OPTION...]: serves $SOCKET from $STATE_DIR, and returns when it can be
# connected to; what is asked from then on is answered. Not under `run`: it must be the test's child.
start_daemon() {
	local evidence=() store=(--state-dir "$STATE_DIR")

	if [[ "$*" != *--store* ]]; then
		case ${FIRMA_STORE-} in
		memory) store=(--store memory) ;;
		?*) store+=(--store "$FIRMA_STORE" --desk tests --host here --store-timeout 5s) ;;
		esac
	fi

	if [[ ${FIRMA_EVIDENCE-} == 1 && "$*" != *--evidence-log* ]]; then
		# What was kept with a state directory that is gone is no other's.
		if [[ ! -e $STATE_DIR/evidence.head && -e $STATE_DIR.evidence ]]; then
			_check_evidence
			rm "$STATE_DIR.evidence"
		fi
		evidence=(--evidence-log "$STATE_DIR.evidence")
	fi
	_command "$FIRMA" serve --socket "$SOCKET" "${store[@]}" "${evidence[@]}" "$@"
	_spawn "${CMD[@]}" </dev/null >>"$TMP/log" 2>&1
	DAEMON=$!
	DAEMONS[$DAEMON]=1
	_until "$DAEMON" _listens "$SOCKET" || fail "the daemon does not listen at $SOCKET"
}

# _daemon_ends PROCESS STATUS: waits until it ends, which must be with this status.
_daemon_ends() {
	local pid=$1 expected=$2 got=0

	unset "DAEMONS[$pid]"
	if ! _until "$pid" _is_gone "$pid"; then
		kill -KILL "$pid"
		wait "$pid" || true
		fail "the daemon did not end in $PATIENCE s"
		return 1
	fi
	wait "$pid" || got=$?
	if [[ $got != "$expected" ]]; then
		fail "the daemon ended with status $got, not $expected"
		return 1
	fi
}

# wait_daemon [STATUS]: the daemon leaves by itself.
wait_daemon() {
	_daemon_ends "$DAEMON" "${1-0}"
}

# stop_daemon [STATUS]: SIGTERM.
stop_daemon() {
	kill -TERM "$DAEMON" || true
	_daemon_ends "$DAEMON" "${1-0}"
}

# kill_daemon: SIGKILL; it does not get to clean up.
kill_daemon() {
	kill -KILL "$DAEMON" || true
	KILLED=1
	_daemon_ends "$DAEMON" 137
}

# _background NAME COMMAND...: until it has printed "ready"; `finish NAME` has the rest.
_background() {
	local name=$1

	shift
	_command "$@"
	_spawn "${CMD[@]}" >"$TMP/$name.out" 2>"$TMP/$name.err"
	BACKGROUND[$name]=$!
	_until "$!" test -s "$TMP/$name.out" \
		|| fail "$name did not get ready: $(<"$TMP/$name.err")"
}

# The same with a standard input that stays open until `finish`.
_background_held() {
	local name=$1 fd

	rm -f "$TMP/$name.in"
	mkfifo "$TMP/$name.in"
	# Opened for both, so that neither end waits for the other to be opened.
	exec {fd}<>"$TMP/$name.in"
	HELD[$name]=$fd
	_background "$@" <"$TMP/$name.in"
}

# hold NAME [PROBE-OPTION...]: sends standard input and keeps the connection open. Returns when the
# daemon has read all of it; `finish NAME` waits for the reply.
hold() {
	_background "$1" "$UNIT" probe --stall "${@:2}" "$SOCKET"
}

# idle N: N connections that send nothing, until `finish idle`.
idle() {
	_background_held idle "$UNIT" probe --idle "$1" "$SOCKET"
}

# fake MODE [TEXT]: `unit fake` at $SOCKET, for one connection, until `finish fake`.
fake() {
	_background_held fake "$UNIT" fake "$1" "$SOCKET" "${@:2}"
}

# finish NAME: waits for what runs in the background, and sets status, output and lines, as `run`
# does. Not under `run`.
finish() {
	local name=$1 pid=${BACKGROUND[$1]-} fd=${HELD[$1]-}

	# What a pipeline started belongs to its subshell.
	[[ $pid ]] || fail "$name was not started here"
	unset "BACKGROUND[$name]" "HELD[$name]"
	if [[ $fd ]]; then
		exec {fd}>&-
	fi
	_until "$pid" _is_gone "$pid" || kill -KILL "$pid"
	status=0
	wait "$pid" || status=$?
	output=$(tail -n +2 "$TMP/$name.out" && cat "$TMP/$name.err")
	IFS=$'\n' read -d '' -ra lines <<<"$output" || true
}

# firma ARG...: the program as a person calls it.
firma() {
	_command "$FIRMA" "$@"
	timeout --foreground 60 "${CMD[@]}"
}

# The system's own, where there is one: another in the PATH may be a version manager's, which runs
# dozens of programs before it gets to Python.
python3() {
	if [[ -x /usr/bin/python3 ]]; then
		/usr/bin/python3 "$@"
	else
		command python3 "$@"
	fi
}

# make_build ARG...: make, in the directory of the build, as if nothing of it were told by another. One
# at a time: what is out of date would be made by several.
make_build() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u DESTDIR flock "${FIRMA_SHIPPED%/*}/Makefile" \
		make --silent --no-print-directory -C "${FIRMA_SHIPPED%/*}" "$@"
}

# need_root: skips a test that needs more users than one.
need_root() {
	if ((EUID != 0)); then
		skip "only root can be another user"
	fi
}

# --- time -----------------------------------------------------------------------------------------

# _set_clock BOOT_US WALL_US [BOOT_ID]: adds to what is, and takes effect at once.
_set_clock() {
	local boot=0 wall=0 id=

	if [[ -e $FIRMA_TEST_CLOCK ]]; then
		read -r boot wall id <"$FIRMA_TEST_CLOCK"
	fi
	echo "$((boot + $1)) $((wall + $2)) ${3-$id}" >"$FIRMA_TEST_CLOCK.new"
	mv -f "$FIRMA_TEST_CLOCK.new" "$FIRMA_TEST_CLOCK"
}

# _us SECONDS: "-1.5" gives -1500000.
_us() {
	local fraction us

	[[ $1 =~ ^([+-]?)([0-9]+)(\.([0-9]{1,6}))?$ ]] || {
		fail "not a number of seconds: '$1'"
		return 1
	}
	fraction=${BASH_REMATCH[4]}000000
	us=$((10#${BASH_REMATCH[2]} * 1000000 + 10#${fraction:0:6}))
	echo "${BASH_REMATCH[1]#+}$us"
}

# move_clock SECONDS: that much time passes (or, with a minus, comes back), for all that run.
move_clock() {
	local us

	us=$(_us "$1")
	_set_clock "$us" "$us"
}

# move_wall SECONDS: somebody sets the wall clock; no time passes.
move_wall() {
	_set_clock 0 "$(_us "$1")"
}

# new_boot [ID]: another boot's ID; the time since boot goes on, so that the ID alone tells.
new_boot() {
	_set_clock 0 0 "${1-$(</proc/sys/kernel/random/uuid)}"
}

# --- the wire -------------------------------------------------------------------------------------

# send [PROBE-OPTION...]: standard input, byte for byte, to $SOCKET.
send() {
	_command "$UNIT" probe "$@" "$SOCKET"
	"${CMD[@]}"
}

# send_lines [PROBE-OPTION...]: each line on a connection of its own.
send_lines() {
	send --lines "$@"
}

# request [KEY=TEXT|KEY:=JSON|KEY-]...: a line with a local.exec request, in order but for that.
request() {
	"$UNIT" request "$@"
}

# apart N: N of each line on standard input, as different questions: each names another budget, so
# that none joins the pending token of another.
apart() {
	awk -v n="$1" -v from="$BASHPID:$RANDOM" '{
		sub(/}$/, "")
		for (i = 1; i <= n; i++)
			printf "%s,\"budget_state_ref\":\"%s:%d:%d\"}\n", $0, from, NR, i
	}'
}

# ask [KEY=TEXT|KEY:=JSON|KEY-]...: such a request, asked.
ask() {
	request "$@" | send
}

# operate ACTION [KEY=TEXT|KEY:=JSON]...: an operator's: operate approve token_id="$token"
operate() {
	_command "$UNIT" probe "$OPERATOR_SOCKET"
	"$UNIT" object action="local.exec.$1" "${@:2}" | "${CMD[@]}"
}

# pending_token [KEY=...]: asks, and prints the token of the pending request. It is a new one each
# time: a request that names another budget joins no earlier one.
pending_token() {
	local reply

	reply=$(ask budget_state_ref="$BASHPID:$RANDOM" "$@")
	"$UNIT" get approval_token <<<"$reply" || fail "not pending: $reply"
}

# answer FILE: at $SOCKET, a daemon that says what is in the file, whatever it is asked.
answer() {
	# shellcheck disable=SC2016
	_spawn systemd-socket-activate --accept --inetd --listen "$SOCKET" \
		bash -c 'IFS= read -r line; cat "$1"' bash "$1" </dev/null >"$TMP/answer.out" 2>&1
	BACKGROUND[answer]=$!
	_until "$!" _listens "$SOCKET" || fail "no one listens: $(<"$TMP/answer.out")"
}

# item ID [MEMBER...]: a line of a list.
item() {
	"$UNIT" object token_id="$1" state=pending executable=/bin/ls args:='[]' session_id=s \
		sandbox_id=b profile=p uid:=0 fingerprint="$(printf '%064d' 0)" rule=r \
		issued_at=2026-01-01T00:00:00Z expires_at=2026-01-01T00:05:00Z \
		expires_in_ms:=1000 "${@:2}"
}

# user_of UID: "uid 1000 (alice)", or "uid 1000" for one without a name, as screens have it.
user_of() {
	local name

	name=$(getent passwd "$1" | cut -d : -f 1)
	echo "uid $1${name:+ ($name)}"
}

# field KEY: of the last line that `run` got.
field() {
	"$UNIT" get "$1" <<<"${output##*$'\n'}"
}

# --- what must be ---------------------------------------------------------------------------------
#
# These look at what `run` left: status, output, lines, and with --separate-stderr stderr. TEXT is
# compared whole; with -p (--partial) it must be within, with -e (--regexp) it is an extended regular
# expression.

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

# _report WHAT [NAME TEXT]...: why a test fails.
_report() {
	{
		printf -- '-- %s --\n' "$1"
		shift
		while (($# > 1)); do
			printf '%-9s %s\n' "$1:" "$2"
			shift 2
		done
		if [[ ${BATS_RUN_COMMAND-} ]]; then
			printf '%-9s %s\n' command: "$BATS_RUN_COMMAND"
		fi
		echo '--'
	} >&2
	return 1
}

# Fills mode, index, text and given, which are the caller's.
_parse_match() {
	mode=is index=
	while (($# > 0)); do
		case $1 in
		-p | --partial) mode=contains ;;
		-e | --regexp) mode=matches ;;
		-n | --index)
			index=$2
			shift
			;;
		*) break ;;
		esac
		shift
	done
	text=${1-} given=$#
}

_fits() {
	case $1 in
	is) [[ $2 == "$3" ]] ;;
	contains) [[ $2 == *"$3"* ]] ;;
	matches) [[ $2 =~ $3 ]] ;;
	esac
}

_assert_text() {
	local what=$1 actual=$2 mode index text given

	_parse_match "${@:3}"
	_fits "$mode" "$actual" "$text" || _report "$what is wrong" "$mode" "$text" actual "$actual"
}

_refute_text() {
	local what=$1 actual=$2 mode index text given

	_parse_match "${@:3}"
	if ((given == 0)); then
		[[ -z $actual ]] || _report "$what should be empty" actual "$actual"
	elif _fits "$mode" "$actual" "$text"; then
		_report "$what should be otherwise" "not $mode" "$text" actual "$actual"
	fi
}

# assert_status N
assert_status() {
	[[ $status == "$1" ]] || _report "the exit status is wrong" \
		expected "$1" actual "$status" output "$output" stderr "${stderr-}"
}

# assert_output [-p|-e] TEXT
assert_output() {
	_assert_text "the output" "$output" "$@"
}

# refute_output [[-p|-e] TEXT]: without TEXT, there must be none.
refute_output() {
	_refute_text "the output" "$output" "$@"
}

# assert_stderr [-p|-e] TEXT, refute_stderr [[-p|-e] TEXT]: after run --separate-stderr.
assert_stderr() {
	_assert_text "standard error" "$stderr" "$@"
}

refute_stderr() {
	_refute_text "standard error" "$stderr" "$@"
}

# assert_line [-n INDEX] [-p|-e] TEXT: one of the lines, or this one (from 0, or from -1 backwards).
assert_line() {
	local mode index text given line

	_parse_match "$@"
	if [[ $index ]]; then
		_assert_text "line $index" "${lines[$index]-}" "$@"
		return
	fi
	for line in "${lines[@]}"; do
		if _fits "$mode" "$line" "$text"; then
			return
		fi
	done
	_report "no such line" "$mode" "$text" output "$output"
}

# refute_line [-p|-e] TEXT
refute_line() {
	local mode index text given line

	_parse_match "$@"
	for line in "${lines[@]}"; do
		if _fits "$mode" "$line" "$text"; then
			_report "there is such a line" "$mode" "$text" output "$output"
			return
		fi
	done
}

# assert_equal ACTUAL EXPECTED
assert_equal() {
	[[ $1 == "$2" ]] || _report "not the same" expected "$2" actual "$1"
}

# assert_field KEY [-p|-e] TEXT: of the last line of the output, a JSON object.
assert_field() {
	local value

	value=$(field "$1") || {
		_report "there is no such field" key "$1" output "$output"
		return 1
	}
	_assert_text "the field $1" "$value" "${@:2}"
}

# assert_decision DECISION [[-p|-e] REASON]: of a reply to a request.
assert_decision() {
	assert_field decision "$1" && { (($# == 1)) || assert_field reason "${@:2}"; }
}

# _untimed FILE: the log without the time that each line of the daemon begins with.
_untimed() {
	sed -E 's/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z (firma: )/\1/' "$1"
}

# assert_log [-p|-e] TEXT, refute_log ...: some line of the daemon's log.
assert_log() {
	local output lines

	output=$(_end_of_log)
	mapfile -t lines < <(_untimed "$TMP/log")
	assert_line "$@"
}

refute_log() {
	local output lines

	output=$(_end_of_log)
	mapfile -t lines < <(_untimed "$TMP/log")
	refute_line "$@"
}
