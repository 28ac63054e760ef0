"""The parts of the benchmark. Each takes (bench, inputs), prints its tables and keeps its numbers."""
import json, os, re, statistics, subprocess, sys
import generate, peers, planted
from harness import Command, print_results, print_table, seconds

LITERAL = "zzqqliteral"  # stands nowhere
READING = "reading alone"
CORES = str(len(os.sched_getaffinity(0)))


class Input:
    """A repository, bare or not, and its files: those of HEAD in a folder of their own."""

    def __init__(self, name, repo, tree):
        self.name, self.repo, self.tree = name, repo, tree


def git(bench, *argv, **kw):
    return subprocess.run(["git", *argv], env=bench.env, check=True, stdout=subprocess.PIPE, **kw).stdout


def files_of(bench, repo, folder):
    os.makedirs(folder)
    archive = subprocess.Popen(["git", "-C", repo, "archive", "HEAD"], env=bench.env, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", folder], stdin=archive.stdout, check=True)
    if archive.wait() != 0:
        sys.exit("git archive failed for %s" % repo)


def open_input(bench, path):
    path = os.path.abspath(path)
    name = os.path.basename(path.rstrip("/"))
    if name in ("repo", ".git"):  # DIR/repo, DIR/.git
        name = os.path.basename(os.path.dirname(path))
    name = re.sub(r"\.git$", "", name).split("+")[-1]
    found = subprocess.run(["git", "-C", path, "rev-parse", "--absolute-git-dir"], env=bench.env,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if found.returncode != 0:
        sys.exit("%s: no git repository" % path)
    folder = os.path.join(bench.work, "trees", name)
    if not os.path.exists(folder):
        files_of(bench, found.stdout.strip(), folder)
    return Input(name, found.stdout.strip(), folder)


def generated(bench, commits, files, secrets=20):
    name = "generated-%d-%d" % (commits, files)
    repo = os.path.join(bench.work, name, "repo")
    if not os.path.exists(repo):
        os.makedirs(os.path.dirname(repo))
        generate.repository(repo, commits, files, secrets=min(secrets * commits // 500 or 1, 90))
    found = open_input(bench, repo)
    found.name = name
    return found


def sizes_of(inp):
    return [os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(inp.tree) for name in names]


def bytes_of(inp):
    return sum(sizes_of(inp))


def size(inp):
    sizes = sizes_of(inp)
    return "%d files, %.1f MB" % (len(sizes), sum(sizes) / 1e6)


def blobs(bench, inp):
    out = subprocess.run([bench.tools["read"], "walk", "-q", "-b", "-j", CORES, inp.repo], env=bench.env, check=True,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
    return tuple(int(n) for n in re.search(r"(\d+) objects, (\d+) bytes", out).groups())


def objects(bench, inp):
    n, total = blobs(bench, inp)
    return "%d blobs, %.2f GB" % (n, total / 1e9)


# ---- startup ----

def startup(bench, inputs):
    """From the start to the finding in a file of one line."""
    folder = os.path.join(bench.work, "one")
    os.makedirs(folder, exist_ok=True)
    secret = next(p for p in planted.secrets(7) if p.kind == "github" and p.form == "env")
    with open(os.path.join(folder, "settings.env"), "w") as f:
        f.write(secret.text.strip().split("\n")[-1] + "\n")
    commands = {"true": Command(["true"]), "sievert version": Command([bench.tools["sievert"], "version"]),
                "sievert dir": Command([bench.tools["sievert"], "dir", folder])}
    for p in bench.peers:
        if p.binary:
            commands[p.name] = p.tree(folder, bench)
    print_results(bench, "startup", "a file of one line", bench.compare(commands))


# ---- tree ----

def stages_of(sample):
    """What --timing says: {stage: seconds summed over threads}; those of attribute and all are the clock's."""
    return {stage: float(t) for stage, t in re.findall(r"^timing: (\w+) ([\d.]+) s", sample.errors, re.M)}


def print_stages(bench, part, inp, result):
    said = [stages_of(s) for s in result.samples]
    stages = {stage: statistics.median(s[stage] for s in said) for stage in said[0]}
    shown = {s: t for s, t in stages.items() if s != "all" and t >= 0.001}
    print_table("%s: %s: where the time goes, summed over threads" % (part, inp.name), ["stage", "time", "of the CPU time"],
                [[s, seconds(t), "%.0f %%" % (100 * t / result.cpu)] for s, t in shown.items()])
    bench.keep(part + "-stages", inp.name, stages)


def print_above(bench, inp, results, names):
    """What a scan takes beyond reading the files as it does, and what part of it is looking for anchors."""
    mb, read = bytes_of(inp) / 1e6, results[READING]
    rows, kept = [], {}
    for name in names:
        r = results[name]
        above = r.cpu - read.cpu
        shares = [stages_of(s)["match"] / s.cpu for s in r.samples if "timing:" in s.errors]
        share = statistics.median(shares) if shares else None
        rows.append([name, "%.2f" % (r.wall / read.wall), "%.2f" % (r.cpu / read.cpu), "%.2f ms" % (above * 1000 / mb), percent(share)])
        kept[name] = {"wall_of_reading": round(r.wall / read.wall, 3), "cpu_of_reading": round(r.cpu / read.cpu, 3),
                      "cpu_above_reading_s": round(above, 5)}
        if share is not None:
            kept["match_share"] = round(share, 4)
    print_table("tree: %s: above reading" % inp.name,
                ["", "of reading", "CPU of reading", "CPU above reading, of a MB", "Hyperscan's part"], rows)
    bench.keep("tree-above", inp.name, kept)


def print_bounds(bench, part, inp, bounds):
    """What is wanted, and whether it is so: (what, value, at most)."""
    print_table("%s: %s: what is wanted" % (part, inp.name), ["", "is", "at most", ""],
                [[what, "%.2f" % value, "%.2f" % most, "yes" if value <= most else "NO"] for what, value, most in bounds])
    bench.keep(part + "-bounds", inp.name, {what: {"is": round(value, 3), "at_most": round(most, 3)} for what, value, most in bounds})


SEARCH = "rg -uuu -c LITERAL"


def bound_of_search(ours, search):
    return [("sievert dir, of rg with one literal", ours.wall / search.wall, 1.5)]


def all_trees(bench, inputs):
    """All of them in one command each."""
    folders, ours = [inp.tree for inp in inputs], "sievert dir -j" + CORES
    results = bench.compare({SEARCH: Command(["rg", "-uuu", "-c", LITERAL, *folders]),
                             ours: Command([bench.tools["sievert"], "dir", "-j" + CORES, *folders])})
    together = Input("all %d in one command" % len(inputs), None, None)
    print_results(bench, "tree", together.name, results, SEARCH)
    print_bounds(bench, "tree", together, bound_of_search(results[ours], results[SEARCH]))


def tree(bench, inputs):
    """Files as they lie in a folder, beside reading them and beside looking for one word."""
    sievert = bench.tools["sievert"]
    for inp in inputs:
        commands = {
            "cat": Command("find '%s' -type f -print0 | xargs -0 cat >/dev/null" % inp.tree, shell=True),
            READING: Command([bench.tools["files"], CORES, inp.tree]),
            SEARCH: Command(["rg", "-uuu", "-c", LITERAL, inp.tree]),
            "sievert dir -j1": Command([sievert, "dir", "--timing", "-j1", inp.tree]),
            "sievert dir -j" + CORES: Command([sievert, "dir", "--timing", "-j" + CORES, inp.tree])}
        results = bench.compare(commands)
        ours = results["sievert dir -j" + CORES]
        print_results(bench, "tree", "%s (%s)" % (inp.name, size(inp)), results, SEARCH)
        print_stages(bench, "tree", inp, ours)
        print_above(bench, inp, results, ["cat", SEARCH, *(n for n in results if n.startswith("sievert"))])
        print_bounds(bench, "tree", inp, bound_of_search(ours, results[SEARCH]))
    if len(inputs) > 1:
        all_trees(bench, inputs)


# ---- history ----

def history(bench, inputs):
    """Every object of a repository, beside git's own way to print them all."""
    sievert = bench.tools["sievert"]
    for inp in inputs:
        floor = "git cat-file"
        commands = {
            floor: Command(["git", "-C", inp.repo, "cat-file", "--batch-all-objects", "--unordered", "--batch", "--buffer"]),
            "rev-list --objects --all": Command(["git", "-C", inp.repo, "rev-list", "--objects", "--all", "--missing=allow-any"]),
            "reading all blobs": Command([bench.tools["read"], "walk", "-q", "-b", "-j", CORES, inp.repo]),
            "sievert git -j1": Command([sievert, "git", "-j1", inp.repo]),
            "sievert git -j" + CORES: Command([sievert, "git", "--timing", "-j" + CORES, inp.repo])}
        results = bench.compare(commands, bench.history_limit)
        print_results(bench, "history", "%s (%s)" % (inp.name, objects(bench, inp)), results, floor)
        ours, cat = results["sievert git -j" + CORES], results[floor].wall
        print_stages(bench, "history", inp, ours)
        attribute = statistics.median(stages_of(s)["attribute"] for s in ours.samples)
        without = statistics.median(s.wall - stages_of(s)["attribute"] for s in ours.samples)
        print_bounds(bench, "history", inp, [
            ("reading all blobs, of git cat-file", results["reading all blobs"].wall / cat, 0.1),
            ("sievert git without attribution, of git cat-file", without / cat, 0.2),
            ("attribution, of rev-list --objects --all", attribute / results["rev-list --objects --all"].wall, 1),
            ("peak, MiB, with --max-memory 512M", ours.peak, 512)])
    proportion(bench)


def proportion(bench):
    """The cost of twice the history is twice the cost."""
    base = max(bench.commits // 4, 1)
    repos = {k: generated(bench, base * k, max(bench.files // 7, 1)) for k in (1, 2, 4, 8)}
    sizes = {k: blobs(bench, r)[1] for k, r in repos.items()}
    results = bench.compare({k: Command([bench.tools["sievert"], "git", "-j" + CORES, r.repo]) for k, r in repos.items()},
                            bench.history_limit)
    rows, kept = [], {}
    for k, r in results.items():
        grown, wall, cpu = sizes[k] / sizes[1], r.wall / results[1].wall, r.cpu / results[1].cpu
        rows.append(["%d commits" % (base * k), "%.1f MB" % (sizes[k] / 1e6), "%.2f" % grown, seconds(r.wall), "%.2f" % wall,
                     seconds(r.cpu), "%.2f" % cpu])
        kept["%d commits" % (base * k)] = {**r.numbers(), "bytes_ratio": round(grown, 3), "ratio": round(wall, 3), "cpu_ratio": round(cpu, 3)}
    print_table("history: 1, 2, 4, 8 times the commits, generated", ["", "blobs", "×", "wall", "×", "CPU", "×"], rows)
    bench.keep("history", "proportion", kept)


# ---- memory ----

def memory(bench, inputs):
    """The peak at several --max-memory."""
    sievert = bench.tools["sievert"]
    for inp in inputs:
        commands = {"sievert dir": Command([sievert, "dir", inp.tree])}
        for limit in ("64M", "128M", "512M"):
            commands["sievert git --max-memory " + limit] = Command([sievert, "git", "--max-memory", limit, inp.repo])
        print_results(bench, "memory", inp.name, bench.compare(commands, bench.history_limit))


# ---- hooks ----

def hooks(bench, inputs):
    for inp in inputs:
        run = subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "hooks", "run.py"), "--sievert",
                              bench.tools["sievert"], "--repository", inp.repo, "--runs", str(bench.runs or 11)],
                             env={**os.environ, "TMPDIR": bench.work}, stdout=subprocess.PIPE, text=True)
        if not run.stdout.strip():
            print("\nhooks: %s: not measured (exit %d)" % (inp.name, run.returncode))
            continue
        told = json.loads(run.stdout)
        rows = []
        for name, r in told.items():
            other = next(k for k in r if k not in ("ms", "holds"))
            rows.append([name, "%.1f ms" % r["ms"], other, "%.1f ms" % r[other], "yes" if r["holds"] else "NO"])
        print_table("hooks: " + inp.name, ["", "sievert", "beside", "", "within its bound"], rows)
        bench.keep("hooks", inp.name, told)


# ---- rules ----

def rules(bench, inputs):
    """What each rule costs: where the match and confirm stages go."""
    wanted = [a for rule in bench.rules for a in ("--rule", rule)]
    for inp in inputs:
        out = subprocess.run([bench.tools["sievert"], "rules", "bench", "-f", "json", *wanted, inp.tree], env=bench.env, check=True,
                             stdout=subprocess.PIPE).stdout
        told = json.loads(out)
        mb = told["bytes"] / 1e6
        rows = [[r["rule"], percent(r["cost"]), share_of_matching(r), "%.0f" % (r["confirm_ns"] / 1000 / mb),
                 "%.2f" % (r["hits"] / mb), "%.2f" % (r["searches"] / mb), *r["findings"].values()] for r in told["rules"]]
        print_table("rules: %s (%.1f MB): the costliest" % (inp.name, mb), ["rule", "of a scan", "of matching", "confirming, µs/MB",
                    "hits/MB", "searches/MB", *next(iter(told["rules"]))["findings"]], rows)
        speeds = {stage: told["sample_bytes"] * 1e3 / told[stage + "_ns"] for stage in ("match", "scan")}
        print("\nOne thread, of %.1f MB: matching %.0f MB/s, all of a scan %.0f MB/s." % (
            told["sample_bytes"] / 1e6, speeds["match"], speeds["scan"]))
        added = what_azure_adds(bench, inp)
        bench.keep("rules", inp.name, {**told, **{stage + "_mb_per_s": round(v, 1) for stage, v in speeds.items()}, "added": added})


def what_azure_adds(bench, inp):
    """Azure's rules and the decoded views, of the throughput of a scan without them; None: nothing to scan."""
    out = subprocess.run([bench.tools["added"], inp.tree, "azure"], env=bench.env, check=True, stdout=subprocess.PIPE, text=True).stdout
    size, *ns = map(int, out.split())
    if size == 0:
        return None
    ways = ("all", "without Azure's rules", "without decoded views", "without both")
    memory, folder = ns[:len(ways)], ns[len(ways):]
    rows = [[way, "%.0f MB/s" % (size * 1e3 / memory[i]), percent(1 - ns[i] / ns[0]) if i else "",
             "%.1f ms" % (folder[i] / 1e6), percent(1 - folder[i] / folder[0]) if i else ""] for i, way in enumerate(ways)]
    print_table("rules: %s: what Azure's rules and the decoded views cost" % inp.name,
                ["", "text in memory", "of throughput", "the tree, read too", "of throughput"], rows)
    names = ("all", "without_azure", "without_views", "without_both")
    return {"bytes": size, **{n + "_ns": t for n, t in zip(names, memory)}, **{n + "_folder_ns": t for n, t in zip(names, folder)}}


def share_of_matching(r):
    return "%.1f (%.1f) %%" % (100 * r["match_share"], 100 * r["match_error"]) if "match_share" in r else ""


def percent(share):
    return "" if share is None else "%.1f %%" % (100 * share)


# ---- peers ----

def plant(bench, inp, seed):
    """Copies of tree and repository with planted secrets: in files, and as commits of which half are taken back."""
    secrets, decoys = planted.secrets(seed), planted.decoys(seed)
    folder, repo = (os.path.join(bench.work, "planted", inp.name, n) for n in ("tree", "repo"))
    if os.path.exists(folder):
        return Input(inp.name, repo, folder), secrets, decoys
    os.makedirs(os.path.dirname(folder))
    subprocess.run(["cp", "-r", inp.tree, folder], check=True)
    for p in secrets + decoys:
        path = os.path.join(folder, p.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(p.text)
    git(bench, "clone", "-q", "--bare", inp.repo, repo)
    head = git(bench, "-C", repo, "symbolic-ref", "HEAD", text=True).strip()
    date = int(git(bench, "-C", repo, "log", "-1", "--format=%ct", head, text=True)) + 3600
    importer = subprocess.Popen(["git", "-C", repo, "fast-import", "--quiet", "--force"], env=bench.env, stdin=subprocess.PIPE)
    batches = [(secrets + decoys)[i:i + 10] for i in range(0, len(secrets + decoys), 10)]
    for n, batch in enumerate(batches + [None]):
        message = b"settings, part %d\n" % n
        importer.stdin.write(b"commit %s\ncommitter Planter <planter@example.org> %d +0000\ndata %d\n%s%s" % (
            head.encode(), date + n * 60, len(message), message, b"from %s^0\n" % head.encode() if n == 0 else b""))
        for p in batch or secrets[::2]:
            if batch is None:
                importer.stdin.write(b"D %s\n" % p.path.encode())
            else:
                importer.stdin.write(b"M 100644 inline %s\ndata %d\n%s\n" % (p.path.encode(), len(p.text.encode()), p.text.encode()))
    importer.stdin.close()
    if importer.wait() != 0:
        sys.exit("git fast-import failed")
    return Input(inp.name, repo, folder), secrets, decoys


def found_in(output, things):
    return [p for p in things if p.token.encode() in output]


def by_kind(things):
    return {kind: sum(p.kind == kind for p in things) for kind in sorted({p.kind for p in things})}


def share_of_common(found, secrets):
    """{name: "n/all"} of the kinds of which everyone found some: what all of them look for."""
    common = set.intersection(*({p.kind for p in of} for of in found.values())) if found else set()
    return {name: "%d/%d" % (sum(p.kind in common for p in of), sum(p.kind in common for p in secrets))
            for name, of in found.items()}


def print_kinds(bench, part, inp, found, secrets):
    """Who found how many of each kind."""
    of = {name: by_kind(things) for name, things in found.items()}
    print_table("%s: %s: planted secrets found, by kind" % (part, inp.name), ["", "planted", *of],
                [[kind, n, *(of[name].get(kind, 0) for name in of)] for kind, n in by_kind(secrets).items()])
    bench.keep(part + "-kinds", inp.name, {"planted": by_kind(secrets), **of})


def sievert_count(output):
    return sum(1 for r in peers.records(output) if isinstance(r, dict) and r.get("type") == "finding")


def report(bench, verb, what):
    out = os.path.join(bench.work, "report-sievert")
    return Command([bench.tools["sievert"], verb, "-f", "jsonl", "-o", out, what], output=out)


def compare_peers(bench, part, inp, floor, floor_command, sievert, of_peer, secrets, decoys, limit):
    commands, counts, told = {floor: floor_command, "sievert": sievert}, {"sievert": sievert_count}, {"sievert": bytes}
    for p in bench.peers:
        command = of_peer(p) if p.binary else None
        if command:
            commands[p.name], counts[p.name], told[p.name] = command, p.count, p.told
    results = bench.compare(commands, limit)
    more, found = {"findings": {}, "planted": {}, "common": {}, "decoys": {}}, {}
    for name, count in counts.items():
        r = results[name]
        if r.cut:
            continue
        try:
            more["findings"][name], said = count(r.output), told[name](r.output)
        except (ValueError, KeyError, TypeError) as e:
            more["findings"][name], said = "?", b""
            print("   %s: its report was not understood: %s" % (name, e), file=sys.stderr)
        found[name] = found_in(said, secrets)
        more["planted"][name] = "%d/%d" % (len(found[name]), len(secrets))
        more["decoys"][name] = "%d/%d" % (len(found_in(said, decoys)), len(decoys))
    more["common"] = share_of_common(found, secrets)
    print_results(bench, part, inp.name, results, floor, more)
    print_kinds(bench, part, inp, found, secrets)
    print_beside(bench, part, inp, results, 0.5 if part == "peers-tree" else 0.2, [floor, "sievert"])


def print_beside(bench, part, inp, results, wanted, not_others):
    """Sievert beside the fastest of the others, and beside the one that takes the least memory."""
    others = [r for name, r in results.items() if name not in not_others and not r.failed]
    ours = results["sievert"]
    if others and not ours.cut:  # of the others one that was cut off takes its limit at least
        bounds = [("sievert, of the fastest other", ours.wall / min(r.wall for r in others), wanted)]
        bounds.append(("peak, of the least of the others", ours.peak / min(r.peak for r in others), 1))
        print_bounds(bench, part, inp, bounds)


def peers_part(bench, inputs):
    """Other scanners on the same tree and history, with the same secrets planted."""
    print_table("peers that are not here", ["", "why"], [[p.name, p.why] for p in bench.peers if not p.binary])
    for p in bench.peers:
        if not p.binary:
            bench.keep("peers-absent", p.name, p.why)
    for inp in inputs:
        at, secrets, decoys = plant(bench, inp, 1)
        compare_peers(bench, "peers-tree", at, "rg, one literal", Command(["rg", "-uuu", "-c", LITERAL, at.tree]),
                      report(bench, "dir", at.tree), lambda p: p.tree(at.tree, bench),
                      secrets, decoys, bench.limit)
        compare_peers(bench, "peers-history", at, "git cat-file",
                      Command(["git", "-C", at.repo, "cat-file", "--batch-all-objects", "--unordered", "--batch", "--buffer"]),
                      report(bench, "git", at.repo), lambda p: p.history(at.repo, bench),
                      secrets, decoys, bench.history_limit)


def common_kinds(trees):
    """{name: "n/all"}: of the kinds of which everyone found some in one of the trees, how much."""
    best = {}
    for of in trees.values():
        for name, kinds in of.items():
            for kind, n in kinds.items():
                best.setdefault(name, {})[kind] = max(n, best.get(name, {}).get(kind, 0))
    planted = best.pop("planted", {})
    common = set(planted).intersection(*best.values())
    return {name: "%d/%d" % (sum(kinds[k] for k in common), sum(planted[k] for k in common)) for name, kinds in best.items()}


def print_summary(path):
    """All of the peers in one table: ratios to the floors by repository, and what was found."""
    with open(path) as f:
        record = json.load(f)
    measured = record["parts"]
    # of a day's runs the last one that had peers
    inputs = next((r["inputs"] for r in reversed(record["runs"]) if "peers" in r["parts"] and "inputs" in r), None)
    trees, histories, kinds = ({name: rows for name, rows in measured.get(part, {}).items() if inputs is None or name in inputs}
                               for part in ("peers-tree", "peers-history", "peers-tree-kinds"))
    common = common_kinds(kinds)
    started = next(iter(measured.get("startup", {}).values()), {})
    names = ["sievert"] + [p.name for p in peers.PEERS if any(p.name in t for t in trees.values())]

    def ratio(numbers):
        if "cut_off_after_s" in numbers:
            return "> %d s" % numbers["cut_off_after_s"]
        return "failed" if "failed" in numbers else "%.1f" % numbers["ratio"] if numbers else "–"

    def peak(measure, name):
        of = [n[name] for n in measure.values() if name in n and "failed" not in n[name]]
        whole, until = (max((n[k] for n in of if k in n), default=0) for k in ("peak_mib", "peak_mib_until_then"))
        return "–" if not whole + until else "%s%.0f MiB" % ("≥ " if until > whole else "", max(whole, until))

    def found(measure, name, kind):
        seen = {n[name][kind] for n in measure.values() if kind in n.get(name, {})}
        return ", ".join(sorted(seen)) or "–"

    rows = []
    for name in names:
        start = started.get("sievert dir" if name == "sievert" else name, {})
        rows.append([name, seconds(start["wall_s"]) if "wall_s" in start else "–", *(ratio(t.get(name, {})) for t in trees.values()),
                     *(ratio(h.get(name, {})) for h in histories.values()), peak(trees, name), peak(histories, name),
                     found(trees, name, "planted"), found(histories, name, "planted"), common.get(name, "–"), found(trees, name, "decoys")])
    
    def of_fastest(measure):
        others = [n for name, n in measure.items() if name in names[1:] and "failed" not in n]
        if not others or "wall_s" not in measure["sievert"]:
            return "–"
        fastest = min(others, key=lambda n: n.get("wall_s") or n["cut_off_after_s"])
        share = measure["sievert"]["wall_s"] / (fastest.get("wall_s") or fastest["cut_off_after_s"])
        return ("%.2f" if "wall_s" in fastest else "< %.2f") % share

    starts = {n: s for n, s in started.items() if n in names}
    rows.append(["sievert, of the fastest other", of_fastest({**starts, "sievert": started["sievert dir"]}) if started else "–",
                 *(of_fastest(t) for t in trees.values()), *(of_fastest(h) for h in histories.values()), *[""] * 6])
    print_table("peers", ["", "start to a finding", *("tree of %s" % t for t in trees), *("history of %s" % h for h in histories),
                          "peak: trees", "histories", "planted: tree", "history", "common kinds", "decoys"], rows)


PARTS = {"startup": startup, "tree": tree, "history": history, "hooks": hooks, "memory": memory, "rules": rules,
         "peers": peers_part}
