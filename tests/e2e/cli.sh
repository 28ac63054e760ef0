#!/usr/bin/env bash
# Commands and options as their user runs them: output and exit codes. $1 is the program.
. "${BASH_SOURCE[0]%/*}/cli.bash" "$1"
mkdir "$work/tree" && cd "$work" || exit 1
key=$(key first)
echo "id = $key" >tree/conf

# exit codes
expect clean 0 "$sievert" stdin </dev/null
holds out 'No findings in 1 file, 0 bytes.'
expect finding 1 "$sievert" dir tree
holds out 'tree/conf:1:6' && holds out '1 finding in 1 file, 26 bytes.' && lacks out "$key"
expect stream 1 bash -c "'$sievert' stdin <tree/conf"
expect dash 1 bash -c "'$sievert' scan - <tree/conf"
holds out '(standard input):1:6'
expect absent 2 "$sievert" dir none
holds err 'No such file'
expect hostile 2 "$sievert" dir "$work/"$'\033[31m::none'
holds err '\x1b[31m:\:none'
expect "nothing asked" 2 "$sievert"
holds err 'Commands:'
expect "a path for a command" 2 "$sievert" tree
holds err 'did you mean "sievert scan tree"?'
expect "letters for long ones" 0 "$sievert" -V
expect "no path" 2 "$sievert" scan
holds err 'a PATH is wanted' && holds err "Try 'sievert help scan'."
git init -q broken && git -C broken commit -q --allow-empty -m x && echo junk >broken/.git/objects/pack/pack-0.idx
expect incomplete 3 "$sievert" scan broken
holds out 'The scan is incomplete: 1 item could not be read:' && holds out 'its pack is missing'
expect "incomplete, quiet" 3 "$sievert" scan -q broken
holds out 'The scan is incomplete'
expect "incomplete, asked not to say" 0 "$sievert" scan --exit-zero broken
cp tree/conf broken/
expect "incomplete with findings" 1 "$sievert" scan broken
expect strict 3 "$sievert" scan --strict broken
expect "no exit code but" 7 "$sievert" dir --exit-code 7 tree
expect "exit zero" 0 "$sievert" dir --exit-zero tree
holds out conf
expect "no exit code" 2 "$sievert" dir --exit-code 200 tree
holds err 'is not a number from 0 to 125'

# wrong words, and what was probably meant
expect "wrong command" 2 "$sievert" scna .
holds err 'did you mean "scan"?' && holds err "Try 'sievert --help'."
expect "wrong second word" 2 "$sievert" rules shwo
holds err 'did you mean "rules show"?'
expect "far from any" 2 "$sievert" frobnicate
holds err 'there is no command "frobnicate"' && lacks err 'did you mean'
expect "wrong option" 2 "$sievert" scan --fromat json .
holds err 'there is no option --fromat; did you mean --format?'
expect "wrong letter" 2 "$sievert" scan -Z .
holds err 'there is no option -Z'
expect "no value" 2 "$sievert" scan . --format
holds err '--format wants a value' && holds err "Try 'sievert help scan'."
expect "not that command's" 2 "$sievert" scan --origin .
holds err 'sievert scan takes no --origin'
expect "wrong choice" 2 "$sievert" scan -f xml .
holds err '--format: "xml" is none of text, json, jsonl or sarif'
expect "a format of reports" 2 "$sievert" rules list -f sarif
holds err 'sievert rules list writes no sarif'
expect "wrong rule" 2 "$sievert" dir --disable aws-acess-key-id tree
holds err 'there is no rule "aws-acess-key-id"; did you mean aws-access-key-id?'
expect "wrong rule shown" 2 "$sievert" rules show aws-acess-key-id
holds err 'did you mean aws-access-key-id?'

# --: no options after it; files from lists
(cd tree && cp conf ./-q)
expect "end of options" 1 bash -c "cd tree && '$sievert' dir -f jsonl -- -q"
holds out '"path":"-q"'
rm tree/-q
printf 'tree/conf\n' >list
expect "files from" 1 "$sievert" dir --files-from list
printf 'tree/conf\0' >list0
expect "files from0" 1 "$sievert" dir --files-from list0 --from0
expect "files from a stream" 1 bash -c "'$sievert' dir --files-from - --from0 <list0"
expect "files from an empty list" 0 "$sievert" dir --files-from /dev/null
expect "files from nowhere" 2 "$sievert" dir --files-from none
holds err '--files-from: none: No such file'
expect "POSIX order" 1 env POSIXLY_CORRECT=1 "$sievert" dir tree -f jsonl
holds out '"type":"trailer"'

