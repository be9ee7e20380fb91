#!/usr/bin/env python3
"""Taskwarrior as a queue of agent-pipelines: `tracker.py list|claim|release|close|park`.

The request is read from stdin: {"action", "id", "owner", "label", "reason"}. How Taskwarrior's terms are mapped:

    label       the task's project, exactly. Not a tag: a label has a slash, which Taskwarrior 2.6 reads as a division
                in `+pipeline/auth`; a project may contain it.
    id          the uuid; Taskwarrior's short numbers change
    held        started; the owner is in `ap_owner`; without one it is you, by `task start`
    blocked     parked (the reason is in `ap_parked`), depending on an open task, waiting, or scheduled for later
    closed      completed or deleted
    body        the annotations
    order       urgency, as in `task next`

`ap_owner` and `ap_parked` are user-defined attributes. They are declared with every call, so .taskrc does not change;
Taskwarrior keeps them even when they are not declared.

Taskwarrior has no atomic claim, so a claim reads, then writes. ap calls under its lock and reads again, which keeps
its sessions apart; a `task start` that you type at the same moment may be overwritten.

Tested with Taskwarrior 2.6.2. No difference to 3.x is known, but it was not run there.
"""
import json
import os
import pwd
import subprocess
import sys
import time

BUSY = 75  # the exit code after which ap retries
TIMEOUT = 5  # seconds; Taskwarrior 2.6 waits for the lock of its files without limit

TASK = [
    "task",
    # There is no user to answer prompts, and stdout is for JSON.
    *("rc.confirmation=off", "rc.bulk=0", "rc.verbose=nothing", "rc.color=off", "rc.detection=off", "rc.json.array=on"),
    # Reading changes nothing, and lists everything.
    *("rc.gc=off", "rc.recurrence=off", "rc.context=none"),
    # A hook may print, prompt, or track an agent's time as yours. Remove this to run your hooks.
    "rc.hooks=off",
    *("rc.uda.ap_owner.type=string", "rc.uda.ap_parked.type=string"),
]
PRIORITIES = ["H", "M", "L"]


def main():
    request = json.load(sys.stdin.buffer)
    action = sys.argv[1] if len(sys.argv) == 2 else ""
    known = {task["uuid"]: task for task in export()}
    if action == "list":
        ours = [task for task in known.values() if task.get("project") == request["label"] and task["status"] != "recurring"]
        ours.sort(key=lambda task: (-task.get("urgency", 0), task["entry"], task["uuid"]))
        json.dump({"tasks": [listed(task, known) for task in ours]}, sys.stdout)
        return
    change = {"claim": claim, "release": release, "close": close, "park": park}.get(action)
    if change is None:
        end(2, "usage: tracker.py list|claim|release|close|park")
    if request["id"] not in known:
        end(1, f"there is no task {request['id']}")
    change(request, listed(known[request["id"]], known))


def claim(request, task):
    if task["state"] == "held" and task["owner"] == request["owner"]:
        return
    if task["state"] != "open":
        end(1, f"the task is {task['state']}: {task['owner'] or task['why'] or 'nothing is left to do'}")
    run(request["id"], "modify", "start:now", "ap_owner:" + line(request["owner"]), "ap_parked:")


def release(request, task):
    if task["state"] != "closed":
        run(request["id"], "modify", "start:", "ap_owner:", "ap_parked:")


def close(request, task):
    if task["state"] == "closed":
        return
    if line(request["reason"]):
        # After `--` nothing is a project or tag; the prefix keeps text that begins with `rc.` from being a setting.
        run(request["id"], "annotate", "--", "agent-pipelines: " + line(request["reason"]))
    run(request["id"], "done")


def park(request, task):
    if task["state"] != "closed":
        run(request["id"], "modify", "start:", "ap_owner:", "ap_parked:" + (line(request["reason"]) or "was parked"))


def listed(task, known):
    state, owner, why = state_of(task, known)
    priority = task.get("priority")
    return {
        "id": task["uuid"],
        "title": task["description"],
        "body": "\n".join(note["description"] for note in task.get("annotations", [])),
        "priority": PRIORITIES.index(priority) + 1 if priority in PRIORITIES else None,
        "state": state,
        "owner": owner,
        "why": why,
    }


def state_of(task, known):
    """Returns the state, the owner, and why the task is blocked."""
    if is_closed(task):
        return "closed", None, None
    if "start" in task:
        return "held", task.get("ap_owner") or f"user/{me()}", None
    if task.get("ap_parked"):
        return "blocked", None, task["ap_parked"]
    before = [known[uuid] for uuid in depends(task) if uuid in known and not is_closed(known[uuid])]
    if before:
        return "blocked", None, "waits for " + ", ".join(f"{other['uuid']} ({line(other['description'])})" for other in before)
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for until, words in (("wait", "waits until"), ("scheduled", "is scheduled for")):
        if task.get(until, "") > now:
            return "blocked", None, f"{words} {task[until]}"
    return "open", None, None


def is_closed(task):
    return task["status"] in ("completed", "deleted")


def depends(task):
    """Returns the uuids of a task's dependencies; before 2.6 they were one string."""
    uuids = task.get("depends", [])
    return uuids.split(",") if isinstance(uuids, str) else uuids


def me():
    """Returns the user's name as ap writes it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def export():
    # All tasks, since a task may depend on one of another project. Control characters are not escaped.
    return json.loads(run("export"), strict=False)


def run(*words):
    """Runs Taskwarrior without a shell, and returns its output."""
    try:
        done = subprocess.run([*TASK, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        end(BUSY, f"`task {words[-1]}` did not answer within {TIMEOUT} s: another process may be using its data")
    except FileNotFoundError:
        end(1, "`task` is not on PATH: install Taskwarrior")
    message = (done.stderr or done.stdout).decode(errors="replace").strip()
    if done.returncode != 0:
        end(BUSY if "database is locked" in message else 1, message or f"`task` failed with exit code {done.returncode}")
    return done.stdout.decode(errors="replace")


def line(text):
    """Returns text as one line: after a line break the rest of an attribute would become the title."""
    return " ".join(text.split())


def end(code, why):
    print(why, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
