#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Shell lines: which are plain, what words their commands get, and that real shells agree.

# shellcheck disable=SC1003,SC2016,SC2088 # nothing in quotes is for the shell
# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2154 # some variables are those of lib.bash and of bats

load lib
load count

SHELLS=(bash dash zsh)

setup() {
	lib_setup
	export BASE=$TMP/base
	mkdir -p "$BASE/here" "$BASE/it's here"
	# For patterns to fit.
	touch "$BASE"/{a,b,ax,here/c}
}

# run_shell SHELL SCANNER SEED|- FROM TO: what the shell makes of these lines is what was predicted.
# `-`: those of $TMP/lines. Records are kept in a file of the test, which is its standard output.
run_shell() {
	local shell=$1 scanner=$2 records=$TMP/records.$1.$4 input=/dev/null script

	[[ $3 != - ]] || input=$TMP/lines
	"$scanner" shell script "${@:3}" <"$input" >"$TMP/script.$1" || return
	script=$(<"$TMP/script.$1")
	: >"$records"
	# A line may be one of a scanner that is too lax: it gets nothing that it could wait for.
	(cd "$BASE" && HOME=$BASE exec timeout 60 "$shell" -c "$script") \
		9>>"$records" >/dev/null 2>"$TMP/errors.$1" </dev/null || true
	"$scanner" shell compare "$records" "${@:3}" <"$input"
}

# scan LINE
scan() {
	"$UNIT" shell scan <<<"$1"
}

# is_plain LINE COMMAND...: as `unit shell scan` prints them, without indent.
is_plain() {
	local IFS=$'\n' got

	got=$(scan "$1" | sed 's/^[ +] //')
	assert_equal "$1: $got" "$1: ${*:2}"
}

# is_opaque WHY LINE...
is_opaque() {
	local line

	for line in "${@:2}"; do
		assert_equal "$line: $(scan "$line")" "$line: opaque: it $1"
	done
}

@test "the known answers about shell lines hold" {
	run "$UNIT" shell-vectors "$BATS_TEST_DIRNAME/vectors/shell.json"
	assert_status 0
	assert_output '45 vectors'
}

@test "words are joined from bare and quoted parts" {
	is_plain 'a' 'a'
	is_plain "  a	b  " 'a b'
	is_plain "a'b c'\"d e\"f" "'ab cd ef'"
	is_plain "a '' \"\"" "a '' ''"
	is_plain "a \"'\" '\"'" "a ''\\''' '\"'"
	is_plain 'a b=c --d=/e:f,g@h%i+j_k.l-m' 'a b=c --d=/e:f,g@h%i+j_k.l-m'
	is_plain "a \"=b\" '=c' d=e" "a '=b' '=c' d=e"
	is_plain $'a \'ü\n€\'' "a \$'ü\\n€'"
	is_plain 'a "x y" "#" ";" "&&" "|" ">" "~" "*" "{b,c}" "[d]"' \
		"a 'x y' '#' ';' '&&' '|' '>' '~' '*' '{b,c}' '[d]'"
	is_plain "a '\$b' '\`c\`' '\\d' '!e'" "a '\$b' '\`c\`' '\\d' '!e'"
}

@test "commands are separated by && || | ; and newlines, and none is empty" {
	is_plain 'a && b || c | d; e' 'a &&' 'b ||' 'c |' 'd ;' 'e'
	is_plain 'a&&b||c|d;e' 'a &&' 'b ||' 'c |' 'd ;' 'e'
	is_plain $'\n a\n\n b;\n\tc ;\n' 'a ;' 'b ;' 'c'
	is_plain $'a &&\n\n b ||\n c |\n d' 'a &&' 'b ||' 'c |' 'd'
	is_opaque 'holds no command' '' ' ' $'\n\t\n'
	is_opaque 'holds an empty command' ';' '; a' 'a;;b' 'a ; ; b' 'a &&' 'a && && b' '|| a' \
		'a |' 'a | | b' 'a ||| b' $'a\n&& b' $'a\n;' $'a;\n;' $'a && \n ; b' 'a && ; b' 'a &&& b'
	is_opaque 'runs a command in the background, or uses & in another way' 'a & b' 'a &' 'a&b' \
		'a |& b' 'a &> /dev/null' 'a & && b' 'a x&'
}

