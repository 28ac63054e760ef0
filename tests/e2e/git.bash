# What the tests of repositories share. Sourced with the program as $1 and a word of the test as $2.
set -u
sievert=$1
about=$2
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=$work
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
unset CI TF_BUILD # which refuse to show secrets
bad=0
# an AWS key id made from a word: AKIA and 16 base32 characters
key() { printf 'AKIA%s' "$(printf '%s %s' "$about" "$1" | sha256sum | tr 'a-f0189' 'A-F2345' | tr -dc 'A-Z2-7' | cut -c1-16)"; }
fail() { echo "$*"; bad=1; }
