#!/usr/bin/env python3
"""Stands in for `gh`, GitHub's command, in tests: only the calls below, with the flags the manual of gh 2.x gives them.

It was written from the manual, not recorded. FAKE_GH_STATE names a file with
{"labels": [name], "issues": [{"number", "title", "body", "state", "labels": [name], "assignees": [login], "comments": [text]}]}.
With FAKE_GH_FAILURE it says that and fails.
"""
import json
import os
import sys

FIELDS = {
    "number": lambda issue: issue["number"],
    "title": lambda issue: issue["title"],
    "body": lambda issue: issue["body"],
    "state": lambda issue: issue["state"],
    "labels": lambda issue: [{"id": f"LA_{name}", "name": name, "description": "", "color": "ededed"} for name in issue["labels"]],
    "assignees": lambda issue: [{"id": f"U_{login}", "login": login, "name": ""} for login in issue["assignees"]],
}
FLAGS = {
    "list": ["--state", "--json", "--limit"],
    "view": ["--json"],
    "edit": ["--add-label", "--remove-label"],
    "comment": ["--body-file"],
    "close": ["--reason"],
}


def main(argv):
    if os.environ.get("FAKE_GH_FAILURE"):
        fail(os.environ["FAKE_GH_FAILURE"])
    path = os.environ["FAKE_GH_STATE"]
    with open(path) as file:
        state = json.load(file)
    if len(argv) < 2 or argv[0] != "issue" or argv[1] not in FLAGS:
        fail(f"unknown command {argv[:2]} for the stand-in")
    flags, named = read(argv[1], argv[2:])
    if argv[1] == "list":
        wanted = {"open": ["OPEN"], "closed": ["CLOSED"], "all": ["OPEN", "CLOSED"]}[flags.get("--state", ["open"])[0]]
        found = [issue for issue in reversed(state["issues"]) if issue["state"] in wanted]
        print(json.dumps([fields(issue, flags) for issue in found[: int(flags.get("--limit", ["30"])[0])]]))
        return
    issue = next((issue for issue in state["issues"] if [str(issue["number"])] == named), None)
    if issue is None:
        fail(f"GraphQL: Could not resolve to an issue or pull request with the number of {' '.join(named)}. (repository.issue)")
    if argv[1] == "view":
        print(json.dumps(fields(issue, flags)))
        return
    change(argv[1], issue, flags, state["labels"])
    with open(path, "w") as file:
        json.dump(state, file)


def change(action, issue, flags, labels):
    url = f"https://github.com/owner/repo/issues/{issue['number']}"
    if action == "edit":
        added, removed = (split(flags.get(flag, [])) for flag in ("--add-label", "--remove-label"))
        missing = [name for name in added + removed if name not in labels]
        if not added + removed:
            fail("field to edit flag required when not running interactively")
        if missing:
            fail(f"failed to update {url}: '{missing[0]}' not found\nfailed to update 1 issue")
        kept = [name for name in issue["labels"] if name not in removed]
        issue["labels"] = kept + [name for name in added if name not in kept]
        print(url)
    elif action == "comment":
        if flags.get("--body-file") != ["-"]:
            fail("flags required when not running interactively")
        issue["comments"].append(sys.stdin.read())
        print(f"{url}#issuecomment-{len(issue['comments'])}")
    elif action == "close":
        if flags.get("--reason", ["completed"])[0] not in ("completed", "not planned"):
            fail("invalid argument for \"-r, --reason\" flag: valid values are {completed|not planned}")
        issue["state"] = "CLOSED"
        print(f"✓ Closed issue #{issue['number']} ({issue['title']})", file=sys.stderr)


def read(action, words):
    """Returns the flags, each with all its values, and the other words."""
    flags, named, words = {}, [], list(words)
    while words:
        word = words.pop(0)
        if not word.startswith("-"):
            named.append(word)
        elif word not in FLAGS[action] or not words:
            fail(f"unknown flag: {word}")
        else:
            flags.setdefault(word, []).append(words.pop(0))
    return flags, named


def split(values):
    """Labels may also be given in one value, with commas."""
    return [name for value in values for name in value.split(",")]


def fields(issue, flags):
    asked = split(flags["--json"])
    unknown = [name for name in asked if name not in FIELDS]
    if unknown:
        fail(f'Unknown JSON field: "{unknown[0]}"')
    return {name: FIELDS[name](issue) for name in asked}


def fail(words):
    print(words, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
