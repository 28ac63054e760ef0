#!/usr/bin/env bash
# sievert git --range, --since, --unstaged: what is new, and nothing else. $1 is the program.
. "${BASH_SOURCE[0]%/*}/hooks.bash" "$1" range
new_repository "$work/r"
found() { "$sievert" git -f jsonl --show-secrets "${@:2}" . >"$work/out" 2>"$work/err"; grep -qF "$(key "$1")" "$work/out"; }
finds() { found "$@" || { fail "$*: not found"; cat "$work/err"; }; }
lacks() { ! found "$@" || fail "$*: found"; }

echo "$(key first)" >first && commit first
echo more >>first && commit more
echo "$(key second)" >second && commit "second $(key words)"
git rm -q second && commit gone
git tag -a -m "$(key tag)" v1
finds first --range HEAD
lacks first --range HEAD~3..HEAD
finds second --range HEAD~3..HEAD
finds words --range HEAD~3..HEAD
lacks second --range HEAD~1..HEAD
finds first --range HEAD~3..HEAD --whole-files
lacks tag --range HEAD~3..HEAD
finds tag --range HEAD~3..v1
finds second --since HEAD~3
finds second --since "$((1700000000 + 150)) +0000"
lacks first --since "$((1700000000 + 150)) +0000"
found first --range no-such-thing && fail "a range that is none"
grep -qF 'does not know' "$work/err" || fail "a range that is none is not told"
found first --range=--all && fail "an option for a range"

# from a side branch, as a review sees it: what others left on the main line is theirs
git checkout -q -b side HEAD~3 && echo "$(key side)" >side && commit side
git checkout -q main && echo "$(key theirs)" >theirs && commit theirs && git checkout -q side
at && git merge -q -m merge main
finds side --range main..side
lacks theirs --range main..side
lacks second --range main..side

# a line is not new if any parent has it; a copy on another line of a new file is
echo "$(key side)" >copy && commit copy
finds side --range HEAD~1..HEAD
{ echo above; cat side; echo below; } >moved && git rm -q --cached side && rm side && commit moved
lacks side --range HEAD~1..HEAD
printf '%s\r\n' "$(key side)" >copy && commit "other ends of lines"
lacks side --range HEAD~1..HEAD

# commits out of order by their clocks
git checkout -q -b clocks main && GIT_COMMITTER_DATE="1000000000 +0000" GIT_AUTHOR_DATE="1000000000 +0000" git commit -q --allow-empty -m early
echo "$(key late)" >late && commit late && git branch until && GIT_COMMITTER_DATE="1000000001 +0000" git commit -q --allow-empty -m early-again
for i in 1 2 3; do commit "after $i"; done
lacks late --range until..clocks
finds late --range main..clocks

# a hundred million paths to one file: looked at once
blob=$(echo "$(key bomb)" | git hash-object -w --stdin) && tree=$(seq 10 | sed "s/.*/100644 blob $blob\tf&/" | git mktree)
for _ in 1 2 3 4 5 6 7; do tree=$(seq 10 | sed "s/.*/040000 tree $tree\td&/" | git mktree); done
git update-ref refs/heads/bomb "$(git commit-tree -p main -m bomb "$tree")"
start=$(date +%s)
finds bomb --range main..bomb
[ $(($(date +%s) - start)) -le 20 ] || fail "a bomb of paths takes $(($(date +%s) - start)) s"

# every way of threads says the same
"$sievert" git -f jsonl -j 1 --range HEAD . >"$work/one"
for j in 2 8; do "$sievert" git -f jsonl -j $j --range HEAD . | cmp -s - "$work/one" || fail "other bytes with $j threads"; done
git repack -qadf && "$sievert" git -f jsonl -j 2 --range HEAD . | cmp -s - "$work/one" || fail "other bytes from a pack"
git repack -qad --depth=250 --window=250 -f && git multi-pack-index write && "$sievert" git -f jsonl --range HEAD . | cmp -s - "$work/one" || fail "other bytes with a multi-pack-index"

# a shallow clone ends where it ends
git clone -q --depth 2 "file://$work/r" "$work/shallow" && cd "$work/shallow" && finds late --range HEAD; cd "$work/r" || exit 1

# the working tree against the index
git checkout -q -f main && echo "$(key unstaged)" >>plain
finds unstaged --unstaged
lacks first --unstaged
git add plain && lacks unstaged --unstaged
finds unstaged --staged
echo "$(key untracked)" >untracked && lacks untracked --unstaged
ln -sf "$(key link)" plain && finds link --unstaged
exit $bad
