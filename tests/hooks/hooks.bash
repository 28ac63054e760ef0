# What the tests of hooks share. Sourced with the program as $1 and a word of the test as $2.
. "${BASH_SOURCE[0]%/*}/../e2e/git.bash" "$1" "$2"
export PATH=${sievert%/*}:$PATH GIT_TERMINAL_PROMPT=0
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
unset "${!GL_@}" "${!GITEA_@}" "${!PRE_COMMIT@}" CDPATH
n=0
at() { n=$((n + 1)); export GIT_AUTHOR_DATE="$((1700000000 + n * 60)) +0000" GIT_COMMITTER_DATE="$((1700000000 + n * 60)) +0000"; }
commit() { at; git add -A . && git commit -q --no-verify --allow-empty -m "$@"; }
new_repository() { # folder, further options of git init
	git init -q -b main "${@:2}" "$1" && cd "$1" || exit 1
	seq 50 >plain && commit start
}
new_server() { # folder, further options of git init
	git init -q --bare -b main "${@:2}" "$1" && "$sievert" hook install --server "$1" pre-receive >/dev/null || fail "hook install --server $1"
}
# A command must end with the wanted code; "refused" is 1. Its output is in $work/said.
said() { "$@" >"$work/said" 2>&1; }
accepts() { # name, command…
	said "${@:2}" || { fail "$1: refused"; sed 's/^/    /' "$work/said"; }
}
refuses() { # name, word that must be said, command…
	if said "${@:3}"; then
		fail "$1: accepted"
	elif ! grep -qF -- "$2" "$work/said"; then
		fail "$1: \"$2\" is not said"
		sed 's/^/    /' "$work/said"
	fi
	# git itself names refs
	if grep -v '^ ! \[' "$work/said" | grep -qE 'AKIA[A-Z2-7]{16}'; then fail "$1: a secret is shown"; fi
}
says() { grep -qF -- "$2" "$work/said" || { fail "$1: \"$2\" is not said"; sed 's/^/    /' "$work/said"; }; }
