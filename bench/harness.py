"""Runs commands in turn, tells what they took, and prints and keeps it. Knows no scanner."""
import datetime, json, os, platform, re, shutil, signal, statistics, subprocess, sys, tempfile

REPORT_MAX, ERRORS_MAX = 256 << 20, 1 << 20  # bytes that are looked at
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Sample:
    """One run. peak: MiB of the largest of its processes. status: 256 + signal, None: cut off."""

    def __init__(self, wall, cpu, peak, status, output, errors):
        self.wall, self.cpu, self.peak, self.status = wall, cpu, peak, status
        self.output, self.errors = output, errors


class Command:
    """What to run. check: exit codes that are no failure. output: a file that it writes its report to, or, if
    it writes none, where it prints it; without it what it prints is thrown away."""

    def __init__(self, argv, cwd=None, env=None, check=(0, 1), output=None, shell=False):
        self.argv = ["sh", "-c", argv] if shell else argv
        self.cwd, self.env, self.check, self.output = cwd, env, check, output


class Result:
    """Medians of several runs of one command."""

    def __init__(self, samples, timeout, good):
        whole = [s for s in samples if s.status is not None]
        self.runs, self.cut = len(whole), None if whole else timeout
        self.output = (whole or samples)[0].output
        at = self.samples = whole or samples
        self.wall, self.cpu = (statistics.median(getattr(s, k) for s in at) for k in ("wall", "cpu"))
        self.peak = max(s.peak for s in at)
        self.least, self.most = min(s.wall for s in at), max(s.wall for s in at)
        self.failed = next((s.status for s in whole if s.status not in good), None)

    def numbers(self):
        n = {"wall_s": round(self.wall, 5), "wall_min_s": round(self.least, 5), "wall_max_s": round(self.most, 5),
             "cpu_s": round(self.cpu, 5), "peak_mib": round(self.peak, 1), "runs": self.runs}
        if self.cut:
            n = {"cut_off_after_s": self.cut, "peak_mib_until_then": round(self.peak, 1), "runs": 0}
        return n


def peak_of_group(leader):
    """MiB of the largest process of those that leader began a session with, until now; leader itself does not count."""
    peak = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                session = int(f.read().rsplit(")", 1)[1].split()[3])
            with open("/proc/%s/status" % pid) as f:
                held = re.search(r"VmHWM:\s*(\d+)", f.read())
        except (OSError, ValueError, IndexError):
            continue  # it has ended
        if session == leader and int(pid) != leader and held:
            peak = max(peak, int(held.group(1)) / 1024)
    return peak


class Bench:
    def __init__(self, tools, work, limit=120, history_limit=None, runs=None):
        self.tools, self.work, self.runs = tools, work, runs
        self.limit, self.history_limit = limit, history_limit or limit  # of one run, seconds
        self.home = os.path.join(work, "home")
        os.makedirs(self.home, exist_ok=True)
        # nobody's configuration decides, and nothing that a tool keeps is left behind
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home, "LANG": "C.UTF-8", "TMPDIR": work,
                    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.path.join(work, "gitconfig"),
                    "XDG_CACHE_HOME": os.path.join(work, "cache"), "XDG_CONFIG_HOME": os.path.join(work, "config")}
        with open(os.path.join(work, "gitconfig"), "w") as f:
            f.write("[safe]\n\tdirectory = *\n[gc]\n\tauto = 0\n[user]\n\tname = Bench\n\temail = bench@example.org\n")
        self.record, self.save = {}, lambda: None  # save: called after each piece, so that what is done is kept

    def once(self, command, limit):
        """One run, no longer than the limit; all that it started ends with it."""
        took = os.path.join(self.work, "took")
        if os.path.exists(took):
            os.unlink(took)
        peak = 0
        printed = os.path.join(self.work, "printed") if command.output else os.devnull
        with open(printed, "wb") as out, tempfile.TemporaryFile(dir=self.work) as err:
            child = subprocess.Popen([self.tools["measure"], took, *command.argv], cwd=command.cwd,
                                     env={**self.env, **(command.env or {})}, stdout=out, stderr=err,
                                     stdin=subprocess.DEVNULL, start_new_session=True)
            try:
                child.wait(limit)
            except subprocess.TimeoutExpired:
                peak = peak_of_group(child.pid)
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            err.seek(0)
            errors = err.read(ERRORS_MAX).decode(errors="replace")
        output = b""
        if command.output:
            with open(command.output if os.path.exists(command.output) else printed, "rb") as f:
                output = f.read(REPORT_MAX)
            for path in (command.output, printed):
                if os.path.exists(path):
                    os.unlink(path)
        if not os.path.exists(took):
            return Sample(limit, 0, peak, None, output, errors)
        with open(took) as f:
            wall, user, system, peak, status = f.read().split()
        return Sample(float(wall), float(user) + float(system), int(peak) / 1024, int(status), output, errors)

    def wanted(self, took, limit):
        if took > limit / 4:
            return 1
        return self.runs or (11 if took < 0.5 else 5 if took < 5 else 3)

    def compare(self, commands, limit=None):
        """{name: Result}: all in turn, A B A B …, so that what the machine does besides falls on all."""
        limit = limit or self.limit
        samples, wanted = {}, {}
        for name, c in commands.items():  # fills the caches of pages, rules and the like
            first = self.once(c, limit)
            if first.status not in (None, *c.check):
                print("   %s: exit %s: %s" % (name, first.status, first.errors.strip()[-300:]), file=sys.stderr)
            # long runs count from the first on; what was cut off, or failed, is not tried again
            counts = first.wall >= min(5, limit / 4) or first.status not in c.check
            samples[name] = [first] if counts else []
            wanted[name] = self.wanted(first.wall, limit) if first.status in c.check else 1
        for _ in range(max(wanted.values())):
            for name, c in commands.items():
                if len(samples[name]) < wanted[name]:
                    samples[name].append(self.once(c, limit))
                    if len(samples[name]) > 1:  # one report is enough
                        samples[name][-1].output = b""
        return {name: Result(samples[name], limit, c.check) for name, c in commands.items()}

    def keep(self, part, where, rows):
        self.record.setdefault(part, {})[where] = rows
        self.save()


