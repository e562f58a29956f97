# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Real terminals, for the tests of what is seen on them: each is a tmux of its own, with its socket
# in the test's directory, that ends with the test. A file that loads this calls terminal_teardown
# in its teardown, before lib_teardown.
#
#   terminal SIZE COMMAND...   starts the command on a new terminal, "80x24"
#   seen TEXT                  waits until the text is on the screen
#   keys KEY...                types, in the words of tmux: y Enter C-c; or -l TEXT
#   screen                     what is on the screen now, one line a row, without what is blank
#                              behind each
#   history                    the same, from the first line that was ever there
#   raw                        the bytes that the terminal was sent, from its beginning
#   ended                      waits until the command has; then status, output (the history) and
#                              lines are set, as `run` does
#
# More than one at a time: TERMINAL, which names the one that is meant, is the test's to set. The
# terminals know colour, and UTF-8.

# shellcheck disable=SC2034 # what ended() sets is for the tests

TERMINAL=one

terminal_teardown() {
	local socket

	for socket in "$TMP"/tmux.*.sock; do
		if [[ -S $socket ]]; then
			_tmux_at "$socket" kill-server 2>/dev/null || true
			_until "$$" _nobody_listens "$socket" || true
		fi
	done
}

_nobody_listens() {
	! _listens "$1"
}

_tmux_at() {
	local socket=$1

	shift
	(
		for fd in 3 "${HELD[@]}"; do
			exec {fd}>&-
		done
		exec env -u TMUX tmux -u -S "$socket" -f /dev/null "$@"
	) </dev/null
}

_tmux() {
	_tmux_at "$TMP/tmux.$TERMINAL.sock" "$@"
}

# The command begins only when each byte of it is recorded, and its terminal outlives it. That it has
# ended is told by the terminal's title, which comes after all that it printed.
terminal() {
	local size=$1 base=$TMP/tmux.$TERMINAL

	shift
	# One that is still ending would take the next one's session along.
	_tmux kill-server 2>/dev/null || true
	_until "$$" _nobody_listens "$base.sock" || fail "a terminal does not end"
	rm -f "$base".*
	mkfifo "$base.go"
	: >"$base.raw"
	# shellcheck disable=SC2016
	TERM=xterm-256color _tmux start-server \; \
		set -g status off \; set -g history-limit 100000 \; \
		set -g default-terminal screen-256color \; \
		new-session -d -x "${size%x*}" -y "${size#*x}" -- \
		"$BASH" -c 'trap : INT QUIT; read -r <"$1"; shift; "$@"
			printf "\033]2;ended %d\033\\" "$?"; exec sleep infinity' bash "$base.go" "$@"
	_tmux pipe-pane "exec cat >>'$base.raw'"
	echo >"$base.go"
}

screen() {
	_tmux capture-pane -p
}

history() {
	_tmux capture-pane -p -S - | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

raw() {
	sed 's/\x1b]2;ended .*//' "$TMP/tmux.$TERMINAL.raw"
}

keys() {
	_tmux send-keys "$@"
}

_is_seen() {
	[[ $(screen) == *"$1"* ]]
}

seen() {
	_until "$$" _is_seen "$1" || fail "not on the screen: $1" "$(screen)"
}

_has_ended() {
	[[ $(_tmux display-message -p '#{pane_title}') == 'ended '* ]] \
		&& grep -aq $'\e]2;ended ' "$TMP/tmux.$TERMINAL.raw"
}

ended() {
	_until "$$" _has_ended || fail "it does not end" "$(screen)"
	status=$(_tmux display-message -p '#{pane_title}')
	status=${status#ended }
	output=$(history)
	mapfile -t lines <<<"$output"
}
