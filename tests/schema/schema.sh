#!/usr/bin/env bash
# Real output of every kind against the published schema. $1 is the program, $2 the schema, $3 Python.
. "${BASH_SOURCE[0]%/*}/../e2e/git.bash" "$1" schema
schema=$2 python=$3
git init -q -b main "$work/r" && cd "$work/r" || exit 1
printf 'id = %s\n' "$(key committed)" >conf && printf 'allowSharedKeyAccess: true\n' >site.bicep
printf 'id = %s # sievert:allow\n' "$(key allowed)" >allowed
git add -A && git commit -qm "about $(key message)" && git tag -a v1 -m "$(key tag)"
git rm -qf conf && git commit -qm gone && git commit -qm lost --allow-empty --author "$(key author) <a@example.org>"
git reset -q --hard HEAD~1 && git branch "b-$(key ref)"
printf 'id = %s\n' "$(key file)" >untracked && printf '\xff\x1b%s\n' "$(key bytes)" >$'odd\xff\x1bname'
printf 'id = %s\n' "$(key staged)" >staged && git add staged
head -c 20000 /dev/zero >large && git config remote.x.url "https://u:$(key config)@example.org/"
run() { # wanted exit, file, arguments
	local wanted=$1 file=$2 got
	shift 2
	"$sievert" "$@" >"$work/$file" 2>"$work/err"
	got=$?
	[ $got = "$wanted" ] || fail "$file: exit $got, wanted $wanted: $(cat "$work/err")"
}
has() { grep -qF -- "$2" "$work/$1" || fail "$1 does not hold $2: $(cat "$work/$1")"; }
run 1 scan.jsonl scan -f jsonl --max-size 10K .
run 1 scan.json scan -f json --show-secrets .
run 1 dir.jsonl dir -f jsonl .
run 0 nothing.jsonl stdin -f jsonl </dev/null
run 1 stream.json stdin -f json <untracked
has scan.jsonl '"class":"practice"' && has scan.jsonl '"kind":"skipped"' && has scan.jsonl '"reachable":false'
for where in worktree index blob commit-message tag-message author ref-name config; do
	has scan.jsonl "\"where\":\"$where\""
done
has dir.jsonl '"suppressed":1'
printf 'quiet\n' >quiet && git add -A && git commit -qm quiet
f=$(git rev-parse HEAD:quiet | sed 's|..|.git/objects/&/|') && chmod u+w "$f" && truncate -s 5 "$f"
run 1 incomplete.jsonl git -f jsonl .
has incomplete.jsonl '"complete":false' && has incomplete.jsonl '"kind":"unread"'
"$python" "${BASH_SOURCE[0]%/*}/schema.py" "$schema" "$work"/*.json "$work"/*.jsonl || bad=1
exit $bad