# what to scan
expect exclude 0 "$sievert" dir -x conf tree
holds out '1 skipped by policy (1 excluded).'
expect "too large" 0 "$sievert" dir --max-size 10 tree
holds out '(1 too-large)'
expect "any size" 1 "$sievert" dir --max-size 0 tree
git init -q ignoring && cp tree/conf ignoring/secret && echo secret >ignoring/.gitignore
expect ignored 0 "$sievert" scan ignoring
expect "no ignore" 1 "$sievert" scan --no-ignore ignoring
expect "one job" 1 "$sievert" dir -j 1 tree
expect "too many jobs" 2 "$sievert" dir -j 999 tree
expect memory 1 "$sievert" scan --max-memory 64M ignoring --no-ignore
git init -q deltas && (cd deltas && for i in $(seq 9); do seq 400 >f && echo "id = $(key "delta $i")" >>f && git add f && git commit -qm x; done && git repack -qad)
"$sievert" git -f jsonl deltas >windows
expect "deltas whole" 1 "$sievert" git -f jsonl --verify-deltas deltas
cmp -s windows out || fail "deltas scanned whole tell something else"
expect "no memory" 2 "$sievert" scan --max-memory lots ignoring
holds err 'is not a number of bytes, or one with K, M or G'
if [ "$(id -u)" = 0 ]; then
	chown -R 65534:65534 ignoring
	expect "another's repository" 2 "$sievert" git ignoring
	expect "another's repository, trusted" 0 "$sievert" git --trust-repo ignoring
	chown -R 0:0 ignoring
fi

# what counts: a key id is medium, an expired signature info, a live one high
sig=$(perl -MDigest::SHA=sha256_base64 -e '$_ = sha256_base64("seed"); s|\+|%2B|g; s|/|%2F|g; print "$_%3D"')
echo "https://stacct1.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=rl&se=2030-01-01T00:00:00Z&sig=$sig" >sas
expect live 1 "$sievert" dir --now 2029-01-01T00:00:00Z sas
expect expired 0 "$sievert" dir --now 2031-01-01T01:00:00+01:00 sas
holds out 'expired 2030-01-01'
expect "expired, by seconds" 1 "$sievert" dir --now 1924991999 --fail-on info sas
expect "no time" 2 "$sievert" dir --now 2031-02-30 sas
expect medium 1 "$sievert" dir --fail-on medium tree
expect high 0 "$sievert" dir --fail-on high tree
expect "high is found" 1 "$sievert" dir --fail-on high --now 2029-01-01T00:00:00Z sas
expect critical 0 "$sievert" dir --fail-on critical --now 2029-01-01T00:00:00Z sas
expect never 0 "$sievert" dir --fail-on never tree
expect "no level" 2 "$sievert" dir --fail-on sometimes tree
mkdir practice && printf 'resource "azurerm_storage_account" "a" {\n  allow_nested_items_to_be_public = true\n}\n' >practice/main.tf
expect practice 0 "$sievert" dir practice -f jsonl
holds out '"class":"practice"'
expect "practice counts" 1 "$sievert" dir --fail-on practice practice
expect "practice counts beside a level" 1 "$sievert" dir --fail-on high,practice practice
expect "unsure ones" 0 "$sievert" dir --min-confidence high tree
expect "no confidence" 2 "$sievert" dir --min-confidence some tree
echo "id = $(key allowed) # sievert:allow" >tree/allowed
expect allowed 1 "$sievert" dir tree
holds out '1 finding in 2 files' && holds out '1 allowed inline'
expect "allow not obeyed" 1 "$sievert" dir --no-inline-allow tree
holds out '2 findings in 2 files'
rm tree/allowed

# rules
expect disabled 0 "$sievert" dir --disable aws-access-key-id tree
expect only 0 "$sievert" dir --only github-pat-classic tree
expect "only that" 1 "$sievert" dir --only aws-access-key-id tree
mkdir mine && cat >mine/own.yml <<'END'
- id: own-token
  name: Own token
  severity: high
  pattern: 'own_(?<secret>[a-z0-9]{16})'
  width: 20
  examples: ['own_{base36:16}']
  refuses: ['own_short']