@test "redirections are the seven known ones, and stand alone" {
	is_plain 'a 2>&1 b >/dev/null </dev/null' 'a b 2>&1 >/dev/null </dev/null'
	is_plain 'a >&2;a 1>&2|a 2>/dev/null&&a 1>/dev/null' 'a >&2 ;' 'a >&2 |' 'a 2>/dev/null &&' \
		'a >/dev/null'
	is_plain 'a 2>  /dev/null' 'a 2>/dev/null'
	is_plain 'a 2 >/dev/null 12' 'a 2 12 >/dev/null'
	is_opaque 'holds a redirection that is not a known one' 'a >b' 'a > b' 'a >>/dev/null' 'a <b' \
		'a 2>&1>b' 'a 2>&1x' 'a 2>&11' 'a 2>&1"x"' 'a >/dev/nullx' 'a >/dev/null/x' \
		'a >/dev/null"x"' 'a 3>&1' 'a 0</dev/null' 'a <&0' 'a >&1' 'a 2>&2' 'a 2>& 1' 'a 2> &1' \
		'a >|b' 'a <>b' 'a <<b' 'a <<<b' 'a <(b)' 'a>/dev/null' 'a2>/dev/null' 'a b>&2' \
		'>/dev/null a' '2>&1 a' 'a 2>&-' "a 2>'/dev/null'" $'a >\n/dev/null' 'a 12>/dev/null'
}

@test "what a shell replaces is opaque, and so is what it may read otherwise" {
	is_opaque 'holds $ or a backquote, which a shell replaces' 'a $b' 'a "$b"' 'a `b`' 'a "`b`"' \
		'$a' 'a $(b)' "a \$'b'" 'a $"b"' 'a $' 'a "$"'
	is_opaque 'holds a pattern or braces, which a shell replaces' 'a *' 'a b?' 'a [b]' 'a ]' \
		'a {b,c}' 'a }' 'a ^b' 'a b^'
	is_opaque 'holds ~, which a shell replaces' 'a ~' 'a ~/b' '~/a' 'a b~'
	is_opaque 'holds # outside of quotes' 'a #b' '#a' 'a b#c'
	is_opaque "holds a backslash outside of '...'" 'a\ b' '\a' 'a "\b"' $'a \\\n b' 'a \'
	is_opaque "holds ! outside of '...'" '! a' 'a !b' 'a "b!"'
	is_opaque 'holds a parenthesis' '(a)' 'a (b' 'a() { b; }' 'a )'
	is_opaque 'holds a quote that is not closed' "a 'b" 'a "b' "'" '"' "a 'b' '"
	is_opaque "has a ' directly after '...'" "a 'b''c'" "a ''''" "''''"
	is_opaque 'has a word that begins with =, which zsh replaces' 'a =b' '=a' 'a ""=b' "a ''=" 'a =='
	is_opaque 'holds a control character' $'a \r' $'a "\x01"' $'a \x7f' $'a \u0085' $'a "\u009b"' \
		$'a\vb' $'a\fb'
	is_opaque 'holds a character outside of ASCII that is not quoted' 'a ü' $'a\u00a0b' 'ü'
	is_opaque 'is not UTF-8' $'a "\xff"' $'a "\xc3"' $'a "\xed\xa0\x80"'
}

@test "a command's name is a program's" {
	is_plain "'a b' \"c\"'d'; ./a; ../b; /c/d; echo; true; false; pwd" "'a b' cd ;" './a ;' '../b ;' \
		'/c/d ;' 'echo ;' 'true ;' 'false ;' 'pwd'
	is_plain 'a if time cd test; echo exec' 'a if time cd test ;' 'echo exec'
	is_opaque 'has a command whose name is empty or begins with % - + or =' "''" '"" a' '%1' '-a' \
		'+a' "'=a'" "'%'"
	is_opaque 'assigns to a variable' 'a=b' 'a=b c' 'a=' "'a=b'" './a=b' 'a"="b' 'c; a=b'
	is_opaque 'has a command whose name is a reserved word' if 'a; time b' "'if'" 'a | i"f"' \
		'a && select' 'function x' repeat coproc foreach
	is_opaque 'has a command that is built into a shell' test "a && '['" eval exec . : command \
		printf kill type 'a | read b' "'exec' a" noglob print - which builtin source trap
}

