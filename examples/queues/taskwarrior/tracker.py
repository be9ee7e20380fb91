#!/usr/bin/env python3
"""Taskwarrior as a queue of agent-pipelines: `tracker.py list|claim|release|close|park`.

The request comes on stdin as {"action", "id", "owner", "label", "reason"}. How Taskwarrior's words are read:

    label       the task's project, exactly. No tag: a label has a slash, and in Taskwarrior 2.6 `+pipeline/auth`
                is no tag but a sum that fails. In a project it is a letter like any other.
    id          the uuid; Taskwarrior's short numbers change
    held        started. The owner is in `ap_owner`; without one it is you, who typed `task start`
    blocked     parked (the reason is in `ap_parked`), depending on an open task, waiting, or scheduled for later
    closed      completed or deleted
    body        the annotations
    order       urgency, as in `task next`

`ap_owner` and `ap_parked` are user defined attributes. They are declared with every call, so .taskrc stays as it is;
Taskwarrior keeps them although it does not know them.

A claim looks, then writes: Taskwarrior has no claim of its own. ap calls under its lock and reads again, which keeps
its sessions apart; a `task start` that you type in that moment may get lost.

Tested with Taskwarrior 2.6.2. Nothing here is known to differ in 3.x, but it was not run there.
"""
import json
import os
import pwd
import subprocess
import sys
import time

BUSY = 75  # ap waits a little, then asks again
PATIENCE = 5  # seconds: Taskwarrior 2.6 waits for the lock of its files without an end

TASK = [
    "task",
    # Nobody is there to answer, and stdout is for JSON.
    *("rc.confirmation=off", "rc.bulk=0", "rc.verbose=nothing", "rc.color=off", "rc.detection=off", "rc.json.array=on"),
    # Looking changes nothing, and sees everything.
    *("rc.gc=off", "rc.recurrence=off", "rc.context=none"),
    # A hook may print, ask, or track an agent's time as yours. Take this out if yours should run.
    "rc.hooks=off",
    *("rc.uda.ap_owner.type=string", "rc.uda.ap_parked.type=string"),
]
PRIORITIES = ["H", "M", "L"]


def main():
    told = json.load(sys.stdin.buffer)
    action = sys.argv[1] if len(sys.argv) == 2 else ""
    known = {task["uuid"]: task for task in export()}
    if action == "list":
        ours = [task for task in known.values() if task.get("project") == told["label"] and task["status"] != "recurring"]
        ours.sort(key=lambda task: (-task.get("urgency", 0), task["entry"], task["uuid"]))
        json.dump({"tasks": [listed(task, known) for task in ours]}, sys.stdout)
        return
    change = {"claim": claim, "release": release, "close": close, "park": park}.get(action)
    if change is None:
        end(2, "usage: tracker.py list|claim|release|close|park")
    if told["id"] not in known:
        end(1, f"there is no task {told['id']}")
    change(told, listed(known[told["id"]], known))


def claim(told, task):
    if task["state"] == "held" and task["owner"] == told["owner"]:
        return
    if task["state"] != "open":
        end(1, f"the task is {task['state']}: {task['owner'] or task['why'] or 'nothing is left to do'}")
    run(told["id"], "modify", "start:now", "ap_owner:" + line(told["owner"]), "ap_parked:")


def release(told, task):
    if task["state"] != "closed":
        run(told["id"], "modify", "start:", "ap_owner:", "ap_parked:")


def close(told, task):
    if task["state"] == "closed":
        return
    if line(told["reason"]):
        # After `--` nothing is taken for a project or a tag; and text that began with `rc.` would be a setting.
        run(told["id"], "annotate", "--", "agent-pipelines: " + line(told["reason"]))
    run(told["id"], "done")


def park(told, task):
    if task["state"] != "closed":
        run(told["id"], "modify", "start:", "ap_owner:", "ap_parked:" + (line(told["reason"]) or "was parked"))


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
    """Returns the state, who holds the task, and why it is blocked."""
    if is_closed(task):
        return "closed", None, None
    if "start" in task:
        return "held", task.get("ap_owner") or f"person/{me()}", None
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
    """Before 2.6 they were one text."""
    uuids = task.get("depends", [])
    return uuids.split(",") if isinstance(uuids, str) else uuids


def me():
    """Returns your name as ap says it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def export():
    # All of them: a task may depend on one of another project. Control characters come unescaped.
    return json.loads(run("export"), strict=False)


def run(*words):
    """Calls Taskwarrior, never through a shell, and returns what it printed."""
    try:
        done = subprocess.run([*TASK, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        end(BUSY, f"`task {words[-1]}` did not answer within {PATIENCE} s: another process may be using its data")
    except FileNotFoundError:
        end(1, "there is no `task` on PATH: install Taskwarrior")
    said = (done.stderr or done.stdout).decode(errors="replace").strip()
    if done.returncode != 0:
        end(BUSY if "database is locked" in said else 1, said or f"`task` failed with exit code {done.returncode}")
    return done.stdout.decode(errors="replace")


def line(text):
    """Returns a text as one line: a line break would end the attribute, and the rest would become the title."""
    return " ".join(text.split())


def end(code, why):
    print(why, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
