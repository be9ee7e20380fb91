#!/usr/bin/env python3
"""A tracker for tests, as bad as one may be: its claim looks and writes without a lock in between, and keeps no owner.

    tracker.py FILE ACTION ID

The rest of what `src/queue/command.rs` gives on stdin is not needed. FILE holds `{"tasks": [...], "closings": [id, ...]}`;
TRACKER_GAP_MS is how long a claim waits between looking and writing.
"""
import os
import sys


def load(path):
    # Only here: most calls list, and must be fast.
    import json

    with open(path) as file:
        return json.load(file)


def save(path, data):
    import json

    draft = f"{path}.{os.getpid()}"
    with open(draft, "w") as file:
        json.dump(data, file)
    os.replace(draft, path)


def change(path, id, state, unless=()):
    import fcntl

    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        data = load(path)
        task = find(data, id)
        if task["state"] in unless:
            return
        task["state"] = state
        if state == "closed":
            data["closings"].append(id)
        save(path, data)


def find(data, id):
    for task in data["tasks"]:
        if task["id"] == id:
            return task
    sys.exit(f"there is no task {id}")


def main(path, action, id):
    if action == "list":
        with open(path) as file:
            sys.stdout.write(file.read())
    elif action == "claim":
        if find(load(path), id)["state"] != "open":
            sys.exit(f"{id} is not open")
        if gap := int(os.environ.get("TRACKER_GAP_MS", "0")):
            import time

            time.sleep(gap / 1000)
        change(path, id, "held", unless=("closed",))
    elif action == "release":
        change(path, id, "open")
    elif action == "close":
        change(path, id, "closed")
    elif action == "park":
        change(path, id, "blocked")
    else:
        sys.exit(f"unknown action {action}")


main(*sys.argv[1:4])
