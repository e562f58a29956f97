#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The doors: sockets that `serve` binds and removes, sockets that are handed to it, who may pass;
# and the daemon's life: the lock, idleness, signals, what the service manager and the log hear.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2034,SC2154 # some variables are those of lib.bash and of bats

load lib

setup() {
	lib_setup
	export STATE_DIRECTORY=$STATE_DIR
}

# _start PROGRAM ARG...: a daemon that is not waited for.
_start() {
	_spawn "$@" </dev/null >>"$TMP/log" 2>&1
	DAEMON=$!
	DAEMONS["$DAEMON"]=1
}

# start_serve [OPTION...]: `serve`, not waited for.
start_serve() {
	_command "$FIRMA" serve "$@"
	_start "${CMD[@]}"
}

# start_doors [SERVE-OPTION...]: an agent's and an operator's door.
start_doors() {
	start_daemon --operator-socket "$TMP/operator.sock" "$@"
	_until "$DAEMON" _listens "$TMP/operator.sock"
}

# start_passed NAMES KIND=PATH... [-- SERVE-OPTION...]: sockets that are handed over (`unit pass`).
# They are there when it returns; what is asked from then on is answered, if the daemon can start.
start_passed() {
	local passed=() socket

	while (($# > 0)) && [[ $1 != -- ]]; do
		passed+=("$1")
		shift
	done
	_command "$FIRMA" serve "${@:2}"
	_start "$UNIT" pass "${passed[@]}" -- "${CMD[@]}"
	for socket in "${passed[@]:1}"; do
		_until "$DAEMON" test -S "${socket#*=}" || true
		[[ $socket != stream=* ]] || _until "$DAEMON" _listens "${socket#*=}" || true
	done
}

# start_activated [OPTION...] [-- SERVE-OPTION...]: the same by systemd-socket-activate, which starts
# the daemon when somebody connects.
start_activated() {
	local options=() name

	for name in FIRMA_TEST_CLOCK FIRMA_TEST_WITNESS STATE_DIRECTORY ASAN_OPTIONS UBSAN_OPTIONS; do
		options+=(--setenv="$name")
	done
	while (($# > 0)) && [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	_command "$FIRMA" serve "${@:2}"
	_start systemd-socket-activate "${options[@]}" "${CMD[@]}"
}

# cannot_start SENTENCE: the daemon that was started last doesn't, and says why.
cannot_start() {
	wait_daemon 1
	assert_log "firma: can't start: $1"
}

# pass_time SECONDS: moves the clock; returns when the daemon has noticed and sleeps again, or has
# ended. So what it does because of the time is done.
pass_time() {
	local slept

	slept=$(_sleeps)
	move_clock "$1"
	_until "$DAEMON" _has_slept "$slept" || true
}

_sleeps() {
	sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$DAEMON/status"
}

_has_slept() {
	(($(_sleeps) > $1))
}

# ask_as UID GID [GROUP,...]: a request of this user with this primary group and these further ones.
ask_as() {
	AS_UID=$1 _command "$UNIT" probe "$SOCKET"
	CMD[2]=--regid=$2
	[[ -z ${3-} ]] || CMD[3]=--groups=$3
	request | "${CMD[@]}"
}

# passes, is_refused UID GID [GROUP,...]
passes() {
	run ask_as "$@"
	assert_status 0
	assert_field decision "${EXPECTED-deny}"
}

is_refused() {
	run ask_as "$@"
	refute_output -p decision
	assert_status 4
	assert_log "firma: refused a connection at the $ROLE door $SOCKET: uid $1, gid $2 may not pass"
}

inode() {
	stat -c %i "$1"
}

mode() {
	stat -c %a "$1"
}

# --- sockets of its own ---------------------------------------------------------------------------

@test "a second daemon on a live socket is an error, and the first one goes on" {
	local first before

	start_daemon --default-action allow
	first=$DAEMON
	before=$(inode "$SOCKET")
	start_serve --socket "$SOCKET" --state-dir "$TMP/other"
	cannot_start "$SOCKET: another daemon serves there"
	assert_equal "$(inode "$SOCKET")" "$before"

	DAEMON=$first
	run ask
	assert_decision allow
	stop_daemon
	[[ ! -e $SOCKET ]]
}

@test "a second daemon on a live socket and its state waits for the lock before it gives up" {
	local first before

	start_daemon --default-action allow
	first=$DAEMON
	before=$(inode "$SOCKET")
	start_serve --socket "$SOCKET"
	_until "$DAEMON" _has_lock_open
	move_clock 6
	cannot_start "$SOCKET: another daemon serves there"
	assert_equal "$(inode "$SOCKET")" "$before"

	DAEMON=$first
	run ask
	assert_decision allow
	stop_daemon
}

_has_lock_open() {
	[[ -n $(find "/proc/$DAEMON/fd" -lname "$STATE_DIR/lock" 2>/dev/null) ]]
}

# lock_state: another process holds the state directory, until `finish lock`.
lock_state() {
	mkdir -m 700 "$STATE_DIR"
	(umask 077 && : >"$STATE_DIR/lock")
	_background_held lock flock "$STATE_DIR/lock" sh -c 'echo ready; cat'
}

@test "no socket is touched before the lock is held" {
	local before

	# A stale socket, which would be replaced.
	"$UNIT" pass any stream="$SOCKET" -- true
	before=$(inode "$SOCKET")
	lock_state
	start_serve --socket "$SOCKET" --default-action allow
	_until "$DAEMON" _has_lock_open
	assert_equal "$(inode "$SOCKET")" "$before"
	if _listens "$SOCKET"; then
		fail "it listens already"
	fi

	finish lock
	_until "$DAEMON" _listens "$SOCKET"
	run ask
	assert_decision allow
}

@test "a daemon that doesn't get the lock in 5 seconds says no, and why" {
	lock_state
	start_serve --socket "$SOCKET" --default-action allow
	_until "$DAEMON" _has_lock_open
	move_clock 6
	_until "$DAEMON" _listens "$SOCKET"
	run ask
	assert_decision deny -e '^closed: .*another daemon'
}

@test "a stale socket file is left where the daemon doesn't get the lock" {
	local before

	"$UNIT" pass any stream="$SOCKET" -- true
	before=$(inode "$SOCKET")
	lock_state
	start_serve --socket "$SOCKET"
	_until "$DAEMON" _has_lock_open
	move_clock 6
	cannot_start "$SOCKET: a stale socket is there, which is not removed without the lock on the state directory"
	assert_equal "$(inode "$SOCKET")" "$before"
}

@test "a stale socket file is replaced" {
	local before

	"$UNIT" pass any stream="$SOCKET" -- true
	[[ -S $SOCKET ]]
	before=$(inode "$SOCKET")
	ln "$SOCKET" "$TMP/kept" # so that the inode is not used again
	start_daemon --default-action allow
	run ask
	assert_decision allow
	[[ $(inode "$SOCKET") != "$before" ]]
}

@test "what is at the path and is no stale socket is refused, and left" {
	local kind before

	for kind in file directory link fifo datagram; do
		case $kind in
		file) echo precious >"$SOCKET" ;;
		directory) mkdir "$SOCKET" ;;
		link) ln -s "$TMP/elsewhere" "$SOCKET" ;;
		fifo) mkfifo "$SOCKET" ;;
		datagram)
			_background_held datagram "$UNIT" notify "$TMP/datagram.sock"
			mv "$TMP/datagram.sock" "$SOCKET"
			;;
		esac
		before=$(inode "$SOCKET")
		rm -f "$TMP/log"
		start_serve --socket "$SOCKET"
		wait_daemon 1
		if [[ $kind == datagram ]]; then
			assert_log "firma: can't start: $SOCKET: Protocol wrong type for socket"
		else
			assert_log "firma: can't start: $SOCKET: exists and is no socket"
		fi
		assert_equal "$(inode "$SOCKET")" "$before"
		[[ ! -e $TMP/elsewhere ]]
		rm -rf "$SOCKET"
	done
}

