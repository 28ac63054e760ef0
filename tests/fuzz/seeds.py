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


def entries_seeds():
    def entry(name, mode=b"100644"):
        return mode + b" " + name + b"\0" + bytes(range(65, 85))
    tree = entry(b"a") + entry(b"bc", b"40000") + entry(b"def") + entry(b"g")
    at, new = len(entry(b"a")), entry(b"new")
    def steps(*made):
        return bytes([len(made)]) + b"".join(made)
    def copy(begin, end):
        return bytes([0x80, begin, end - begin])
    def insert(data):
        return bytes([len(data)]) + data
    forms = {
        "added": steps(copy(0, at), insert(new), copy(at, len(tree))),
        "dropped": steps(copy(0, at), copy(len(tree) - len(entry(b"g")), len(tree))),
        "changed": steps(copy(0, at + 12), insert(bytes(8)), copy(at + 20, len(tree))),
        "shifted": steps(copy(3, len(tree))),
    }
    for name, form in forms.items():
        for flags in (0, 2):
            seed("entries", f"{name}-{flags}", bytes([flags]) + struct.pack("<H", len(tree)) + tree + form + form)


def family_seeds():
    base = b"the quick brown fox jumps over the lazy dog " * 3
    def item(pack, kind, of, content):
        return bytes([kind | pack << 2 | 128, of]) + struct.pack("<H", len(content)) + content
    def delta(word):
        made = len(word) + len(base) - 4
        return varint(len(base)) + varint(made) + bytes([len(word)]) + word + b"\x91\x04" + bytes([len(base) - 4])
    whole = item(0, 0, 0, base)
    chain = b"".join(item(0, 1, i, delta(b"%04d" % i)) for i in range(12))
    bush = b"".join(item(0, 1, i // 3, delta(b"%04d" % i)) for i in range(20))
    for memory in (0, 4, 255):
        seed("family", f"chain{memory}", bytes([memory]) + whole + chain)
        seed("family", f"bush{memory}", bytes([memory]) + whole + bush)
    seed("family", "thin", bytes([40]) + whole + item(1, 2, 0, delta(b"thin")) + item(1, 1, 1, delta(b"more")))
    seed("family", "forward", bytes([40]) + item(0, 2, 2, delta(b"fore")) + item(1, 2, 0, delta(b"ward")) + whole)
    seed("family", "cycle", bytes([40]) + whole + item(0, 2, 2, delta(b"aaaa")) + item(0, 2, 1, delta(b"bbbb")))


def rule_files():
    for folder, _, names in sorted(os.walk(patterns)):
        for name in sorted(n for n in names if n.endswith(".yml")):
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as f:
                yield os.path.relpath(path, patterns).replace("/", "-"), f.read()


def detect_seeds():
    for name, text in rule_files():
        if name.startswith(("azure", "generic")) or hash_of(name) % 20 == 0:
            seed("rules", name, text.split("\n\n")[0].encode() + b"\n")
        # items of "examples: ['a', 'b']" and of the lists below it
        for i, example in enumerate(re.findall(r"'((?:[^'\n]|'')*\{(?:[^'\n]|'')*)'", text)):
            example = example.replace("''", "'").encode()
            if len(example) < 1500:
                seed("template", f"{name}-{i}", b"\7" + example)
                if hash_of(f"{name}-{i}") % 10 == 0:
                    insert = example[:200]
                    steps = b"\2" + b"\1" + struct.pack("<HH", 0, 30) + b"\0" + bytes([len(insert)]) + insert
                    steps += b"\1" + struct.pack("<HH", 12, 2000)
                    base = b"first = 1\nsecond = 2\nkey = " + example + b"\nlast = 3\n"
                    seed("scan_delta", f"{name}-{i}", struct.pack("<H", len(base)) + base + steps + steps)
                    seed("views", f"{name}-{i}", b"\x20\xd0" + example)
                seed("scan", f"{name}-{i}", struct.pack("<HH", 3, 60) + b"x = 1\n" + example + b"\ny = 2\n")
    seed("rules", "anchors", b"- &a\n  id: x\n- *a\n")
    for i, text in enumerate(("plain", "\x1b[31mred\x07", "::error::x ##[group] ##vso[task]", "\u202eabc\u2066", "\ufeff\u200b",
                              "é漢字🎉", ":::", "a\n##[x")):
        seed("neutralise", str(i), b"\5\0" + text.encode())
        seed("encodings", str(i), text.encode())
    seed("neutralise", "bytes", b"\xff\0" + bytes(range(256)))
    for i, text in enumerate((b"aGVsbG8=", b"aGVsbG8", b"_-_-", b"18446744073709551615", b"18446744073709551616", b"512M", b"\xc0\x80",
                              b"\xf4\x90\x80\x80", b"\xed\xa0\x80", bytes(range(64)))):
        seed("encodings", f"b{i}", text)


def hash_of(name):
    return zlib.crc32(name.encode())


for form in ("sha1", "sha256"):
    git_seeds(form)
delta_seeds()
entries_seeds()
family_seeds()
detect_seeds()
