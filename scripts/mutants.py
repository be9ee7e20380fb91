#!/usr/bin/env python3
"""Runs mutants of the code that decides against the library's unit tests, and writes docs/mutants.md.

    scripts/mutants.py            all of engine/accept, and a seeded sample of the other areas
    scripts/mutants.py --first 3  only the first three of each area, to try it; the page stays as it is
    scripts/mutants.py accept     only this area

Needs cargo-mutants, which `./run.sh long mutants` installs. A reason that docs/mutants.md gives for a survivor is kept.
"""
import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "mutants.md"
OUT = ROOT / "target" / "mutants"
BEGIN, END = "<!-- mutants: begin -->\n", "<!-- mutants: end -->"
SEED = 11
SAMPLE = 40
NO_REASON = "none yet"
# Area: its files, the size of its sample (none: all), and the share in per cent that is to be caught. Files are named from
# the manifest of their crate: crates/engine/../../src/engine/state.rs.
AREAS = {
    "accept": (["**/src/engine/accept/**"], None, 95),
    "engine": (["**/src/engine/**/*.rs"], SAMPLE, 90),
    "termination": (["**/src/termination/**/*.rs"], SAMPLE, 90),
    "store": (["**/src/store/**/*.rs"], SAMPLE, 80),
    "agent/outcome": (["**/src/agent/outcome/*.rs"], SAMPLE, 80),
}
# The tests, and what only tests use.
LEFT_OUT = ["**/src/engine/properties/**", "**/tests.rs", "**/tests/**", "**/src/store/fault.rs", "**/src/store/crash.rs"]


def listed(area):
    """Returns the names of an area's mutants, in an order that does not depend on the machine."""
    files, sample, _ = AREAS[area]
    line = ["cargo", "mutants", "--workspace", "--list", "--json"]
    line += [word for file in files for word in ("--file", file)]
    line += [word for file in LEFT_OUT for word in ("--exclude", file)]
    if area == "engine":
        line += ["--exclude", "**/src/engine/accept/**"]
    found = subprocess.run(line, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    names = sorted(mutant["name"] for mutant in json.loads(found))
    if sample and sample < len(names):
        names = sorted(random.Random(SEED).sample(names, sample))
    return names


def run(area, names):
    """Runs mutants, and returns each one's result by its name."""
    out = OUT / area.replace("/", "-")
    out.mkdir(parents=True, exist_ok=True)
    line = ["cargo", "mutants", "--workspace", "--test-workspace", "true", "--all-features", "--no-shuffle"]
    line += ["--baseline", "skip", "--timeout", "300", "--build-timeout", "1800", "--output", str(out), "--caught", "--unviable", "--test-tool", "nextest"]
    # Mutants that delete a field are not filtered by their names (27.1.0), so at least the files are named.
    line += [word for file in sorted({name.split(":")[0] for name in names}) for word in ("--file", file)]
    line += [word for name in names for word in ("--re", "^" + re.escape(name) + "$")]
    line += ["--", "--lib"]
    # What the crate depends on is built once for all copies of the tree.
    env = dict(os.environ, CARGO_TARGET_DIR=str(OUT / "build"), PROPTEST_CASES="256")
    code = subprocess.run(line, cwd=ROOT, env=env, check=False).returncode
    if code not in (0, 2, 3):
        sys.exit(f"cargo mutants ended with exit code {code}")
    outcomes = json.loads((out / "mutants.out" / "outcomes.json").read_text())["outcomes"]
    mutants = [each for each in outcomes if isinstance(each["scenario"], dict)]
    found = {each["scenario"]["Mutant"]["name"]: each["summary"] for each in mutants}
    return {name: found[name] for name in names if name in found}


def reasons(page):
    """Returns the reasons that the page has for survivors."""
    rows = re.findall(r"^\| [^|]+ \| `(.+?)` \| (.+) \|$", page, re.M)
    return {name: reason for name, reason in rows if reason != NO_REASON}


def table(results, known):
    """Returns the tables of the page."""
    lines = ["| area | mutants | caught | survived | cannot be built | share | wanted |", "|---|---|---|---|---|---|---|"]
    survivors = ["", "| area | survivor | why |", "|---|---|---|"]
    for area, found in results.items():
        count = lambda *kinds: sum(kind in kinds for kind in found.values())
        caught, missed = count("CaughtMutant", "Timeout"), count("MissedMutant")
        share = 100 * caught // max(1, caught + missed)
        lines.append(f"| {area} | {len(found)} | {caught} | {missed} | {count('Unviable')} | {share} % | {AREAS[area][2]} % |")
        for name, kind in found.items():
            if kind == "MissedMutant":
                name = name.replace("|", "¦")
                survivors.append(f"| {area} | `{name}` | {known.get(name, NO_REASON)} |")
    return "\n".join(lines + survivors) + "\n"


def main(words):
    first = None
    if "--first" in words:
        at = words.index("--first")
        first = int(words[at + 1])
        del words[at : at + 2]
    results = {}
    for area in words or AREAS:
        names = listed(area)[:first]
        begun = time.monotonic()
        results[area] = run(area, names)
        print(f"{area}: {len(names)} mutants in {time.monotonic() - begun:.0f} s", flush=True)
    page = PAGE.read_text()
    text = table(results, reasons(page))
    print(text)
    if first or words:
        return
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    draft = PAGE.with_suffix(".new")
    draft.write_text(before + BEGIN + text + END + after)
    draft.replace(PAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
