#!/usr/bin/env bash
# What a repository says of itself, or keeps elsewhere: it is told, never passed over. $1 is the program, $2 objdump.
. "${BASH_SOURCE[0]%/*}/git.bash" "$1" storage
objdump=$2
fresh() {
	rm -rf "$work/r" && git init -q -b main "$@" "$work/r" && cd "$work/r" || exit 1
	for i in $(seq 10); do
		key "$i" >"file$i" && git add -A && git commit -qm "$i" && git branch "b$i"
	done
}
# name, wanted exit, number of the 10 secrets, words that the report holds; then the arguments
expect() {
	local name=$1 code=$2 want=$3 words=$4 got found=0
	shift 4
	timeout 60 "$sievert" git -f jsonl --show-secrets "${@:-.}" >"$work/out" 2>"$work/err"
	got=$?
	[ $got = "$code" ] || fail "$name: exit $got, wanted $code: $(cat "$work/err")"
	for i in $(seq 10); do grep -qF "$(key "$i")" "$work/out" && found=$((found + 1)); done
	[ $found = "$want" ] || fail "$name: $found of 10 found, wanted $want"
	[ -z "$words" ] || cat "$work/out" "$work/err" | grep -qF -- "$words" || fail "$name: nothing says: $words: $(tail -n 1 "$work/out") $(cat "$work/err")"
}
refs_as_git() { # name, repository, lines that only we have
	git -C "$2" for-each-ref --format='%(objectname) %(refname)' 2>/dev/null | grep -v '^$' | sort >"$work/git"
	"$objdump" refs "$2" 2>/dev/null | grep ' refs/' | sort >"$work/ours"
	cmp -s "$work/git" "$work/ours" || fail "$1: $(diff "$work/git" "$work/ours" | head -n 5)"
}

