#!/usr/bin/env bash
# A push to a server whose pre-receive hook scans it: each way in which git can bring objects.
# $1 is the program, $2 the case: loose or packed quarantine, or ids of SHA-256.
. "${BASH_SOURCE[0]%/*}/hooks.bash" "$1" "server-$2"

push() { git push -q "$srv" "$@"; }
# a secret on a branch of its own, from the server's main branch on
leak() { git checkout -q -B "leak-$1" base && echo "$(key "$1")" >"leak-$1" && commit "$1"; }

all() { # name of the case, options of git init
	local name=$1
	shift
	srv=$work/$name.git
	new_server "$srv" "$@"
	[ -z "$limit" ] || git -C "$srv" config transfer.unpackLimit "$limit"
	new_repository "$work/$name" "$@"
	accepts "$name: first push" push main
	git branch -q base

	leak branch
	refuses "$name: new branch" "leak-branch:1" push HEAD:new
	says "$name: new branch" "commit $(git rev-parse --short=10 HEAD) on refs/heads/new"
	git rm -q leak-branch && commit "taken out again"
	refuses "$name: taken out in a later commit" "leak-branch:1" push HEAD:new

	git checkout -q -B fine base && echo more >>plain && commit fine
	accepts "$name: fine" push fine
	accepts "$name: the same again under another name" push fine:other
	accepts "$name: an old commit under a new name" push base:old
	git commit -q --amend --no-verify -m reworded
	accepts "$name: forced" push -f fine
	leak forced
	refuses "$name: forced with a secret" "leak-forced:1" push -f HEAD:fine
	accepts "$name: deletion" push :other
	refuses "$name: deletion first" "leak-forced:1" push :old HEAD:second
	git -C "$srv" rev-parse -q --verify refs/heads/old >/dev/null || fail "$name: a refused push deleted a branch"
	refuses "$name: the last of several" "leak-forced:1" push base:r1 fine:r2 HEAD:r3
	refuses "$name: atomic" "leak-forced:1" push --atomic fine:r4 HEAD:r5
	accepts "$name: atomic, fine" push --atomic fine:r4 base:r5

	git tag -f -a -m "$(key tag)" on-commit fine >/dev/null
	refuses "$name: message of a tag" "tag-message:1" push refs/tags/on-commit
	git tag -f on-blob "$(key blob | git hash-object -w --stdin)"
	refuses "$name: tag on a blob" "on refs/tags/on-blob" push refs/tags/on-blob
	git tag -f on-tree "$(printf '100644 blob %s\tinside\n' "$(key tree | git hash-object -w --stdin)" | git mktree)"
	refuses "$name: tag on a tree" "inside:1" push refs/tags/on-tree
	git tag -f -a -m "of a blob" on-tagged "$(key tagged | git hash-object -w --stdin)"
	refuses "$name: annotated tag on a blob" "secret  AKIA" push refs/tags/on-tagged

	git checkout -q -B message base && commit "words

and $(key message)"
	refuses "$name: message of a commit" "commit-message:3" push message
	git checkout -q -B author base && GIT_AUTHOR_NAME="N $(key author)" commit author
	refuses "$name: author" "at      author commit" push author
	git checkout -q -B path base && mkdir -p dir && echo x >"dir/$(key path).txt" && commit path
	refuses "$name: a file's name" "dir/*****" push path
	refuses "$name: a ref's name" "secret  AKIA" push "base:refs/heads/x-$(key ref)"

	git checkout -q -B left base && echo left >left && commit left
	git checkout -q -B right base && echo right >right && commit right
	at && git merge -q --no-commit left && echo "$(key evil)" >evil && git add evil && git commit -q --no-verify -m merge
	refuses "$name: evil merge" "evil:1" push right
	git checkout -q -B right right^1 && at && git merge -q -m "good merge" left
	accepts "$name: good merge" push right

	# what a parent has is not new, whoever touches the file
	echo "id = $(key known)" >known && commit known
	git push -q --receive-pack="git -c core.hooksPath=/dev/null receive-pack" "file://$srv" HEAD:known 2>/dev/null
	echo "another line" >>known && commit "beside it"
	accepts "$name: beside an old secret" push HEAD:known
	git mv known moved && echo "and more" >>moved && commit moved
	accepts "$name: renamed with an old secret" push HEAD:known
	sed -i "1s/.*/id = $(key other)/" moved && commit other
	refuses "$name: on the line of an old secret" "moved:1" push HEAD:known
	git -C "$srv" config sievert.wholeFiles true
	git checkout -q -B again HEAD~1 && echo "once more" >>moved && commit again
	refuses "$name: whole files" "moved:1" push HEAD:known
	git -C "$srv" config --unset sievert.wholeFiles
}

case $2 in
loose) limit=1000 && all loose ;;
packed) limit=1 && all packed ;;
sha256) limit= && all sha256 --object-format=sha256 ;;
esac
exit $bad
