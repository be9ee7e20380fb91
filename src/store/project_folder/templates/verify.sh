#!/bin/sh
# Decides whether the work is done. `ap autopilot` runs it in the project's directory and reads the one line of JSON
# that it prints; whatever else it prints does not matter:
#
#   passed        true if everything that is checked here holds
#   score         from 0 to 1; below 0.85 the work is not done
#   prd_complete  true if all of the PRD is built
#   in_progress   true if something it started is still running (may be left out)
#   details       what the next agent should know
#
# Agents cannot change it: its answer counts only if the file is as it was when the session started.

# Set this to yes when the checks below are what you mean by done. Until then nothing passes.
edited=no

cd "$(dirname "$0")/.." || exit 1

count=0
good=0
failed=""

# check NAME COMMAND...: runs a command that must succeed.
check() {
    name=$1
    shift
    count=$((count + 1))
    if "$@" </dev/null >&2; then
        good=$((good + 1))
    else
        failed="$failed, $name"
    fi
}

[ -e Cargo.toml ] && check "cargo test" cargo test --quiet
[ -e package.json ] && check "npm test" npm test --silent
[ -e go.mod ] && check "go test" go test ./...
if [ -e pytest.ini ] || [ -e pyproject.toml ] || [ -e setup.py ]; then
    check "pytest" python3 -m pytest -q
fi
[ -e Makefile ] && grep -q '^check:' Makefile && check "make check" make check

# Add your own: check "it starts" ./run --version

# The PRD is complete when each of its boxes is ticked.
open=0
ticked=0
for prd in prd.md docs/prd.md .agent-pipelines/prd.md .cc-autopipe/prd.md; do
    [ -e "$prd" ] || continue
    boxes=$(awk '
        /^[ \t]*(```|~~~)/ { code = !code }
        !code && /^[ \t]*[-*+] \[ \]/ { open++ }
        !code && /^[ \t]*[-*+] \[[xX]\]/ { ticked++ }
        END { print open + 0, ticked + 0 }
    ' "$prd")
    open=${boxes% *}
    ticked=${boxes#* }
    break
done
prd_complete=false
[ "$open" -eq 0 ] && [ "$ticked" -gt 0 ] && prd_complete=true

passed=false
score=0
if [ "$count" -gt 0 ]; then
    score=$(awk -v good="$good" -v count="$count" 'BEGIN { printf "%.3f", good / count }')
fi
if [ "$edited" != yes ]; then
    score=0
    details="verify.sh is still the template: write your checks and set edited=yes"
elif [ "$count" -eq 0 ]; then
    details="nothing was checked: verify.sh has no check for this project"
elif [ -n "$failed" ]; then
    details="failed: ${failed#, }"
else
    passed=true
    details="$good of $count checks hold, $open boxes of the PRD are open"
fi

printf '{"passed": %s, "score": %s, "prd_complete": %s, "details": "%s"}\n' \
    "$passed" "$score" "$prd_complete" "$details"
