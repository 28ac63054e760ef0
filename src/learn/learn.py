#!/usr/bin/env python3
"""Learns patterns/generic/model.weights from labelled files; README.md tells how.

  learn.py --tool build/src/learn/sievert-learn --labels labels.jsonl --root DIR --words LIST --out FILE
  learn.py ... --folds 5 [--fold-models FOLDER]    measures instead: learns on four parts, looks at the fifth
"""
import argparse, json, os, re, subprocess, tempfile
from collections import defaultdict

# a candidate on a line without a label is most likely no secret, yet nobody has said so
UNLABELLED = 0.25
# repositories whose name holds this mark are never held out: not labelled line by line, but findings judged
JUDGED = '@'


def plain(text):
    return re.sub(r'\s+', '', text).strip('\'"`;,')


def same(found, value):
    short, long = sorted((plain(found), plain(value)), key=len)
    return bool(short) and short in long and (len(short) >= 8 or len(short) >= 0.6 * len(long))


def repository(path):
    return path.split('/')[0]


def read_labels(path):
    labels = defaultdict(list)
    for line in open(path, encoding='utf-8'):
        label = json.loads(line)
        labels[label['file']].append(label)
    return labels


def judge(candidate, rows):
    """'1 weight', '0 weight', or '-' for a candidate that says nothing."""
    path, first, last, rule, _, secret = candidate
    weight = rows[0].get('weight', 1) if rows else 1
    touching = [r for r in rows if first <= r['line_end'] and last >= r['line_start']]
    secrets = [r for r in touching if r['label'] == 'secret']
    for r in secrets:
        if not r['value_if_known'] or same(secret, r['value_if_known']):
            return '-' if r['ambiguous'] else '1 %g' % weight
    if any(r['ambiguous'] for r in touching):
        return '-'
    if secrets:
        return '0 %g' % (UNLABELLED * weight)
    return '0 %g' % (weight if touching else UNLABELLED * weight)


def parts(labels, n):
    """Repositories into n parts of like weight, the same each time."""
    weight = defaultdict(int)
    for file, rows in labels.items():
        if JUDGED in repository(file):
            continue
        weight[repository(file)] += sum(r['label'] == 'secret' and not r['ambiguous'] for r in rows)
    result = [[] for _ in range(n)]
    load = [0] * n
    for name in sorted(weight, key=lambda k: (-weight[k], k)):
        i = load.index(min(load))
        result[i].append(name)
        load[i] += weight[name]
    return result


class Learner:
    def __init__(self, args):
        self.args = args
        self.labels = read_labels(args.labels)
        self.folder = tempfile.mkdtemp()

    def run(self, out, *words):
        path = os.path.join(self.folder, out)
        with open(path, 'wb') as f:
            subprocess.run([self.args.tool, *words], stdout=f, check=True)
        return path

    def candidates(self, features):
        for line in open(features, encoding='utf-8', errors='surrogateescape'):
            path, first, last, rule, at, secret, _ = line.split('\t')
            yield path, int(first), int(last), rule, int(at), bytes.fromhex(secret).decode('utf-8', 'replace')

    def learn(self, held_out):
        """Model, features and labels, learnt on every repository but those."""
        model = self.run('language', 'language', self.args.root, *held_out)
        if self.args.words:  # features count known letters
            model = self.run('words', 'words', model, self.args.words)
        features = self.run('features', 'features', model, self.args.root)
        rows = [(c, judge(c, self.labels.get(c[0], []))) for c in self.candidates(features)]
        labels = os.path.join(self.folder, 'labels')
        with open(labels, 'w') as f:
            for c, verdict in rows:
                f.write(('-' if repository(c[0]) in held_out else verdict) + '\n')
        return self.run('model', 'fit', model, features, labels), features, rows

    def found(self, model, features, rows, held_out, least):
        sums = [int(s) for s in open(self.run('sums', 'sums', model, features))]
        return [(c, s) for (c, _), s in zip(rows, sums) if repository(c[0]) in held_out and s >= least]


def score(labels, found, held_out):
    """Counts as the labels do: a label is found or not, by any candidate on its lines."""
    by_file = defaultdict(list)
    for c, _ in found:
        by_file[c[0]].append(c)
    tp = fn = fp = loose = 0
    for file, rows in labels.items():
        if repository(file) not in held_out:
            continue
        finds, used = by_file.get(file, []), set()
        touches = lambda c, r: c[1] <= r['line_end'] and c[2] >= r['line_start']
        secrets = [r for r in rows if r['label'] == 'secret']
        for r in secrets:
            hit = False
            for i, c in enumerate(finds):
                if touches(c, r) and (not r['value_if_known'] or same(c[5], r['value_if_known'])):
                    used.add(i)
                    hit = True
            if not r['ambiguous']:
                tp += hit
                fn += not hit
        for r in rows:
            if r['label'] == 'secret':
                continue
            got = [i for i, c in enumerate(finds)
                   if i not in used and touches(c, r) and not any(touches(c, q) for q in secrets)]
            used.update(got)
            fp += bool(got) and not r['ambiguous']
        loose += sum(i not in used and not any(touches(c, q) for q in secrets) for i, c in enumerate(finds))
    return tp, fn, fp, loose


def show(name, tp, fn, fp, loose):
    p, r = tp / max(1, tp + fp), tp / max(1, tp + fn)
    print(f'{name:8} precision {p:.3f}  recall {r:.3f}  F1 {2 * p * r / max(1e-9, p + r):.3f}'
          f'  (TP {tp} FN {fn} FP {fp}, {loose} on lines without a label)')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--tool', required=True)
    parser.add_argument('--labels', required=True)
    parser.add_argument('--root', required=True)
    parser.add_argument('--words', help='a list of words, one a line')
    parser.add_argument('--out')
    parser.add_argument('--folds', type=int, default=0)
    parser.add_argument('--fold-models')
    parser.add_argument('--least', type=int, default=0, help='the sum from which a candidate counts')
    args = parser.parse_args()
    learner = Learner(args)
    total = [0, 0, 0, 0]
    for i, held_out in enumerate(parts(learner.labels, args.folds) if args.folds else []):
        model, features, rows = learner.learn(held_out)
        counts = score(learner.labels, learner.found(model, features, rows, held_out, args.least), held_out)
        show(f'part {i + 1}', *counts)
        total = [a + b for a, b in zip(total, counts)]
        if args.fold_models:
            os.makedirs(args.fold_models, exist_ok=True)
            os.replace(model, os.path.join(args.fold_models, f'part{i + 1}.weights'))
            with open(os.path.join(args.fold_models, f'part{i + 1}.repositories'), 'w') as f:
                f.writelines(name + '\n' for name in held_out)
    if args.folds:
        show('all', *total)
    if args.out:
        os.replace(learner.learn([])[0], args.out)


main()
