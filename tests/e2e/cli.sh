#!/usr/bin/env bash
# The command as its user runs it: output and exit codes. $1 is the program.
set -u
sievert=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
expect() { # name, wanted exit code, command…
	local name=$1 wanted=$2 got
	shift 2
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" = "$wanted" ] && return
	echo "$name: exit $got, wanted $wanted"
	cat "$work/err"
	bad=1
}
holds() { grep -qF -- "$2" "$work/$1" || { echo "$1 does not hold: $2"; bad=1; }; }
lacks() { ! grep -qF -- "$2" "$work/$1" || { echo "$1 holds: $2"; bad=1; }; }

mkdir "$work/tree"
# an AWS key id made here: AKIA and 16 base32 characters
key=AKIA$(printf '%s' "$work" | sha256sum | tr 'a-f0189' 'A-F2345' | tr -dc 'A-Z2-7' | cut -c1-16)
printf 'id = %s\n' "$key" >"$work/tree/conf"
expect clean 0 "$sievert" stdin </dev/null
expect finding 1 "$sievert" dir "$work/tree"
holds out conf
lacks out "$key"
expect shown 1 "$sievert" dir --show-secrets --format jsonl "$work/tree"
holds out "$key"
holds out '"complete":true'
expect stream 1 bash -c "'$sievert' stdin <'$work/tree/conf'"
expect absent 2 "$sievert" dir "$work/none"
holds err 'No such file'
expect hostile 2 "$sievert" dir "$work/"$'\033[31m::none'
holds err '\x1b[31m:\:none'
expect unknown 2 "$sievert" frobnicate
expect full 2 bash -c "'$sievert' dir '$work/tree' >/dev/full"
expect rules 0 "$sievert" rules
exit $bad