for format in sha1 sha256; do
	fresh --object-format=$format
	refs_as_git "$format: loose refs" .
	git tag -a -m t annotated && git pack-refs --all && git branch later && git update-ref refs/odd/deep/er/name HEAD
	git update-ref refs/heads/b3 HEAD~2 && git symbolic-ref refs/remotes/o/HEAD refs/heads/main
	git symbolic-ref -d refs/remotes/o/HEAD
	refs_as_git "$format: packed and loose refs" .
	git worktree add -q "$work/r/linked" b4 2>/dev/null && refs_as_git "$format: of a linked worktree" .
	expect "$format: all" 1 10 '"complete":true'

	# a broken ref costs itself alone
	mkdir -p .git/refs/heads/a && echo junk >.git/refs/heads/a/broken && : >.git/refs/heads/empty && mkdir .git/refs/heads/folder.lock
	refs_as_git "$format: broken refs" .
	expect "$format: broken refs" 1 10 '"what":"refs/heads/a/broken"'
	[ "$(grep -o '"ref":"refs/heads/' "$work/out" | wc -l)" = 10 ] || fail "$format: not each place has a ref beside a broken one"
	rm -rf .git/refs/heads/a .git/refs/heads/empty && mkdir .git/refs/heads/b && ln -s ../../heads .git/refs/heads/b/loop
	expect "$format: a folder of refs that holds itself" 1 10 '"what":"refs/heads/b/loop"'
	rm -r .git/refs/heads/b
	(git rev-parse HEAD | tr -d '\n' && echo) >>.git/packed-refs
	expect "$format: a broken line of packed-refs" 1 10 '"what":"packed-refs"'
done

# replacements and grafts are not applied, and that is said
fresh
git replace HEAD~3 HEAD~5 && expect "replace refs" 1 10 '"reason":"replace-refs"'
git replace -d "$(git rev-parse HEAD~3)" >/dev/null && expect "no replace refs" 1 10 '"complete":true'
grep -qF replace-refs "$work/out" && fail "replace refs are told where there are none"
git rev-parse HEAD >.git/info/grafts && expect "grafts" 1 10 '"reason":"grafts"'
rm .git/info/grafts

# libgit2 1.5 loses memory when it opens a repository of format 1; a sanitizer need not tell that
echo leak:libgit2.so >"$work/lsan" && export LSAN_OPTIONS=suppressions=$work/lsan:print_suppressions=0 ASAN_OPTIONS=fast_unwind_on_malloc=0

# refs in a storage that neither we nor this git reads: the objects are read all the same
git config core.repositoryformatversion 1 && git config extensions.refstorage surprise 2>/dev/null
expect "unknown ref storage" 1 10 'neither this program nor the git that is installed reads how they are stored'
grep -qF '"complete":false' "$work/out" || fail "a run without refs is called complete"
git config --file .git/config extensions.refstorage files && expect "refs in files, by name" 1 10 '"complete":true'
git config --file .git/config --unset extensions.refstorage && git config --file .git/config extensions.objectstore surprise
expect "an unknown extension" 2 0 'extensions.objectstore = surprise'
git config --file .git/config core.repositoryformatversion 0 && expect "an extension where none is obeyed" 1 10 '"complete":true'
git config --file .git/config --unset extensions.objectstore && git config --file .git/config core.repositoryformatversion 7
expect "a format of the future" 2 0 'core.repositoryformatversion = 7'
git config --file .git/config core.repositoryformatversion 0
rm .git/config && mkfifo .git/config && expect "FIFO for the configuration" 2 0 'not a regular file'
rm .git/config

# a partial clone: what was not fetched is named, and not as broken
fresh && git config uploadpack.allowFilter true && blob=$(git rev-parse HEAD:file4)
git clone -q --bare --filter=blob:none "file://$work/r" "$work/partial" 2>/dev/null
expect "a partial clone" 0 0 "\"reason\":\"promised-object\",\"root\":\"$work/partial\",\"what\":\"$blob\"" "$work/partial"
[ "$(grep -o promised-object "$work/out" | wc -l)" = 10 ] || fail "a partial clone: $(grep -o promised-object "$work/out" | wc -l) promised objects, not 10"
for jobs in 1 3; do "$sievert" git -j $jobs -f jsonl "$work/partial" >"$work/out$jobs"; done
cmp "$work/out1" "$work/out3" || fail "a partial clone differs by the number of threads"
(cd "$work/partial" && git cat-file blob "$blob" >/dev/null) && expect "a partial clone with a blob" 1 1 promised-object "$work/partial"

# while git repacks again and again, loose files and packs come and go: nothing is missed
fresh && for i in $(seq 60); do seq "$i" 400 >"noise$((i % 7))" && git add -A && git commit -qm "noise $i"; done
(while [ ! -e "$work/calm" ]; do # every object is in its new place before it leaves the old one, as git has it
	for pack in .git/objects/pack/*.pack; do
		rm -rf "$work/loose" && mkdir "$work/loose" && GIT_OBJECT_DIRECTORY=$work/loose git unpack-objects -q <"$pack"
		cp -r "$work"/loose/?? .git/objects/ && rm -f "${pack%pack}idx" "$pack"
	done
	echo >>"$work/turns"
	git repack -qd && git pack-refs --all && git repack -qadf --depth=$((RANDOM % 40 + 2)) && git prune-packed -q
done) >/dev/null 2>&1 &
storm=$!
for round in $(seq 8); do
	timeout 60 "$sievert" git -f jsonl --show-secrets . >"$work/out" 2>"$work/err"
	found=0
	for i in $(seq 10); do grep -qF "$(key "$i")" "$work/out" && found=$((found + 1)); done
	[ $found = 10 ] && grep -qF '"complete":true' "$work/out" || fail "round $round in a storm of repacks: $found of 10: $(grep -o '"gaps":.*' "$work/out" | cut -c1-600)"
done
touch "$work/calm" # a killed one would leave git at work
wait $storm
[ "$(wc -l <"$work/turns")" -ge 2 ] || fail "the storm was a calm"

# git that is not there: objects of a SHA-256 repository are read without it
fresh --object-format=sha256 && mkdir -p "$work/none"
PATH=$work/none "$sievert" git -f jsonl --show-secrets . >"$work/out" 2>"$work/err"
[ "$(grep -c '"type":"finding"' "$work/out")" = 10 ] && grep -qF '"what":"index"' "$work/out" || fail "without git: $(cat "$work/err")"
exit $bad
