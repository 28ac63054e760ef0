#!/usr/bin/env python3
"""An index (version 2) for a pack whose bases are elsewhere: index.py PACK REPOSITORY >idx.

REPOSITORY has the bases, and every object of the pack; git tells which is which.
"""
import hashlib
import struct
import subprocess
import sys
import zlib

with open(sys.argv[1], "rb") as f:
    pack = f.read()
count = struct.unpack(">I", pack[8:12])[0]
content_of = {}  # by offset: type and content


def git(*args):
    return subprocess.run(["git", "-C", sys.argv[2], *args], check=True, stdout=subprocess.PIPE).stdout


def number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def apply(base, delta):
    _, at = number(delta, 0)
    _, at = number(delta, at)
    out = bytearray()
    while at < len(delta):
        op = delta[at]
        at += 1
        if op & 128:
            offset = length = 0
            for i in range(4):
                if op & 1 << i:
                    offset |= delta[at] << 8 * i
                    at += 1
            for i in range(3):
                if op & 16 << i:
                    length |= delta[at] << 8 * i
                    at += 1
            out += base[offset:offset + (length or 0x10000)]
        else:
            out += delta[at:at + op]
            at += op
    return bytes(out)


rows = []
at = 12
for _ in range(count):
    start = at
    kind = pack[at] >> 4 & 7
    while pack[at] & 128:
        at += 1
    at += 1
    base = None
    if kind == 6:
        back = pack[at] & 127
        while pack[at] & 128:
            at += 1
            back = (back + 1) << 7 | pack[at] & 127
        at += 1
        base = content_of[start - back]
    elif kind == 7:
        oid = pack[at:at + 20].hex()
        at += 20
        name = git("cat-file", "-t", oid).decode().strip()
        base = name, git("cat-file", name, oid)
    stream = zlib.decompressobj()
    content = stream.decompress(pack[at:]) + stream.flush()
    at = len(pack) - len(stream.unused_data)
    name = ["", "commit", "tree", "blob", "tag"][kind] if base is None else base[0]
    content = content if base is None else apply(base[1], content)
    content_of[start] = name, content
    oid = hashlib.sha1(f"{name} {len(content)}".encode() + b"\0" + content).digest()
    rows.append((oid, zlib.crc32(pack[start:at]), start))
rows.sort()
index = struct.pack(">II", 0xff744f63, 2)
index += b"".join(struct.pack(">I", sum(r[0][0] <= i for r in rows)) for i in range(256))
index += b"".join(r[0] for r in rows) + b"".join(struct.pack(">I", r[1]) for r in rows)
index += b"".join(struct.pack(">I", r[2]) for r in rows) + pack[-20:]
sys.stdout.buffer.write(index + hashlib.sha1(index).digest())