@test "a socket's path that can't be one is refused" {
	local long

	printf -v long '%s/%0*d' "$TMP" "$((107 - ${#TMP}))" 0
	start_serve --socket "$long"
	cannot_start "$long: a socket's path has 1 to 107 bytes"
	start_serve --socket ''
	cannot_start ": a socket's path has 1 to 107 bytes"
	start_serve --socket "$TMP/none/none/s"
	cannot_start "$TMP/none/none/s: No such file or directory"
	[[ ! -e $TMP/none ]]
}

@test "a path may be given as unix://PATH" {
	start_serve --socket "unix://$SOCKET" --operator-socket "unix://$TMP/operator.sock"
	_until "$DAEMON" grep -q 'at the operator door' "$TMP/log"
	assert_log "firma: serves at the agent door $SOCKET"
	assert_log "firma: serves at the operator door $TMP/operator.sock"
}

@test "a socket is for its owner alone, and so is the directory that is made for it" {
	SOCKET=$TMP/made/s
	umask 000
	start_daemon
	assert_equal "$(mode "$SOCKET")" 600
	assert_equal "$(mode "$TMP/made")" 700
}

@test "with a group, a socket is for the group, too, and so is the directory that is made" {
	local group

	group=$(id -g)
	((EUID != 0)) || group=4243
	SOCKET=$TMP/made/s
	umask 077
	start_daemon --agent-group "$group" --operator-socket "$TMP/made2/s"
	_until "$DAEMON" _listens "$TMP/made2/s"
	assert_equal "$(stat -c '%a %g' "$SOCKET")" "660 $group"
	assert_equal "$(stat -c '%a %g' "$TMP/made")" "750 $group"

	# The operators' door has none.
	assert_equal "$(stat -c '%a %g' "$TMP/made2/s")" "600 $(id -g)"
	assert_equal "$(mode "$TMP/made2")" 700
}

