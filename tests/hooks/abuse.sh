#!/usr/bin/env bash
# A busy server, a push that is too large for its deadline, a client that goes away, a full disk.
# $1 is the program.
. "${BASH_SOURCE[0]%/*}/hooks.bash" "$1" abuse
srv=$work/srv.git
new_server "$srv"
git -C "$srv" config sievert.auditLog "$work/audit.jsonl"
new_repository "$work/r" && git push -q "$srv" main

# eight at a time, two slots: the secrets are refused, the rest gets through
git -C "$srv" config sievert.slots 2 && mkdir -m 700 "$work/slots" && git -C "$srv" config sievert.slotDirectory "$work/slots"
for i in 1 2 3 4 5 6 7 8; do
	git checkout -q -b "b$i" main && echo "$i" >f && commit "$i"
	[ $((i % 2)) = 0 ] || { echo "$(key "$i")" >g && commit "secret $i"; }
done
for i in 1 2 3 4 5 6 7 8; do git push -q "$srv" "b$i" >"$work/said$i" 2>&1 & done
wait
for i in 1 2 3 4 5 6 7 8; do
	if git -C "$srv" rev-parse -q --verify "refs/heads/b$i" >/dev/null; then
		[ $((i % 2)) = 0 ] || fail "push $i of eight: a secret got through"
	else
		[ $((i % 2)) = 1 ] || { fail "push $i of eight: refused"; cat "$work/said$i"; }
	fi
done
[ "$(ls "$work/slots" | wc -l)" -le 2 ] || fail "more slots than two"
# both slots taken: the wait counts
exec 8>"$work/slots/slot-0" 9>"$work/slots/slot-1" && flock 8 && flock 9
git checkout -q -b busy main && echo busy >busy && commit busy
git -C "$srv" config sievert.deadline 1s
refuses "all slots busy" "slots for scans were busy" git push -q "$srv" busy
git -C "$srv" config sievert.onTimeout accept
accepts "all slots busy, accepted" git push -q "$srv" busy
grep -q '"event":"timeout"' "$work/audit.jsonl" || fail "the timeout is not recorded"
exec 8>&- 9>&-
chmod 777 "$work/slots"
git checkout -q -b open main && echo open >open && commit open
refuses "a folder of slots that others may write to" "nobody else may write" git push -q "$srv" open
git -C "$srv" config --unset sievert.slots && git -C "$srv" config --unset sievert.onTimeout

# many thousand objects: refused in time, with what was and was not scanned; a longer deadline lets them in
git checkout -q -b many main
python3 - <<'X' | git fast-import --quiet
import random
r = random.Random(7)
print("commit refs/heads/many\ncommitter C <c@example.org> 1700009999 +0000\ndata 4\nmany\nfrom refs/heads/main^0")
for i in range(50000):
    text = "%d %x\n" % (i, r.getrandbits(256)) * 40
    print("M 100644 inline d%d/f%d\ndata %d\n%s" % (i // 500, i, len(text), text))
X
git -C "$srv" config sievert.deadline 150ms && git -C "$srv" config core.fsync none
refuses "a deadline of 150 ms" "SCAN NOT FINISHED" git push -q "$srv" many
says "a deadline of 150 ms" "scanned"
says "a deadline of 150 ms" "The policy refuses"
git -C "$srv" config sievert.onTimeout accept && git -C "$srv" config sievert.auditLog /dev/full
refuses "accepted only if it can be recorded" "No space left" git push -q "$srv" many
git -C "$srv" config sievert.onTimeout reject && git -C "$srv" config sievert.auditLog "$work/audit.jsonl"
# the hook's own time, from its start to its end: the push itself takes longer
cat >"$srv/hooks/timed" <<X
#!/bin/sh
start=\$(date +%s%N); "$sievert" hook pre-receive --deadline 4s --on-timeout reject; code=\$?
echo \$(((\$(date +%s%N) - start) / 1000000)) >"$work/milliseconds"; exit \$code
X
chmod +x "$srv/hooks/timed" && mv "$srv/hooks/pre-receive" "$srv/hooks/saved" && mv "$srv/hooks/timed" "$srv/hooks/pre-receive"
said git push -q "$srv" many || says "a deadline of 4 s" "SCAN NOT FINISHED"
[ "$(cat "$work/milliseconds")" -le 4500 ] || fail "50,000 objects under a deadline of 4 s: $(cat "$work/milliseconds") ms"
mv "$srv/hooks/saved" "$srv/hooks/pre-receive"

# a client that goes away while the server scans: no slot stays taken, nothing hangs, nothing gets in
git -C "$srv" config sievert.slots 1 && chmod 700 "$work/slots" && git -C "$srv" config sievert.deadline 20s
git -C "$srv" update-ref -d refs/heads/many
git checkout -q many && echo "$(key gone)" >gone && commit gone
git push -q "$srv" many:gone >/dev/null 2>&1 &
pusher=$!
sleep 1 && kill -9 $pusher 2>/dev/null
git checkout -q -B after main && echo after >after && commit after
accepts "a push after a client that went away" timeout 60 git push -q "$srv" after
git -C "$srv" rev-parse -q --verify refs/heads/gone >/dev/null && fail "what a client left behind got in"

# /dev/full for the words, too: the verdict stands
echo "$(key words)" >words && commit words
(cd "$srv" && git fetch -q "$work/r" after && id=$(git rev-parse FETCH_HEAD) &&
	echo "0000000000000000000000000000000000000000 $id refs/heads/words" | GIT_DIR=. "$sievert" hook pre-receive 2>/dev/full)
[ $? = 1 ] || fail "the verdict depends on whether it can be told"
exit $bad
