#!/usr/bin/env python3
"""Stands in for the programs of agents. It is called by the name of the one it is, and takes no more than that one's `--help`
documents, of the part that ap has a use for: whatever else comes, and whatever is missing, ends it with exit code 2.

Beside it lies NAME.plays, a line of JSON for each call (the last one counts for all that follow):
    print   files whose bytes it prints, in order
    flood   bytes to print before: half of them in one line, half in lines of 1000
    status  what it writes to the path in the second line of its prompt, if it may write
    stderr, exit, wait (a file to wait for)
It adds its arguments to NAME.calls, a line of JSON for each call.
"""
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
NAME = os.path.basename(sys.argv[0])
# What it may be told, with the values if there are only some; `None` takes none, `str` takes anything.
FLAGS = {
    "claude": {
        "-p": None, "--print": None, "--verbose": None, "--dangerously-skip-permissions": None, "--model": str, "--json-schema": str,
        "--output-format": ["text", "json", "stream-json"], "--add-dir": str, "--allowedTools": str,
        "--permission-mode": ["acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "manual", "plan"],
        "--disallowedTools": str, "--effort": ["low", "medium", "high", "xhigh", "max"], "-n": str,
        "--max-budget-usd": str, "--plugin-dir": str, "--max-turns": str, "--agents": str,
    },
    "codex": {
        "--json": None, "--skip-git-repo-check": None, "--dangerously-bypass-approvals-and-sandbox": None, "--approve-for-me": None,
        "--color": ["always", "never", "auto"], "--sandbox": ["read-only", "workspace-write", "danger-full-access"], "--model": str,
        "-c": str,
    },
    "gemini": {
        "--output-format": ["text", "json", "stream-json"], "--approval-mode": ["default", "auto_edit", "yolo", "plan"],
        "--skip-trust": None, "--model": str,
    },
    "opencode": {"--format": ["default", "json"], "--auto": None, "--model": str, "--variant": str},
    "amp": {
        "--execute": None, "--stream-json": None, "--no-ide": None, "--no-notifications": None, "--no-color": None,
        "--mode": ["low", "medium", "high", "ultra"],
    },
    "copilot": {
        "--output-format": ["text", "json"], "--silent": None, "--no-ask-user": None, "--no-color": None, "--no-auto-update": None,
        "--allow-all": None, "--allow-tool=write": None, "--model": str,
        "--reasoning-effort": ["none", "minimal", "low", "medium", "high", "xhigh", "max"],
    },
    # As the test declares it.
    "mycli": {"--yes": None, "-m": str, "--text": str, "--file": str},
}
COMMANDS = {"codex": "exec", "opencode": "run", "mycli": "go"}
# Without these it would print something else than ap reads, or ask somebody.
NEEDED = {
    "claude": [("-p", None), ("--output-format", "stream-json"), ("--verbose", None)],
    "codex": [("--json", None)],
    "gemini": [("--output-format", "stream-json"), ("--skip-trust", None)],
    "opencode": [("--format", "json")],
    "amp": [("--execute", None), ("--stream-json", None)],
    "copilot": [("--output-format", "json"), ("--no-ask-user", None)],
    "mycli": [],
}


def wrong(why):
    sys.stderr.write(f"error: {why}\n")
    sys.exit(2)


def told(args):
    """Returns the flags with their values, and what is none."""
    known, flags, rest = FLAGS[NAME], {}, []
    if NAME in COMMANDS and args[:1] != [COMMANDS[NAME]]:
        wrong(f"the command {COMMANDS[NAME]} is missing in {args}")
    args = args[1:] if NAME in COMMANDS else args
    while args:
        word, args = args[0], args[1:]
        if word == "-" or not word.startswith("-"):
            rest.append(word)
            continue
        if word not in known:
            wrong(f"unexpected argument {word}")
        value = None
        if known[word] is not None:
            if not args:
                wrong(f"a value is required for {word}")
            value, args = args[0], args[1:]
            if known[word] is not str and value not in known[word]:
                wrong(f"invalid value {value} for {word}")
        if word in flags and word not in ("-c", "--allowedTools"):
            wrong(f"{word} cannot be used multiple times")
        flags[word] = value
    for flag, value in NEEDED[NAME]:
        if flags.get(flag, "missing") != value:
            wrong(f"{flag} {value or ''} is missing")
    return flags, rest


def prompt(flags, rest):
    if NAME == "mycli" and ("--text" in flags or "--file" in flags):
        if sys.stdin.read():
            wrong("something came on stdin too")
        return flags["--text"] if "--text" in flags else open(flags["--file"]).read()
    if rest != (["-"] if NAME == "codex" else []):
        wrong(f"unexpected arguments {rest}")
    text = sys.stdin.read()
    if not text:
        wrong("no prompt provided via stdin")
    return text


def may_write(flags):
    if NAME == "claude":
        return "--dangerously-skip-permissions" in flags
    if NAME == "codex":
        return "--dangerously-bypass-approvals-and-sandbox" in flags or flags.get("--sandbox") == "workspace-write"
    if NAME == "gemini":
        return flags.get("--approval-mode") in ("auto_edit", "yolo")
    if NAME == "copilot":
        return "--allow-all" in flags or "--allow-tool=write" in flags or "COPILOT_ALLOW_ALL" in os.environ
    # These have it in their own settings, which allow it here.
    return True


def flood(size):
    out, line = sys.stdout.buffer, b'{"type":"flood","text":"' + b"x" * 973 + b'"}\n'
    piece = b"x" * 65536
    for _ in range(size // 2 // len(piece)):
        out.write(piece)
    out.write(b"\n")
    for _ in range(size // 2 // len(line)):
        out.write(line)
    out.flush()


def main():
    path = os.path.join(HERE, NAME)
    flags, rest = told(sys.argv[1:])
    text = prompt(flags, rest)
    with open(path + ".calls", "a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\n")
    with open(path + ".calls") as calls, open(path + ".plays") as plays:
        count, lines = len(calls.readlines()), plays.readlines()
    play = json.loads(lines[min(count, len(lines)) - 1])
    flood(play.get("flood", 0))
    for file in play.get("print", []):
        with open(file, "rb") as sample:
            sys.stdout.buffer.write(sample.read())
        sys.stdout.flush()
    while "wait" in play and not os.path.exists(play["wait"]):
        time.sleep(0.02)
    if "status" in play and may_write(flags):
        with open(text.split("\n")[1], "w") as status:
            json.dump(play["status"], status)
    sys.stderr.write(play.get("stderr", ""))
    sys.exit(play.get("exit", 0))


main()
