#!/usr/bin/env python3
"""Runs every part of the benchmark on little, with scanners that are none, and looks at what it says.

    bench/test.py BUILD

What it measures means nothing; that it still measures, counts and prints does.
"""
import glob, json, os, shutil, subprocess, sys, tempfile
import generate

HERE = os.path.dirname(os.path.abspath(__file__))
# finds what its expression finds, and tells it as gitleaks does
QUICK = """#!/bin/sh
[ "$1" = version ] && { echo 0.0; exit; }
out= ; for a; do [ "$last" = -r ] && out=$a; last=$a; done
{ echo "[\\"-\\""; [ "$1" = dir ] && grep -rlE 'gh[pousr]_[A-Za-z0-9]{36}' "$2" | sed 's/.*/,"&"/'; echo "]"; } >"$out"
"""
# does not come to an end where there is much
ENDLESS = """#!/bin/sh
[ "$1" = version ] && { echo 0.0; exit; }
[ "$(find "$2" -type f | wc -l)" -lt 10 ] || exec sleep 1000
"""
wrong = []


def check(holds, what):
    if not holds:
        wrong.append(what)


def program(path, text):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o755)


def tables(printed):
    """{title: [[cell, ...], ...]}, the head first."""
    found, title = {}, None
    for line in printed.split("\n"):
        if line.startswith("### "):
            title = line[4:]
            found[title] = []
        elif line.startswith("| ") and title:
            found[title].append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def check_tables(printed):
    said = tables(printed)
    for title, rows in said.items():
        # so little takes no millisecond in any stage
        check(len({len(r) for r in rows}) == 1 and (len(rows) > 2 or "where the time goes" in title), "table %s: %s" % (title, rows))
    for start in ("startup", "tree", "history", "hooks", "memory", "rules", "peers-tree", "peers-history", "peers"):
        check(any(t.split(":")[0] == start for t in said), "no table of " + start)
    check(["noseyparker", "no registry package; not in $SIEVERT_BENCH_PEERS"] in said["peers that are not here"],
          "the absent scanner is not named")
    last = {row[0]: row for row in said["peers"]}
    check({"sievert", "gitleaks", "titus", "sievert, of the fastest other"} <= set(last), "the last table lacks rows")
    check(last["sievert"][-2] == last["gitleaks"][-2] == "3/3", "the last table does not tell of common kinds: %s" % last)
    check("> 4 s" in last["titus"], "the last table does not tell of what was cut off: %s" % last["titus"])


def check_numbers(parts):
    for part, of in (("startup", "sievert dir"), ("tree", "sievert dir -j1"), ("history", "git cat-file"), ("peers-tree", "sievert")):
        for where, rows in parts[part].items():
            check(where == "proportion" or rows[of]["wall_s"] > 0 and rows[of]["peak_mib"] > 0, "%s: %s: no times" % (part, where))
    where = next(iter(parts["tree-above"]))
    check(parts["tree-above"][where]["match_share"] >= 0, "no share of matching")
    check(all(rows["reading alone"]["wall_s"] > 0 for rows in parts["tree"].values()), "reading alone is not measured")
    check(all(rows["reading all blobs"]["ratio"] > 0 for of, rows in parts["history"].items() if of != "proportion"), "no ratio to git cat-file")
    check(len(parts["history"]["proportion"]) == 4, "no proportions")
    check({"pre-commit", "pre-receive", "unchanged"} <= set(parts["hooks"][where]), "hooks are not measured")
    check(parts["memory"][where]["sievert git --max-memory 64M"]["peak_mib"] > 1, "no peak")
    check([r["rule"] for r in parts["rules"][where]["rules"]] == ["generic-key"] and "match_share" in parts["rules"][where]["rules"][0],
          "the rule is not measured")
    ours, quick, endless = (parts["peers-tree"][where][n] for n in ("sievert", "gitleaks", "titus"))
    planted = int(ours["planted"].split("/")[1])
    check(planted > 90 and ours["planted"] == "%d/%d" % (planted, planted), "sievert does not find what is planted: %s" % ours["planted"])
    found = int(quick["planted"].split("/")[0])
    check(0 < found < planted and quick["findings"] == found + 1, "what the other found is not counted: %s" % quick)
    check(ours["common"] == quick["common"] == "3/3", "the common kinds are not told: %s, %s" % (ours, quick))
    check(parts["peers-tree-kinds"][where]["gitleaks"] == {"github": 3}, "kinds are not told: %s" % parts["peers-tree-kinds"])
    check(endless["cut_off_after_s"] == 4 and endless["peak_mib_until_then"] > 0 and "wall_s" not in endless, "what does not end is not cut off: %s" % endless)
    check(parts["peers-history"][where]["sievert"]["planted"] == ours["planted"], "what is planted in the history is not found")


def check_two_trees(run, work):
    repos = [os.path.join(work, name, "repo") for name in ("one", "two")]
    for seed, repo in enumerate(repos):
        os.makedirs(os.path.dirname(repo))
        generate.repository(repo, 4, 5, seed)
    printed = subprocess.run([*run, "tree", *repos, "--runs", "1"], stdout=subprocess.PIPE, text=True).stdout
    rows = tables(printed).get("tree: all 2 in one command", [])
    check([row[0] for row in rows[2:]] == ["rg -uuu -c LITERAL", "sievert dir -j%d" % len(os.sched_getaffinity(0))],
          "two trees are not scanned in one command: %s" % rows)


def main(build):
    if shutil.which("rg") is None:
        print("no rg here, beside which it measures")
        return 77
    with tempfile.TemporaryDirectory(prefix="sievert-bench-test-") as work:
        scanners, results = os.path.join(work, "scanners"), os.path.join(work, "results")
        os.mkdir(scanners)
        program(os.path.join(scanners, "gitleaks"), QUICK)
        program(os.path.join(scanners, "titus"), ENDLESS)
        run = [sys.executable, os.path.join(HERE, "run.py"), "--build", build, "--results", results]
        bench = subprocess.run([*run, "--commits", "24", "--files", "30", "--runs", "1", "--limit", "4", "--history-limit", "60",
                                "--only-peers", "gitleaks,titus,noseyparker", "--rule", "generic-key"],
                               env={**os.environ, "SIEVERT_BENCH_PEERS": scanners, "SIEVERT_BENCH_REPOS": "", "TMPDIR": work},
                               stdout=subprocess.PIPE, text=True)
        written = glob.glob(results + "/*.json")
        if bench.returncode != 0 or len(written) != 1:
            print(bench.stdout + "exit %d, results: %s" % (bench.returncode, written))
            return 1
        with open(written[0]) as f:
            record = json.load(f)
        check_tables(bench.stdout)
        check_numbers(record["parts"])
        check(record["versions"]["gitleaks"] == "0.0" and record["machine"]["cores"] >= 1, "versions and machine are not told")
        again = subprocess.run([*run, "--table", written[0]], stdout=subprocess.PIPE, text=True).stdout
        check(tables(again)["peers"] == tables(bench.stdout)["peers"], "--table prints another table")
        check_two_trees(run, work)
        if wrong:
            print(bench.stdout + "\n".join(wrong))
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
