# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# Requests that try to deceive whoever reads them, from tests/hostile/texts, and what must be true of
# whatever shows them.

# shellcheck disable=SC2034 # what read_texts sets is for the tests

# expand_texts FILE: makes it of tests/hostile/texts, with each ‹300×x› written out.
expand_texts() {
	LC_ALL=C awk '{
		while ((from = index($0, "‹")) && (to = index($0, "›"))) {
			from += length("‹")
			times = index($0, "×")
			many = ""
			for (n = substr($0, from, times - from); n > 0; n--)
				many = many substr($0, times + length("×"), to - times - length("×"))
			$0 = substr($0, 1, from - 1 - length("‹")) many substr($0, to + length("›"))
		}
		print
	}' "$BATS_TEST_DIRNAME/hostile/texts" >"$1"
}

# read_texts FILE: such a file into NAMES, TEXTS as JSON's strings without their quotes, SHOWN.
read_texts() {
	local all i

	mapfile -t all <"$1"
	NAMES=() TEXTS=() SHOWN=()
	for i in "${!all[@]}"; do
		if [[ -z ${all[i]} ]]; then
			NAMES+=("${all[i + 1]}") TEXTS+=("${all[i + 2]}") SHOWN+=("${all[i + 3]}")
		fi
	done
	((${#NAMES[@]} > 50))
}

# request_of CASE [MEMBER...]: with its text wherever it goes.
request_of() {
	local text=\"${TEXTS[$1]}\" path=\"/x${TEXTS[$1]}\"

	if [[ ${NAMES[$1]} == *'(arguments)' ]]; then
		request args:="[\"first\",$text,\"last\"]" "${@:2}"
	else
		request executable:="$path" args:="[\"first\",$text,\"last\"]" cwd:="$path" \
			real_path:="$path" session_id:="$text" sandbox_id:="$text" \
			agent_id:="$text" profile:="$text" "${@:2}"
	fi
}

# assert_harmless FILE: valid UTF-8 without anything that moves, hides or turns, by the tables of
# another program.
assert_harmless() {
	local hidden='\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{2800}'

	hidden+='\x{3164}\x{FFA0}\x{34F}\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}'
	if grep -anvx '.*' "$1" || grep -anP "[$hidden]|(?! )\p{Zs}" "$1"; then
		fail "is not harmless: $(head -c 2000 "$1" | cat -v)"
	fi
}
