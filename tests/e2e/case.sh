#!/usr/bin/env bash
# One case folder: case.sh PROGRAM EXPAND FOLDER. With SIEVERT_UPDATE=1 what came out becomes what is expected.
#
#   cmd           what is run, in a fresh folder; "sievert" is the program under test
#   input/        copied there first; every file is a template: {base62:36} and its like become values
#   setup.sh      run there before cmd, for what a checkout cannot hold; "expand" turns templates into text
#   expected.*    the whole of standard output (.txt .json .jsonl .sarif), and of standard error (.err);
#                 templates too; what differs from run to run is named: VERSION, ID, WORK ...
#   exit          the exit code; 0 without this file
set -u
sievert=$1 expand=$2 case=$3
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/home" "$work/in"
ln -s "$sievert" "$work/bin/sievert" && ln -s "$expand" "$work/bin/expand"
unset XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME NO_COLOR CI
export PATH=$work/bin:$PATH HOME=$work/home LC_ALL=C TZ=UTC TERM=dumb
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
export GIT_AUTHOR_DATE=2026-01-02T03:04:05Z GIT_COMMITTER_DATE=2026-01-02T03:04:05Z

cd "$work/in" || exit 1
if [ -d "$case/input" ]; then
	cp -a "$case/input/." . || exit 1
	find . -type f -exec sh -c 'for f; do expand <"$f" >"$f.expanded" && mv "$f.expanded" "$f"; done' sh {} +
fi
if [ -f "$case/setup.sh" ]; then
	bash -eu "$case/setup.sh" || { echo "setup.sh failed"; exit 1; }
fi
wanted=0
[ -f "$case/exit" ] && read -r wanted <"$case/exit"
# a command line that is refused ends the program where it stands
[ "$wanted" = 2 ] && export ASAN_OPTIONS=detect_leaks=0
timeout 60 bash "$case/cmd" >"$work/out" 2>"$work/err" </dev/null
code=$?

# identifiers, counts and advice that any change of a rule or a release would change
normalise() {
	sed -E "s#,\"practice\":\{[^{}]*\}##g
		s#$work#WORK#g
		s#\"version\":\"[0-9.]+\",\"rules\":[0-9]+,\"rules_digest\":\"[0-9a-f]{16}\"#\"version\":\"VERSION\",\"rules\":RULES,\"rules_digest\":\"DIGEST\"#
		s#\"id\":\"[0-9a-f]{32}\"#\"id\":\"ID\"#g
		s#(\"primaryLocationLineHash\"|\"sievert/v1\"):\"[0-9a-f]{32}\"#\1:\"ID\"#g
		s#Sievert [0-9.]+\"#Sievert VERSION\"#
		s#(\"version\"|\"semanticVersion\"):\"[0-9]+\.[0-9]+\.[0-9]+\"#\1:\"VERSION\"#g
		s#\"rules_digest\":\"[0-9a-f]{16}\"#\"rules_digest\":\"DIGEST\"#"
}
normalise <"$work/out" >"$work/out.normal"
normalise <"$work/err" >"$work/err.normal"

bad=0
compare() { # what came, what is expected
	if [ -n "${SIEVERT_UPDATE-}" ]; then
		cp "$1" "$2"
		return
	fi
	expand <"$2" >"$work/expected"
	diff -u --label expected --label came "$work/expected" "$1" || bad=1
}
found=0
for expected in "$case"/expected.*; do
	case $expected in
	*.err) compare "$work/err.normal" "$expected" ;;
	*) compare "$work/out.normal" "$expected" ;;
	esac
	[ -e "$expected" ] && found=1
done
[ $found = 1 ] || { echo "no expected.* in $case"; bad=1; }
[ -e "$case/expected.err" ] || [ ! -s "$work/err" ] || { echo "standard error, unexpected:"; cat "$work/err"; bad=1; }
if [ -n "${SIEVERT_UPDATE-}" ]; then
	wanted=$code
	[ $code = 0 ] || echo $code >"$case/exit"
fi
[ "$code" = "$wanted" ] || { echo "exit $code, wanted $wanted"; bad=1; }
exit $bad
