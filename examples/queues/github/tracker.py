#!/usr/bin/env python3
"""GitHub issues as a queue of agent-pipelines, through `gh`: `tracker.py list|claim|release|close|park`.

The request is read from stdin: {"action", "id", "owner", "label", "reason"}. How GitHub's terms are mapped:

    label       a label of the issue
    id          the issue's number, in the repository `gh` finds from here (or GH_REPO)
    held        has the label `claimed`; or has an assignee, who is then the owner
    blocked     has the label `blocked`
    closed      closed, for any reason
    order       oldest first

The labels must exist: `gh label create claimed`, `gh label create blocked`.

Limitations. GitHub has no atomic claim and cannot store an owner: ap stores the owners on this machine, and its lock
orders only the sessions of this machine. Process each label from one machine only: another machine sees a claim made
here as held without an owner, and releases it when nothing else is left.
GitHub's own dependencies between issues are ignored; use the label `blocked`.

Tested only with a stand-in for `gh`, never against GitHub: the calls follow the manual of gh 2.x.
"""
import json
import os
import subprocess
import sys

BUSY = 75  # the exit code after which ap retries
CLAIMED, BLOCKED = "claimed", "blocked"
MAX_ISSUES = 5000  # of the repository, including closed ones


def main():
    request = json.load(sys.stdin.buffer)
    action = sys.argv[1] if len(sys.argv) == 2 else ""
    change = {"claim": claim, "release": release, "close": close, "park": park}.get(action)
    if action == "list":
        ours = [issue for issue in issues() if request["label"] in names(issue)]
        json.dump({"tasks": [listed(issue) for issue in sorted(ours, key=lambda issue: issue["number"])]}, sys.stdout)
    elif change is None:
        end(2, "usage: tracker.py list|claim|release|close|park")
    elif not (request["id"].isascii() and request["id"].isdigit()):
        end(1, f"{request['id']} is not the number of an issue")
    else:
        change(request, gh("issue", "view", request["id"], "--json", FIELDS))


def claim(request, issue):
    task = listed(issue)
    if task["state"] != "open":
        end(1, f"the issue is {task['state']}: {task['owner'] or task['why'] or 'by an unknown owner'}")
    gh("issue", "edit", request["id"], "--add-label", CLAIMED)


def release(request, issue):
    # An issue that the user has marked as blocked in the meantime stays blocked.
    take_off(request["id"], issue, CLAIMED if CLAIMED in names(issue) else BLOCKED)


def close(request, issue):
    if issue["state"] != "CLOSED":
        gh("issue", "close", request["id"], "--reason", "completed")
        comment(request)
    take_off(request["id"], issue, CLAIMED)


def park(request, issue):
    gh("issue", "edit", request["id"], "--add-label", BLOCKED)
    take_off(request["id"], issue, CLAIMED)
    comment(request)


def take_off(id, issue, label):
    if label in names(issue):
        gh("issue", "edit", id, "--remove-label", label)


def comment(request):
    if request["reason"].strip():
        gh("issue", "comment", request["id"], "--body-file", "-", text=f"agent-pipelines: {request['reason']}\n")


FIELDS = "number,title,body,state,labels,assignees"


def issues():
    # With `--label`, gh would use GitHub's search, which lags behind and returns at most 1000.
    found = gh("issue", "list", "--state", "all", "--json", FIELDS, "--limit", str(MAX_ISSUES))
    if len(found) == MAX_ISSUES:
        end(1, f"there are {MAX_ISSUES} issues or more, so some may be missing: raise MAX_ISSUES in tracker.py")
    return found


def listed(issue):
    labels, assigned = names(issue), [f"github/{user['login']}" for user in issue["assignees"]]
    task = {"id": str(issue["number"]), "title": issue["title"], "body": issue["body"] or "", "owner": None, "why": None}
    if issue["state"] == "CLOSED":
        return task | {"state": "closed"}
    if CLAIMED in labels:
        return task | {"state": "held"}
    if BLOCKED in labels:
        return task | {"state": "blocked", "why": f"has the label `{BLOCKED}`"}
    return task | ({"state": "held", "owner": ", ".join(assigned)} if assigned else {"state": "open"})


def names(issue):
    return [label["name"] for label in issue["labels"]]


def gh(*words, text=None):
    """Runs gh without a shell, and returns its JSON output if `--json` is given."""
    quiet = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
    given = {"input": text.encode()} if text is not None else {"stdin": subprocess.DEVNULL}
    try:
        done = subprocess.run(["gh", *words], env=os.environ | quiet, capture_output=True, **given)
    except FileNotFoundError:
        end(1, "`gh` is not on PATH: see https://cli.github.com")
    message = done.stderr.decode(errors="replace").strip()
    if done.returncode != 0:
        end(BUSY if "rate limit" in message.lower() else 1, message or f"`gh` failed with exit code {done.returncode}")
    return json.loads(done.stdout) if "--json" in words else None


def end(code, why):
    print(why, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
