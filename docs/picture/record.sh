#!/usr/bin/env bash
# Regenerates docs/session.svg: the tmux window of a session of the scripted agent.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
columns=104 rows=30

scratch=$(mktemp -d)
export HOME=$scratch AP_TMUX_SOCKET=$scratch/tmux LC_ALL=C.UTF-8
unset XDG_CONFIG_HOME TMUX
finish() {
    tmux -S "$AP_TMUX_SOCKET" kill-server 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap finish EXIT
fail() {
    printf 'record.sh: %s\n' "$*" >&2
    exit 1
}

# Build the current program.
messages=$(cd -- "$root" && HOME=$(getent passwd "$(id -u)" | cut -d : -f 6) cargo build --quiet --bin ap --message-format json-render-diagnostics)
messages=${messages##*\"executable\":\"}
mkdir -- "$scratch/bin"
cp -- "${messages%%\"*}" "$scratch/bin/ap"
export PATH=$scratch/bin:$PATH

# A repository with tasks.
project=$scratch/shop
mkdir -p -- "$project/src" "$project/tests"
cd -- "$project"
# The command that the agent runs when the window is captured.
echo 'exec sleep 60' >tests/all.sh
git init -q
git config user.name 'Picture'
git config user.email picture@localhost
cp -- "$root/docs/picture/backlog.md" backlog.md
mkdir -p .claude/loops/work
cp -- "$root/docs/picture/agent.yaml" "$scratch/script.yaml"
cp -- "$root/loops/work/prompt.md" .claude/loops/work/
cat >.claude/loops/work/loop.yaml <<END
name: work
description: the built-in loop with a scripted agent
provider: scripted
args: [$scratch/script.yaml]
termination: {type: queue}
delay: 1
END
git add .
git commit -q -m 'Start'

# Start a server of the right size first: a window without a client keeps its initial size.
tmux -S "$AP_TMUX_SOCKET" -f /dev/null new-session -d -s size -x "$columns" -y "$rows" 'exec cat'
tmux -S "$AP_TMUX_SOCKET" set-option -g default-terminal tmux-256color
ap work auth 25 >/dev/null
tmux -S "$AP_TMUX_SOCKET" resize-window -t pipeline-auth -x "$columns" -y "$rows"

# Capture during the fourth iteration, while the agent works.
capture() { tmux -S "$AP_TMUX_SOCKET" capture-pane -e -p -t pipeline-auth; }
working() { capture | grep -q 'last sign\|4/25' && [ -s .claude/pipeline-runs/auth/stage-00-work/iterations/004/stdout.log ]; }
for _ in $(seq 300); do
    ! working || break
    sleep 0.1
done
working || fail 'the session did not get to its fourth iteration'
sleep 2.2
capture | python3 "$root/docs/picture/svg.py" "$columns" 'tmux: pipeline-auth' >"$root/docs/session.svg"
ap kill auth >/dev/null
printf 'docs/session.svg is new\n'
