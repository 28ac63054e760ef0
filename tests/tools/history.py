#!/usr/bin/env python3
"""A history for "git fast-import", the same each time: history.py [SCALE] >stream.

Branches of different character: many versions of few large files, wide trees, binaries, renames,
merges, and many small files that are never changed.
"""
import random
import sys

scale = int(sys.argv[1]) if len(sys.argv) > 1 else 1
random = random.Random(7)
out = sys.stdout.buffer
mark = 0
clock = 1600000000


def put(text):
    out.write(text.encode() if isinstance(text, str) else text)


def data(content):
    put(f"data {len(content)}\n")
    put(content)
    put("\n")


def commit(branch, message, changes, merge=(), fresh=False):
    global mark, clock
    mark += 1
    clock += 977
    if fresh:
        put(f"reset refs/heads/{branch}\n\n")
    put(f"commit refs/heads/{branch}\nmark :{mark}\n")
    put(f"author Ann O'Ther <ann@example.org> {clock} +0100\n")
    put(f"committer Con Mitter <con@example.org> {clock + 60} -0330\n")
    data(message.encode())
    for other in merge:
        put(f"merge :{other}\n")
    for change in changes:
        if isinstance(change, str):
            put(change + "\n")
        else:
            path, content = change
            put(f"M 100644 inline {path}\n")
            data(content)
    put("\n")
    return mark


def line():
    return bytes(random.choices(b"abcdefghijklmnopqrstuvwxyz     ", k=random.randint(0, 70))) + b"\n"


def versions():
    files = [[line() for _ in range(900)] for _ in range(3)]
    for i in range(90 * scale):
        text = files[i % 3]
        for _ in range(random.randint(1, 5)):
            at = random.randrange(len(text))
            text[at:at + random.randint(0, 4)] = [line() for _ in range(random.randint(0, 5))]
        if i % 17 == 0:  # a block moves
            text.extend(text[100:200])
            del text[100:200]
        commit("versions", f"version {i}\n", [(f"large{i % 3}.txt", b"".join(text))], fresh=i == 0)


def wide():
    def content(i):
        return b"".join(line() for _ in range(i % 9))
    for i in range(12 * scale):
        paths = range(900) if i == 0 else random.sample(range(900), 25)
        commit("wide", f"wide {i}\n", [(f"d{p % 30}/e{p % 7}/f{p}", content(p + i)) for p in paths], fresh=i == 0)


def binaries():
    blob = bytearray(random.randbytes(120000))
    for i in range(10 * scale):
        at = random.randrange(len(blob))
        blob[at:at + 40] = random.randbytes(random.randint(0, 80))
        commit("binaries", f"binary {i}\n", [("image.bin", bytes(blob)), (f"noise{i}.bin", random.randbytes(3000)),
               ("zeros.bin", bytes(70000 + i)), ("empty", b"")], fresh=i == 0)


def renames():
    text = [line() for _ in range(300)]
    commit("renames", "first\n", [("a/one", b"".join(text)), ("b", b"x\n")], fresh=True)
    last = "a/one"
    for i in range(15 * scale):
        text[i] = line()
        now = f"{'abcd'[i % 4]}{i}/{'deep/' * (i % 5)}one"
        commit("renames", f"rename {i}\n", [f"R {last} {now}", (now, b"".join(text))])
        last = now


def merges():
    base = [commit("main", "root\n", [("file", b"1\n" * 50)], fresh=True)]
    for i in range(12 * scale):
        sides = []
        for side in range(1 + i % 4):
            name = f"side{i}-{side}"
            put(f"reset refs/heads/{name}\nfrom :{base[-1]}\n\n")
            sides.append(commit(name, f"side {i} {side}\n", [(f"s{side}", line() * (i + 1))]))
        base.append(commit("main", f"merge {i}\n", [("file", b"1\n" * 50 + line())], merge=sides))
        if i % 3 == 0:
            put(f"tag v{i}\nfrom :{base[-1]}\ntagger Tag Ger <tag@example.org> {clock} +0000\n")
            data(b"tag of a merge\n")


for make in (versions, wide, binaries, renames, merges):
    make()
