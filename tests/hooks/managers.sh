#!/usr/bin/env bash
# Hook managers, really installed and run, as the README says. $1 is the program, $2 the manager.
. "${BASH_SOURCE[0]%/*}/hooks.bash" "$1" "manager-$2"
skip() { echo "skipped: $*"; exit 77; }
own=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
leak() { echo "$(key "$1")" >"$1" && git add "$1"; }

new_repository "$work/r"
git init -q --bare "$work/far.git" && git remote add origin "$work/far.git"
case $2 in
pre-commit)
	pre_commit=$(command -v /usr/bin/pre-commit || command -v pre-commit) || skip "there is no pre-commit (Debian's package of that name)"
	"$pre_commit" --version >/dev/null 2>&1 || skip "pre-commit does not run here"
	# a repository with the manifest alone: what its users name by URL
	mkdir "$work/sievert" && cp "$own/.pre-commit-hooks.yaml" "$work/sievert/" &&
		(cd "$work/sievert" && git init -q -b main && git add . && git commit -qm hooks && git tag v1)
	cat >.pre-commit-config.yaml <<X
repos:
  - repo: $work/sievert
    rev: v1
    hooks:
      - id: sievert
      - id: sievert-commit-msg
      - id: sievert-pre-push
X
	git add .pre-commit-config.yaml
	"$pre_commit" install -t pre-commit -t commit-msg -t pre-push >"$work/said" 2>&1 || { cat "$work/said"; skip "pre-commit install failed"; }
	message="see $(key message)"
	;;
lefthook | husky)
	command -v npm >/dev/null || skip "there is no npm"
	echo '{"name":"x","version":"1.0.0","private":true}' >package.json && echo node_modules >.gitignore
	timeout 100 npm install --no-audit --no-fund --save-dev "$2" >"$work/said" 2>&1 || { tail -3 "$work/said"; skip "npm does not reach its registry"; }
	if [ "$2" = lefthook ]; then
		cat >lefthook.yml <<'X'
pre-commit:
  jobs:
    - run: sievert hook pre-commit
commit-msg:
  jobs:
    - run: sievert hook commit-msg {1}
pre-push:
  jobs:
    - run: sievert hook pre-push {1} {2}
      use_stdin: true
X
		npx lefthook install >"$work/said" 2>&1 || { cat "$work/said"; fail "lefthook install"; }
	else
		npx husky >"$work/said" 2>&1 || { cat "$work/said"; fail "husky"; }
		mkdir -p .husky
		echo 'sievert hook pre-commit' >.husky/pre-commit
		echo 'sievert hook commit-msg "$1"' >.husky/commit-msg
		echo 'sievert hook pre-push "$@"' >.husky/pre-push
	fi
	git add -A
	message="see $(key message)"
	;;
esac
accepts "$2: fine" git commit -qm fine
leak one && refuses "$2: pre-commit" "one:1" git commit -qm one
git reset -q && rm one
refuses "$2: commit-msg" "commit-message:1" git commit -q --allow-empty -m "$message"
accepts "$2: push" git push -q origin main
leak two && git commit -q --no-verify -m two && refuses "$2: pre-push" "two:1" git push -q origin main
exit $bad