END
echo own_0123456789abcdef >own
expect "own rules" 1 "$sievert" dir -r mine own
holds out own-token
[ -n "$(ls cache/sievert)" ] || fail "what was compiled is not kept"
expect "from the cache" 0 "$sievert" version -v -r mine
holds out 'matcher cache'
expect "not from the cache" 0 "$sievert" version -v -r mine --no-cache
holds out 'matcher compiled'
expect "own rules alone" 0 "$sievert" dir -r mine --no-builtin-rules tree
expect "no rules" 2 "$sievert" dir --no-builtin-rules tree
expect "rules alone" 0 "$sievert" rules
expect "rules list" 0 "$sievert" rules list aws access key id
holds out aws-access-key-id && lacks out github
expect "rules list, one file's" 0 "$sievert" rules list -r mine own-token -f jsonl
holds out '"id":"own-token"' && holds out '"origin":"mine/own.yml","line":1'
expect "rules by provider" 0 "$sievert" rules list --by provider
grep -qE '^ +[0-9]+  azure$' out || fail "azure has no count"
expect "rules by provider, JSON" 0 "$sievert" rules list --by provider -f json
json 'grep { $$_{provider} eq "azure" && $$_{rules} > 50 } @$_' <out || fail "counts are no JSON"
"$sievert" rules list -f json | json '@$_ > 1000' || fail "rules are no JSON"
expect "rules show" 0 "$sievert" rules show own-token -r mine
for word in own-token 'Own token' high 'own_(?<secret>' '20 bytes' own_short mine/own.yml:1; do holds out "$word"; done
[ "$("$sievert" rules show own-token -r mine | sed -n 's/^  example *//p' | grep -cE '^own_[a-z0-9]{16}$')" = 1 ] || fail "no expanded example"
expect "rules show, JSON" 0 "$sievert" rules show aws-access-key-id -f json
json '$$_[0]{id} eq "aws-access-key-id"' <out || fail "a rule is no JSON"
expect "no rule named" 2 "$sievert" rules show
expect "rules check" 0 "$sievert" rules check mine
holds out '1 rule: all examples are found'
cat mine/own.yml >wrong.yml && sed -i "s/refuses.*/refuses: ['own_0123456789abcdef']/" wrong.yml
expect "rules check, one is wrong" 1 "$sievert" rules check wrong.yml
holds out 'wrong.yml:1: own-token: refusal is found'
echo '- id: [' >unread.yml
expect "rules check, no rules" 2 "$sievert" rules check unread.yml
holds err 'unread.yml:2:'
expect "rules check, nothing" 2 "$sievert" rules check

expect "the version" 0 "$sievert" version
[ "$(wc -l <out)" = 1 ] || fail "the version is more than a line"
expect "all about the version" 0 "$sievert" version --verbose
for word in hyperscan pcre2 libgit2 processor: 'digest ' 'matcher embedded'; do holds out "$word"; done
# names of one folder are shared by threads, the last ones too
many=$(key many)
mkdir many && for i in $(seq 300); do echo "id = $many" >many/$i; done
head -c 3000000 /dev/zero | tr '\0' x >many/large
for jobs in 1 2 8; do
	expect "many files, $jobs threads" 1 "$sievert" dir --jobs $jobs --format json many
	holds out '"files":301' && mv out many.$jobs
done
cmp many.1 many.2 && cmp many.1 many.8 || fail "threads change a report"
# a library that takes longer to load than a small scan does is loaded by what needs it
if [ -e /lib64/ld-linux-x86-64.so.2 ]; then
	expect "files need no git" 1 env LD_DEBUG=files "$sievert" dir tree
	holds err 'libsodium.so' && lacks err 'libgit2.so'
	git init -q repo
	expect "a repository does" 0 env LD_DEBUG=files "$sievert" git repo
	holds err 'libgit2.so'
fi