@test "the one door for everything is never a group's" {
	local group

	group=$(id -g)
	((EUID != 0)) || group=4243
	SOCKET=$TMP/made/s
	start_daemon --agent-group "$group" --operator-group "$group"
	assert_equal "$(stat -c '%a %g' "$SOCKET")" "600 $(id -g)"
	assert_equal "$(mode "$TMP/made")" 700
}

@test "a directory that is there is not changed" {
	local before

	mkdir -m 751 "$TMP/there"
	before=$(stat -c '%a %u %g' "$TMP/there")
	SOCKET=$TMP/there/s
	start_daemon --agent-group "$(id -g)" --operator-socket "$TMP/there/o"
	assert_equal "$(stat -c '%a %u %g' "$TMP/there")" "$before"
}

@test "the socket files are removed when the daemon is told to stop" {
	local signal

	for signal in TERM INT HUP; do
		start_doors
		kill -"$signal" "$DAEMON"
		wait_daemon 0
		[[ ! -e $SOCKET && ! -e $TMP/operator.sock ]]
	done
	assert_log 'firma: stops, as told'
}

@test "a file that was put in the place of its socket is not removed" {
	start_doors
	mv "$SOCKET" "$TMP/moved"
	echo precious >"$SOCKET"
	stop_daemon
	assert_equal "$(<"$SOCKET")" precious
	[[ -e $TMP/moved && ! -e $TMP/operator.sock ]]

	# Another socket, too.
	rm "$SOCKET"
	start_daemon
	mv "$SOCKET" "$TMP/moved"
	"$UNIT" pass any stream="$SOCKET" -- true
	stop_daemon
	[[ -S $SOCKET ]]
}

@test "a daemon that can bind but one of its doors leaves none behind" {
	echo precious >"$TMP/operator.sock"
	start_serve --socket "$SOCKET" --operator-socket "$TMP/operator.sock"
	cannot_start "$TMP/operator.sock: exists and is no socket"
	[[ ! -e $SOCKET ]]
}

# --- who passes -----------------------------------------------------------------------------------

@test "a peer with another uid gets no byte, is not heard, and the log says so" {
	local ROLE=any

	need_root
	start_daemon --default-action allow
	chmod 666 "$SOCKET"
	is_refused 4242 4242
	EXPECTED=allow passes 0 0
	stop_daemon

	# Of the first, not a byte was read.
	"$UNIT" get request_hex <"$TMP/witness" >"$TMP/requests"
	"$UNIT" get reply_hex <"$TMP/witness" >"$TMP/replies"
	assert_equal "$(head -n 1 "$TMP/requests")" ''
	assert_equal "$(head -n 1 "$TMP/replies")" ''
	assert_equal "$(wc -l <"$TMP/requests")" 2
}

@test "the daemon's own user and root pass, and nobody else" {
	local ROLE=any

	need_root
	AS_UID=4242 start_daemon
	chmod 666 "$SOCKET"
	passes 4242 4242
	passes 4242 4343
	passes 0 0
	passes 0 4343
	is_refused 4343 4242
	is_refused 4343 0 0
}

