#!/usr/bin/env python3
"""How long hooks take, beside what git needs for the same question. Medians of interleaved runs.

    bench/hooks/run.py --sievert build/src/cli/sievert --repository GIT_SIZED_REPOSITORY [--runs 21]

The repository is cloned; nothing in it is changed. Three measures:
  pre-commit   a commit of ten files, beside "git diff --cached --quiet": at most 2x + 10 ms
  pre-receive  a push of 1,000 new blobs to a repository with 80,000 refs, beside
               "git rev-list --objects NEW --not --all": at most 0.5x, and under 300 ms
  unchanged    a push that brings nothing, there: under 20 ms
"""
import argparse, json, os, resource, shutil, statistics, subprocess, sys, tempfile, time

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("--sievert", required=True)
ap.add_argument("--repository", required=True)
ap.add_argument("--runs", type=int, default=21)
ap.add_argument("--refs", type=int, default=80000)
a = ap.parse_args()
sievert = os.path.abspath(a.sievert)
work = tempfile.mkdtemp()
env = {"PATH": os.environ["PATH"], "HOME": work, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
       "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}

def git(where, *args, **kw):
    return subprocess.run(["git", "-C", where, *args], env=env, check=True, stdout=subprocess.PIPE, text=True, **kw).stdout.strip()

def timed(argv, cwd, more={}, stdin=""):
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    start, cpu = time.perf_counter(), used()
    r = subprocess.run(argv, cwd=cwd, env={**env, **more}, input=stdin, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return (time.perf_counter() - start) * 1000, (used() - cpu) * 1000, r.returncode, r.stderr

def compare(ours, theirs):
    times, cpus = ([], []), ([], [])
    for i in range(a.runs + 1):
        for side, (argv, cwd, more, stdin, code) in enumerate((ours, theirs)):
            ms, cpu, got, err = timed(argv, cwd, more, stdin)
            if got != code:
                sys.exit("%s: exit %d, wanted %d: %s" % (argv, got, code, err))
            if i:
                times[side].append(ms)
                cpus[side].append(cpu)
    return [round(statistics.median(t), 1) for t in (*times, *cpus)]

try:
    tree, srv = work + "/tree", work + "/srv.git"
    subprocess.run(["git", "clone", "-q", "--shared", a.repository, tree], env=env, check=True)
    for i, name in enumerate(git(tree, "ls-files", "*.c").split("\n")[:10]):
        with open(os.path.join(tree, name), "a") as f:
            f.write("\n/* line %d */\n" % i)
    git(tree, "add", "-u")
    result = {}
    ms, base, cpu, base_cpu = compare(([sievert, "hook", "pre-commit"], tree, {"GIT_INDEX_FILE": ".git/index"}, "", 0),
                       (["git", "diff", "--cached", "--quiet"], tree, {}, "", 1))
    result["pre-commit"] = {"ms": ms, "git diff --cached --quiet": base, "cpu": cpu, "its cpu": base_cpu, "holds": ms <= 2 * base + 10}

    subprocess.run(["git", "clone", "-q", "--bare", "--shared", a.repository, srv], env=env, check=True)
    commits = git(srv, "rev-list", "--all").split("\n")
    # written at once: eighty thousand transactions are no part of what is measured
    git(srv, "pack-refs", "--all")
    with open(srv + "/packed-refs") as f:
        refs = [l for l in f if l[0] not in "#^"]
    refs += ["%s refs/bench/%d\n" % (commits[i % len(commits)], i) for i in range(a.refs)]
    with open(srv + "/packed-refs", "w") as f:
        f.write("# pack-refs with: sorted \n" + "".join(sorted(refs, key=lambda l: l.split(" ", 1)[1])))
    # what a push leaves in the quarantine: one pack of the new objects
    new = work + "/new"
    subprocess.run(["git", "clone", "-q", "--shared", a.repository, new], env=env, check=True)
    for i in range(1000):
        os.makedirs(new + "/bench/%d" % (i // 100), exist_ok=True)
        with open(new + "/bench/%d/%d.c" % (i // 100, i), "w") as f:
            f.write("".join("int f%d_%d(int x) { return x + %d; }\n" % (i, k, i * k) for k in range(60)))
    git(new, "add", "bench")
    git(new, "commit", "-qm", "a thousand files")
    head, old = git(new, "rev-parse", "HEAD"), git(new, "rev-parse", "HEAD~1")
    quarantine = srv + "/objects/incoming-bench"
    os.makedirs(quarantine + "/pack")
    objects = git(new, "rev-list", "--objects", head, "^" + old)
    git(new, "pack-objects", "-q", quarantine + "/pack/pack", input=objects)
    q = {"GIT_DIR": ".", "GIT_QUARANTINE_PATH": quarantine, "GIT_OBJECT_DIRECTORY": quarantine, "GIT_ALTERNATE_OBJECT_DIRECTORIES": srv + "/objects"}
    line = "%s %s refs/heads/bench\n"
    zero = "0" * len(head)
    ms, base, cpu, base_cpu = compare(([sievert, "hook", "pre-receive"], srv, q, line % (zero, head), 0),
                       (["git", "rev-list", "--objects", head, "--not", "--all"], srv, q, "", 0))
    result["pre-receive"] = {"ms": ms, "git rev-list --objects NEW --not --all": base, "cpu": cpu, "its cpu": base_cpu, "holds": ms <= 0.5 * base and ms < 300}
    os.makedirs(srv + "/objects/incoming-empty/pack")
    q = {k: v.replace("incoming-bench", "incoming-empty") for k, v in q.items()}
    ms, base, cpu, base_cpu = compare(([sievert, "hook", "pre-receive"], srv, q, line % (old, head), 0), (["git", "--version"], srv, {}, "", 0))
    result["unchanged"] = {"ms": ms, "git --version": base, "cpu": cpu, "its cpu": base_cpu, "holds": ms < 20}
    print(json.dumps(result, indent=2))
    sys.exit(0 if all(r["holds"] for r in result.values()) else 1)
finally:
    shutil.rmtree(work, ignore_errors=True)
