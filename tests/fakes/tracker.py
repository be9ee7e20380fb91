#!/usr/bin/env python3
"""A tracker for tests, as bad as one may be: its claim looks and writes without a lock in between, and keeps no owner.

    tracker.py FILE ACTION ID

The rest of what `src/queue/command.rs` gives on stdin is not needed. FILE is `{"tasks": […]}` with a task on each line, its
id first; FILE.closed gets the id of a task each time it is closed. TRACKER_GAP_MS is how long a claim waits between looking
and writing. Nothing big is imported: a test makes more than a thousand calls.
"""
import os
import sys

STATE = '"state":"'


def load(path):
    with open(path) as file:
        return file.read().split("\n")


def find(lines, id):
    for at, line in enumerate(lines):
        if line.startswith(f'{{"id":"{id}",'):
            return at, line.split(STATE, 1)[1].split('"', 1)[0]
    sys.exit(f"there is no task {id}")


def change(path, id, state, unless=None):
    import fcntl

    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lines = load(path)
        at, now = find(lines, id)
        if now == unless:
            return
        lines[at] = lines[at].replace(f'{STATE}{now}"', f'{STATE}{state}"', 1)
        with open(path + ".draft", "w") as draft:
            draft.write("\n".join(lines))
        os.replace(path + ".draft", path)
        if state == "closed":
            with open(path + ".closed", "a") as closed:
                closed.write(id + "\n")


def claim(path, id):
    if find(load(path), id)[1] != "open":
        sys.exit(f"{id} is not open")
    gap = int(os.environ.get("TRACKER_GAP_MS", "0"))
    if gap:
        import time

        time.sleep(gap / 1000)
    change(path, id, "held", unless="closed")


def main(path, action, id):
    states = {"release": "open", "close": "closed", "park": "blocked"}
    if action == "list":
        sys.stdout.write("\n".join(load(path)))
    elif action == "claim":
        claim(path, id)
    elif action in states:
        change(path, id, states[action])
    else:
        sys.exit(f"unknown action {action}")


main(*sys.argv[1:4])
