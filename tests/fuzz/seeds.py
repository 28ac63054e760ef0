#!/usr/bin/env python3
"""Writes seeds for the fuzz targets: seeds.py FOLDER. The same bytes each time; needs git.

FOLDER/TARGET/NAME is one input of the target fuzz_TARGET.c, whose first lines say what it takes.
"""
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

out = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
patterns = os.path.join(here, "..", "..", "patterns")


def seed(target, name, content):
    os.makedirs(os.path.join(out, target), exist_ok=True)
    with open(os.path.join(out, target, name), "wb") as f:
        f.write(content)


def git(where, *args, data=None):
    env = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull,
               GIT_AUTHOR_NAME="A", GIT_AUTHOR_EMAIL="a@example.org", GIT_AUTHOR_DATE="1700000000 +0100",
               GIT_COMMITTER_NAME="C", GIT_COMMITTER_EMAIL="c@example.org",
               GIT_COMMITTER_DATE="1700000000 +0100")
    return subprocess.run(["git", "-C", where, *args], input=data, env=env, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def varint(n):
    made = bytearray()
    while n > 127:
        made.append(n & 127 | 128)
        n >>= 7
    return bytes(made + bytes([n]))


def history(where, form):
    git(where, "init", "-q", "-b", "main", f"--object-format={form}")
    for i in range(4):
        os.makedirs(f"{where}/d/e", exist_ok=True)
        with open(f"{where}/d/e/file", "w") as f:
            f.write("".join(f"line {n * 7 % (i + 5)}\n" for n in range(60)))
        with open(f"{where}/{i}.bin", "wb") as f:
            f.write(bytes(range(40)) * i)
        git(where, "add", "-A")
        git(where, "commit", "-qm", f"commit {i}\n\nwith a body\n")
    git(where, "checkout", "-q", "-b", "side", "HEAD~2")
    git(where, "commit", "-q", "--allow-empty", "-m", "side")
    git(where, "merge", "-q", "-m", "merge", "main")
    git(where, "tag", "-a", "-m", "a tag", "v1")
    git(where, "tag", "-a", "-m", "a tag of a tree", "v2", "HEAD^{tree}")


def git_seeds(form):
    flag = bytes([form == "sha256"])
    with tempfile.TemporaryDirectory() as where:
        history(where, form)
        listed = git(where, "cat-file", "--batch-all-objects", "--batch-check").decode().split("\n")
        for i, line in enumerate(l for l in listed if l):
            oid, kind, _ = line.split()
            content = git(where, "cat-file", kind, oid)
            whole = f"{kind} {len(content)}".encode() + b"\0" + content
            if kind in ("commit", "tag", "tree"):
                seed(kind, f"{form}-{i}", flag + content)
            seed("loose", f"{form}-{i}", b"\1" + whole)
            seed("loose", f"{form}-{i}-z", b"\0" + zlib.compress(whole))
        for name in ("packed-refs", "logs/HEAD"):
            git(where, "pack-refs", "--all")
            with open(f"{where}/.git/{name}", "rb") as f:
                seed("refs", f"{form}-{os.path.basename(name)}", flag + f.read())
        git(where, "repack", "-qadf", "--depth=20")
        folder = f"{where}/.git/objects/pack"
        pack = [n for n in os.listdir(folder) if n.endswith(".pack")][0]
        for name, options in (("v2", ["--index-version=2"]), ("v1", ["--index-version=1"]),
                              ("large", ["--index-version=2,0x40"])):
            git(where, "index-pack", *options, "-o", f"{where}/idx", f"{folder}/{pack}")
            with open(f"{where}/idx", "rb") as f:
                seed("pack_index", f"{form}-{name}", flag + f.read())
            os.unlink(f"{where}/idx")
        with open(f"{folder}/{pack}", "rb") as f:
            content = f.read()
        shown = git(where, "verify-pack", "-v", f"{folder}/{pack}").decode().split("\n")
        entries = [l.split() for l in shown if re.match(r"[0-9a-f]{40}", l)]
        for i, entry in enumerate(entries):
            length, offset = int(entry[3]), int(entry[4])
            seed("pack_entry", f"{form}-{i}",
                 flag + struct.pack("<Q", offset) + content[offset:offset + length])


def delta_seeds():
    base = bytes(range(200)) + b"the quick brown fox " * 20
    head = varint(len(base))
    ops = {
        "copy": (len(base), b"\xb0" + struct.pack("<H", len(base))),
        "insert": (5, b"\5hello"),
        "both": (25, b"\x91\x0a\x0a" + b"\5hello" + b"\x90\x0a"),
        "joined": (20, b"\x91\x0a\x0a\x91\x14\x0a"),
        "inserts": (6, b"\3abc\3def"),
        "64k": (0x10000, b"\x80"),
    }
    for name, (size, op) in ops.items():
        large = base * 120 if name == "64k" else base
        large = large[:0xffff]
        seed("delta", name, struct.pack("<H", len(large)) + large + varint(len(large)) + varint(size) + op)
        seed("delta", name + "-end", struct.pack("<H", len(base)) + base + head + varint(size) + op[:-1])


for form in ("sha1", "sha256"):
    git_seeds(form)
delta_seeds()