@test "each reserved word and builtin of the shells here is known" {
	local names name

	names=$(bash -c 'compgen -b; compgen -k'
		zsh -fc 'print -l -- ${(k)builtins} ${(k)reswords}'
		printf '%s\n' . : '[' alias bg break cd chdir command continue eval exec exit export \
			fc fg getopts hash jobs kill local printf read readonly return set shift test \
			times trap type ulimit umask unalias unset wait)
	(($(wc -l <<<"$names") > 150))
	while IFS= read -r name; do
		case $name in
		echo | true | false | pwd) is_plain "'$name' x" "$name x" ;;
		cd) is_opaque "changes the directory other than by a first 'cd /PATH &&'" cd ;;
		*)
			[[ $(scan "'$name' x") == 'opaque: it has a command '* ]] ||
				fail "plain: $name"
			;;
		esac
	done <<<"$names"
}

@test "a first cd to an absolute directory is where the others run" {
	is_plain 'cd /a/b && c' 'in /a/b' 'c'
	is_plain "cd '/a b' &&
		c" "in '/a b'" 'c'
	is_plain 'cd / && c' 'in /' 'c'
	is_opaque "changes the directory other than by a first 'cd /PATH &&'" 'cd /a' 'cd /a; b' \
		'cd /a || b' 'cd /a | b' 'cd a && b' 'cd .. && b' 'cd - && b' 'cd && b' 'cd -P /a && b' \
		'cd /a /b && c' 'cd /a/ && b' 'cd /a/../b && c' 'cd //a && b' 'cd /a >/dev/null && b' \
		'a && cd /b' 'cd /a && cd /b && c' 'cd "" && a' $'cd /a\nb'
	is_opaque 'holds an empty command' 'cd /a &&'
	is_opaque 'holds ~, which a shell replaces' 'cd ~ && a' 'cd ~/a && b'

	# Where cd fails, what follows ; or || runs in another directory.
	run "$UNIT" shell scan <<<'cd /a && b | c && d || e && f; g'
	assert_output $'in /a\n+ b |\n+ c &&\n+ d ||\n  e &&\n  f ;\n  g'
}

@test "a line has at most 16 KiB and 32 commands" {
	local text

	text=$(printf 'a;%.0s' {1..32})
	assert_equal "$(scan "$text" | wc -l)" 32
	is_opaque 'has more than 32 commands' "$text a" "cd /x && $text a"
	assert_equal "$(scan "cd /x && $text" | wc -l)" 33

	text=$(head -c 16382 /dev/zero | tr '\0' b)
	is_plain "a $text" "a $text"
	is_opaque 'is longer than 16 KiB' "a ${text}c"
}

@test "an opaque line is taken apart in three ways" {
	run "$UNIT" shell words <<<"if r\\m \"-r f\" \$X/* 'a;b'; then :; fi"
	assert_output "if rm '-r f' | '\$X/*' 'a;b' | then : | fi |
if rm -r f | '\$X/*' a | b | then : | fi |
if rm -r f | X/ | a | b | then : | fi |"
	run "$UNIT" shell words <<<'a=`b c` {d,e} "$(f \"g) h" ü\
v <<<w'
	assert_output "'a=\`b' 'c\`' '{d,e}' '\$(f \"g) h' üv | w |
'a=\`b' 'c\`' '{d,e}' | '\$' | f g | h üv | w |
a | b c | d | e | f g | h üv | w |"
}