# Everybody who may come, at each door of a daemon of uid 4242 with the groups 4243 (agents) and 4244
# (operators). Further groups are behind the primary one.
@test "who passes which door" {
	local ROLE who ids passing

	need_root
	AS_UID=4242 start_passed agent:operator:any stream="$SOCKET" \
		stream="$TMP/operator.sock" stream="$TMP/any.sock" \
		-- --agent-group 4243 --operator-group 4244
	chmod 666 "$SOCKET" "$TMP/operator.sock" "$TMP/any.sock"

	while IFS='|' read -r who ids passing; do
		for ROLE in agent operator any; do
			echo "$who at the $ROLE door:"
			SOCKET=$TMP/$ROLE.sock
			# shellcheck disable=SC2086 # words are meant
			if [[ " $passing " == *" $ROLE "* ]]; then
				passes $ids
			else
				is_refused $ids
			fi
		done
	done <<-END
		the daemon's user|4242 4242|agent operator any
		the daemon's user, in other groups|4242 5000 0,5001|agent operator any
		root|0 0|agent operator any
		root, in other groups|0 5000 5001|agent operator any
		an agent by primary group|5000 4243|agent
		an agent by further group|5000 5000 4243|agent
		an agent by the last of many|5000 5000 $(seq -s, 6000 6099),4243|agent
		an operator by primary group|5000 4244|operator
		an operator by further group|5000 5000 4244|operator
		both by further groups|5000 5000 4243,4244|agent operator
		nobody special|5000 5000|
		root's groups|5000 0 0|
		the daemon's group|5000 4242 4242|
		a uid like the agents' gid|4243 5000|
		the overflow uid|65534 65534|
		the overflow uid, in every group|65534 4243 4243,4244|
		the overflow gid|5000 65534 65534|
	END
}

@test "without a group, the two doors are for the daemon's user and root" {
	local ROLE=agent

	need_root
	start_doors
	chmod 666 "$SOCKET"
	is_refused 4242 0 0
	passes 0 0
}

@test "a group may be given by its name" {
	local ROLE=agent name gid

	need_root
	IFS=: read -r name _ gid _ < <(getent group daemon bin sys | head -n 1)
	start_doors --agent-group "$name"
	assert_equal "$(stat -c %g "$SOCKET")" "$gid"
	passes 4242 "$gid"
}

@test "the overflow uid passes nowhere, not even as the daemon's own" {
	local ROLE=agent

	need_root
	AS_UID=65534 start_doors
	chmod 666 "$SOCKET"
	is_refused 65534 65534
	is_refused 65534 4243
	passes 0 0
	stop_daemon
	rm -rf "$STATE_DIR" "$SOCKET" "$TMP/operator.sock"

	start_doors --agent-group 4243
	chmod 666 "$SOCKET"
	is_refused 65534 4243
	passes 4242 4243
}

@test "the overflow gid passes nowhere, not even where it is named" {
	local ROLE=agent

	need_root
	start_doors --agent-group 65534
	chmod 666 "$SOCKET"
	is_refused 4242 65534
	is_refused 4242 4242 65534
	passes 0 65534
}

@test "a user's token is not resumed by another user" {
	local token

	need_root
	start_doors --agent-group 4243 --default-action pending_hitl
	run ask_as 4242 4243
	token=$(field approval_token)
	AS_UID=4242 _command "$UNIT" probe "$SOCKET"
	CMD[2]=--regid=4243
	run "${CMD[@]}" < <(request resume:=true)
	assert_equal "$(field approval_token)" "$token"
	CMD[1]=--reuid=4343
	run "${CMD[@]}" < <(request resume:=true)
	assert_decision pending_hitl
	[[ $(field approval_token) != "$token" ]] || fail "another user's token was resumed"
}

@test "through two doors, one user asks and another approves" {
	local token agent

	need_root
	agent=$SOCKET
	start_doors --agent-group 4243 --operator-group 4244 --default-action pending_hitl
	run ask_as 4242 4243
	token=$(field approval_token)

	# The agent can't come to the other door, nor do there what it is for at its own.
	AS_UID=4242 run operate approve token_id="$token"
	assert_status 1
	chmod 666 "$TMP/operator.sock" "$agent"
	OPERATOR_SOCKET=$TMP/operator.sock
	AS_UID=4242 run operate approve token_id="$token"
	assert_status 4
	OPERATOR_SOCKET=$agent
	AS_UID=0 run operate approve token_id="$token"
	assert_field outcome unsupported_action
	assert_field reason -p 'operator door'

	AS_UID=4242 _command "$UNIT" probe "$TMP/operator.sock"
	CMD[1]=--reuid=4343 CMD[2]=--regid=4244
	run "${CMD[@]}" < <("$UNIT" object action=local.exec.approve token_id="$token")
	assert_field outcome ok
	SOCKET=$agent
	AS_UID=4242 _command "$UNIT" probe "$SOCKET"
	CMD[2]=--regid=4243
	run "${CMD[@]}" < <(request approval_token="$token")
	assert_decision allow
}

# --- sockets from systemd -------------------------------------------------------------------------

@test "a daemon that is activated answers what activated it" {
	start_activated --listen="$SOCKET" --fdname=any -- --default-action allow
	_until "$DAEMON" _listens "$SOCKET"
	run ask
	assert_decision allow
	assert_log "firma: serves at the any door $SOCKET"
	stop_daemon
	[[ -S $SOCKET ]]
}

