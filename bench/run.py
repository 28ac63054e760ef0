#!/usr/bin/env python3
"""How fast Sievert is, beside what else does the same work.

    ./dev bench [PART…] [REPOSITORY…] [--runs N] [--limit SECONDS] [--history-limit SECONDS]
                [--only-peers NAME,NAME]

PARTs: startup tree history hooks memory rules peers; without any, all. Repositories: also from
$SIEVERT_BENCH_REPOS (with : between them); without any, one is generated. bench/README.md explains.
"""
import argparse, os, shutil, sys, tempfile
import harness, parts, peers
from harness import TOP, said


def tools(build):
    return {"sievert": os.path.join(build, "src/cli/sievert"), "measure": os.path.join(build, "bench/bench-measure"),
            "read": os.path.join(build, "bench/bench-read"), "files": os.path.join(build, "bench/bench-files"),
            "added": os.path.join(build, "bench/bench-added")}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("what", nargs="*", metavar="PART|REPOSITORY")
    ap.add_argument("--runs", type=int, help="instead of 11, 5 or 3 as a run takes under 0.5 s, under 5 s, or longer")
    ap.add_argument("--limit", type=int, default=120, help="of one run, seconds (120): what takes longer is cut off")
    ap.add_argument("--history-limit", type=int, help="the same where it reads a history")
    ap.add_argument("--only-peers", help="of the peers, these")
    ap.add_argument("--commits", type=int, default=2000, help="of the repository that is generated (2000)")
    ap.add_argument("--files", type=int, default=2000, help="the files of it (2000)")
    ap.add_argument("--rule", action="append", default=[], help="part rules: measure this one, and not the costliest")
    ap.add_argument("--build", default=os.path.join(TOP, "build-bench"))
    ap.add_argument("--results", default=os.path.join(TOP, "bench", "results"))
    ap.add_argument("--table", metavar="RESULTS", help="measure nothing: print the table of peers of a file of results")
    ap.add_argument("--work", help="a folder to keep inputs in; without it, one that goes away")
    a = ap.parse_intermixed_args()
    if a.table:
        return parts.print_summary(a.table)
    wanted = [w for w in a.what if w in parts.PARTS] or list(parts.PARTS)
    paths = [w for w in a.what if w not in parts.PARTS] or \
            [p for p in os.environ.get("SIEVERT_BENCH_REPOS", "").split(":") if p]
    work = os.path.abspath(a.work) if a.work else tempfile.mkdtemp(prefix="sievert-bench-")
    os.makedirs(work, exist_ok=True)
    try:
        bench = harness.Bench(tools(os.path.abspath(a.build)), work, a.limit, a.history_limit, a.runs)
        bench.rules, bench.commits, bench.files = a.rule, a.commits, a.files
        names = a.only_peers.split(",") if a.only_peers else None
        bench.peers = [p for p in peers.PEERS if names is None or p.name in names] if {"startup", "peers"} & set(wanted) else []
        for p in bench.peers:
            p.get()
        versions = {"sievert": said([bench.tools["sievert"], "version"]), "git": said(["git", "--version"]),
                    "ripgrep": said(["rg", "--version"])}
        versions.update({p.name: p.version(bench) for p in bench.peers if p.binary})
        commit = said(["git", "-C", TOP, "describe", "--always", "--dirty"])
        at, machine = harness.now(), harness.machine()
        run = {"at": at, "commit": commit, "load_before": machine.pop("load"), "parts": wanted,
               "limit_s": bench.limit, "history_limit_s": bench.history_limit}
        record = {"date": at[:10], "machine": machine, "versions": versions, "runs": [run]}
        print("%(cpu)s, %(cores)d cores, %(memory_gib)s GiB, Linux %(kernel)s" % machine + ", load %s" % run["load_before"])
        print("\n".join("%s: %s" % v for v in sorted(versions.items())) + "\ncommit: %s" % commit)
        inputs = [parts.open_input(bench, p) for p in paths] if paths else [parts.generated(bench, a.commits, a.files)]

        run["inputs"] = [inp.name for inp in inputs]

        def save():
            run["load_after"] = harness.machine()["load"]
            return harness.write({**record, "parts": bench.record}, a.results)

        bench.save = save
        for name in wanted:
            parts.PARTS[name](bench, inputs)
        path = save()
        if "peers" in wanted:
            parts.print_summary(path)
        print("\nload now %s; written to %s" % (run["load_after"], os.path.relpath(path)))
    finally:
        if not a.work:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
