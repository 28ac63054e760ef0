#!/usr/bin/env python3
"""Writes packs that git itself would not make: chain.py KIND N [SIZE] >pack; "git index-pack" reads it.

deep    N blobs of SIZE bytes, each an OFS_DELTA of the one before
legs    as deep, and each blob of the chain has a second, small family of two
bomb    N deltas, each of which claims or makes 1 GiB of a few bytes
"""
import hashlib
import struct
import sys
import zlib

kind, count = sys.argv[1], int(sys.argv[2])
size = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
pack = bytearray()


def header(number, length):
    made = bytearray([number << 4 | length & 15])
    length >>= 4
    while length:
        made[-1] |= 128
        made.append(length & 127)
        length >>= 7
    return bytes(made)


def varint(n):
    made = bytearray()
    while n > 127:
        made.append(n & 127 | 128)
        n >>= 7
    return bytes(made + bytes([n]))


def back(n):
    made = [n & 127]
    n >>= 7
    while n:
        n -= 1
        made.append(128 | n & 127)
        n >>= 7
    return bytes(reversed(made))


def entry(number, content, middle=b""):
    at = len(pack)
    pack.extend(header(number, len(content)) + middle + zlib.compress(content, 1))
    return at


def copy(offset, length):
    op, args = 0x80, bytearray()
    for i in range(4):
        if offset >> 8 * i & 255:
            op |= 1 << i
            args.append(offset >> 8 * i & 255)
    for i in range(3):
        if length >> 8 * i & 255:
            op |= 16 << i
            args.append(length >> 8 * i & 255)
    return bytes([op]) + bytes(args)


def copies(offset, length):
    made = b""
    while length:
        part = min(length, 0xffffff)
        made += copy(offset, part)
        offset, length = offset + part, length - part
    return made


def delta(base, number):
    """Puts eight new bytes, the number, where the old ones were at the start."""
    word = b"%08d" % number
    return varint(base) + varint(base) + bytes([8]) + word + copies(8, base - 8)


n = 0
if kind in ("deep", "legs"):
    last = entry(3, b"%08d" % 0 + bytes(i * 7 % 251 for i in range(size - 8)))
    n = 1
    for i in range(1, count):
        at = len(pack)
        last_of_chain = entry(6, delta(size, n), back(at - last))
        n += 1
        if kind == "legs":
            leg = len(pack)
            entry(6, delta(size, n), back(leg - last))
            foot = len(pack)
            entry(6, delta(size, n + 1), back(foot - leg))
            n += 2
        last = last_of_chain
elif kind == "bomb":
    base = entry(3, b"x" * 65536)
    n = 1
    for i in range(count):
        at = len(pack)
        made = 1 << 30
        ops = b"".join([bytes([1, 65 + i])] + [copy(0, 65536)] * (made // 65536))
        entry(6, varint(65536) + varint(made + 1) + ops, back(at - base))
        n += 1
head = b"PACK" + struct.pack(">II", 2, n)
# offsets are distances, so a header before them changes nothing
whole = head + bytes(pack)
sys.stdout.buffer.write(whole + hashlib.sha1(whole).digest())