@test "two sockets are an agent and an operator door, by their names" {
	start_activated --listen="$SOCKET" --listen="$TMP/operator.sock" --fdname=agent:operator -- \
		--default-action pending_hitl
	_until "$DAEMON" _listens "$TMP/operator.sock"
	OPERATOR_SOCKET=$TMP/operator.sock
	run operate list
	assert_output '{"outcome":"ok"}'
	assert_log "firma: serves at the agent door $SOCKET"
	assert_log "firma: serves at the operator door $TMP/operator.sock"
	OPERATOR_SOCKET=$SOCKET
	run operate list
	assert_field outcome unsupported_action
	run ask
	assert_decision pending_hitl
}

@test "the order of the names is the order of the sockets" {
	start_passed operator:agent stream="$TMP/operator.sock" stream="$SOCKET"
	OPERATOR_SOCKET=$TMP/operator.sock
	run operate list
	assert_output '{"outcome":"ok"}'
	assert_log "firma: serves at the operator door $TMP/operator.sock"
	assert_log "firma: serves at the agent door $SOCKET"
}

@test "a socket from systemd whose name is no role is an error that says what to write" {
	local said='write FileDescriptorName=agent, operator or any into its unit'

	start_activated --listen="$SOCKET" --fdname=firma
	_until "$DAEMON" _listens "$SOCKET"
	run ask
	refute_output -p decision
	cannot_start "systemd hands over a socket named 'firma': $said"

	# As systemd names one whose unit says nothing, and without any name.
	rm "$SOCKET"
	start_passed firma.socket stream="$SOCKET"
	cannot_start "systemd hands over a socket named 'firma.socket': $said"
	rm "$SOCKET"
	start_passed '' stream="$SOCKET"
	cannot_start "systemd hands over a socket named 'unknown': $said"
	rm "$SOCKET"
	start_passed agent: stream="$SOCKET" stream="$TMP/2"
	cannot_start "systemd hands over a socket named '': $said"
	rm "$SOCKET"
	start_passed Any stream="$SOCKET"
	cannot_start "systemd hands over a socket named 'Any': $said"
}

@test "a socket from systemd that is no listening UNIX stream socket is an error" {
	local kind

	for kind in tcp datagram seqpacket idle; do
		rm -f "$TMP/log" "$SOCKET"
		start_passed operator "$kind=$SOCKET"
		cannot_start "the socket 'operator' from systemd is not a listening UNIX stream socket"
	done
}

@test "sockets from systemd and sockets of its own exclude each other" {
	start_passed any stream="$SOCKET" -- --socket "$TMP/own"
	cannot_start "--socket can't be used with sockets from systemd"
	[[ ! -e $TMP/own && -S $SOCKET ]]
}

@test "sockets that are meant for another process are none" {
	LISTEN_PID=1 LISTEN_FDS=1 LISTEN_FDNAMES=any run --separate-stderr firma serve
	assert_status 2
}

@test "no socket at all is a usage error, and nothing is made" {
	run --separate-stderr firma serve
	assert_status 2
	refute_output
	assert_stderr "firma: no socket: systemd hands over none, and --socket names none (see 'firma serve --help')"
	[[ ! -e $STATE_DIR ]]
}

@test "a socket from systemd is not touched when the daemon is told to stop" {
	local before

	start_passed any stream="$SOCKET"
	chmod 640 "$SOCKET"
	run ask
	before=$(stat -c '%i %a' "$SOCKET")
	stop_daemon
	assert_equal "$(stat -c '%i %a' "$SOCKET")" "$before"
}

# --- idleness -------------------------------------------------------------------------------------

@test "with sockets from systemd, the daemon leaves after 30 s without a connection" {
	start_passed any stream="$SOCKET"
	run ask
	pass_time 29
	kill -0 "$DAEMON"
	pass_time 2
	wait_daemon 0
	assert_log 'firma: stops, since it is idle'
	[[ -S $SOCKET ]]
}

@test "each connection starts idleness again" {
	start_passed any stream="$SOCKET"
	run ask
	pass_time 29
	run ask
	assert_decision deny
	pass_time 29
	run ask
	assert_decision deny
	pass_time 31
	wait_daemon 0
}

@test "a connection that comes and goes in one turn starts idleness again, too" {
	start_passed any stream="$SOCKET"
	run ask
	pass_time 29

	# While the daemon stands still, somebody asks and is gone.
	kill -STOP "$DAEMON"
	request executable=/bin/gone | send --no-read
	kill -CONT "$DAEMON"
	_until "$DAEMON" grep -q /bin/gone "$TMP/log"
	pass_time 29
	run ask
	assert_decision deny
	stop_daemon
}

