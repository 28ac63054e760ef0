#!/usr/bin/env bash
# However a repository is stored, our reader gives what git gives, object by object. $1 is objdump.
. "${BASH_SOURCE[0]%/*}/git.bash" "$1" objects
objdump=$1
tools=${BASH_SOURCE[0]%/*}/../tools
export LC_ALL=C GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=advice.nestedTag GIT_CONFIG_VALUE_0=false
same_as() { # name, a file of git's lines, then how objdump is called
	local name=$1 want=$2
	shift 2
	timeout 120 "$objdump" "$@" 2>"$work/err" | sort >"$work/ours"
	cmp -s "$want" "$work/ours" || fail "$name: objdump $*: $(tail -n 2 "$work/err"): $(diff "$want" "$work/ours" | head -n 3)"
	! grep -q '^gap' "$work/err" || fail "$name: objdump $*: $(grep '^gap' "$work/err" | head -n 3)"
}
as_git() { git -C "$1" cat-file --batch-all-objects --unordered --batch --buffer | "$objdump" batch 2>/dev/null | sort; }
same() { # name, repository
	as_git "$2" >"$work/git"
	[ -s "$work/git" ] || fail "$1: git has no objects"
	same_as "$1" "$work/git" walk -o "$2"
	same_as "$1" "$work/git" walk -j 3 -m 100K "$2"
	same_as "$1" "$work/git" read "$2"
}
make() { # format, folder: all characters of history.py, and tags of all kinds
	git init -q --bare -b main --object-format="$1" "$2"
	python3 "$tools/history.py" | git -C "$2" -c fastimport.unpackLimit=0 fast-import --quiet
	git -C "$2" tag -a -m 'of a blob' of-blob "$(git -C "$2" rev-parse main:file)"
	git -C "$2" tag -a -m 'of a tree' of-tree 'main^{tree}'
	git -C "$2" tag -a -m 'of a tag' of-tag of-blob
	git -C "$2" config gc.auto 0
}
all_storages() { # format
	local r=$work/$1 n=$work/$1-new
	make "$1" "$r"
	same "$1 as imported" "$r"
	git -C "$r" repack -qadf --depth=250 --window=50
	same "$1 chains of 250" "$r"
	[ "$(git -C "$r" verify-pack -v "$r"/objects/pack/*.idx | sed -n 's/^chain length = \([0-9]*\):.*/\1/p' | tail -n 1)" -ge 15 ] ||
		fail "$1: no deep chains were made"
	git -C "$r" multi-pack-index write
	same "$1 one pack with a multi-pack-index" "$r"
	same_as "$1 asked from git" "$work/git" walk -g -o "$r"

	cp -r "$r" "$n" && mv "$n"/objects/pack/*.pack "$work/whole.pack" && rm -f "$n"/objects/pack/*
	git -C "$n" unpack-objects -q <"$work/whole.pack"
	as_git "$r" >"$work/all"
	same_as "$1 loose" "$work/all" walk -o "$n"
	same_as "$1 loose" "$work/all" read "$n"

	# many packs: one for each branch's objects, then the rest; REF_DELTA in every second
	local i=0 offsets=--delta-base-offset
	for ref in versions wide binaries renames main; do
		i=$((i + 1))
		git -C "$n" rev-list --objects "$ref" | cut -d' ' -f1 |
			git -C "$n" pack-objects -q $offsets "$n/objects/pack/pack" >/dev/null
		[ $offsets = --delta-base-offset ] && offsets=--no-delta-base-offset || offsets=--delta-base-offset
		git -C "$n" prune-packed -q
		same_as "$1 $i packs and loose ones" "$work/all" walk -o "$n"
	done
	same "$1 many packs, some by reference" "$n"
	touch "$(ls "$n"/objects/pack/*.pack | head -n 1 | sed 's/pack$/keep/')"
	git -C "$n" multi-pack-index write --bitmap 2>/dev/null || git -C "$n" multi-pack-index write
	same "$1 many packs, one kept, with a multi-pack-index" "$n"
	same_as "$1 many packs, asked from git" "$work/all" read -g "$n"
	git -C "$n" repack -qad
	same "$1 beside a kept pack" "$n"
	for options in 1 2,0x40; do
		for pack in "$n"/objects/pack/*.pack; do
			rm -f "${pack%pack}rev" "$n"/objects/pack/multi-pack-index* && chmod u+w "${pack%pack}idx"
			[ "$1-$options" != sha256-1 ] || continue # git reads that only as a mistake
			git -C "$n" index-pack --index-version=$options -o "$work/idx" "$pack" >/dev/null
			cp "$work/idx" "${pack%pack}idx" && rm -f "$work/idx"
		done
		same "$1 index version $options" "$n"
	done
	rm -rf "$n"
}
all_storages sha1
all_storages sha256

r=$work/sha1
as_git "$r" >"$work/all"
git clone -q -s --bare "$r" "$work/shared" && same shared "$work/shared"
git clone -q -s --bare "$work/shared" "$work/shared2" && git -C "$work/shared2" tag -a -m more more && same "a chain of alternates" "$work/shared2"
git clone -q --bare --reference "$r" "file://$r" "$work/referring" && same "clone --reference" "$work/referring"
mkdir "$work/relative" && cp -r "$r" "$work/relative/one" && git init -q --bare "$work/relative/two" &&
	echo ../../one/objects >"$work/relative/two/objects/info/alternates" && same "a relative alternate" "$work/relative/two"
git clone -q --bare --depth 3 --no-single-branch "file://$r" "$work/shallow" && same shallow "$work/shallow"
git clone -q "$r" "$work/tree" && git -C "$work/tree" worktree add -q "$work/linked" origin/wide && (cd "$work/linked" && echo new >new && git add new && git commit -qm linked) &&
	same "a linked worktree" "$work/linked"
git -C "$r" config uploadpack.allowFilter true && git -C "$r" config uploadpack.allowAnySHA1InWant true
git clone -q --bare --filter=blob:none "file://$r" "$work/partial" && same "a partial clone" "$work/partial"
git clone -q --bare --filter=tree:0 "file://$r" "$work/partial0" && same "a partial clone without trees" "$work/partial0"
git clone -q --filter=blob:none "file://$r" "$work/partial1" && same "a partial clone with some blobs, in two packs" "$work/partial1"

# what is not there is named as promised, and is not fetched
missing=$(git -C "$r" rev-parse binaries:noise3.bin)
(cd "$work/partial" && git rev-list --objects --all --missing=print) | grep -q "^?$missing" || fail "the partial clone has noise3.bin"
before=$(find "$work/partial/objects" | sort | cksum)
"$objdump" one "$missing" "$work/partial" 2>&1 | grep -q "$missing is promised by a remote and is not here" || fail "a promised object: $("$objdump" one "$missing" "$work/partial" 2>&1)"
"$objdump" one -g "$missing" "$work/partial" >/dev/null 2>&1 && fail "git was asked for a promised object and had it"
[ "$before" = "$(find "$work/partial/objects" | sort | cksum)" ] || fail "something was fetched"

# a thin quarantine: deltas whose bases are in the main directory
q=$work/quarantine && mkdir -p "$q/pack"
git -C "$work/tree" checkout -q -b topic origin/versions && (cd "$work/tree" && sed -i '5s/.*/a new line/' large0.txt && git commit -qam topic)
(cd "$work/tree" && printf '%s\n^%s\n' topic origin/versions | git pack-objects -q --thin --revs --stdout --delta-base-offset) >"$work/thin.pack"
git -C "$work/tree" cat-file --batch-all-objects --batch-check='%(objectname)' >"$work/ids"
(cd "$work/tree" && git rev-list --objects topic ^origin/versions | cut -d' ' -f1 | git cat-file --batch) | "$objdump" batch 2>/dev/null | sort >"$work/new"
GIT_OBJECT_DIRECTORY=$q GIT_ALTERNATE_OBJECT_DIRECTORIES=$r/objects git -C "$r" unpack-objects -q <"$work/thin.pack"
same_as "a quarantine of loose objects" "$work/new" walk -o -d "$q"
rm -rf "$q" && mkdir -p "$q/pack"
GIT_OBJECT_DIRECTORY=$q GIT_ALTERNATE_OBJECT_DIRECTORIES=$r/objects git -C "$r" index-pack --stdin --fix-thin --keep <"$work/thin.pack" >/dev/null
"$objdump" walk -o -d "$q" 2>/dev/null | sort >"$work/ours"
[ -z "$(comm -23 "$work/new" "$work/ours")" ] || fail "a quarantine of a pack lacks what was pushed"
# not completed, as a server in mid-push has it: bases are found in the second directory
rm -rf "$q" && mkdir -p "$q/pack" && cp "$work/thin.pack" "$q/pack/pack-thin.pack"
python3 "$tools/index.py" "$q/pack/pack-thin.pack" "$work/tree" >"$q/pack/pack-thin.idx"
sort -u "$work/all" "$work/new" >"$work/both"
same_as "a thin pack and its bases elsewhere" "$work/both" walk -o -d "$q" -d "$r/objects"
same_as "a thin pack and its bases elsewhere" "$work/both" read -d "$q" -d "$r/objects"

# chains that git would not make
for kind in deep legs; do
	git init -q --bare "$work/$kind" && python3 "$tools/chain.py" $kind 10000 | git -C "$work/$kind" index-pack --stdin >/dev/null
	same "$kind chain of 10000" "$work/$kind"
done

# 600 MB of a deep family, with room for its parents' forty of two thousand: memory is bounded, time is not squared
git init -q --bare "$work/giant" && python3 "$tools/chain.py" legs 2000 100000 | git -C "$work/giant" index-pack --stdin >/dev/null
timeout 120 "$objdump" walk -j 2 -m 4M "$work/giant" 2>"$work/err" | wc -l | grep -qx 5998 || fail "a giant family: $(cat "$work/err")"
peak=$(sed -n 's/.* peak \([0-9]*\) KiB$/\1/p' "$work/err")
grep -qi asan <(ldd "$objdump") || [ "$peak" -le 40000 ] || fail "a giant family of 600 MB takes $peak KiB with room for 4 MiB"
exit $bad
