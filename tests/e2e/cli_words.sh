#!/usr/bin/env bash
# What the command says of itself: help, manual page, completions. $1 is the program, $2 the folder of
# the page and the completions.
. "${BASH_SOURCE[0]%/*}/cli.bash" "$1"
words=$(realpath "$2")
cd "$work" || exit 1
PATH=${sievert%/*}:$PATH

# the commands and the options, as --help tells them
commands=$("$sievert" -h | sed -n 's/^  \([a-z-]* \?[a-z-]*\)  .*/\1/p' | sed 's/ *$//')
[ "$(wc -l <<<"$commands")" -ge 10 ] || fail "too few commands: $commands"
expect "full help" 0 "$sievert" --help
head -n 4 out | grep -qF 'Examples:' || fail "examples do not come first"
holds out 'Exit codes:' && holds out 'git diff | sievert stdin'
expect "short help" 0 "$sievert" -h
lacks out 'Examples'
expect "help of nothing" 0 "$sievert" help
expect "help of no command" 2 "$sievert" help frobnicate
expect "help with arguments" 0 "$sievert" scan . --help
holds out 'Usage: sievert scan [OPTION...] PATH...'
expect "help of a group" 0 "$sievert" help rules
holds out 'rules show' && holds out 'rules check' && lacks out 'config'
expect "help of a group of one" 0 "$sievert" help config
holds out 'Usage: sievert config show'
all=
while read -r command; do
	expect "help $command" 0 "$sievert" help $command
	holds out "Usage: sievert $command"
	cp out full
	expect "$command -h" 0 "$sievert" $command -h
	[ "$(wc -l <full)" -ge "$(wc -l <out)" ] || fail "$command: the short help is the longer one"
	awk 'length > 100' full | grep . && fail "$command: its help has lines beyond 100 columns"
	options=$(grep -oE '^  ?(-[a-z],|   ) --[a-z0-9-]+' full | grep -oE -- '--.*')
	# each of them is in the manual page and in all completions of its command
	for option in $options; do
		grep -qF -- "Fl \\-$(sed 's/^--//; s/-/\\-/g' <<<"$option")" "$words/sievert.1" || fail "$option is not in the manual page"
		grep -A4 -F "\"$command\")" "$words/sievert" | grep -qF -- "$option " || fail "bash does not know $command $option"
		sed -n "/^\t'$command')/,/;;/p" "$words/_sievert" | grep -qE -- "'\*?$option[=[]" || fail "zsh does not know $command $option"
		grep -F "seen_subcommand_from ${command%% *}" "$words/sievert.fish" | grep -qE -- "-l ${option#--}( |$)" || fail "fish does not know $command $option"
	done
	grep -qF ".It Ic ${command//-/\\-}" "$words/sievert.1" || fail "$command is not in the manual page"
	all="$all $options"
done <<<"$commands"
[ "$(tr ' ' '\n' <<<"$all" | sort -u | grep -c .)" -ge 30 ] || fail "too few options: $all"
grep -q '_man\|_completion' full "$words/sievert.1" && [ "$(grep -c 'sievert _man' "$words/sievert.1")" != 1 ] && fail "hidden commands are told"

if command -v mandoc >/dev/null; then
	mandoc -Tlint "$words/sievert.1" | grep -v 'outdated mandoc.db\|referenced manual not found' | grep . && fail "mandoc is not content"
	mandoc -Tutf8 "$words/sievert.1" | sed $'s/.\b//g' >page
	grep -qF -- '--fail-on LEVEL' page && grep -qF '.sievert.yml' page || fail "the manual page lacks words"
fi
command -v man >/dev/null && { man --warnings -E UTF-8 -l "$words/sievert.1" 2>&1 >/dev/null | grep . && fail "man is not content"; }

for shell in bash zsh fish; do
	file=$words/$(case $shell in bash) echo sievert ;; zsh) echo _sievert ;; fish) echo sievert.fish ;; esac)
	command -v $shell >/dev/null || continue
	$shell -n "$file" || fail "$shell does not read its completion"
done

complete() { # words of a command line, the last one being typed: prints what is offered
	bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _sievert; printf "%s\n" "${COMPREPLY[@]}"' - "$words/sievert" "$@"
}
offers() { # wanted words, command line
	local got
	got=$(complete "${@:2}" | tr '\n' ' ')
	[ "$got" = "$1 " ] || fail "bash offers '$got' for ${*:2}, not '$1'"
}
mkdir tree && : >tree/file
offers 'scan stdin' sievert s
offers 'list show check bench' sievert rules ''
offers '--files-from --from0 --fail-on --format' sievert scan --f
offers 'json jsonl' sievert scan -f js
offers 'tree/file' sievert scan tree/
offers 'aws-access-key-id' sievert rules show aws-access-key
offers '--origin' sievert config show --o
offers 'always' sievert scan --color = al
offers 'auto always never' sievert scan --color =
offers 'scan stdin' sievert -f json s
if command -v fish >/dev/null; then
	fish -c "source $words/sievert.fish; complete -C 'sievert scan -f js'" | grep -q '^json' || fail "fish offers no formats"
	fish -c "source $words/sievert.fish; complete -C 'sievert config show --o'" | grep -q '^--origin' || fail "fish offers no --origin"
fi
exit $bad
