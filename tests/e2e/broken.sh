#!/usr/bin/env bash
# What is broken costs itself: it is named, the exit code tells, and all else is still found. $1 is the program.
. "${BASH_SOURCE[0]%/*}/git.bash" "$1" broken
fresh() { # a repository of 40 commits, one secret each
	rm -rf "$work/r" && git init -q -b main "$work/r" && cd "$work/r" || exit 1
	for i in $(seq 40); do
		seq "$i" 60 >file && key "$i" >>file && head -c 3000 /dev/urandom | base64 >"noise$i"
		git add -A && git commit -qm "$i"
	done
}
# name, wanted exit, least number of the 40 secrets that are found, words of the ledger
expect() {
	local name=$1 code=$2 least=$3 words=$4 got found=0
	timeout 60 "$sievert" git -f jsonl --show-secrets . >"$work/out" 2>"$work/err"
	got=$?
	[ $got = "$code" ] || fail "$name: exit $got, wanted $code: $(cat "$work/err")"
	for i in $(seq 40); do grep -qF "$(key "$i")" "$work/out" && found=$((found + 1)); done
	[ $found -ge "$least" ] || fail "$name: $found of 40 found, wanted $least"
	[ -z "$words" ] || grep -qF -- "$words" "$work/out" || fail "$name: the ledger does not say: $words: $(tail -n 1 "$work/out")"
}
loose() { git rev-parse "$1" | sed 's|..|.git/objects/&/|;'; }

fresh && expect whole 1 40 '"complete":true'
f=$(loose HEAD~3:file) && chmod u+w "$f" && truncate -s 20 "$f" && expect "truncated loose object" 1 39 '"reason":"corrupt-object"'
rm "$f" && mkfifo "$f" && expect "FIFO for an object" 1 39 '"complete":false'
rm "$f" && : >"$f" && expect "empty loose object" 1 39 'corrupt-object'
rm "$f" && mkdir "$f" && expect "folder for an object" 1 39 'corrupt-object'
f=$(loose HEAD~5^{tree}) && chmod u+w "$f" && echo junk >"$f" && expect "junk for a tree" 1 39 'corrupt-object'

fresh && git repack -qadf && p=$(ls .git/objects/pack/*.pack) && chmod u+w .git/objects/pack/*
cp "$p" "$work/pack" && size=$(stat -c %s "$p") && truncate -s $((size / 2)) "$p" && expect "truncated pack" 1 1 'corrupt-pack'
cp "$work/pack" "$p" && printf 'x' | dd of="$p" bs=1 seek=$((size / 3)) conv=notrunc status=none && expect "a wrong byte in a pack" 1 1 ''
cp "$work/pack" "$p" && idx=${p%.pack}.idx && cp "$idx" "$work/idx" && truncate -s 500 "$idx" && expect "truncated index of a pack" 3 0 'corrupt-pack-index'
rm "$idx" && mkfifo "$idx" && expect "FIFO for the index of a pack" 3 0 'corrupt-pack-index'
rm "$idx" && expect "pack without an index" 3 0 'its index is missing'
cp "$work/idx" "$idx" && rm "$p" && expect "index without a pack" 3 0 'its pack is missing'
cp "$work/pack" "$p" && expect "whole again" 1 40 '"complete":true'
echo "/nowhere/objects" >.git/objects/info/alternates && expect "an alternate that is gone" 1 40 'missing-alternate'
echo "../../.git/objects" >.git/objects/info/alternates && expect "an alternate of itself" 1 40 '"complete":true'
rm .git/objects/info/alternates && echo junk >.git/refs/heads/junk && expect "a ref that is none" 1 40 ''
rm .git/refs/heads/junk && echo junk >.git/index && expect "an index that is none" 1 40 'corrupt-index'
rm .git/index && mkfifo .git/index && expect "FIFO for the index" 1 40 'corrupt-index'
rm .git/index && echo junk >.git/logs/HEAD && expect "a reflog that is none" 1 40 '"complete":true'

# ten thousand million paths to one secret: a hundred of them are told, and soon
git init -q --bare "$work/bomb" && cd "$work/bomb" || exit 1
t=$(key bomb | git hash-object -w --stdin) what="100644 blob"
for _ in $(seq 10); do
	t=$(for i in $(seq 0 9); do printf '%s %s\td%d\n' "$what" "$t" "$i"; done | git mktree) what="040000 tree"
done
git update-ref refs/heads/main "$(git commit-tree -m bomb "$t" </dev/null)"
timeout -s KILL 30 "$sievert" git -f jsonl --show-secrets . >"$work/out"
n=$(grep -oF '"where":"blob"' "$work/out" | wc -l)
[ "$n" = 100 ] && grep -qF '"path":"d0/d0/d0/d0/d0/d0/d0/d0/d0/d0"' "$work/out" || fail "a tree of endless paths: $n places"

mkdir "$work/tree" && key tree >"$work/tree/f" && mkdir "$work/tree/closed" && chmod 0 "$work/tree/closed"
if [ "$(id -u)" = 0 ]; then # whom no mode keeps out
	chmod 755 "$work" "$work/tree" && chmod 644 "$work/tree/f" && cp "$sievert" "$work/sievert"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$work/sievert" dir -f jsonl "$work/tree" >"$work/out"
else
	"$sievert" dir -f jsonl "$work/tree" >"$work/out"
fi
[ $? = 1 ] && grep -qF '"reason":"unreadable"' "$work/out" && grep -qF '"complete":false' "$work/out" || fail "unreadable folder: $(cat "$work/out")"
exit $bad
