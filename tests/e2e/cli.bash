# What the tests of the command share. Sourced with the program as $1.
set -u
sievert=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# nothing of the machine that runs the test is a setting
for v in $(compgen -e SIEVERT_) NO_COLOR CLICOLOR_FORCE FORCE_COLOR CI TF_BUILD; do unset "$v"; done
export HOME=$work/home XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
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
holds() { grep -qF -- "$2" "$work/$1" || { echo "line ${BASH_LINENO[0]}: $1 does not hold: $2"; cat "$work/$1"; bad=1; }; }
lacks() { ! grep -qF -- "$2" "$work/$1" || { echo "line ${BASH_LINENO[0]}: $1 holds: $2"; bad=1; }; }
fail() { echo "$*"; bad=1; }
# an AWS key id made from a word: AKIA and 16 base32 characters; a finding of severity medium
key() { printf 'AKIA%s' "$(printf 'cli %s' "$1" | sha256sum | tr 'a-f0189' 'A-F2345' | tr -dc 'A-Z2-7' | cut -c1-16)"; }
json() { # is standard input JSON for which the perl expression of $_ is true?
	perl -MJSON::PP -0777 -e '$_ = decode_json(<STDIN>); exit !('"$1"')'
}
