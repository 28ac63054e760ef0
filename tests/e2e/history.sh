#!/usr/bin/env bash
# A repository with a secret in each place where git can hold one: all are found, each where it is.
# $1 is the program.
. "${BASH_SOURCE[0]%/*}/git.bash" "$1" history
n=0
at() { n=$((n + 1)); export GIT_AUTHOR_DATE="$((1700000000 + n * 60)) +0000" GIT_COMMITTER_DATE="$((1700000000 + n * 60)) +0000"; }
commit() { at; git add -A . && git commit -qm "$1"; }

r=$work/r
git init -q -b main "$r" && cd "$r" || exit 1
echo start >plain && seq 200 >moved && seq 50 >type && commit one
{ echo one; echo "  id = $(key plain)"; } >plain && commit plain && plain_commit=$(git rev-parse HEAD)
sed -i '/id =/d' plain && commit removed
ln -s "$(key symlink)" link && commit symlink
git mv moved renamed && echo "$(key rename)" >>renamed && commit rename
rm type && ln -s "$(key typechange)" type && commit typechange
echo '*.x -diff' >.gitattributes && echo '*.b binary' >>.gitattributes
echo "$(key nodiff)" >a.x && echo "$(key binary)" >a.b && printf 'x\0%s\n' "$(key nul)" >a.nul && commit attributes
printf '%s\n' "$(key utf16)" | iconv -t UTF-16 >a.u16 && commit utf16
git checkout -q -b side HEAD~3 && echo side >side && commit side && git checkout -q main
at; git merge -q --no-commit side 2>/dev/null; echo "$(key evil-new)" >evil && sed -i "3s/.*/$(key evil-line)/" renamed
git add -A && git commit -qm merge
mkdir -p dir && echo x >"dir/$(key path).txt" && commit path && git rm -q -r dir && commit unpath
at; git commit -q --allow-empty -m "words

and $(key message)" && message_commit=$(git rev-parse HEAD)
at; GIT_AUTHOR_NAME="N $(key author)" git commit -q --allow-empty -m author
at; git tag -a -m "tag $(key tag-message)" v1
git tag tag-blob "$(key tag-blob | git hash-object -w --stdin)"
git tag tag-tree "$(printf '100644 blob %s\tinside\n' "$(key tag-tree | git hash-object -w --stdin)" | git mktree)"
git notes add -m "$(key note)"
git update-ref refs/pull/7/head "$(echo pull | git commit-tree -m "$(key pull)" 'HEAD^{tree}')"
echo "$(key stash-old)" >>plain && git stash -q && echo "$(key stash-new)" >>plain && git stash -q
echo "$(key stash-untracked)" >untracked && git stash -q -u
echo "$(key amended)" >amended && commit amended && git rm -q --cached amended && rm amended && at && git commit -q --amend --allow-empty -m amended2
key dangling | git hash-object -w --stdin >/dev/null
git branch "b-$(key ref-name)"
git config remote.origin.url "https://u:$(key config)@example.org/x.git"
echo "$(key index)" >staged && git add staged && echo clean >staged
echo "$(key worktree)" >loose-file
printf 'ignored\ntracked-but-ignored\n' >.git/info/exclude && echo "$(key ignored)" >ignored
echo "$(key tracked-ignored)" >tracked-but-ignored && git add -f tracked-but-ignored

reported() { grep -F -- "$(key "$1")" "$work/$2"; }
scan() { "$sievert" scan -f jsonl --show-secrets -j "$1" "$r" >"$work/$2"; }
check() {
	local p
	scan 1 out
	for p in plain symlink rename typechange nodiff binary nul evil-new evil-line path message author tag-message \
		tag-blob tag-tree note pull stash-old stash-new stash-untracked amended dangling ref-name config index \
		worktree tracked-ignored ${views-}; do
		reported "$p" out >/dev/null || fail "$1: $p is not found"
	done
	reported ignored out >/dev/null && fail "$1: an ignored file is scanned"
	for j in 2 8; do
		scan $j "out$j"
		cmp -s "$work/out" "$work/out$j" || fail "$1: other bytes with $j jobs"
	done
}
says() { reported "$1" out | grep -qF -- "$2" || fail "$1: $2 is not said: $(reported "$1" out)"; }

check loose
says plain "\"commit\":\"$plain_commit\"" && says plain '"line":2,"column":8' && says plain '"path":"plain"'
says plain '"author":"A <a@example.org>","date":"2023-11-14T22:15:20Z"'
says message '"where":"commit-message"' && says message "\"commit\":\"$message_commit\"" && says message '"line":3,"column":5'
says author '"where":"author"' && says tag-message '"where":"tag-message"' && says tag-message '"ref":"refs/tags/v1"'
says path '"where":"path"' && says path '"path":"dir/AKIA'
says ref-name '"where":"ref-name"' && says config '"where":"config"' && says config '"path":".git/config"'
says index '"where":"index"' && says index '"path":"staged"' && says worktree '"where":"worktree"'
says dangling '"reachable":false' && says amended '"ref":"reflog"' && says stash-old '"ref":"' && says tag-blob '"ref":"refs/tags/tag-blob"'
says tag-tree '"path":"inside"' && says note '"reachable":true' && says evil-line '"path":"renamed"'

git repack -q -adfk --depth=50 && check packed
git multi-pack-index write 2>/dev/null && check midx
git worktree add -q "$work/wt" side 2>/dev/null && check with-worktree
"$sievert" scan -f jsonl --show-secrets "$work/wt" | grep -qF "$(key plain)" || fail "a linked worktree's history is not found"
git clone -q --bare "$r" "$work/bare.git" && "$sievert" git -f jsonl --show-secrets "$work/bare.git" | grep -qF "$(key plain)" || fail "bare"
git clone -q --shared "$r" "$work/shared" && "$sievert" git -f jsonl --show-secrets "$work/shared" | grep -qF "$(key dangling)" || fail "alternates"
git clone -q --depth 1 "file://$r" "$work/shallow" && "$sievert" git -f jsonl "$work/shallow" | grep -qF '"reason":"shallow"' || fail "shallow"

# the same with SHA-256 ids, which libgit2 does not read
git init -q -b main --object-format=sha256 "$work/s256" && cd "$work/s256" && echo "$(key sha256)" >f && commit one && rm f && commit two
"$sievert" scan -f jsonl --show-secrets . >"$work/out" && fail "sha256: nothing found"
says sha256 '"path":"f"' && says sha256 '"reachable":true'
echo "$(key sha256-index)" >g && git add g && git repack -qad && "$sievert" scan -f jsonl --show-secrets . >"$work/out"
says sha256-index '"where":"index"'
exit $bad
