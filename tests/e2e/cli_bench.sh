#!/usr/bin/env bash
# What rules cost: sievert rules bench. $1 is the program.
. "${BASH_SOURCE[0]%/*}/cli.bash" "$1"
cd "$work" || exit 1
mkdir -p tree/sub
for i in $(seq 400); do
	echo "settings $i hold the number aaaaaaaaaaaaaaaaaa and so on, as do the others"
done >tree/text
echo "id = $(key bench)" >tree/sub/one
# one at every e with a letter after it; one in each line, with much to try; one nowhere
cat >mine.yml <<'RULES'
- id: noisy
  name: Noisy
  severity: low
  pattern: 'e(?<secret>[a-z])'
  width: 2
  examples: ['en']
  refuses: ['e1']
- id: slow
  name: Slow
  severity: low
  pattern: '(?<secret>number (a|aa)+b)'
  anchor: 'number aaaaaaa'
  width: 60
  examples: ['number aaaaaaab']
  refuses: ['number']
- id: absent
  name: Absent
  severity: low
  pattern: 'qqzz_(?<secret>[0-9a-f]{20})'
  width: 30
  examples: ['qqzz_{hex:20}']
  refuses: ['qqzz_']
RULES
bench() { expect "$1" 0 "$sievert" rules bench "${@:2}"; }
noisy=$(cat tree/text tree/sub/one | grep -oE 'e[a-z]' | wc -l)

# what is counted depends on nothing but the files, and stands in the order that is asked for
bench "by hits, beside the others" -r mine.yml --sort hits -f json tree
json '$$_{files} == 2 && $$_{complete} && $$_{n_rules} > 1000 && @{$$_{rules}} == 20' <out || fail "not all is told"
json "\$\$_{rules}[0]{rule} eq 'noisy' && \$\$_{rules}[0]{hits} == $noisy && \$\$_{rules}[0]{matches} == $noisy" <out ||
	fail "the noisy rule does not come first, with $noisy hits"
json '$$_{rules}[1]{rule} eq "slow" && $$_{rules}[1]{hits} == 400 && $$_{rules}[1]{searches} == 400 && $$_{rules}[1]{matches} == 0' <out ||
	fail "the slow rule is not the second"
json '!exists $$_{rules}[0]{match_share}' <out || fail "hits are not only counted"
counts() { sed -E 's/"(cost|confirm_ns|match_ns|scan_ns)":[0-9.e-]+//g' out; }
counts >first
bench "once more" -r mine.yml --sort hits -f json tree
counts | cmp - first || fail "the counts differ"
bench "by findings" -r mine.yml --sort findings -f jsonl --top 3 tree
[ "$(wc -l <out)" = 4 ] || fail "--top 3 is not three rules"
sed -n 1p out | json '$$_{type} eq "bench" && $$_{bytes} > 30000' || fail "no head"
grep -F '"aws-access-key-id"' out | json '$$_{type} eq "rule" && $$_{findings}{high} + $$_{findings}{medium} == 1' || fail "the finding is not told"
bench "one file left out" --no-builtin-rules -r mine.yml --sort hits -x 'sub/*' -f json tree
json '$$_{files} == 1 && $$_{n_rules} == 3' <out || fail "--exclude is not obeyed"

# what is measured: what is looked for everywhere, or takes long, costs more than what is nowhere
bench "by cost" --no-builtin-rules -r mine.yml -f json tree
json '@{$$_{rules}} == 3 && $$_{rules}[2]{rule} eq "absent"' <out || fail "the absent rule does not cost the least"
json '!grep { !exists $$_{match_share} || $$_{match_error} < 0 } @{$$_{rules}}' <out || fail "not all are measured"
json '(grep { $$_{rule} eq "noisy" } @{$$_{rules}})[0]{match_share} > 0.2' <out || fail "the noisy rule is no part of matching"
json '$$_{match_ns} > 0 && $$_{scan_ns} > $$_{match_ns} && $$_{sample_bytes} == $$_{bytes}' <out || fail "no times"
bench "named rules" --no-builtin-rules -r mine.yml --rule slow --rule absent tree
holds out ' slow' && holds out ' absent' && lacks out ' noisy'
cd tree || exit 1
bench "where one stands" --no-builtin-rules -r ../mine.yml --sort hits
holds out '2 files'
cd "$work" || exit 1

expect "no such rule" 2 "$sievert" rules bench -r mine.yml --rule nosy tree
holds err 'did you mean noisy?'
expect "no such path" 2 "$sievert" rules bench --sort hits nowhere
mkdir empty
expect "no files" 2 "$sievert" rules bench --sort hits empty
holds err 'there is nothing to scan'
exit $bad
