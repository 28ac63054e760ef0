#!/usr/bin/env bash
# Makes corpus/fuzz/TARGET anew from itself and further folders: merge.sh BUILD TARGET [FOLDER…].
# Kept is what reaches a branch that nothing smaller reaches; of that at most MOST bytes (16000) and
# FILES (100) inputs, chosen by their hash: large and small ones alike.
set -euo pipefail
build=$1 target=$2
shift 2
corpus=${BASH_SOURCE[0]%/*}/../../corpus/fuzz/$target
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$corpus" "$work/small" "$work/all"
while read -r file; do
	cp "$file" "$work/one" 2>/dev/null || continue # a fuzzer that runs removes some
	mv "$work/one" "$work/all/$(sha1sum <"$work/one" | cut -c1-12)"
done < <(find "$corpus" "$@" -type f -size -8k ! -name 'found-*')
"$build/tests/fuzz/fuzz_$target" -merge=1 "$work/small" "$work/all" >/dev/null 2>&1
find "$corpus" -type f ! -name 'found-*' -delete # what was a finding once stays
size=0 n=0
while read -r name bytes file; do
	[ $((size + bytes)) -le "${MOST:-16000}" ] && [ $n -lt "${FILES:-100}" ] || continue
	size=$((size + bytes)) n=$((n + 1))
	cp "$file" "$corpus/$name"
done < <(find "$work/small" -type f -printf '%s %p\n' | while read -r bytes file; do
	echo "$(sha1sum <"$file" | cut -c1-12) $bytes $file"
done | sort)
echo "$target: $(find "$corpus" -type f | wc -l) inputs, $(find "$corpus" -type f -printf '%s\n' | awk '{s += $1} END {print s + 0}') bytes"
