#!/usr/bin/env bash
# Hooks on a developer's machine: what is about to be committed or pushed, however git is asked to.
# $1 is the program.
. "${BASH_SOURCE[0]%/*}/hooks.bash" "$1" client

new_repository "$work/r"
"$sievert" hook install >/dev/null || fail "hook install"
do_commit() { at && git commit -q "$@"; }

accepts "nothing to commit but words" do_commit --allow-empty -m words
echo "$(key added)" >added && git add added
refuses "added" "added:1" do_commit -m added
says "added" "COMMIT STOPPED: 1 secret"
echo clean >added
refuses "the index counts, not the file" "added:1" do_commit -m added
git add added && echo "$(key unstaged)" >added
accepts "the file does not count" do_commit -m added
refuses "commit -a" "added:1" do_commit -am all
git checkout -q added && echo "$(key partial)" >>plain && echo ok >ok && git add ok
accepts "commit of one path" do_commit -m ok -- ok
refuses "commit of the other path" "plain:51" do_commit -m plain -- plain
git checkout -q plain
echo "$(key sub)" >"with space é" && git add . && refuses "an odd name" "with space é:1" do_commit -m odd
git rm -qf --cached "with space é" && rm "with space é"
printf 'x\0%s\n' "$(key binary)" >binary && echo '* -diff binary' >.gitattributes && git add .
refuses "what attributes call binary" "binary:1" do_commit -m binary
git rm -qf --cached binary .gitattributes && rm binary .gitattributes
mkdir "$(key path)" && echo x >"$(key path)/x" && git add . && refuses "a folder's name" "********************/x" do_commit -m path
git rm -rqf . --cached && git reset -q && rm -r AKIA*
echo "$(key intent)" >intent && git add -N intent && echo fine >>plain && git add plain
accepts "intent to add" do_commit -m intent
git add intent && refuses "added after all" "intent:1" do_commit -m intent
git rm -qf intent
refuses "the message" "commit-message:1" do_commit --allow-empty -m "see $(key message)"
accepts "--no-verify" do_commit --no-verify --allow-empty -m "see $(key message)"
git reset -q --hard HEAD~1

# lines that HEAD has are not new, also when the file is renamed
echo "id = $(key old)" >old && git add old && git commit -q --no-verify -m old
echo more >>old && git add old && accepts "beside an old secret" do_commit -m more
git mv old renamed && accepts "renamed" do_commit -m renamed
git mv renamed again && echo "and more" >>again && git add again && accepts "renamed and edited" do_commit -m again
echo "id = $(key new)" >>again && git add again && refuses "a new line" "again:4" do_commit -m new
git reset -q --hard
sed -i '1s/$/ /' again && git add again && refuses "the old line, changed" "again:1" do_commit -m changed
"$sievert" git --staged . >/dev/null && fail "--staged does not find it"
git reset -q --hard
"$sievert" git --staged --whole-files . >/dev/null || fail "--whole-files with nothing staged finds something"
echo x >>again && git add again
"$sievert" git --staged --whole-files . >/dev/null && fail "--whole-files does not find the old one"
git reset -q --hard

# a merge: what one side has is not new; what is typed into it is
git checkout -q -b side HEAD~3 && echo "$(key side)" >side && git add side && git commit -q --no-verify -m side
git checkout -q main && git merge -q --no-ff --no-commit side 2>/dev/null
accepts "a merge brings what its side has" do_commit -m merge
git reset -q --hard HEAD~1 && git merge -q --no-ff --no-commit side 2>/dev/null
echo "$(key evil)" >>plain && git add plain && refuses "evil merge" "plain:52" do_commit -m evil
git merge --abort 2>/dev/null || git reset -q --hard

# amended, rebased, picked: each calls the hook in its own way
echo "$(key amend)" >amend && git add amend && refuses "amend" "amend:1" do_commit --amend --no-edit
git reset -q --hard

# other places of the index and of the tree
git worktree add -q "$work/linked" -b linked && cd "$work/linked"
echo "$(key linked)" >linked && git add linked && refuses "linked worktree" "linked:1" do_commit -m linked
cd "$work/r" && mkdir -p deep/er && cd deep/er && echo "$(key deep)" >file && git add file
refuses "from a folder below" "deep/er/file:1" do_commit -m deep
cd "$work/r" && git reset -q --hard
mkdir "$work/elsewhere" && cd "$work/elsewhere"
export GIT_DIR=$work/r/.git GIT_WORK_TREE=.
echo "$(key elsewhere)" >elsewhere && git add elsewhere && refuses "GIT_WORK_TREE" "elsewhere:1" do_commit -m elsewhere
unset GIT_DIR GIT_WORK_TREE
cd "$work/r" && git reset -q --hard
for version in 3 4; do
	git update-index --index-version $version && echo "$(key index$version)" >index && git add index
	refuses "index version $version" "index:1" do_commit -m index
	git rm -qf index
