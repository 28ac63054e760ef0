"""Holds what sievert writes against include/sievert/schema/report.json, and breaks it to see it refused.

usage: schema.py SCHEMA FILE...   (.json: a document; .jsonl: a record a line)
"""
import copy
import json
import sys

from jsonschema import Draft202012Validator

schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)


def validator(name):
    return Draft202012Validator({**schema, "oneOf": [{"$ref": f"#/$defs/{name}"}]})


validators = {name: validator(name) for name in schema["$defs"]}
whole = Draft202012Validator(schema)
bad = 0


def fail(words):
    global bad
    bad += 1
    print(words)


def hold(name, record, where):
    for error in validators[name].iter_errors(record):
        deepest = max(error.context, key=lambda e: len(e.path), default=error)
        fail(f"{where}: {name}: {deepest.json_path}: {deepest.message[:300]}")
    if not whole.is_valid(record):
        fail(f"{where}: the schema as a whole refuses it")


def breakages(value, path=()):
    """Every way to lose, add or retype one member, anywhere in the record."""
    if isinstance(value, dict):
        yield path, "an unknown member", lambda at: at.update(unknown=1)
        for key, inner in value.items():
            yield path, f"without {key}", lambda at, key=key: at.pop(key)
            wrong = 0.5 if not isinstance(inner, (int, float)) or isinstance(inner, bool) else "text"
            yield path, f"{key} of another type", lambda at, key=key, wrong=wrong: at.update({key: wrong})
            yield from breakages(inner, path + (key,))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from breakages(inner, path + (i,))


OPTIONAL = {("finding", "without suppressed"), ("finding", "without practice"), ("trailer", "without stopped"),
            ("trailer", "without compliance")}


def refuse_broken(name, record, where):
    n = 0
    for path, words, breakage in breakages(record):
        broken = copy.deepcopy(record)
        at = broken
        for step in path:
            at = at[step]
        # a rule says of best practice what it knows
        if (at.get("type"), words) in OPTIONAL or (path[-1:] == ("practice",) and words.startswith("without")):
            continue
        breakage(at)
        n += 1
        if whole.is_valid(broken):
            fail(f"{where}: {name}: {'.'.join(map(str, path))} {words}: is not refused")
    return n


seen = {}
broken = 0
for path in sys.argv[2:]:
    text = open(path, encoding="utf-8").read()
    if path.endswith(".jsonl"):
        records = [(r["type"], r) for r in map(json.loads, text.splitlines())]
        kinds = [name for name, _ in records]
        if kinds != ["header"] + ["finding"] * (len(records) - 2) + ["trailer"]:
            fail(f"{path}: not header, findings, trailer: {kinds}")
    else:
        records = [("document", json.loads(text))]
    for i, (name, record) in enumerate(records):
        hold(name, record, f"{path}:{i + 1}")
        seen[name] = seen.get(name, 0) + 1
        if seen[name] <= 4:
            broken += refuse_broken(name, record, f"{path}:{i + 1}")
print(f"held {seen}, refused {broken} broken ones" if not bad else f"{bad} problems")
sys.exit(bad != 0 or set(seen) != {"document", "header", "finding", "trailer"} or broken < 100)
