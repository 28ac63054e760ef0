#!/usr/bin/env bash
# What the owner of a server may say, who hears it, and what is recorded. $1 is the program.
. "${BASH_SOURCE[0]%/*}/hooks.bash" "$1" policy

# policy: it is the server's alone
srv=$work/policy.git && new_server "$srv" && new_repository "$work/policy" && git push -q "$srv" main
echo "id = $(key allowed) # sievert:allow" >allowed && printf 'disable: [aws-access-key-id]\n' >.sievert.yml && printf '* -diff binary\n' >.gitattributes
commit allowed
git -C "$srv" config sievert.inlineAllow false
refuses "inline allow forbidden" "allowed:1" git push -q "$srv" main
git -C "$srv" config sievert.inlineAllow true
accepts "inline allow" git push -q "$srv" main
git -C "$srv" config sievert.nonsense 1
refuses "a slip in the policy" "there is no such setting" git push -q "$srv" main:x
git -C "$srv" config --unset sievert.nonsense
printf '[sievert]\n\tdisable = aws-access-key-id\n\thelp = Ask security@example.org\n' >"$work/policy.conf"
git -C "$srv" config sievert.configFile "$work/policy.conf"
echo "$(key disabled)" >disabled && commit disabled
accepts "a rule that the server leaves out" git push -q "$srv" main
printf '[sievert]\n\thelp = Ask security@example.org\n' >"$work/policy.conf"
echo "$(key help)" >help && commit help
refuses "whom to ask" "Ask security@example.org" git push -q "$srv" main

# what is too large by policy is let through, and told
git -C "$srv" config sievert.maxSize 1K && git checkout -q -b large main~1 && seq 1000 >large && commit large
accepts "too large" git push -q "$srv" large
says "too large" "1 objects were not scanned, by policy"
git -C "$srv" config --unset sievert.maxSize && git checkout -q main

# the lines fit, for people, for GitLab, for its pages
refuses "columns" "PUSH REJECTED" git push -q "$srv" main
awk 'sub(/^remote: /, "") { sub(/ +$/, ""); if (length > 72) exit 1 }' "$work/said" || fail "a line is wider than 72 columns"
GL_ID=user-1 GL_PROTOCOL=ssh refuses "GitLab" "GL-HOOK-ERR: PUSH REJECTED" git push -q "$srv" main
grep '^remote: ' "$work/said" | grep -v '^remote: GL-HOOK-ERR: ' | grep -q . && fail "GitLab: a line without its prefix"
GL_ID=user-1 GL_PROTOCOL=web refuses "GitLab's page" "GL-HOOK-ERR: help:1: " git push -q "$srv" main
grep -q amend "$work/said" && fail "GitLab's page: the command line is spoken of"

# bypass: only where it is allowed, with a reason, and recorded
git -C "$srv" config receive.advertisePushOptions true
refuses "bypass that is not allowed" "not allowed here" git push -q -o sievert.skip=please "$srv" main
git -C "$srv" config sievert.allowSkip true
refuses "bypass without a log" "needs an audit log" git push -q -o sievert.skip=please "$srv" main
git -C "$srv" config sievert.auditLog "$work/audit.jsonl"
refuses "bypass without a reason" "needs a reason" git push -q -o sievert.skip= "$srv" main
git -C "$srv" config sievert.auditLog /dev/full
refuses "bypass with a full disk" "No space left" git push -q -o sievert.skip=please "$srv" main
git -C "$srv" config sievert.auditLog "$work/audit.jsonl"
REMOTE_USER=ada accepts "bypass" git push -q -o "sievert.skip=a \"test\" key" "$srv" main
python3 - "$work/audit.jsonl" "$(git rev-parse HEAD)" <<'X' || fail "the audit log does not hold the bypass"
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
e = [l for l in lines if l["event"] == "skip"]
assert len(e) == 1 and e[0]["user"] == "ada" and e[0]["reason"] == 'a "test" key', e
assert e[0]["objects"] >= 3, e
assert e[0]["refs"][0]["ref"] == "refs/heads/main" and e[0]["refs"][0]["new"] == sys.argv[2], e
assert [l for l in lines if l["event"] == "reject"], "no refusal is recorded"
X
grep -qE 'AKIA[A-Z2-7]{16}' "$work/audit.jsonl" && fail "the audit log holds a secret"
exit $bad
