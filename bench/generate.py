#!/usr/bin/env python3
"""Repositories and trees of any size from a seed: the same seed and size give the same objects.

    bench/generate.py FOLDER [--commits 500] [--files 200] [--seed 1] [--secrets 0]

makes FOLDER/repo (bare, packed with deltas as a server packs). It looks like source text: files of lines
that later commits change, in folders, by a few authors, with merges. --secrets plants that many.
"""
import argparse, os, random, subprocess
import planted

WORDS = ("get set new old read write open close make take first last next table index value count size limit "
         "name path line text node tree list head tail item entry block chunk buffer cache state flags mode type kind "
         "parse print format check match find sort merge split join copy move load store fetch push apply reset "
         "key token user auth hash config option secret password").split()
TYPES = ("int", "void", "size_t", "const char *", "struct node *", "bool", "uint32_t")


class Text:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def word(self):
        # as words are in text: few of them often
        return WORDS[min(int(self.random.expovariate(0.06)), len(WORDS) - 1)]

    def name(self):
        return "_".join(self.word() for _ in range(self.random.choice((1, 2, 2, 3))))

    def line(self):
        r = self.random.random()
        if r < 0.2:
            return "%s%s(%s%s)" % (self.random.choice(TYPES), " " + self.name(), self.random.choice(TYPES) + " ", self.word())
        if r < 0.45:
            return "\t%s = %s(%s, %d);" % (self.name(), self.name(), self.word(), self.random.randrange(1000))
        if r < 0.6:
            return "\tif (%s %s %s)" % (self.name(), self.random.choice(("<", "==", "!=", ">=")), self.word())
        if r < 0.7:
            return "\t\treturn %s;" % self.name()
        if r < 0.8:
            return "/* %s */" % " ".join(self.word() for _ in range(self.random.randrange(4, 12)))
        if r < 0.9:
            return '\tprint("%s: %%d\\n", %s);' % (" ".join(self.word() for _ in range(3)), self.name())
        return self.random.choice(("{", "}", "", "\tbreak;"))

    def lines(self, n):
        return [self.line() for _ in range(n)]


def repository(path, commits, files, seed=1, secrets=0, changes=4):
    """A bare repository at path; planted secrets as commits, spread evenly. Returns what was planted."""
    text = Text(seed)
    contents = {}
    kinds = planted.secrets(seed)[:secrets] if secrets else []
    every = max(commits // (secrets + 1), 1)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True)
    importer = subprocess.Popen(["git", "-C", path, "fast-import", "--quiet"], stdin=subprocess.PIPE)
    out = importer.stdin

    def data(body):
        out.write(b"data %d\n%s\n" % (len(body), body))

    for n in range(commits):
        merge = n > 20 and n % 10 == 0
        out.write(b"commit refs/heads/main\nmark :%d\n" % (n + 1))
        out.write(b"committer Author %d <author%d@example.org> %d +0000\n" % (n % 7, n % 7, 1500000000 + n * 3600))
        data(("%s: %s\n" % (text.name(), " ".join(text.word() for _ in range(8)))).encode())
        if n:
            out.write(b"from :%d\n" % n)
        if merge:
            out.write(b"merge :%d\n" % (n - 9))
        for _ in range(files if n == 0 else changes):
            k = len(contents) if n == 0 else text.random.randrange(files)
            name = "%s/%s/file%d.c" % (WORDS[k % 7], WORDS[k % 23], k)
            lines = contents.get(name)
            if lines is None:
                lines = text.lines(min(int(text.random.expovariate(1 / 250)) + 10, 4000))
            else:
                at = text.random.randrange(len(lines))
                lines[at:at + text.random.randrange(4)] = text.lines(text.random.randrange(1, 6))
            contents[name] = lines
            out.write(b"M 100644 inline %s\n" % name.encode())
            data("\n".join(lines).encode() + b"\n")
        if n % every == every - 1 and n // every < len(kinds):
            secret = kinds[n // every]
            out.write(b"M 100644 inline %s\n" % secret.path.encode())
            data(secret.text.encode())
    out.close()
    if importer.wait() != 0:
        raise SystemExit("git fast-import failed")
    subprocess.run(["git", "-C", path, "-c", "pack.threads=1", "repack", "-adfq", "--depth=50", "--window=10"], check=True)
    return kinds


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder")
    ap.add_argument("--commits", type=int, default=500)
    ap.add_argument("--files", type=int, default=200)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--secrets", type=int, default=0)
    a = ap.parse_args()
    os.makedirs(a.folder, exist_ok=True)
    repository(os.path.join(a.folder, "repo"), a.commits, a.files, a.seed, a.secrets)