@test "a daemon that knows what an asker has filled of the log is not idle" {
	local fat

	start_passed any stream="$SOCKET" -- --evidence-log "$TMP/log.jsonl" --default-action deny
	printf -v fat '%060000d' 0
	run ask args:="[\"$fat\"]"
	assert_decision deny
	pass_time 31
	kill -0 "$DAEMON"
	refute_log -p 'stops, since it is idle'
	pass_time 30
	wait_daemon 0
	assert_log 'firma: stops, since it is idle'
}

# queue: somebody asks, and has said all, while the daemon stands still.
queue() {
	kill -STOP "$DAEMON"
	request | send >"$TMP/reply" 3>&- &
	_until "$DAEMON" _is_queued
}

# go_on: it hears of that, and of whatever else has come to pass, at once.
go_on() {
	kill -CONT "$DAEMON"
	wait "$!"
	run cat "$TMP/reply"
}

@test "who asks in the moment in which idleness would end it is answered" {
	start_daemon --default-action allow --idle-timeout 5s
	queue
	move_clock 6
	go_on
	assert_decision allow
	pass_time 6
	wait_daemon 0
}

@test "who has asked when it is told to stop is answered" {
	start_daemon --default-action allow
	queue
	kill -TERM "$DAEMON"
	go_on
	assert_decision allow
	wait_daemon 0
}

@test "--idle-timeout says how long, with sockets from systemd and with its own" {
	start_passed any stream="$SOCKET" -- --idle-timeout 5s
	run ask
	pass_time 6
	wait_daemon 0

	rm "$SOCKET"
	start_daemon --idle-timeout 5s
	run ask
	pass_time 4
	kill -0 "$DAEMON"
	pass_time 2
	wait_daemon 0
	[[ ! -e $SOCKET ]]
}

@test "however short the idle timeout is, what started the daemon is answered" {
	start_activated --listen="$SOCKET" --fdname=any -- --idle-timeout 0s --default-action allow
	_until "$DAEMON" _listens "$SOCKET"
	run ask
	assert_decision allow
	wait_daemon 0
}

@test "with its own sockets, the daemon stays, unless told" {
	start_daemon
	run ask
	pass_time 1000000
	run ask
	assert_decision deny
	stop_daemon
}

@test "an infinite idle timeout is never over" {
	start_passed any stream="$SOCKET" -- --idle-timeout infinity
	run ask
	pass_time 1000000
	run ask
	assert_decision deny
	stop_daemon
}

@test "with the memory store, the daemon stays, whatever it is told" {
	local token

	unset STATE_DIRECTORY
	start_passed any stream="$SOCKET" -- --store memory --idle-timeout 1s \
		--default-action pending_hitl
	token=$(pending_token)
	pass_time 60
	run operate approve token_id="$token"
	assert_field outcome ok
	stop_daemon
}

@test "while a connection is open, the daemon stays, and counts from its end" {
	start_passed any stream="$SOCKET" -- --idle-timeout 5s
	hold slow < <(printf '{')
	pass_time 11
	finish slow
	assert_decision deny -p 'within 10 seconds'
	run ask
	assert_decision deny
	pass_time 6
	wait_daemon 0
}

@test "what is asked while no daemon runs is answered by the next one: the listener lives" {
	local token

	# A service manager in little: one daemon, and when something is written to it, another.
	mkfifo "$TMP/next"
	_command "$FIRMA" serve --idle-timeout 5s --default-action pending_hitl
	# shellcheck disable=SC2016
	_start "$UNIT" pass any stream="$SOCKET" -- bash -c '
		LISTEN_PID=$BASHPID
		(LISTEN_PID=$BASHPID; echo "$BASHPID" >"$1/first"; exec "${@:2}")
		read -r _ <"$1/next"
		exec "${@:2}"' bash "$TMP" "${CMD[@]}"
	token=$(pending_token)
	operate approve token_id="$token"
	DAEMON=$(<"$TMP/first") pass_time 6
	_until "$DAEMON" _is_gone "$(<"$TMP/first")"
	assert_log 'firma: stops, since it is idle'

	request approval_token="$token" | send >"$TMP/reply" 3>&- &
	_until "$DAEMON" _is_queued
	echo >"$TMP/next"
	wait "$!"
	run cat "$TMP/reply"
	assert_decision allow
	pass_time 6
	wait_daemon 0
}

# A socket that has not been accepted yet has its listener's name, too.
_is_queued() {
	(($(grep -c " $SOCKET\$" /proc/net/unix) > 1))
}

# --- signals --------------------------------------------------------------------------------------

