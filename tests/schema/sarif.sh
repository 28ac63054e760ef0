#!/usr/bin/env bash
# SARIF of every kind of report, held against what its consumers ask for. $1 is the program, $2 Python.
. "${BASH_SOURCE[0]%/*}/../e2e/git.bash" "$1" sarif
python=$2
git init -q -b main "$work/r" && cd "$work/r" || exit 1
printf 'id = %s\n' "$(key committed)" >conf && printf 'allowSharedKeyAccess: true\n' >site.bicep
mkdir "d-$(key path)" && echo >"d-$(key path)/f" && printf 'id = %s\n' "$(key twice)" | tee 'a[1].c' >'b](2).c'
git add -A && git commit -qm "about $(key message)" && git tag -a v1 -m "$(key tag)"
git rm -qf conf && git commit -qm gone && git commit -qm lost --allow-empty --author "$(key author) <a@example.org>"
git reset -q --hard HEAD~1 && git branch "b-$(key ref)"
printf 'id = %s # sievert:allow\n' "$(key allowed)" >allowed
mkdir -p $'#1 \xc3\xa4%20?' && printf '\xef\xbb\xbf\xf0\x9f\x94\x91 \xc3\xa4: %s \xc3\xa4\n' "$(key mark)" >$'#1 \xc3\xa4%20?/c:\\x*"<>|\xff\x1b\nname'
printf 'f\xfcr\n\xff\x1b%s\xe2\x82\xac\n' "$(key latin)" >latin
for i in $(seq 8); do printf '\xc3\xbc %s \xf0\x9f\x94\x91 %s\n' "$(key "many $i")" "$(key same)"; done >many
printf 'id = %s\n' "$(key staged)" >staged && git add staged
head -c 20000 /dev/zero >large && git config remote.x.url "https://u:$(key config)@example.org/"
logs=()
run() { # wanted exit, file, arguments
	local wanted=$1 file=$2 got
	shift 2
	"$sievert" "$@" -f sarif >"$work/$file" 2>"$work/err"
	got=$?
	[ $got = "$wanted" ] || fail "$file: exit $got, wanted $wanted: $(cat "$work/err")"
	logs+=("$work/$file:$got")
	grep -qE 'AKIA[A-Z2-7]{16}' "$work/$file" && fail "$file shows a secret"
}
run 1 scan.sarif scan --max-size 10K .
run 1 absolute.sarif scan --max-size 10K --compliance "$PWD"
run 1 two.sarif dir "$PWD/staged" ./many
run 1 dir.sarif dir -x large .
run 0 zero.sarif dir --exit-zero many
run 7 code.sarif git --exit-code 7 .
run 1 stdin.sarif stdin <staged
run 0 nothing.sarif stdin </dev/null
run 1 staged.sarif git --staged .
run 1 range.sarif git --range HEAD .
for jobs in 1 3 8; do
	"$sievert" scan -f sarif -j $jobs --max-size 10K . | cmp -s - "$work/scan.sarif" || fail "other bytes with $jobs threads"
done
"$sievert" dir -f sarif --show-secrets many | grep -qF "$(key same)" || fail "a secret is not shown when asked for"
git init -q "$work/broken" && cd "$work/broken" && echo quiet >quiet && git add -A && git commit -qm quiet
f=$(git rev-parse HEAD:quiet | sed 's|..|.git/objects/&/|') && chmod u+w "$f" && truncate -s 5 "$f"
run 3 incomplete.sarif git .
"$python" "${BASH_SOURCE[0]%/*}/sarif.py" "$work/r" "${logs[@]}" || bad=1
exit $bad
