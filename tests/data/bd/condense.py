#!/usr/bin/env python3
"""condense.py RECORDED OUT.jsonl: makes a transcript of a folder of recorded calls, see README.md."""
import json, os, sys

recorded, out = sys.argv[1:]
ACTORS = {"claim-1": "agent-1", "claim-again-same": "agent-1", "claim-2-other": "agent-2"}
LONG = {"doctor-json": "checks", "info-json": "config"}


def words(text):
    """Splits a recorded command line: words with blanks or quotes are JSON strings."""
    found, decoder = [], json.JSONDecoder()
    while text := text.strip():
        if text[0] == '"':
            word, end = decoder.raw_decode(text)
        else:
            word = text.split(None, 1)[0]
            end = len(word)
        found.append(word)
        text = text[end:]
    return found


def stream(path, size):
    if os.path.exists(path):
        return open(path).read()
    return "[not kept]\n" if int(size) else ""


def trim(name, text):
    if name not in LONG or not text:
        return text
    answer = json.loads(text)
    answer[LONG[name]] = type(answer[LONG[name]])()
    return json.dumps(answer) + "\n"


with open(out, "w") as lines:
    for row in open(os.path.join(recorded, "INDEX.tsv")).read().splitlines()[1:]:
        number, name, rc, _, out_size, err_size, command = row.split("\t")
        base = os.path.join(recorded, f"{int(number):03d}-{name}")
        if os.path.exists(base + ".cmd"):
            command = open(base + ".cmd").read()
        actor = ACTORS.get(name)
        line = {
            "name": name,
            "argv": words(command)[1:],
            "env": {"BD_ACTOR": actor, "BEADS_ACTOR": actor} if actor else {},
            "rc": int(rc),
            "stdout": trim(name, stream(base + ".out", out_size)),
            "stderr": stream(base + ".err", err_size),
        }
        lines.write(json.dumps(line, ensure_ascii=False) + "\n")
