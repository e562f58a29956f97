#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What bash and zsh offer behind `firma`, with a stub in place of the daemon and with a real one;
# and that the options of --help, of the man pages and of both completions are the same. What fish
# offers is read from the help.

load lib

completions=$BATS_TEST_DIRNAME/../completions
man=$BATS_TEST_DIRNAME/../man

pending=11111111-1111-4111-8111-111111111111
approved=22222222-2222-4222-8222-222222222222
consumed=33333333-3333-4333-8333-333333333333

bash_completion() {
	local file

	for file in /usr/share /usr/local/share; do
		file+=/bash-completion/bash_completion
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
	echo "bash-completion is not installed: run ./bootstrap" >&2
	return 1
}

# What completes a line at its end in each shell, and says what is offered.
setup_file() {
	bash_completion >/dev/null
	command -v zsh >/dev/null || { echo "zsh is not installed: run ./bootstrap" >&2; return 1; }

	# bash: the function is called as readline would call it, with words split at = and : as well.
	cat >"$BATS_FILE_TMPDIR/bash" <<-'END'
		. "$1"; . "$2"; line=$3
		compopt() { :; }
		complete -W 'alpha beta' firma-test-command

		COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=()
		while [[ $line =~ ^(\ *)([=:]+|[^\ =:]+) ]]; do
			COMP_WORDS+=("${BASH_REMATCH[2]}")
			line=${line#"${BASH_REMATCH[0]}"}
		done
		[[ ! $line ]] || COMP_WORDS+=('')
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))

		spec=$(complete -p "${COMP_WORDS[0]}") && spec=${spec#*-F } && ${spec%% *} \
			"${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf '%s\n' "${COMPREPLY[@]##*/}"
	END

	# zsh: an interactive one on a terminal of its own; what compadd is given goes to a file.
	cat >"$BATS_FILE_TMPDIR/zsh" <<-'END'
		zmodload zsh/zpty
		export COMPLETIONS=$1 LINE=$2 OFFERED=$3 COLUMNS=100 TERM=dumb
		: >$OFFERED
		zpty shell zsh -f -i
		zpty -w shell ". ${(q)0}-inside"
		while zpty -r shell text; do print -rn -- $text; done
	END
	cat >"$BATS_FILE_TMPDIR/zsh-inside" <<-'END'
		fpath=($COMPLETIONS $fpath)
		autoload -Uz compinit && compinit -u -C -d ${0:h}/zcompdump
		_firma_test_command() { compadd alpha beta; }
		compdef _firma_test_command firma-test-command
		compadd() {
			local -a __words __shown __name
			if (( ! ${@[(I)-(O|A|D)]} )); then
				zparseopts -E d:=__name
				[[ -z $__name ]] || __shown=("${(@P)__name[2]}")
				builtin compadd -O __words -D __shown "$@"
				(( ! $#__words )) || print -rl -- "word "${^__words%=} >>$OFFERED
				(( ! $#__shown )) || print -rl -- "shown "${^__shown} >>$OFFERED
			fi
			builtin compadd "$@"
		}
		capture() { _main_complete; compstate[insert]= compstate[list]=; }
		zle -C capture list-choices capture
		zle-line-init() { BUFFER=$LINE CURSOR=$#LINE; zle capture; exit; }
		zle -N zle-line-init
	END
	# Which file completes which command is found out once, not for each line.
	zsh -f -c 'fpath=($1 $fpath); autoload -Uz compinit && compinit -u -d $2/zcompdump' zsh \
		"$completions" "$BATS_FILE_TMPDIR"
}

# A stub: answers `token list`, and notes how it was called.
setup() {
	lib_setup
	mkdir "$TMP/here" "$TMP/stub"
	cd "$TMP/here" || return
	calls=$TMP/calls
	: >"$calls"
	PATH=$TMP/stub:$PATH

	cat >"$TMP/stub/firma" <<-END
		#!/bin/sh
		printf '%s\n' "\$*" >>'$calls'
		case "\$*" in
		'token list '*--state=pending*) sed -n 1p '$TMP/tokens' ;;
		'token list '*--state=approved*) sed -n 2p '$TMP/tokens' ;;
		'token list '*--state=*) ;;
		'token list '*) cat '$TMP/tokens' ;;
		'allow list '*) cat '$TMP/entries' ;;
		esac
	END
	cat >"$TMP/tokens" <<-END
		{"token_id":"$pending","state":"pending","executable":"/usr/bin/git","args":["push","a b"]}
		{"token_id":"$approved","state":"approved","executable":"/usr/bin/make","args":[]}
		{"token_id":"$consumed","state":"consumed","executable":"/bin/ls","args":["\"token_id\":\"9\""]}
	END
	cat >"$TMP/entries" <<-END
		{"agent_id":"main","id":"$pending","pattern":"/usr/bin/git"}
		{"agent_id":"*","id":"by-hand","pattern":"/usr/bin/make"}
	END
	printf '#!/bin/sh\n' >"$TMP/stub/firma-test-command"
	chmod +x "$TMP"/stub/*
}

offer_bash() { # LINE
	bash --norc "$BATS_FILE_TMPDIR/bash" "$(bash_completion)" "$completions/firma" "$1" \
		2>"$TMP/noise" | sort -u
}

# Where there is nothing else, zsh offers options before a - is typed; those are left out.
offer_zsh() { # LINE
	zsh -f "$BATS_FILE_TMPDIR/zsh" "$completions" "$1" "$TMP/offered" >"$TMP/noise"
	sed -n 's/^word //p' "$TMP/offered" |
		case $1 in
		*' -' | *' --') cat ;;
		*) grep -v ^- ;;
		esac | sort -u
}

# Behind LINE, both shells offer just these words, and print nothing else.
offers() { # LINE [WORD...]
	local line=$1 expected shell offered
	shift
	expected=$(printf '%s\n' "$@" | sort)

	for shell in bash zsh; do
		offered=$("offer_$shell" "$line")
		if [ "$offered" != "$expected" ]; then
			fail "$shell, behind \"$line\", offers:" "$offered" 'and not:' "$expected"
		fi
		# What a terminal shows of zsh is also its own prompt and the line.
		case $shell in
		bash) [ ! -s "$TMP/noise" ] ;;
		zsh) ! grep -q 'firma:\|rror\|not found' "$TMP/noise" ;;
		esac || fail "$shell, behind \"$line\", says:" "$(cat "$TMP/noise")"
	done
}

@test "verbs, and the verbs of token, are offered" {
	offers 'firma ' allow check daemon doctor evidence fingerprint help hook init notify policy run runner serve status store token
	offers 'firma s' serve status store
	offers 'firma allow ' add list remove
	offers 'firma token ' approve list receipt revoke show watch withdraw
	offers 'firma token rev' revoke
	offers 'firma hook c' claude cline codex copilot cursor
	offers 'firma hook i' install
	offers 'firma hook install o' opencode
	offers 'firma hook claude '
	offers 'firma policy ' check convert explain
	offers 'firma policy e' explain
	offers 'firma evidence ' head keygen receipt report rotate show verify
	offers 'firma runner ' claims keys token verify
	offers 'firma store ' install list status
	offers 'firma help s' serve status store
	offers 'firma help token rev' revoke
	offers 'firma status '
	offers 'firma nonsense '
}

@test "the words that an option takes are offered, behind a blank and behind =" {
	offers 'firma token list --state ' pending approved consumed refused expired
	offers 'firma token list --state=re' refused
	offers 'firma serve --default-action ' allow deny pending_hitl
	offers 'firma serve --default-action=' allow deny pending_hitl
	offers 'firma serve --store ' file memory
	offers 'firma serve --socket /x --store=m' memory
}

@test "nothing is offered for the value of an option that may be anything" {
	offers 'firma check --agent '
	offers 'firma token revoke --reason=x'
	offers 'firma serve --token-ttl '
}

@test "paths are offered to the options that take one, directories alone for a directory" {
	mkdir -p sub/dir
	: >sub/file

	offers 'firma check --socket sub/f' file
	offers 'firma check --request=sub/f' file
	offers 'firma serve --operator-socket sub/f' file
	offers 'firma serve --policy=sub/f' file
	offers 'firma policy check sub/f' file
	offers 'firma policy check sub/file '
	offers 'firma policy explain --policy sub/f' file
	offers 'firma policy explain --cwd sub/' dir
	offers 'firma serve --state-dir=sub/' dir
	offers 'firma serve --evidence-log sub/f' file
	offers 'firma evidence verify --public-key sub/f' file
	offers 'firma evidence show --since to' today
	offers 'firma evidence verify sub/f' file
	offers 'firma-evidence show sub/f' file
}

@test "the command of check and fingerprint is completed, and its arguments as its own" {
	offers 'firma check firma-test-c' firma-test-command
	offers 'firma check --hash -- firma-test-c' firma-test-command
	offers 'firma fingerprint firma-test-c' firma-test-command
	offers 'firma check firma-test-command a' alpha
	offers 'firma check -- firma-test-command ' alpha beta
	offers 'firma check --agent a -- firma-test-command b' beta
	offers 'firma check --agent=a --socket=/x:y -- firma-test-command b' beta
	offers 'firma-check -- firma-test-command b' beta
	offers 'firma policy explain firma-test-command a' alpha
	offers 'firma policy explain --uid 0 --json -- firma-test-command ' alpha beta
	offers 'firma-policy explain -- firma-test-command b' beta
}

@test "IDs are offered of those tokens that the verb can act on" {
	offers 'firma token approve ' "$pending"
	offers 'firma token approve --yes 1' "$pending"
	offers 'firma token revoke ' "$pending" "$approved"
	offers 'firma token show ' "$pending" "$approved" "$consumed"
	offers 'firma token show 33' "$consumed"
	offers 'firma check --token ' "$pending" "$approved"
	offers 'firma check --token=2' "$approved"
	offers 'firma policy explain --token 2' "$approved"
	offers 'firma-token approve ' "$pending"
}

@test "IDs of entries are offered to be removed" {
	offers 'firma allow remove ' "$pending" by-hand
	offers 'firma allow remove by-hand ' "$pending"
	offers 'firma-allow remove b' by-hand
	offers 'firma allow list '
	offers 'firma allow add --for '
}

@test "an ID that is there already isn't offered again" {
	offers "firma token approve $pending "
	offers "firma token revoke $pending " "$approved"
	offers "firma token show $pending "
}

# shellcheck disable=SC2016 # the completion gets the $, not the test
@test "the daemon is asked at the socket that is on the line, and for a second at most" {
	local line

	HOME=/home/me dir=/some/dir
	export HOME dir
	for line in '--socket /a/b:c' '--socket=/a/b:c'; do
		: >"$calls"
		offers "firma token approve $line " "$pending"
		[ "$(sort -u "$calls")" = \
			'token list --json --timeout=1s --socket=/a/b:c --state=pending' ]
	done

	: >"$calls"
	offers 'firma token show --socket ~/s ' "$pending" "$approved" "$consumed"
	[ "$(sort -u "$calls")" = 'token list --json --timeout=1s --socket=/home/me/s' ]

	: >"$calls"
	offers 'firma token approve --socket $dir/s --yes ' "$pending"
	[ "$(sort -u "$calls")" = 'token list --json --timeout=1s --socket=/some/dir/s --state=pending' ]

	: >"$calls"
	offers 'firma token approve ' "$pending"
	[ "$(sort -u "$calls")" = 'token list --json --timeout=1s --state=pending' ]
}

# shellcheck disable=SC2016
@test "nothing on the line is executed" {
	offers 'firma token approve --socket $(touch${IFS}evil) ' "$pending"
	offers 'firma token approve --socket `touch${IFS}evil` ' "$pending"
	[ ! -e evil ]
}

@test "IDs come from a real daemon, and none when it is gone" {
	local one two

	ln -sf "$FIRMA" "$TMP/stub/firma"
	start_daemon --default-action pending_hitl
	one=$(pending_token args:='["1"]')
	two=$(pending_token args:='["2"]')
	operate approve token_id="$two"

	offers 'firma token approve ' "$one"
	offers 'firma token revoke ' "$one" "$two"
	offers 'firma token show ' "$one" "$two"
	unset FIRMA_OPERATOR_SOCKET
	offers "firma token approve --socket=$SOCKET " "$one"
	offers "firma check --socket $SOCKET --token ${two:0:6}" "$two"

	stop_daemon
	offers "firma token show --socket $SOCKET "
}

@test "without a daemon, there are no IDs, and no noise" {
	printf '#!/bin/sh\necho "firma: no daemon" >&2\nexit 3\n' >"$TMP/stub/firma"
	offers 'firma token approve '
	offers 'firma token revoke '
	offers 'firma token show '
	offers 'firma check --token '
}

@test "zsh shows the command beside the ID, and nothing of it that a terminal would obey" {
	cat >"$TMP/tokens" <<-END
		{"token_id":"$pending","executable":"/bin/a b","args":["\\u001b[2K"]}
		{"token_id":"$approved","executable":"/bin/c","args":["$(printf '\u00f6\u202e')","x\\",\\"y"]}
		{"token_id":"$consumed","executable":"/bin/d","args":["$(printf '%080d' 0)"]}
	END
	offer_zsh 'firma token show '
	sed -n 's/^shown //p' "$TMP/offered" | tee "$TMP/shown"
	diff - "$TMP/shown" <<-END
		$pending  -- "/bin/a b" "\\u001b[2K"
		$approved  -- /bin/c "\\u{F6}\\u{202E}" "x\\",\\"y"
		$consumed  -- /bin/d "$(printf '%045d' 0)...
	END
}

# The options of --help, one a line.
options_of_help() { # [VERB...]
	firma "$@" --help | sed -n 's/^ \{1,\}\(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\1\n\2/p' |
		sed -n 's/^\(-[a-z-]*\).*/\1/p' | sort -u
}

# The options that a page describes.
options_of_page() { # PAGE
	sed -n 's/^\.It Fl //p' "$man/$1" | sed 's/\\-/-/g; s/ \(Ns\|Ar\) .*//; s/ , Fl /\n/' |
		sed 's/^/-/' | sort -u
}

@test "the program, its page and both completions have the same options" {
	local option

	options_of_page firma.1 >"$TMP/page"
	offer_bash 'firma -' | diff "$TMP/page" -
	offer_zsh 'firma -' | diff "$TMP/page" -
	while read -r option; do
		firma "$option" >"$TMP/out"
		[ -s "$TMP/out" ]
	done <"$TMP/page"
}

@test "the help of a verb, its page and both completions have the same options" {
	local verb

	for verb in check doctor 'allow list' 'allow add' 'allow remove' 'evidence head' \
		'evidence keygen' 'evidence receipt' 'evidence report' 'evidence rotate' 'evidence show' \
		'evidence verify' fingerprint hook init 'hook install' \
		'hook status' 'hook uninstall' notify 'policy check' \
		'policy convert' 'policy explain' run 'runner claims' 'runner keys' 'runner token' \
		'runner verify' \
		serve status 'store install' 'store list' 'store status' 'token list' \
		'token receipt' 'token show' 'token approve' \
		'token revoke' 'token watch'; do
		echo "firma $verb: help, bash, zsh, page"
		# shellcheck disable=SC2086 # two words
		options_of_help $verb >"$TMP/help"
		offer_bash "firma $verb -" | diff "$TMP/help" -
		offer_zsh "firma $verb -" | diff "$TMP/help" -

		case $verb in
		allow* | evidence* | hook* | policy* | runner* | store* | token*) cat "$TMP/help" >>"$TMP/help-${verb% *}" ;;
		doctor | serve) options_of_page "firma-$verb.8" | diff "$TMP/help" - ;;
		*) options_of_page "firma-$verb.1" | diff "$TMP/help" - ;;
		esac
	done
	options_of_page firma-evidence.1 | diff <(sort -u "$TMP/help-evidence") -
	options_of_page firma-token.1 | diff <(sort -u "$TMP/help-token") -
	options_of_page firma-runner.1 | diff <(sort -u "$TMP/help-runner") -
	options_of_page firma-store.1 | diff <(sort -u "$TMP/help-store") -
	options_of_page firma-policy.1 | diff <(sort -u "$TMP/help-policy") -
	options_of_page firma-hook.1 | diff <(sort -u "$TMP/help-hook") -
	options_of_page firma-allow.1 | diff <(sort -u "$TMP/help-allow") -
}

