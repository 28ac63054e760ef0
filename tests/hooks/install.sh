#!/usr/bin/env bash
# Hooks are installed beside what is there, twice without harm, and leave nothing. $1 is the program.
. "${BASH_SOURCE[0]%/*}/hooks.bash" "$1" install
unset GIT_CONFIG_GLOBAL
new_repository "$work/r"
foreign() { printf '#!/bin/sh\necho "foreign %s" >>"%s/ran"\n%s\n' "${1##*/}" "$work" "${2-}" >"$1" && chmod +x "$1"; }
leak() { echo "$(key "$1")" >"$1" && git add "$1"; }

"$sievert" hook status >/dev/null && fail "status: installed before it is"
foreign .git/hooks/pre-commit && foreign .git/hooks/pre-push 'cat >>"$0.read"'
cp .git/hooks/pre-commit "$work/pre-commit"
accepts "install" "$sievert" hook install
says "install" "runs first"
find .git/hooks -type f ! -name '*.sample' -exec sha256sum {} + | sort >"$work/first"
accepts "install again" "$sievert" hook install
says "install again" "unchanged"
find .git/hooks -type f ! -name '*.sample' -exec sha256sum {} + | sort | cmp -s - "$work/first" || fail "installing twice changes something"
accepts "status" "$sievert" hook status
leak one && refuses "chained" "one:1" git commit -qm one
grep -q 'foreign pre-commit' "$work/ran" || fail "the hook that was there does not run"
foreign .git/hooks/pre-commit.before-sievert 'exit 9'
git reset -q --hard && echo ok >ok && git add ok && said git commit -qm ok && fail "the verdict of the hook that was there does not count"
foreign .git/hooks/pre-commit.before-sievert && git commit -qm ok 2>/dev/null
git init -q --bare "$work/far.git" && accepts "push" git push -q "$work/far.git" main
grep -q 'refs/heads/main' .git/hooks/pre-push.before-sievert.read || fail "the hook that was there does not get its input"
leak two && git commit -q --no-verify -m two && refuses "chained with input" "two:1" git push -q "$work/far.git" main
cp "$work/pre-commit" .git/hooks/pre-commit.before-sievert
accepts "uninstall" "$sievert" hook uninstall
rm .git/hooks/pre-push.before-sievert.read
cmp -s .git/hooks/pre-commit "$work/pre-commit" || fail "what was there is not back"
find .git/hooks -name '*sievert*' | grep -q . && fail "uninstall leaves something"
"$sievert" hook status >/dev/null && fail "status: installed after it is not"
git reset -q --hard HEAD~1

# a name with blanks and quotes, and a program that is gone
odd="$work/it's a \"folder" && mkdir -p "$odd/bin" && cp "$sievert" "$odd/bin/sievert" && git clone -q . "$odd/clone" && cd "$odd/clone" || exit 1
accepts "an odd name" "$odd/bin/sievert" hook install
leak odd && refuses "an odd name" "odd:1" git commit -qm odd
rm "$odd/bin/sievert" && refuses "a program that is gone" "is not there" git commit -qm odd
cd "$work/r" || exit 1

# a hooks folder of the repository's own
git config core.hooksPath .githooks && "$sievert" hook install >/dev/null && [ -x .githooks/pre-commit ] || fail "core.hooksPath is not obeyed"
leak path && refuses "core.hooksPath" "path:1" git commit -qm path
"$sievert" hook uninstall >/dev/null && git config --unset core.hooksPath && git reset -q --hard && rm -rf .githooks
git config core.hooksPath .husky/_ && refuses "husky's folder" "belongs to husky" "$sievert" hook install
git config --unset core.hooksPath

# all repositories of a user: each one's own hooks still run, of any kind
foreign .git/hooks/pre-commit && foreign .git/hooks/post-commit && : >"$work/ran"
accepts "install --global" "$sievert" hook install --global
accepts "install --global again" "$sievert" hook install --global
says "install --global again" "unchanged"
[ "$(git config --global core.hooksPath)" = "$work/.config/sievert/hooks" ] || fail "core.hooksPath is not set"
leak global && refuses "--global" "global:1" git commit -qm global
git reset -q --hard && echo fine >fine && git add fine && accepts "--global, fine" git commit -qm fine
grep -q 'foreign pre-commit' "$work/ran" && grep -q 'foreign post-commit' "$work/ran" || fail "--global takes a repository's own hooks away"
refuses "install where it would not run" "--global" "$sievert" hook install
accepts "uninstall --global" "$sievert" hook uninstall --global
git config --global core.hooksPath >/dev/null && fail "core.hooksPath is still set"
find "$work/.config/sievert" -type f | grep -q . && fail "uninstall --global leaves something"
# a folder that the user chose stays theirs
mkdir "$work/mine" && git config --global core.hooksPath "$work/mine" && foreign "$work/mine/pre-commit"
accepts "install --global into a folder" "$sievert" hook install --global
leak mine && refuses "a folder of the user's" "mine:1" git commit -qm mine
accepts "uninstall --global from a folder" "$sievert" hook uninstall --global
[ "$(git config --global core.hooksPath)" = "$work/mine" ] || fail "the user's core.hooksPath is gone"
git config --global --unset core.hooksPath && git reset -q --hard

# repositories to come
accepts "install --template" "$sievert" hook install --template
git init -q "$work/new" && [ -x "$work/new/.git/hooks/pre-commit" ] || fail "a new repository has no hook"
cd "$work/new" && leak new && refuses "--template" "new:1" git commit -qm new
accepts "uninstall --template" "$sievert" hook uninstall --template
cd "$work/r" || exit 1

# servers
git init -q --bare "$work/plain.git" && foreign "$work/plain.git/hooks/pre-receive" 'cat >/dev/null'
accepts "install --server" "$sievert" hook install --server "$work/plain.git"
accepts "install --server again" "$sievert" hook install --server "$work/plain.git"
says "install --server again" "unchanged"
: >"$work/ran" && git checkout -q -b srv && leak srv && git commit -q --no-verify -m srv
refuses "--server" "srv:1" git push -q "$work/plain.git" srv
grep -q 'foreign pre-receive' "$work/ran" || fail "the server's own hook does not run"
mkdir "$work/gitlab" && accepts "GitLab's folder" "$sievert" hook install --server "$work/gitlab" pre-receive
[ -x "$work/gitlab/pre-receive.d/50-sievert" ] || fail "GitLab's folder: nothing is there"
accepts "GitLab's folder, uninstall" "$sievert" hook uninstall --server "$work/gitlab"
[ -e "$work/gitlab/pre-receive.d/50-sievert" ] && fail "GitLab's folder: something is left"
exit $bad