@test "a request that is half sent when the daemon is told to stop is denied" {
	local signal

	for signal in TERM INT HUP; do
		start_daemon --default-action allow
		hold half < <(printf '%s' '{"action":"local.exec",')
		kill -"$signal" "$DAEMON"
		finish half
		assert_status 0
		assert_decision deny 'the daemon is stopping'
		wait_daemon 0
	done
}

@test "what was approved before a stop holds after the next start" {
	local token

	start_daemon --default-action pending_hitl
	token=$(pending_token)
	operate approve token_id="$token"
	kill -HUP "$DAEMON"
	wait_daemon 0
	start_daemon --default-action pending_hitl
	run ask approval_token="$token"
	assert_decision allow
}

# --- the service manager --------------------------------------------------------------------------

listen_for_notifications() {
	_background_held notify "$UNIT" notify "$TMP/notify"
	export NOTIFY_SOCKET=$TMP/notify
}

@test "the service manager hears when the daemon is ready and when it stops" {
	listen_for_notifications
	start_daemon
	_until "$DAEMON" grep -q '^READY=1$' "$TMP/notify.out"
	refute_line 'STOPPING=1'
	run ask
	assert_status 0
	stop_daemon
	finish notify
	assert_line -n 0 'READY=1'
	assert_line -n 1 'STATUS=answering'
	assert_line -n 2 'STOPPING=1'
	assert_equal "${#lines[@]}" 3
}

@test "the service manager hears why a daemon is closed" {
	mkdir -m 700 "$STATE_DIR"
	echo nonsense >"$STATE_DIR/tokens.jsonl"
	chmod 600 "$STATE_DIR/tokens.jsonl"
	listen_for_notifications
	start_daemon
	stop_daemon
	finish notify
	assert_line -n 0 'READY=1'
	assert_line -n 1 -e "^STATUS=closed: $STATE_DIR/tokens.jsonl"
}

@test "the service manager hears of an idle daemon's end, too, and not of one that can't start" {
	listen_for_notifications
	start_passed any stream="$SOCKET"
	run ask
	pass_time 31
	wait_daemon 0
	rm "$SOCKET"
	start_passed wrong stream="$SOCKET"
	wait_daemon 1
	finish notify
	assert_output $'READY=1\nSTATUS=answering\nSTOPPING=1'
}

@test "the watchdog is answered, as long as the daemon lives" {
	listen_for_notifications
	WATCHDOG_USEC=100000 start_daemon
	_until "$DAEMON" _has_pinged 3
	stop_daemon
	finish notify
}

_has_pinged() {
	(($(grep -c '^WATCHDOG=1$' "$TMP/notify.out") >= $1))
}

@test "without a watchdog there are no pings" {
	listen_for_notifications
	start_daemon
	run ask
	stop_daemon
	finish notify
	refute_line 'WATCHDOG=1'
}

# --- the log --------------------------------------------------------------------------------------

# Every kind of decision and action about a request whose arguments are secret.
decide_secrets() {
	local token secret='args:=["--password=hunter2"]'

	run ask "$secret"
	token=$(field approval_token)
	run ask "$secret" approval_token="$token"
	run ask 'args:=["hunter2"]' approval_token="$token"
	run operate show token_id="$token"
	run operate approve token_id="$token"
	run ask "$secret" approval_token="$token"
	run ask "$secret" approval_token="$token"
	token=$(pending_token "$secret")
	run operate revoke token_id="$token"
	run ask "$secret" session_id=
	run ask 'args:=["hunter2",1]'
	run ask 'args:="hunter2"'
	run ask 'args:=["hunter2\u0000"]'
	run send <<<'{"action":"local.exec","args":["hunter2"]'
}

@test "decisions and actions are logged, and never with arguments" {
	start_daemon --default-action pending_hitl
	decide_secrets
	stop_daemon
	assert_log -e '^firma: pending_hitl /usr/bin/git for uid [0-9]+, token [0-9a-f-]{36}: '
	assert_log -e '^firma: allow /usr/bin/git for uid [0-9]+, token [0-9a-f-]{36}: '
	assert_log -e '^firma: deny /usr/bin/git for uid [0-9]+, token [0-9a-f-]{36}: .*consumed'
	assert_log -e '^firma: deny for uid [0-9]+: malformed request: '
	assert_log -e '^firma: local.exec.approve by uid [0-9]+, token [0-9a-f-]{36}: ok$'
	assert_log -e '^firma: local.exec.revoke by uid [0-9]+, token [0-9a-f-]{36}: ok$'
	refute_log -p hunter2
}

