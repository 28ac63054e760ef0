"""Holds SARIF that sievert wrote against what its consumers ask for, and against the files that it tells of.

usage: sarif.py ROOT FILE:EXIT...   (ROOT: where sievert ran; EXIT: the code that it ended with)

With SARIF_SCHEMA=FILE also against a JSON Schema of SARIF 2.1.0, which is OASIS's to hand out.
"""
import json
import os
import re
import sys
from urllib.parse import unquote_to_bytes

root = os.fsencode(sys.argv[1])
bad = 0
seen = set()


def check(holds, *words):
    global bad
    if not holds:
        bad += 1
        print(*words)


def once(pairs):
    names = [name for name, _ in pairs]
    check(len(names) == len(set(names)), "members twice:", names)
    return dict(pairs)


def check_rule(rule, used):
    where = rule["id"]
    check(where in used, where, "has no result")
    for text in (rule["name"], rule["shortDescription"]["text"], rule["fullDescription"]["text"],
                 rule["help"]["text"], rule["help"]["markdown"]):
        check(0 < len(text), where, "says nothing")
    check(len(rule["name"]) <= 255 and len(rule["fullDescription"]["text"]) <= 1024, where, "says too much")
    check(re.fullmatch(r"https?://[!-~]+", rule["helpUri"]), where, rule["helpUri"])
    check(rule["defaultConfiguration"]["level"] in ("note", "warning", "error"), where)
    properties = rule["properties"]
    check(0 < float(properties["security-severity"]) <= 10, where, properties["security-severity"])
    check(properties["precision"] in ("low", "medium", "high"), where, properties["precision"])
    check(2 <= len(set(properties["tags"])) == len(properties["tags"]) <= 10, where, properties["tags"])
    check(properties["tags"][:2] in (["security", "secret"], ["security", "practice"]), where, properties["tags"])


def units(line, end):
    """The first so many UTF-16 code units of a line; bytes that are no UTF-8 are one each."""
    wide = line.decode(errors="surrogateescape").encode("utf-16-le", "surrogatepass")
    return wide[:2 * end].decode("utf-16-le", "surrogatepass").encode(errors="surrogateescape")


def check_bytes(path, region):
    text = open(path, "rb").read()
    wanted = text[region["byteOffset"]:region["byteOffset"] + region["byteLength"]]
    text = text.removeprefix(b"\xef\xbb\xbf")
    lines = text.split(b"\n")[region["startLine"] - 1:region["endLine"]]
    lines[-1] = units(lines[-1], region["endColumn"] - 1)
    lines[0] = lines[0][len(units(lines[0], region["startColumn"] - 1)):]
    check(wanted == b"\n".join(lines), path, region)


def check_location(location, bases):
    artifact = location["physicalLocation"]["artifactLocation"]
    uri, region = artifact["uri"], location["physicalLocation"]["region"]
    where = location["properties"]["where"]
    seen.add(where)
    check(re.fullmatch(r"(file://)?([A-Za-z0-9/._~-]|%[0-9A-F]{2})+", uri), "no URI:", uri)
    check(uri.startswith("file:///") or not uri.startswith("/"), "no relative URI:", uri)
    check(("uriBaseId" in artifact) != uri.startswith("file:"), artifact)
    check(artifact.get("uriBaseId", "%SRCROOT%") in bases, artifact)
    check(not uri.endswith((".", "/")), "no file:", uri)
    check(1 <= region["startLine"] <= region["endLine"] and region["startColumn"] >= 1, uri, region)
    check(region["endLine"] > region["startLine"] or region["endColumn"] >= region["startColumn"], uri, region)
    if where in ("worktree", "config"):
        base = bases["%SRCROOT%"].get("uri", "file://" + os.fsdecode(root) + "/")
        whole = unquote_to_bytes((uri if uri.startswith("file:") else base + uri).removeprefix("file://"))
        check_bytes(whole, region)
    elif "blob" in location["properties"] and where != "path":
        check(re.fullmatch("[0-9a-f]{40,64}", location["properties"]["blob"]), location)
        check(location["message"]["text"].startswith(where), location)


def check_result(result, rules, bases):
    check(rules[result["ruleIndex"]]["id"] == result["ruleId"], result["ruleId"], "is another rule")
    check(result["level"] in ("note", "warning", "error"), result["level"])
    practice = result["properties"]["class"] == "practice"
    check(not practice or result["level"] == "note", result["ruleId"], "is a practice")
    check(len(result["locations"]) == 1, "one location is shown")
    related = result.get("relatedLocations", [])
    for location in result["locations"] + related:
        check_location(location, bases)
    check([at["id"] for at in related] == list(range(1, len(related) + 1)), "ids of places")
    check(len(related) + 1 == min(1000, result["properties"]["places"]), "number of places")
    text = result["message"]["text"]
    links = [int(n) for n in re.findall(r"(?<!\\)\](?:\((\d+)\))", text)]
    check(links == list(range(1, len(links) + 1)) and len(links) == min(5, len(related)), text)
    identity = result["partialFingerprints"]["primaryLocationLineHash"]
    check(re.fullmatch("[0-9a-f]{32}", identity) and result["fingerprints"]["sievert/v1"] == identity, identity)
    return identity


for argument in sys.argv[2:]:
    path, code = argument.rsplit(":", 1)
    log = json.load(open(path, encoding="utf-8"), object_pairs_hook=once)
    if os.environ.get("SARIF_SCHEMA"):
        from jsonschema import Draft7Validator
        for error in Draft7Validator(json.load(open(os.environ["SARIF_SCHEMA"]))).iter_errors(log):
            check(False, path, error.json_path, error.message[:300])
    check(log["version"] == "2.1.0" and "sarif" in log["$schema"] and len(log["runs"]) == 1, path)
    run = log["runs"][0]
    driver, rules, results = run["tool"]["driver"], run["tool"]["driver"]["rules"], run["results"]
    check(driver["name"] == "Sievert" and driver["semanticVersion"] == driver["version"], path, driver["version"])
    check(run["columnKind"] == "utf16CodeUnits", path)
    names = [rule["id"] for rule in rules]
    check(names == sorted(set(names)), path, "rules out of order")
    for rule in rules:
        check_rule(rule, {result["ruleId"] for result in results})
    identities = [check_result(result, rules, run["originalUriBaseIds"]) for result in results]
    check(len(set(identities)) == len(identities), path, "findings twice")
    invocation, properties = run["invocations"][0], run["properties"]
    notices = invocation["toolExecutionNotifications"]
    unread = properties["coverage"]["unread"]
    check(invocation["exitCode"] == int(code), path, "exit code", invocation["exitCode"], code)
    check(invocation["executionSuccessful"] == properties["complete"] == (unread == 0), path, "is it complete?")
    check(bool(unread) == any(notice["level"] == "error" for notice in notices), path, "what is unread is told")
    check(properties["findings"] == len(results), path, "number of findings")
    seen.add("complete" if properties["complete"] else "incomplete")
    seen.update(notice["descriptor"]["id"] for notice in notices)

print(f"{len(sys.argv) - 2} logs, {sorted(seen)}" if not bad else f"{bad} problems")
wanted = {"worktree", "index", "blob", "commit-message", "tag-message", "author", "ref-name", "path", "config", "stdin",
          "complete", "incomplete", "too-large", "allowed"}
check(wanted <= seen, "not seen:", wanted - seen)
sys.exit(bad != 0)
