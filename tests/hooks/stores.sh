#!/usr/bin/env bash
# Servers of other kinds: thin packs, forks, Gitea's scripts, no quarantine, many refs, wrong input.
# $1 is the program.
. "${BASH_SOURCE[0]%/*}/hooks.bash" "$1" stores

# a thin pack: the bases that complete it were there before, with their secrets
srv=$work/thin.git && new_server "$srv" && git -C "$srv" config transfer.unpackLimit 1
new_repository "$work/thin"
{ seq 2000; echo "id = $(key thin)"; } >big && commit big
git push -q --receive-pack="git -c core.hooksPath=/dev/null receive-pack" "file://$srv" main
sed -i '5s/.*/five/' big && commit five
cat >"$srv/hooks/pre-receive.before-sievert" <<'X'
#!/bin/sh
for i in "$GIT_QUARANTINE_PATH"/pack/*.idx; do git show-index <"$i" | wc -l >seen; done
X
chmod +x "$srv/hooks/pre-receive.before-sievert"
accepts "thin pack" git push -q "file://$srv" main
[ "$(cat "$srv/seen")" -gt 3 ] || fail "thin pack: no base was appended, so nothing is tested"

# a fork: objects of its alternate are known
git clone -q --bare --shared "$srv" "$work/fork.git" 2>/dev/null && "$sievert" hook install --server "$work/fork.git" pre-receive >/dev/null
git -C "$work/fork.git" update-ref -d refs/heads/main
accepts "fork: what the alternate has" git push -q "$work/fork.git" main
echo "$(key fork)" >fork && commit fork
refuses "fork: new in the fork" "fork:1" git push -q "$work/fork.git" main

# Gitea's and Forgejo's way: one script gives the lines to all of a folder
srv=$work/gitea.git && git init -q --bare -b main "$srv" && mkdir "$srv/hooks/pre-receive.d"
cat >"$srv/hooks/pre-receive" <<'X'
#!/usr/bin/env bash
lines=$(cat)
codes=""
for hook in "$GIT_DIR"/hooks/pre-receive.d/*; do
	test -x "$hook" && test -f "$hook" || continue
	printf '%s\n' "$lines" | "$hook"
	codes="$codes $?"
done
for code in $codes; do [ "$code" = 0 ] || exit "$code"; done
X
chmod +x "$srv/hooks/pre-receive"
"$sievert" hook install --server "$srv" pre-receive >/dev/null
[ -x "$srv/hooks/pre-receive.d/50-sievert" ] || fail "Gitea: the hook is not in the folder"
new_repository "$work/gitea" && accepts "Gitea: fine" git push -q "$srv" main
echo "$(key gitea)" >gitea && commit gitea
refuses "Gitea" "gitea:1" git push -q "$srv" main

# input that git would not write
hook() { (cd "$srv" && GIT_DIR=. "$sievert" hook pre-receive); }
zero=0000000000000000000000000000000000000000
refuses "garbage" "line 2 of standard input" hook < <(printf '%s %s refs/heads/x\nnonsense\n' $zero $zero)
refuses "ids of two lengths" "line 1 of standard input" hook < <(printf '%s %s00 refs/heads/x\n' $zero $zero)
refuses "a NUL" "line 1 of standard input" hook < <(printf '%s %s refs/heads/x\0y\n' $zero $zero)
refuses "an object that is not there" "cannot be judged" hook < <(printf '%s %s refs/heads/x\n' $zero "${zero//0/a}x")
accepts "nothing" hook </dev/null
accepts "no newline at the end" hook < <(printf '%s %s refs/heads/x' "$(git -C "$srv" rev-parse main)" $zero)

# the update hook, and a server without a quarantine
srv=$work/update.git && git init -q --bare -b main "$srv" && "$sievert" hook install --server "$srv" update >/dev/null
new_repository "$work/update" && accepts "update: fine" git push -q "$srv" main
echo "$(key update)" >update && commit update
refuses "update" "REF REJECTED" git push -q "$srv" main
git checkout -q -B fine main~1 && echo fine >fine && commit fine
said git push -q "$srv" fine main
git -C "$srv" rev-parse -q --verify fine >/dev/null || fail "update: the good ref was refused, too"

# a pack with an object to which nothing leads, one that is cut off, and a FIFO for an object
srv=$work/extra.git && new_server "$srv" && new_repository "$work/extra" && git push -q "$srv" main
old=$(git rev-parse HEAD) && echo fine >fine && commit fine && new=$(git rev-parse HEAD)
received() { (cd "$srv" && printf '%s %s refs/heads/main\n' "$old" "$new" |
	GIT_DIR=. GIT_QUARANTINE_PATH=$srv/objects/q GIT_OBJECT_DIRECTORY=$srv/objects/q GIT_ALTERNATE_OBJECT_DIRECTORIES="\"$srv/obj\145cts\"" \
		timeout 20 "$sievert" hook pre-receive "$@"); }
quarantine() { rm -rf "$srv/objects/q" && mkdir -p "$srv/objects/q/pack" && git rev-list --objects "$new" "^$old" | cat - <(printf '%s\n' "$@") | grep . | git pack-objects -q "$srv/objects/q/pack/pack" >/dev/null; }
quarantine && accepts "a quarantine" received
quarantine "$(key dangling | git hash-object -w --stdin)"
refuses "an object to which nothing leads" "object " received
quarantine && blob=$(seq 300 | git hash-object -w --stdin) && mkdir "$srv/objects/q/${blob:0:2}" && head -c 20 ".git/objects/${blob:0:2}/${blob:2}" >"$srv/objects/q/${blob:0:2}/${blob:2}"
refuses "an object that is cut off" "corrupt-object: $blob" received
git -C "$srv" config sievert.onIncomplete accept && accepts "an object that is cut off, accepted" received
git -C "$srv" config --unset sievert.onIncomplete
rm "$srv/objects/q/${blob:0:2}/${blob:2}" && mkfifo "$srv/objects/q/${blob:0:2}/${blob:2}"
refuses "a FIFO for an object" "What cannot be read is not let through" received
quarantine && for p in "$srv"/objects/q/pack/*.pack; do chmod u+w "$p" && truncate -s 60 "$p"; done
refuses "a pack that is cut off" "What cannot be read is not let through" received
rm -rf "$srv/objects/q" && accepts "no quarantine folder, nothing came" received
# who sent nothing of a commit that is not there
new=${new//[0-9]/a}
rm -rf "$srv/objects/q" && accepts "git itself refuses what is not there" received

# ten thousand refs
srv=$work/many.git && new_server "$srv" && new_repository "$work/many"
git config core.fsync none && git -C "$srv" config core.fsync none # ten thousand files
seq ${many:-10000} | sed "s|.*|create refs/heads/b& $(git rev-parse HEAD)|" | git update-ref --stdin
accepts "10,000 refs" git push -q "$srv" 'refs/heads/*:refs/heads/*'
echo "$(key many)" >many && commit many && git branch zz
refuses "the last of 10,000 refs" "many:1" git push -q -f "$srv" 'refs/heads/*:refs/other/*'
exit $bad
