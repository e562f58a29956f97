#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""
What the JSON schemas say, beside what firma's readers say.

    schema.py cases SCHEMA READER FILE      the lines of FILE, "+ DOCUMENT" or "- DOCUMENT": whether
                                            both take, or both refuse, each
    schema.py mutants SCHEMA READER FILE... changes each value of the documents in FILE in many
                                            ways: whether both agree, except about what isn't shape
    schema.py keys SCHEMA READER WORDS      the objects of a document: whether the reader knows the
                                            keys of the schema and, of the words, no others
    schema.py fits SCHEMA FILE...           whether each file fits, and names a schema
    schema.py valid SCHEMA                  whether it is a schema

READER is a command that prints a line for each document: "fine", or faults with tabs in between.
Each disagreement is printed; the last line says how many documents were tried.
"""

import copy
import json
import re
import subprocess
import sys

import jsonschema

# What a schema can't say: a document may be refused for these alone.
NOT_SHAPE = re.compile(
    "has the id of|has the server_id of|is the id of two|does not match|: matches|is (not )?matched$"
    "|match: .* matches$|names no group|is not among|have no such claim|has the key_id of"
    "|its issuer|lacks an immutable|lacks workflow_ref|lacks event_name|is not the provider"
    "|claims: is (missing|for issuers)|is a member of the identity that another"
    "|must hold whole numbers|must hold texts|is an ID, and takes"
    "|to allow it whatever its arguments say|must be a time from 1s"
)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def validator(path):
    return jsonschema.Draft202012Validator(load(path))


def dump(document):
    return json.dumps(document, ensure_ascii=False)


def read(reader, texts):
    """What the reader says of each text."""
    done = subprocess.run(
        reader.split(" "), input="".join(t + "\n" for t in texts), encoding="utf-8",
        capture_output=True, check=True)
    lines = done.stdout.split("\n")[:-1]
    assert len(lines) == len(texts), (len(lines), len(texts))
    return lines


def is_about_shape(said):
    return any(not NOT_SHAPE.search(fault) for fault in said.split("\t"))


def cases(schema, reader, path):
    check = validator(schema)
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line[0] in "+-"]
    texts = [line[2:] for line in lines]
    for line, said in zip(lines, read(reader, texts)):
        wanted = line[0] == "+"
        if (said == "fine") != wanted:
            print("the reader:", line, said)
        if check.is_valid(json.loads(line[2:])) != wanted:
            print("the schema:", line)
    return len(lines)


VALUES = [None, False, True, 0, -1, 17, 1.5, "", " ", "x", "/x", "a/../b", "/x/", "**", "a**", "*", "allow",
          "deny", "[", "a b", "a=b", "x" * 5000, [], ["x"], [""], ["**"], [1], [["x"]], [["**"]], {},
          {"x": "y"}, [{}], ["x"] * 5000]


def mutants(document):
    """The document with each of its values changed, removed or joined by another."""

    def walk(node, path):
        yield path, node
        children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, child in children:
            yield from walk(child, path + [key])

    def changed(path, change):
        root = copy.deepcopy(document)
        parent = root
        for key in path[:-1]:
            parent = parent[key]
        change(parent, path[-1])
        return root

    def setter(value):
        def change(parent, key):
            parent[key] = value
        return change

    def adder(parent, key):
        parent[key]["unknown"] = 1

    def remover(parent, key):
        del parent[key]

    for path, node in walk(document, []):
        if not path:
            continue
        yield changed(path, remover)
        for value in VALUES:
            yield changed(path, setter(value))
        if isinstance(node, dict):
            yield changed(path, adder)


def try_mutants(schema, reader, *paths):
    check = validator(schema)
    texts = {dump(m) for path in paths for m in mutants(load(path))}
    texts = sorted(texts)
    for text, said in zip(texts, read(reader, texts)):
        fits = check.is_valid(json.loads(text))
        if said == "fine" and not fits:
            print("the schema alone refuses:", text[:3000])
        elif said != "fine" and fits and is_about_shape(said):
            print("the reader alone refuses:", said, ":", text[:3000])
    return len(texts)


RULE = {"id": "r", "action": "deny"}
ISSUER = {"issuer": "https://x.example", "audience": "a", "jwks": "f", "provider": "other", "claims": {"ref": "r"},
          "pin": {"c": ["v"]}}

# The definition of an object, a document with one, and where it is there. Its keys are a closed list
# if another one is refused.
POLICY_OBJECTS = [
    ("policy", {}, []),
    ("policy/metadata", {"metadata": {}}, ["metadata"]),
    ("policy/defaults", {"defaults": {}}, ["defaults"]),
    ("execRule", {"exec": [{**RULE, "argv": ["x"]}]}, ["exec", 0]),
    ("linesRule", {"lines": [{**RULE, "line": "x"}]}, ["lines", 0]),
    ("readRule", {"read": [{**RULE, "path": "x"}]}, ["read", 0]),
    ("writeRule", {"write": [{**RULE, "path": "x"}]}, ["write", 0]),
    ("fetchRule", {"fetch": [{**RULE, "url": "https://x.example"}]}, ["fetch", 0]),
    ("gitRule", {"git": [{**RULE, "branch": "x"}]}, ["git", 0]),
    ("mcpRule", {"mcp": [{**RULE, "server": "x"}]}, ["mcp", 0]),
    ("runners", {"runners": {"oidc": [ISSUER]}}, ["runners"]),
    ("issuer", {"runners": {"oidc": [ISSUER]}}, ["runners", "oidc", 0]),
    ("issuer/claims", {"runners": {"oidc": [ISSUER]}}, ["runners", "oidc", 0, "claims"]),
    ("signer", {"runners": {"hmac": [{"key_id": "k", "key": "f"}]}}, ["runners", "hmac", 0]),
    ("compiledPolicy", {"metadata": {"id": "x"}, "commands": {}, "filesystem": {}}, []),
    ("compiledPolicy/metadata", {"metadata": {"id": "x"}, "commands": {}}, ["metadata"]),
    ("compiledPolicy/filesystem", {"metadata": {"id": "x"}, "filesystem": {}}, ["filesystem"]),
    ("compiledPolicy/commands", {"metadata": {"id": "x"}, "commands": {}}, ["commands"]),
    ("compiledPolicy/mcp", {"metadata": {"id": "x"}, "mcp": {}}, ["mcp"]),
    ("registry", {"mcp_servers": []}, []),
    ("registry/mcp_servers/items", {"mcp_servers": [{"server_id": "s"}]}, ["mcp_servers", 0]),
]
CLOCK = {"bootId": "11111111-1111-4111-8111-111111111111", "bootMs": 1, "wallMs": 1}
ALLOWLIST_OBJECTS = [
    ("", {"version": 1, "agents": {}}, []),
    ("/clock", {"version": 1, "agents": {}, "clock": CLOCK}, ["clock"]),
    ("/agents/additionalProperties", {"version": 1, "agents": {"a": {"allowlist": []}}}, ["agents", "a"]),
    ("entry", {"version": 1, "agents": {"a": {"allowlist": [{"id": "1", "pattern": "/x"}]}}},
     ["agents", "a", "allowlist", 0]),
]

# Another form of document begins with these, and has an object of its own.
OTHER_FORM = {"policy": {"mcp_servers", "filesystem", "commands"}, "compiledPolicy": {"mcp_servers"}}


def definition(schema, name):
    first, *rest = name.split("/")
    node = schema["$defs"][first] if first else schema
    for part in rest:
        node = node["properties"][part] if part in node.get("properties", {}) else node[part]
    return node


def properties(schema, node):
    keys = set(node.get("properties", {}))
    if "$ref" in node:
        keys |= properties(schema, definition(schema, node["$ref"].rsplit("/", 1)[1]))
    return keys


def keys(schema_path, reader, words_path):
    schema = load(schema_path)
    with open(words_path, encoding="utf-8") as file:
        words = set(file.read().split())
    objects = POLICY_OBJECTS if "policy" in schema["$defs"] else ALLOWLIST_OBJECTS
    n = 0
    for name, base, path in objects:
        known = properties(schema, definition(schema, name))
        tried = sorted((words | known) - OTHER_FORM.get(name, set()))
        texts = []
        for word in tried:
            for value in (0, "", {}, [0]):
                root = copy.deepcopy(base)
                at = root
                for key in path:
                    at = at[key]
                at[word] = value
                texts.append(dump(root))
        said = read(reader, texts)
        n += len(texts)
        if read(reader, [dump(base)]) != ["fine"]:
            print(name, "is no good example")
        read_keys = set()
        for i, word in enumerate(tried):
            answers = said[4 * i:4 * i + 4]
            unknown = all(re.search("unknown key|is no member of an identity", a) for a in answers)
            if not unknown and any(a != "fine" for a in answers):
                read_keys.add(word)
        for word in sorted(read_keys - known):
            print(f"{name or 'the document'}: the reader knows {word}, the schema does not")
        for word in sorted(known - read_keys - OTHER_FORM.get(name, set())):
            print(f"{name or 'the document'}: the schema knows {word}, the reader does not")
    return n


def fits(schema, *paths):
    check = validator(schema)
    for path in paths:
        document = load(path)
        for error in check.iter_errors(document):
            print(path, list(error.absolute_path), error.message[:200])
        if not document.get("$schema", "").endswith("/" + schema.rsplit("/", 1)[1]):
            print(path, "does not name the schema")
    return len(paths)


def valid(schema):
    jsonschema.Draft202012Validator.check_schema(load(schema))
    return 1


def main(command, *arguments):
    commands = {"cases": cases, "mutants": try_mutants, "keys": keys, "fits": fits, "valid": valid}
    print("tried", commands[command](*arguments))


main(*sys.argv[1:])
