#!/usr/bin/env bash
# Where settings come from, and who wins. $1 is the program.
. "${BASH_SOURCE[0]%/*}/cli.bash" "$1"
cd "$work" && mkdir -p repo/sub config/sievert && git init -q repo || exit 1
user=$work/config/sievert/config.yml
repo=$work/repo/.sievert.yml
echo "id = $(key config)" >repo/sub/conf
shows() { # key, value, words of its origin
	"$sievert" config show --origin "${@:4}" repo/sub >out 2>err || fail "config show: $(cat err)"
	grep -qE "^$1: \"$2\"  # $3" out || fail "line ${BASH_LINENO[0]}: $1 is not $2 ($3): $(grep "^$1" out)"
}

# each source over the one before
shows max_places 5 default
echo 'max_places: 4' >"$user"
shows max_places 4 "user, $user:1:13"
printf '# ours\nmax_places: 3\n' >"$repo"
shows max_places 3 "repository, $repo:2:13"
SIEVERT_MAX_PLACES=2 shows max_places 2 'environment, SIEVERT_MAX_PLACES'
echo 'format: sarif' >other.yml
"$sievert" dir --config other.yml repo | grep -qF '"version":"2.1.0"' || fail "no SARIF by configuration"
expect "rules are listed as ever" 0 "$sievert" rules list --config other.yml aws-access-key-id
"$sievert" rules list --config other.yml aws-access-key-id | grep -q '^aws-access-key-id ' || fail "a report's format changes lists"
echo 'max_places: 1' >other.yml
shows max_places 1 'command line, other.yml:1:13' --config other.yml
expect "no such file" 2 "$sievert" config show --config none.yml
holds err 'none.yml: No such file'
printf 'exit_code: 5\nexclude: sub/x\n' >"$user"
expect "the user's exit code" 5 "$sievert" scan repo
SIEVERT_EXIT_CODE=6 expect "the environment's" 6 "$sievert" scan repo
SIEVERT_EXIT_CODE=6 expect "the command line's" 7 "$sievert" scan --exit-code 7 repo
HOME=$work/home2 && mkdir -p "$HOME/.config/sievert" && mv "$user" "$HOME/.config/sievert/"
XDG_CONFIG_HOME='' expect "below HOME" 5 "$sievert" scan repo
mv "$HOME/.config/sievert/config.yml" "$user"

# lists add up; paths are relative to their file
printf 'exclude: [b/*, c]\n' >"$repo"
SIEVERT_EXCLUDE=d:e expect "a list" 0 "$sievert" config show -h
SIEVERT_EXCLUDE=d:e "$sievert" config show repo >out
[ "$(sed -n '/^exclude:/,/^[a-z]/s/^  - //p' out | tr '\n' ' ')" = '"sub/x" "b/*" "c" "d" "e" ' ] || fail "exclude is not the sum: $(cat out)"
mkdir repo/rules && cat >repo/rules/own.yml <<'END'
- id: own-token
  name: Own token
  severity: high
  pattern: 'own_(?<secret>[a-z0-9]{16})'
  width: 20
  examples: ['own_{base36:16}']
  refuses: ['own_short']
END
printf 'rules: rules\nbuiltin_rules: false\n' >"$repo"
expect "the repository's rules" 0 "$sievert" dir repo/sub
"$sievert" rules list -r none 2>err && fail "rules from nowhere"
(cd repo/sub && "$sievert" rules list >"$work/out") && [ "$(wc -l <out)" = 1 ] && grep -qF own-token out || fail "rules list does not obey .sievert.yml: $(head -n 3 out)"

# a repository's own file is foreign
for words in 'rules: ../other.yml' 'rules: /etc/passwd' 'rules: [link]'; do
	ln -sfn "$work/other.yml" repo/link
	echo "$words" >"$repo"
	expect "$words" 2 "$sievert" dir repo/sub
	holds err 'names what is not inside it'
done
for words in 'format: json' 'jobs: 9' 'exit_zero: true' 'trust_repo: true' 'trust_repo_config: true' 'now: 1'; do
	echo "$words" >"$repo"
	expect "$words" 2 "$sievert" dir repo/sub
	holds err "a repository's own file may not set"
	expect "$words, not obeyed" 5 "$sievert" dir --no-repo-config repo/sub