# output
"$sievert" dir -f json tree | json '$$_{trailer}{coverage}{files} == 1 && $$_{findings}[0]{rule} eq "aws-access-key-id"' || fail "a report is no JSON"
expect shown 1 "$sievert" dir --show-secrets --format jsonl tree
holds out "$key" && holds out '"complete":true'
expect "not into a log" 2 bash -c "set -o pipefail; CI=true '$sievert' dir --show-secrets tree | cat"
holds err 'the log of this CI run would keep them' && lacks out "$key"
expect "not into Azure's either" 2 bash -c "set -o pipefail; TF_BUILD=True '$sievert' dir --show-secrets tree | cat"
expect "into a log that is asked for" 1 bash -c "set -o pipefail; CI=true '$sievert' dir --show-secrets -o - tree | cat"
holds out "$key"
CI=true expect "into a file" 1 "$sievert" dir --show-secrets tree
for i in $(seq 8); do cp tree/conf tree/copy$i; done
expect places 1 "$sievert" dir tree
holds out 'and 4 more places'
expect "eight places" 1 "$sievert" dir --max-places 8 tree
holds out 'and 1 more place'
expect "all places" 1 "$sievert" dir --max-places 0 tree
lacks out more
rm tree/copy*
expect quiet 1 "$sievert" dir -q tree
lacks out '1 finding in'
expect "not quiet after all" 1 env SIEVERT_QUIET=yes "$sievert" dir --quiet=no tree
holds out '1 finding in'
echo old >report && chmod 640 report
expect "to a file" 1 "$sievert" dir -f jsonl -o report tree
[ -s out ] && fail "a report in two places"
tail -n 1 report | grep -qF '"type":"trailer"' || fail "no whole report in its file"
[ "$(stat -c %a report)" = 640 ] || fail "the mode of the report changed"
expect "to a file, shown" 1 "$sievert" dir --show-secrets -o shown tree
[ "$(stat -c %a shown)" = 600 ] || fail "others can read the secrets"
ln -s report link
expect "through a link" 1 "$sievert" dir -o link tree
[ -L link ] && grep -qF '1 finding' report || fail "the link was replaced"
expect "to a device" 1 "$sievert" dir -o /dev/null tree
expect "to a full device" 2 "$sievert" dir -o /dev/full tree
holds err '--output: /dev/full: No space left on device'
expect "to a full standard output" 2 bash -c "'$sievert' dir tree >/dev/full"
holds err 'No space left on device'
expect "to nowhere" 2 timeout 5 "$sievert" stdin -o none/report < <(sleep 9)
holds err '--output: none/report: No such file'
expect "to a folder" 2 "$sievert" dir -o tree tree
(umask 027 && "$sievert" dir -q -o new tree)
[ "$(stat -c %a new)" = 640 ] || fail "the umask is not asked"
echo old >report
expect "a failed run" 2 "$sievert" dir -o report none
[ "$(cat report)" = old ] || fail "a failed run touched the report"
if unshare -rm true 2>/dev/null && mkdir small && unshare -rm mount -t tmpfs -o size=8k none small 2>/dev/null; then
	for i in $(seq 200); do echo "id = $(key "many $i")"; done >tree/many
	expect "to a full disk" 2 unshare -rm bash -c "mount -t tmpfs -o size=8k none small && echo old >small/r &&
		{ '$sievert' dir -f jsonl -o small/r tree; code=\$?; [ \"\$(ls small)\" = r ] && [ \"\$(cat small/r)\" = old ] && exit \$code; }"
	holds err 'No space left on device'
	rm tree/many
fi
expect "a closed pipe" 141 bash -c "set -o pipefail; '$sievert' rules list | head -n 1"
[ -s err ] && fail "a closed pipe is not quiet"
expect "a closed pipe, ignored" 141 bash -c "set -o pipefail; trap '' PIPE; '$sievert' rules list | true"
[ -s err ] && fail "a closed pipe is not quiet: $(cat err)"

# colour: --color, NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR, terminal (none here)
colour() { # wanted, settings…
	local wanted=$1 got=no
	shift
	env "$@" dir tree >out 2>&1
	grep -q $'\033' out && got=yes
	[ $got = "$wanted" ] || fail "colour of $*: $got"
}
colour no "$sievert"
colour yes CLICOLOR_FORCE=1 "$sievert"
colour no CLICOLOR_FORCE=0 "$sievert"
colour yes FORCE_COLOR=1 "$sievert"
colour no NO_COLOR=1 FORCE_COLOR=1 "$sievert"
colour yes NO_COLOR= FORCE_COLOR=1 "$sievert"
colour yes NO_COLOR=1 "$sievert" --color always
colour no FORCE_COLOR=1 "$sievert" --color=never
colour yes FORCE_COLOR=1 "$sievert" --color=auto
exit $bad