done
git update-index --index-version 2
git init -q "$work/module" && git -C "$work/module" commit -q --allow-empty -m m
git -c protocol.file.allow=always submodule --quiet add "$work/module" module && accepts "a submodule" do_commit -m module
git init -q "$work/unborn" && cd "$work/unborn" && "$sievert" hook install >/dev/null
echo "$(key unborn)" >unborn && git add unborn && refuses "unborn HEAD" "unborn:1" do_commit -m first
git init -q --object-format=sha256 "$work/s256" && cd "$work/s256" && "$sievert" hook install >/dev/null
echo a >a && git add a && accepts "SHA-256" do_commit -m a
echo "$(key s256)" >a && git add a && refuses "SHA-256" "a:1" do_commit -m b
if git clone -q --sparse "$work/r" "$work/sparse" 2>/dev/null; then
	cd "$work/sparse" && git sparse-checkout set --sparse-index none 2>/dev/null
	"$sievert" hook install >/dev/null
	echo "$(key sparse)" >plain && git add plain && refuses "sparse index" "plain:1" do_commit -m sparse
fi

# nothing of the repository or the environment runs a program or is believed
cd "$work/r" && git reset -q --hard
printf '#!/bin/sh\ntouch "%s/ran"\ncat\n' "$work" >"$work/program" && chmod +x "$work/program"
git config core.fsmonitor "$work/program" && git config diff.x.textconv "$work/program" && git config filter.x.clean "$work/program"
git config filter.x.smudge "$work/program" && git config core.pager "$work/program" && git config diff.external "$work/program"
echo '* diff=x' >.gitattributes && echo "$(key hostile)" >hostile
git -c core.fsmonitor=false add hostile .gitattributes && rm -f "$work/ran"
(export GIT_EXTERNAL_DIFF=$work/program GIT_SSH=$work/program GIT_PROXY_COMMAND=$work/program GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=sievert.disable GIT_CONFIG_VALUE_0=aws-access-key-id
	refuses "hostile configuration" "hostile:1" "$sievert" hook pre-commit
	exit $bad) || bad=1
"$sievert" git --staged . >/dev/null 2>&1
"$sievert" git --unstaged . >/dev/null 2>&1
"$sievert" git --range HEAD~2..HEAD . >/dev/null 2>&1
[ -e "$work/ran" ] && fail "a program of the repository ran"
git config --unset core.fsmonitor && git reset -q --hard
echo "$(key replaced)" >replaced && git add replaced
git replace "$(git rev-parse :replaced)" "$(git rev-parse :plain)"
refuses "replaced object" "replaced:1" do_commit -m replaced
git replace -d "$(git rev-parse :replaced)" >/dev/null && git reset -q --hard
if [ "$(id -u)" = 0 ]; then
	cp -a "$work/r" "$work/foreign" && chown -R 12345 "$work/foreign" && cd "$work/foreign"
	refuses "a repository of someone else" "git config --global --add" "$sievert" hook pre-commit
	says "a repository of someone else" "safe.directory"
	printf '[safe]\n\tdirectory = %s\n' "$work/foreign" >"$work/.gitconfig"
	(unset GIT_CONFIG_GLOBAL; accepts "safe.directory" "$sievert" hook pre-commit; exit $bad) || bad=1
	printf '[safe]\n\tdirectory = *\n' >"$work/.gitconfig"
	(unset GIT_CONFIG_GLOBAL; accepts "safe.directory = *" "$sievert" hook pre-commit; exit $bad) || bad=1
	rm "$work/.gitconfig"
fi

# before a push: what the remote does not have
cd "$work/r" && git init -q --bare "$work/far.git" && git remote add far "$work/far.git"
git checkout -q -B push main && git push -q --no-verify far push
echo "$(key pushed)" >pushed && git add pushed && git commit -q --no-verify -m pushed
refuses "push" "pushed:1" git push -q far push
says "push" "PUSH STOPPED"
refuses "push to a new branch" "pushed:1" git push -q far push:new
refuses "push by a URL" "pushed:1" git push -q "file://$work/far.git" push:push
refuses "push of an expression" "pushed:1" git push -q far 'HEAD@{5 seconds ago}:refs/heads/x'
refuses "push of all" "pushed:1" git push -q far --all
accepts "push of what it has" git push -q far push~1:refs/heads/other
accepts "deletion" git push -q far :other
git push -q --no-verify far push:known && git fetch -q far
accepts "what another branch brought already" git push -q far push
git tag -a -m "$(key tag)" v1 && refuses "a tag's message" "tag-message:1" git push -q far v1
git tag blob "$(key blob | git hash-object -w --stdin)" && refuses "a tag on a blob" "secret  AKIA" git push -q far blob
git checkout -q -B forced push~1 && echo forced >forced && git add forced && git commit -q --no-verify -m forced
accepts "forced" git push -qf far forced:push
exit $bad