done
echo 'max_memory: 64G' >"$repo"
shows max_memory 512M repository
holds err 'max_memory stays 512M: a repository may not raise it'
echo 'max_memory: 64M' >"$repo"
shows max_memory 64M repository
echo 'max_size: 0' >"$repo"
shows max_size 256M repository
echo 'disable: aws-access-key-id' >"$repo"
expect "a repository disables a rule" 0 "$sievert" scan repo
expect "but is not trusted" 5 "$sievert" scan --no-repo-config repo
SIEVERT_TRUST_REPO_CONFIG=no expect "nor by the environment" 5 "$sievert" scan repo
SIEVERT_TRUST_REPO_CONFIG=no expect "but by the command line" 0 "$sievert" scan --no-repo-config=no repo
printf 'exit_code: 5\ntrust_repo_config: false\n' >"$user"
expect "nor by the user" 5 "$sievert" scan repo
git -C repo add sub && git -C repo commit -qm x && echo 'exit_code: 5' >"$user"
expect "git reads no .sievert.yml" 5 "$sievert" git repo
git clone -q --bare repo bare.git && echo 'disable: aws-access-key-id' >bare.git/.sievert.yml
expect "nor a bare repository's" 5 "$sievert" scan bare.git
expect "standard input obeys the current repository's" 0 bash -c "cd repo/sub && '$sievert' stdin <conf"
expect "not with another folder" 5 "$sievert" dir repo/sub config
holds err 'several repositories or folders at once'
ln -sfn "$work/other.yml" "$repo" 2>/dev/null || { rm "$repo" && ln -s "$work/other.yml" "$repo"; }
expect "a link" 2 "$sievert" scan repo
holds err 'a symbolic link, which is not followed'
rm "$repo" && mkfifo "$repo"
expect "a FIFO" 2 timeout 10 "$sievert" scan repo
holds err 'not a regular file'
rm "$repo"

# wrong files are told with their place
wrong() { # content, message
	printf -- "$1" >"$user"
	expect "$1" 2 "$sievert" dir repo/sub
	holds err "$user:$2"
}
wrong 'fromat: json\n' '1:1: unknown key: fromat; did you mean format?'
wrong 'quiet: yes\nquiet: no\n' '2:1: key given twice: quiet'
wrong 'quiet: [yes]\n' '1:8: a text is wanted here: quiet'
wrong '- quiet\n' '1:1: a map of settings is wanted here'
wrong 'jobs: many\n' '1:7: "many" is not a number'
wrong 'exclude: [&a x, *a]\n' '1:17: aliases are not read here'
wrong 'exclude: [x\n' '2:1: '
wrong 'exclude: [[x]]\n' '1:11: a text is wanted here'
wrong 'fail_on: mostly\n' '1:10: "mostly" is none of info, low'
head -c 1100000 /dev/zero | tr '\0' '#' >"$user"
expect "a large file" 2 "$sievert" dir repo/sub
holds err 'larger than 1 MiB'
expect "help needs no configuration" 0 "$sievert" help scan
expect "nor does the version" 0 "$sievert" --version
: >"$user"
expect "an empty file" 1 "$sievert" dir repo/sub
SIEVERT_JOBS=many expect "a wrong variable" 2 "$sievert" dir repo/sub
holds err 'SIEVERT_JOBS: "many" is not a number'

SIEVERT_FIAL_ON=high expect "a misspelt variable" 1 "$sievert" dir repo/sub
holds err 'SIEVERT_FIAL_ON is no setting; did you mean SIEVERT_FAIL_ON?'

# what config show prints is a configuration file
printf "exclude: ['a\"b', 'c\\\\d']\n" >"$user"
"$sievert" config show >shown.yml && "$sievert" config show --config shown.yml >again.yml
cmp -s shown.yml again.yml || fail "config show does not read what it prints"

# the system's file, where we may have an /etc of our own
if unshare -rm true 2>/dev/null && mkdir -p etc/sievert && echo 'exit_code: 9' >etc/sievert/config.yml; then
	expect "the system's" 9 unshare -rm bash -c "mount --bind '$work/etc' /etc && '$sievert' dir repo/sub"
	echo 'exit_code: 5' >"$user"
	expect "the user's over the system's" 5 unshare -rm bash -c "mount --bind '$work/etc' /etc && '$sievert' dir repo/sub"
fi
exit $bad