def seconds(t):
    return "%.1f ms" % (t * 1000) if t < 1 else "%.2f s" % t


def print_table(title, head, rows):
    """In Markdown, so that it can stand in a README."""
    rows = [[str(c) for c in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    print("\n### %s\n" % title)
    for row in [head, ["-" * w for w in widths], *rows]:
        print("| " + " | ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))) + " |")
    sys.stdout.flush()


def print_results(bench, part, where, results, floor=None, more=None):
    """A row for each command: medians, and how much longer than the floor (a name) it takes."""
    head = ["", "wall", "CPU", "peak"] + (["× " + floor, "CPU ×"] if floor else []) + list(more or [])
    rows, kept = [], {}
    for name, r in results.items():
        row = [name, seconds(r.wall), seconds(r.cpu), "%.0f MiB" % r.peak]
        kept[name] = r.numbers()
        if r.cut:
            row[1:] = ["> %d s, cut off" % r.cut, "", "≥ %.0f MiB" % r.peak]
        if r.failed:
            row[1], kept[name]["failed"] = "failed: %d" % r.failed, r.failed
        if floor:
            ratio = r.wall / results[floor].wall
            row.append((">" if r.cut else "") + "%.2f" % ratio)
            row.append("" if r.cut else "%.2f" % (r.cpu / max(results[floor].cpu, 1e-4)))
            kept[name]["ratio"] = round(ratio, 3)
        for column, value in (more or {}).items():
            row.append(str(value.get(name, "")))
            if name in value:
                kept[name][column] = value[name]
        rows.append(row)
    print_table("%s: %s" % (part, where), head, rows)
    print("\nMedians of %s runs each." % ", ".join(sorted({str(r.runs) for r in results.values() if r.runs})))
    bench.keep(part, where, kept)


def said(argv, env=None):
    try:
        run = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, env=env)
        return run.stdout.strip().split("\n")[0]
    except (OSError, subprocess.TimeoutExpired):
        return None


def machine():
    with open("/proc/cpuinfo") as f:
        names = re.findall(r"model name\s*: (.*)", f.read())
    with open("/proc/meminfo") as f:
        memory = int(re.search(r"MemTotal:\s*(\d+)", f.read()).group(1))
    return {"cpu": names[0] if names else platform.machine(), "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(memory / 2**20, 1), "kernel": platform.release(), "load": [round(x, 2) for x in os.getloadavg()]}


def write(record, folder):
    """results/<date>-<cpu>.json; a further run of the same day replaces what it has measured again."""
    cpu = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*?\)|CPU|Processor|@.*", "", record["machine"]["cpu"]).lower()).strip("-")
    path = os.path.join(folder, "%s-%s.json" % (record["date"], cpu))
    os.makedirs(folder, exist_ok=True)
    if os.path.exists(path):
        with open(path) as f:
            old = json.load(f)
        for part, kept in record["parts"].items():
            old["parts"].setdefault(part, {}).update(kept)
        record = {**record, "parts": old["parts"], "versions": {**old["versions"], **record["versions"]},
                  "runs": [r for r in old["runs"] if r["at"] != record["runs"][0]["at"]] + record["runs"]}
    with open(path, "w") as f:
        json.dump(record, f, indent=1, sort_keys=True)
        f.write("\n")
    return path


def now():
    return datetime.datetime.now().isoformat(timespec="seconds")


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
