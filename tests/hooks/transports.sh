#!/usr/bin/env bash
# The same verdict over file://, over HTTP by git http-backend, and over SSH, on loopback.
# $1 is the program, $2 the transport.
. "${BASH_SOURCE[0]%/*}/hooks.bash" "$1" "transport-$2"
children=()
trap 'for c in "${children[@]}"; do kill "$c" 2>/dev/null; done; chmod -R u+rwx "$work"; rm -rf "$work"' EXIT

skip() { echo "skipped: $*"; exit 77; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() { # port
	for _ in $(seq 100); do
		(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
		sleep 0.1
	done
	fail "nothing listens on port $1"
}

srv=$work/srv.git
new_server "$srv"
"$sievert" hook install --server "$srv" post-receive >/dev/null
git -C "$srv" config http.receivepack true
git -C "$srv" config sievert.auditLog "$work/audit.jsonl"
git -C "$srv" config receive.advertisePushOptions true
git -C "$srv" config sievert.allowSkip true

case $2 in
file) url=file://$srv ;;
http)
	command -v python3 >/dev/null || skip "there is no python3"
	cat >"$work/server.py" <<'X'
import http.server, os, subprocess, sys
# git http-backend as a CGI program: python's own handler reads no chunked bodies
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            out = b""
            while (n := int(self.rfile.readline().split(b";")[0], 16)):
                out += self.rfile.read(n); self.rfile.readline()
            self.rfile.readline()
            return out
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))
    def answer(self):
        path, _, query = self.path.partition("?")
        body = self.body()
        env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
               "GIT_PROJECT_ROOT": sys.argv[1], "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
               "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
               "REMOTE_ADDR": "127.0.0.1", "REMOTE_USER": "ada", "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")}
        if self.headers.get("Content-Encoding"): env["HTTP_CONTENT_ENCODING"] = self.headers["Content-Encoding"]
        out = subprocess.run(["git", "http-backend"], input=body, env=env, stdout=subprocess.PIPE).stdout
        head, _, rest = out.partition(b"\r\n\r\n")
        lines = [l.split(": ", 1) for l in head.decode().split("\r\n") if ": " in l]
        status = [v for k, v in lines if k == "Status"]
        self.send_response(int(status[0].split()[0]) if status else 200)
        for k, v in lines:
            if k != "Status": self.send_header(k, v)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest)
    do_GET = do_POST = answer
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
X
	port=$(free_port)
	python3 "$work/server.py" "$work" "$port" 2>/dev/null &
	children+=($!)
	wait_for "$port"
	url=http://127.0.0.1:$port/srv.git
	;;
ssh)
	sshd=$(command -v sshd || echo /usr/sbin/sshd)
	[ -x "$sshd" ] || skip "there is no sshd (openssh-server)"
	# as root sshd wants its empty folder; else it runs as who we are
	if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd 2>/dev/null || skip "sshd wants /run/sshd"; fi
	chmod 755 "$work"
	ssh-keygen -q -t ed25519 -N '' -f "$work/host" && ssh-keygen -q -t ed25519 -N '' -f "$work/user" && cp "$work/user.pub" "$work/authorized"
	chmod 600 "$work/authorized"
	port=$(free_port)
	cat >"$work/sshd_config" <<X
Port $port
ListenAddress 127.0.0.1
HostKey $work/host
PidFile $work/sshd.pid
AuthorizedKeysFile $work/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
X
	"$sshd" -D -f "$work/sshd_config" -E "$work/sshd.log" &
	children+=($!)
	wait_for "$port"
	export GIT_SSH_COMMAND="ssh -F /dev/null -i $work/user -p $port -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=$work/known -o BatchMode=yes"
	$GIT_SSH_COMMAND "$(id -un)@127.0.0.1" true 2>"$work/said" || { [ "$(id -u)" = 0 ] && fail "sshd lets nobody in" || skip "sshd lets nobody in: $(head -1 "$work/said")"; }
	url=ssh://$(id -un)@127.0.0.1:$port$srv
	;;
esac

new_repository "$work/r"
accepts "first push" git push -q "$url" main
echo "$(key one)" >one && commit one
refuses "a secret" "one:1" git push -q "$url" main
refuses "a secret and a deletion" "one:1" git push -q "$url" :main main:other
head -c 3000000 /dev/urandom >large && commit large
refuses "a large push" "one:1" git push -q "$url" main
git reset -q --hard HEAD~2 && echo fine >fine && commit fine
accepts "fine" git push -q "$url" main
git tag blob "$(key blob | git hash-object -w --stdin)"
refuses "a tag on a blob" "on refs/tags/blob" git push -q "$url" blob
echo "$(key skipped)" >skipped && commit skipped
accepts "bypass" git push -q -o "sievert.skip=a test" "$url" main
grep -q '"event":"skip"' "$work/audit.jsonl" || fail "the bypass is not recorded"
# what was let through is looked at afterwards
for _ in $(seq 200); do
	grep -q '"hook":"post-receive".*aws-access-key-id' "$work/audit.jsonl" && break
	sleep 0.1
done
grep -q '"hook":"post-receive".*"path":"skipped"' "$work/audit.jsonl" || fail "the scan afterwards did not find it"
grep -qE 'AKIA[A-Z2-7]{16}' "$work/audit.jsonl" && fail "the audit log holds a secret"
[ "$2" != http ] || grep -q '"user":"ada"' "$work/audit.jsonl" || fail "who pushed is not recorded"
exit $bad