@test "each plain vector, and thousands of random plain lines, are read alike by bash, dash and zsh" {
	local shell from seed=$((RANDOM * 32768 + RANDOM)) n

	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	"$UNIT" shell-vectors "$BATS_TEST_DIRNAME/vectors/shell.json" plain >"$TMP/lines"
	n=$(tr -cd '\0' <"$TMP/lines" | wc -c)
	echo "# seed $seed"
	for shell in "${SHELLS[@]}"; do
		run_shell "$shell" "$UNIT" - 0 "$n" || fail "$shell: vectors"
	done
	for shell in "${SHELLS[@]}"; do
		for ((from = 0; from < 5600; from += 800)); do
			run_shell "$shell" "$UNIT" "$seed" "$from" $((from + 800)) ||
				fail "$shell: $(tail -n 3 "$TMP/errors.$shell")"
		done &
	done
	for shell in "${SHELLS[@]}"; do
		wait -n || fail "see above"
	done
}

# variant NAME SED-SCRIPT: a scanner that is laxer in one rule is caught by the same lines.
variant() {
	local source=$BATS_TEST_DIRNAME/../src shell

	sed "$2" "$source/gate/shell/shell-line.c" >"$TMP/variant.c"
	! cmp -s "$TMP/variant.c" "$source/gate/shell/shell-line.c" || fail "$1: nothing changed"
	"${COMPILE[@]}" -o "$TMP/variant" "$TMP/variant.c" "$TMP"/objects/*.o || fail "$1"
	for shell in "${SHELLS[@]}"; do
		run_shell "$shell" "$TMP/variant" 7 0 1000 >/dev/null || return 0
	done
	fail "$1 is not noticed"
}

@test "ten scanners that are laxer in one rule are caught by such lines" {
	local source=$BATS_TEST_DIRNAME/../src file
	local chars='s/^\t\[.-.\] = true,$/&'

	((${#WRAPPER[@]} == 0)) || skip "it runs under another program"
	command -v "${CC:-cc}" || skip "there is no compiler"
	COMPILE=("${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -I "$source" -I "$BATS_TEST_DIRNAME")
	mkdir "$TMP/objects"
	echo 'int unit_shell(int c, char **v); int main(int c, char **v) { return unit_shell(c - 1, v + 1); }' \
		>"$TMP/main.c"
	for file in "$source"/base/{bytes,path,text,unicode,utf8}.c "$source"/gate/shell/shell-{names,words}.c \
		"$BATS_TEST_DIRNAME/helper/unit-shell.c" "$TMP/main.c"; do
		"${COMPILE[@]}" -c "$file" -o "$TMP/objects/$(basename "$file" .c).o"
	done

	# The one that is not changed is not caught.
	"${COMPILE[@]}" -o "$TMP/same" "$source/gate/shell/shell-line.c" "$TMP"/objects/*.o
	run_shell zsh "$TMP/same" 7 0 1000

	variant globs "$chars ['*'] = true, ['?'] = true, ['['] = true, [']'] = true,/"
	variant braces "$chars ['{'] = true, ['}'] = true,/"
	variant tilde "$chars ['~'] = true,/"
	variant assignments "s/return strchr(name, '=') ? SHELL_ASSIGNMENT : SHELL_PLAIN;/return SHELL_PLAIN;/"
	variant reserved-words 's/if (shell_name_is_reserved(name))/if (false)/'
	variant builtins 's/if (shell_name_is_builtin(name))/if (false)/'
	variant unanchored 's/if (!end || !ends_word(\*end))/if (!end)/; s/&& is_blank(\*s->at)) {/\&\& (is_blank(*s->at) || !ends_word(*s->at))) {/'
	variant backslash 's/"\\"$`\\\\!"/"\\"$`!"/'
	variant background "s/else if (s->at\[0\] == '&' ||/else if (/; s/(\(s->at\[0\] == '|' && s->at\[1\] == '&'\))/\1/"
	variant equals-word "s/fault = SHELL_EQUALS_WORD/*s->out++ = *s->at++/"
}

@test "16 KiB are read with at most a million instructions" {
	each_takes $((9 * 1000000)) 'nine lines' "$UNIT" shell cost </dev/null
}