# What fish offers; it asks the program itself, and the stub for tokens and entries.
offer_fish() { # LINE
	# shellcheck disable=SC2016
	HOME=$TMP fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
		"$completions/firma.fish" "$1" | sed 's/\t.*//' | sort -u
}

# fish_offers LINE WORD...: fish offers exactly these words.
fish_offers() {
	local offered

	offered=$(offer_fish "$1")
	[ "$offered" = "$(printf '%s\n' "${@:2}" | sort)" ] ||
		fail "fish, behind \"$1\", offers:" "$offered"
}

# The stub runs firma for everything but requests to the daemon.
help_in_stub() {
	mv "$TMP/stub/firma" "$TMP/stub/firma-stub"
	cat >"$TMP/stub/firma" <<-END
		#!/bin/sh
		case "\$*" in
		*list\ --json*) exec '$TMP/stub/firma-stub' "\$@" ;;
		*) exec '$FIRMA' "\$@" ;;
		esac
	END
	chmod +x "$TMP/stub/firma"
}

@test "fish offers the verbs that bash offers, and the options of the help" {
	local verb

	help_in_stub
	for verb in '' allow daemon evidence policy runner store token; do
		diff <(offer_bash "firma ${verb:+$verb }") <(offer_fish "firma ${verb:+$verb }")
	done
	diff <(options_of_page firma.1) <(offer_fish 'firma -')
	for verb in check doctor 'allow add' 'evidence verify' fingerprint hook init 'hook install' \
		'policy explain' run 'runner token' serve 'store list' 'token approve' 'token watch'; do
		echo "firma $verb: help, fish"
		# shellcheck disable=SC2086 # two words
		diff <(options_of_help $verb) <(offer_fish "firma $verb -")
	done
}

@test "fish offers tokens, entries, words, files and the command's own arguments" {
	help_in_stub
	mkdir -p sub/dir
	: >sub/file
	fish_offers 'firma token approve ' "$pending"
	fish_offers 'firma token revoke --yes ' "$pending" "$approved"
	fish_offers 'firma check --token ' "$pending" "$approved"
	fish_offers 'firma check --token=' "--token=$pending" "--token=$approved"
	fish_offers 'firma allow remove ' "$pending" by-hand
	fish_offers 'firma token list --state ' pending approved consumed revoked expired
	fish_offers 'firma serve --store=' --store=file --store=memory
	fish_offers 'firma policy check sub/f' sub/file
	fish_offers 'firma serve --state-dir sub/' sub/dir/
	fish_offers 'firma check -- firma-test-c' firma-test-command
	fish_offers 'firma help token rev' revoke
	printf '#!/bin/sh\nexit 3\n' >"$TMP/stub/firma-stub"
	fish_offers 'firma token approve ' ''
}
