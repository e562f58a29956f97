# SPDX-License-Identifier: ISC
#
# Completion of firma(1) for fish. Verbs and options, and what each is for, are read from the
# program's own help. Token IDs come from the daemon, which is asked quietly and for a second at
# most: no daemon, no candidates.

# "token list<TAB>Lists the approval tokens on record": each verb.
function __firma_verbs
	command firma help 2>/dev/null | string replace -rf '^  ([a-z]+(?: [a-z]+)?) +([A-Z].*)$' '$1\t$2'
end

# The options of a verb, "" for the program's own: "--socket<TAB>PATH<TAB>the daemon's socket". What
# an option takes is empty where it takes nothing, or where that stands behind a =.
function __firma_options --argument-names verb
	command firma (string split -n ' ' -- $verb) --help 2>/dev/null | while read --local line
		# Each group takes part in the match, so that none is missing.
		set -l found (string match -r '^((?:-[a-z], )?)(--[a-z-]+)((?: [A-Z]\S*)?)(?:\[=[A-Z]+\])?((?: .*)?)$' -- (string trim -- $line))
		or continue
		set -l short (string trim --right --chars=', ' -- $found[2])
		set -l kind (string trim -- $found[4])
		set -l text (string trim -- $found[5])
		test -z "$short"
		or printf '%s\t%s\t%s\n' $short "$kind" "$text"
		printf '%s\t%s\t%s\n' $found[3] "$kind" "$text"
	end
end

# The IDs of the tokens in these states; of all of them without one.
function __firma_tokens
	for state in (string replace -r -- '^' '--state=' $argv; or echo)
		command firma token list --json --timeout=1s (string split -n ' ' -- $state) 2>/dev/null </dev/null
	end | string replace -rf '^\{"token_id":"([0-9a-f-]*)".*' '$1'
end

function __firma_entries
	command firma allow list --json --timeout=1s 2>/dev/null </dev/null |
		string replace -rf '^\{"agent_id":"[^"]*","id":"([A-Za-z0-9._-]*)".*' '$1'
end

# What an option may be given; `kind` is how the help calls it.
function __firma_value --argument-names option kind
	switch $option
		case --default-action --decision
			printf '%s\n' allow deny pending_hitl
		case --state
			printf '%s\n' pending approved consumed revoked expired
		case --store
			printf '%s\n' file memory
		case --store-durability
			printf '%s\n' always everysec
		case --token
			__firma_tokens pending approved
		case --uid --user
			__fish_complete_users
		case '*-group'
			__fish_complete_groups
		case '*'
			switch $kind
				case DIR
					__fish_complete_directories (commandline -ct)
				case PATH FILE
					__fish_complete_path (commandline -ct)
			end
	end
end

# What is no option.
function __firma_operand --argument-names verb
	switch $verb
		case 'token approve'
			__firma_tokens pending
		case 'token revoke' 'token withdraw'
			__firma_tokens pending approved
		case 'token receipt'
			__firma_tokens consumed
		case 'token show'
			__firma_tokens
		case 'allow remove'
			__firma_entries
		case hook 'hook *'
			printf '%s\n' claude cline codex copilot cursor gemini opencode qwen
		case 'policy check' 'policy convert' 'evidence *' 'allow add'
			__fish_complete_path (commandline -ct)
	end
end

function __firma_candidates
	set -l words (commandline -opc)[2..]
	set -l current (commandline -ct)
	set -l verbs (__firma_verbs)
	set -l names (string replace -r '\t.*' '' -- $verbs)
	set -l verb
	set -l options (__firma_options '')
	set -l kind
	set -l option

	test "$words[1]" != help
	or set -e words[1]
	for i in (seq (count $words))
		set -l word $words[$i]
		if test -n "$option"
			set option
		else if string match -q -- '-?*' $word
			set kind (string replace -rf "^"(string escape --style=regex -- $word)"\t([^\t]+)\t.*" '$1' -- $options)
			and set option $word
			test $word != --
			or begin
				complete -C (string join ' ' -- (string escape -- $words[(math $i + 1)..]) $current)
				return
			end
		else if test -z "$verb"; or contains -- "$verb $word" $names
			set verb (string trim -- "$verb $word")
			set options (__firma_options $verb)
		else if contains -- $verb check run fingerprint 'policy explain'
			complete -C (string join ' ' -- (string escape -- $words[$i..]) $current)
			return
		end
	end

	if test -n "$option"
		__firma_value $option $kind
		return
	end
	set option (string replace -rf '^(--[a-z-]+)=.*' '$1' -- $current)
	if test -n "$option"
		string replace -r -- '^' "$option=" (__firma_value $option)
		return
	end
	if string match -q -- '-*' $current
		string replace -r '\t[^\t]*\t' '\t' -- $options
		return
	end
	if test -z "$verb"
		string replace -rf '^([a-z]+)\t(.*)' '$1\t$2' -- $verbs
		for group in (string replace -rf ' .*' '' -- $names | sort -u)
			contains -- $group $names
			or echo $group
		end
		echo help
		return
	end
	string replace -rf "^$verb ([a-z]+)\t" '$1\t' -- $verbs
	if contains -- $verb check run fingerprint 'policy explain'
		complete -C $current
	else
		__firma_operand $verb
	end
end

complete -c firma -f -a '(__firma_candidates)'
