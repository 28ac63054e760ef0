#!/usr/bin/env bash
# Compares every object that our reader gives with what git gives: differential.sh OBJDUMP REPOSITORY…
# OBJDUMP is build/tests/objdump. A line each: objects, bytes, seconds of git's and of our ways.
# Environment: JOBS (2), MODES ("walk read"), OPTIONS (further options of objdump).
set -euo pipefail
objdump=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C GIT_NO_REPLACE_OBJECTS=1 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
bad=0
seconds() { sed -n 's/.* bytes, \([0-9.]*\) s.*/\1/p' "$1"; }
for repository; do
	git -c safe.directory='*' -C "$repository" cat-file --batch-all-objects --unordered --batch --buffer |
		"$objdump" batch 2>"$work/git.err" | sort >"$work/git"
	line="$repository: $(sed 's/,[^,]*s, peak.*//' "$work/git.err"), git $(seconds "$work/git.err") s"
	for mode in ${MODES:-walk read}; do
		jobs=${JOBS:-2}
		[ "$mode" = walk ] || jobs=1
		# shellcheck disable=SC2086
		"$objdump" "$mode" -j "$jobs" ${OPTIONS-} "$repository" 2>"$work/err" | sort >"$work/ours" || bad=1
		if cmp -s "$work/git" "$work/ours"; then
			line+=", $mode $(seconds "$work/err") s"
		else
			bad=1
			line+=", $mode DIFFERS"
			cat "$work/err" >&2
			diff "$work/git" "$work/ours" | head -n 10 >&2 || true
		fi
	done
	echo "$line"
done
exit $bad
