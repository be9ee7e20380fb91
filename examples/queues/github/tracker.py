#!/usr/bin/env python3
"""GitHub issues as a queue of agent-pipelines, through `gh`: `tracker.py list|claim|release|close|park`.

The request comes on stdin as {"action", "id", "owner", "label", "reason"}. How GitHub's words are read:

    label       a label of the issue
    id          the issue's number, in the repository `gh` finds from here (or GH_REPO)
    held        has the label `claimed`; or is assigned to somebody, who then is the owner
    blocked     has the label `blocked`
    closed      closed, whatever the reason
    order       the oldest first

The labels must exist: `gh label create claimed`, `gh label create blocked`.

What this cannot do. GitHub has no claim that only one of two can win, and no place for an owner: ap keeps who claimed
what on this machine, and its lock orders the sessions of this machine only. Work off one label from one machine: to
another one, what is claimed here looks like held by nobody, and is taken back when nothing else is left.
GitHub's own dependencies between issues are not seen; use the label `blocked`.

Tested with a stand-in for `gh` only, never against GitHub: the calls are those of the manual of gh 2.x.
"""
import json
import os
import subprocess
import sys

BUSY = 75  # ap waits a little, then asks again
CLAIMED, BLOCKED = "claimed", "blocked"
MOST = 5000  # issues of the repository, closed ones included


def main():
    told = json.load(sys.stdin.buffer)
    action = sys.argv[1] if len(sys.argv) == 2 else ""
    change = {"claim": claim, "release": release, "close": close, "park": park}.get(action)
    if action == "list":
        ours = [issue for issue in issues() if told["label"] in names(issue)]
        json.dump({"tasks": [listed(issue) for issue in sorted(ours, key=lambda issue: issue["number"])]}, sys.stdout)
    elif change is None:
        end(2, "usage: tracker.py list|claim|release|close|park")
    elif not (told["id"].isascii() and told["id"].isdigit()):
        end(1, f"{told['id']} is not the number of an issue")
    else:
        change(told, gh("issue", "view", told["id"], "--json", FIELDS))


def claim(told, issue):
    task = listed(issue)
    if task["state"] != "open":
        end(1, f"the issue is {task['state']}: {task['owner'] or task['why'] or 'nobody knows by whom'}")
    gh("issue", "edit", told["id"], "--add-label", CLAIMED)


def release(told, issue):
    # What a person has marked as blocked in the meantime stays so.
    take_off(told["id"], issue, CLAIMED if CLAIMED in names(issue) else BLOCKED)


def close(told, issue):
    if issue["state"] != "CLOSED":
        gh("issue", "close", told["id"], "--reason", "completed")
        comment(told)
    take_off(told["id"], issue, CLAIMED)


def park(told, issue):
    gh("issue", "edit", told["id"], "--add-label", BLOCKED)
    take_off(told["id"], issue, CLAIMED)
    comment(told)


def take_off(id, issue, label):
    if label in names(issue):
        gh("issue", "edit", id, "--remove-label", label)


def comment(told):
    if told["reason"].strip():
        gh("issue", "comment", told["id"], "--body-file", "-", text=f"agent-pipelines: {told['reason']}\n")


FIELDS = "number,title,body,state,labels,assignees"


def issues():
    # Not `--label`: with it gh asks GitHub's search, which lags behind and ends at 1000.
    found = gh("issue", "list", "--state", "all", "--json", FIELDS, "--limit", str(MOST))
    if len(found) == MOST:
        end(1, f"there are {MOST} issues or more, so some may be missing here: raise MOST in tracker.py")
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
    """Calls gh, never through a shell, and returns the JSON it printed, if that was asked for."""
    quiet = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
    given = {"input": text.encode()} if text is not None else {"stdin": subprocess.DEVNULL}
    try:
        done = subprocess.run(["gh", *words], env=os.environ | quiet, capture_output=True, **given)
    except FileNotFoundError:
        end(1, "there is no `gh` on PATH: see https://cli.github.com")
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode != 0:
        end(BUSY if "rate limit" in said.lower() else 1, said or f"`gh` failed with exit code {done.returncode}")
    return json.loads(done.stdout) if "--json" in words else None


def end(code, why):
    print(why, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
