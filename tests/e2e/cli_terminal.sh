#!/usr/bin/env bash
# What depends on a terminal, and signals. $1 is the program.
. "${BASH_SOURCE[0]%/*}/cli.bash" "$1"
mkdir "$work/tree" && cd "$work" || exit 1
echo "id = $(key terminal)" >tree/conf
esc=$'\033'
export TERM=xterm
terminal() { script -qec "$1" /dev/null </dev/null >seen; } # everything of it on a terminal

# colour
colour() { # wanted, command
	local got=no
	terminal "$2"
	grep -qF "${esc}[1;33m" seen && got=yes
	[ $got = "$1" ] || fail "colour of '$2' on a terminal: $got"
}
colour yes "$sievert dir tree"
colour no "NO_COLOR=1 $sievert dir tree"
colour yes "NO_COLOR= $sievert dir tree"
colour no "TERM=dumb $sievert dir tree"
colour no "env -u TERM $sievert dir tree"
colour no "$sievert dir --color never tree"
colour yes "NO_COLOR=1 $sievert dir --color always tree"
colour no "$sievert dir tree | cat"
colour yes "CLICOLOR_FORCE=1 $sievert dir tree | cat"
colour no "$sievert dir -o coloured tree"
grep -qF "$esc" coloured && fail "a file has the terminal's colours"

# progress: a stream that takes its time; it is counted in pieces of 64 MiB
slow="{ cat tree/conf; head -c 70000000 /dev/zero; sleep 1.5; } | $sievert stdin"
progress() { # wanted, command
	local got=no
	terminal "$2"
	grep -qF 'stream: ' seen && got=yes
	[ $got = "$1" ] || fail "progress of '$2': $got"
}
start=${EPOCHREALTIME/./}
progress yes "$slow"
tenths=$(((${EPOCHREALTIME/./} - start) / 100000))
draws=$(grep -oF 'stream: ' seen | grep -c .)
[ "$draws" -ge 3 ] && [ "$draws" -le "$tenths" ] || fail "$draws lines of progress in $tenths tenths of a second"
tr '\r' '\n' <seen | grep -F 'MB/s' | grep -qF 'hits' || fail "progress does not tell its rate"
# the last thing before the results is an empty line
tr '\n' ' ' <seen | grep -qF "$(printf '\r%s[K%s[1;33mmedium' "$esc" "$esc")" || fail "progress is not cleared: $(cat -v seen)"
progress yes "$slow -f jsonl >report"
grep -qF stream: report && fail "progress in the report"
progress no "$slow -q"
progress no "export CI=1; $slow"
progress no "export TERM=dumb; $slow"
progress no "$slow 2>/dev/null"
"$sievert" dir tree 2>err >out
[ -s err ] && fail "words on stderr without a terminal"
script -qec "stty cols 30; $slow" /dev/null </dev/null | tr '\r\n' '\n\n' | sed "s/$esc\[[0-9;]*[a-zA-Z]//g" |
	grep -a 'stream: ' >narrow
[ -s narrow ] && ! awk 'length > 29' narrow | grep . || fail "progress wraps, or is not there"
expect "no controlling terminal" 1 setsid -w "$sievert" dir tree

# waits until the process has, or no longer has, a handler for SIGTERM
catches() { # pid, yes or no
	local caught i
	for i in $(seq 200); do
		caught=0x$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null || echo 0)
		[ $((caught >> 14 & 1)) = "$([ "$2" = yes ] && echo 1 || echo 0)" ] && return
		sleep 0.05
	done
	fail "process $1: no wait for its handler"
}

# signals: the report is written, and says that it is not complete
signal() { # name, exit code
	mkfifo pipe
	(cat tree/conf && sleep 30) >pipe &
	local feeder=$! pid
	# a shell's background jobs ignore SIGINT: this one shall not
	env --default-signal=INT "$sievert" stdin -f jsonl <pipe >out 2>err &
	pid=$!
	catches $pid yes
	sleep 0.7
	kill -s "$1" $pid
	wait $pid
	local code=$?
	[ $code = "$2" ] || fail "SIG$1: exit $code: $(cat err)"
	tail -n 1 out | grep -qF '"type":"trailer","complete":false' && holds out '"stopped":"interrupted"' || fail "SIG$1: no trailer: $(cat out)"
	holds out '"rule":"aws-access-key-id"'
	kill $feeder 2>/dev/null
	wait $feeder 2>/dev/null
	rm pipe
}
signal INT 130
signal TERM 143

# the second one ends it at once: here it waits for a reader of its report that never comes
mkfifo report.pipe
env --default-signal=INT "$sievert" dir tree -o report.pipe 2>err &
pid=$!
catches $pid yes
kill -s TERM $pid
catches $pid no
sleep 0.3
kill -0 $pid 2>/dev/null || fail "the first signal ended it"
kill -s TERM $pid
wait $pid 2>/dev/null
code=$?
[ $code = 143 ] || fail "the second signal: exit $code"

# who starts it with a signal ignored means it
mkfifo pipe
sleep 1 >pipe &
env --ignore-signal=INT "$sievert" stdin <pipe >out 2>err &
pid=$!
sleep 0.4
kill -s INT $pid
wait $pid
code=$?
[ $code = 0 ] || fail "an ignored signal is obeyed: exit $code"
exit $bad