@test "what is logged of a request is escaped" {
	start_daemon
	run ask 'executable:="/bin/\u001b[2J\nfirma: allow"' 'agent_id:="a\u202e"'
	stop_daemon
	assert_log -e "^firma: deny \\$'/bin/\\\\x1B\\[2J\\\\nfirma: allow' for uid [0-9]+ \\(agent \\$'a\\\\xE2\\\\x80\\\\xAE'\\): "
	refute_log -e $'\e'
}

@test "the log goes to standard error, where that is not the journal" {
	local stream

	for stream in 1:1 '' nonsense "$(stat -c %d:%i "$TMP"):0"; do
		rm -f "$TMP/log"
		JOURNAL_STREAM=$stream start_daemon
		run ask
		stop_daemon
		assert_log "firma: serves at the any door $SOCKET"
		assert_log -e '^firma: deny /usr/bin/git for uid '
	done
}

@test "without standard streams, the log gets into no file of the store" {
	local token WRAPPER=() # which would want the streams for itself

	_command "$FIRMA" serve --socket "$SOCKET" --default-action pending_hitl
	# shellcheck disable=SC2016
	_start sh -c 'exec "$@" <&- >&- 2>&-' sh "${CMD[@]}"
	_until "$DAEMON" _listens "$SOCKET"
	token=$(pending_token)
	kill_daemon
	if grep -r 'firma: ' "$STATE_DIR"; then
		fail "the log is in the store"
	fi
	start_daemon --default-action pending_hitl
	run operate approve token_id="$token"
	assert_field outcome ok
}

# In a mount namespace with a /run of its own, where `unit notify` is the journal.
start_beside_journal() {
	local unshare=(unshare --mount)

	((EUID == 0)) || unshare+=(--map-root-user)
	[[ $TMP != /run/* ]] || skip "the tests' directory lies in /run"
	"${unshare[@]}" mount -t tmpfs tmpfs /run 2>/dev/null || skip "no mount namespace to be had"

	mkdir "$TMP/journal"
	_background_held journal "$UNIT" notify "$TMP/journal/socket"
	: >>"$TMP/log"
	_command "$FIRMA" serve --socket "$SOCKET" "$@"
	# shellcheck disable=SC2016
	JOURNAL_STREAM=$(stat -c %d:%i "$TMP/log") _start "${unshare[@]}" sh -c '
		mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal &&
		mount --bind "$0" /run/systemd/journal && exec "$@"' "$TMP/journal" "${CMD[@]}"
	_until "$DAEMON" _listens "$SOCKET"
}

@test "the log goes to the journal with its fields, where standard error is connected to it" {
	start_beside_journal --default-action pending_hitl
	decide_secrets
	stop_daemon
	finish journal

	refute_output -p hunter2
	assert_line "MESSAGE=serves at the any door $SOCKET"
	assert_line -e '^MESSAGE=pending_hitl /usr/bin/git for uid [0-9]+, token '
	assert_line -e '^MESSAGE_ID=[0-9a-f]{32}$'
	assert_line 'FIRMA_DECISION=pending_hitl'
	assert_line 'FIRMA_DECISION=allow'
	assert_line 'FIRMA_DECISION=deny'
	assert_line 'FIRMA_ACTION=local.exec.approve'
	assert_line 'FIRMA_OUTCOME=ok'
	assert_line 'FIRMA_RULE=default_action'
	assert_line -e '^FIRMA_TOKEN=[0-9a-f-]{36}$'
	assert_line -e '^FIRMA_FINGERPRINT=[0-9a-f]{64}$'
	assert_line -e '^FIRMA_UID=[0-9]+$'
	assert_line -e '^PRIORITY=[0-7]$'
	assert_equal "$(<"$TMP/log")" ''
}

@test "off the journal each line of the log begins with its time" {
	local day

	start_daemon --default-action allow
	ask >/dev/null
	day=$(date -u +%F)
	move_wall $((20 * 86400))
	ask >/dev/null
	stop_daemon
	[[ $(date -u +%F) == "$day" ]] || skip "midnight"
	assert_equal "$(grep -c "^${day}T[0-9:]\{8\}\.[0-9]\{3\}Z firma: allow " "$TMP/log")" 1
	day=$(date -u -d '+20 days' +%F)
	assert_equal "$(grep -c "^${day}T[0-9:]\{8\}\.[0-9]\{3\}Z firma: allow " "$TMP/log")" 1
	refute_log -e '^firma: .*firma: '
}

@test "a path in the log is escaped" {
	run firma serve --store memory --socket "$TMP/"$'no\e[2J/none/s'
	assert_status 1
	assert_output -p " firma: can't start: $TMP/no\\u{1B}[2J/none/s: No such file or directory"
}
