#!/usr/bin/env bash
# Regenerates docs/session.svg: a real session of the scripted agent is started, killed with kill -9, and resumed.
# AP names a built program to use instead of building this checkout.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
columns=100 window_rows=20 shell_rows=9

fail() {
    printf 'record.sh: %s\n' "$*" >&2
    exit 1
}
for program in tmux python3 jq git; do
    command -v "$program" >/dev/null || fail "$program is needed"
done

# Build the current program, before HOME changes.
if [ -z "${AP:-}" ]; then
    messages=$(cd -- "$root" && cargo build --quiet --bins --message-format json-render-diagnostics)
    [[ $messages =~ \"executable\":\"([^\"]*/ap)\" ]] || fail 'cargo does not say where it put ap'
    AP=${BASH_REMATCH[1]}
fi

scratch=$(mktemp -d)
export HOME=$scratch TMUX_TMPDIR=$scratch LC_ALL=C.UTF-8 PATH=${AP%/*}:$PATH
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_DATA_HOME TMUX AP_TMUX_SOCKET DISPLAY WAYLAND_DISPLAY
server() { tmux "$@"; }
finish() {
    server kill-server 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap finish EXIT

# A repository with tasks.
project=$scratch/shop
mkdir -p -- "$project/src" "$project/tests" "$project/.claude/loops/work" "$scratch/frames"
cd -- "$project"
echo 'exec sleep 1' >tests/all.sh
git init -q
git config user.name 'Picture'
git config user.email picture@localhost
cp -- "$root/docs/picture/backlog.md" backlog.md
cp -- "$root/docs/picture/agent.yaml" "$scratch/script.yaml"
cp -- "$root/loops/work/prompt.md" .claude/loops/work/
cat >.claude/loops/work/loop.yaml <<END
description: the built-in loop with a scripted agent
provider: scripted
args: [$scratch/script.yaml]
termination: {type: queue}
delay: 1
END
git add .
git commit -q -m 'Start'

# The shell below the session's window. The server starts with it, so that windows without a client get this size.
server -f /dev/null new-session -d -s shell -x "$columns" -y "$shell_rows" \
    'PS1="\[\e[1;32m\]\$\[\e[0m\] " HISTFILE=/dev/null exec bash --norc --noprofile -i'
server set-option -g default-terminal tmux-256color
server set-option -g status off

pane() { server capture-pane -e -p -t "$1" 2>/dev/null || true; }
# One frame: the session's window, a line, the shell. Its name is its time in milliseconds.
frame() {
    server resize-window -t =pipeline-auth: -x "$columns" -y "$window_rows" 2>/dev/null || true
    {
        pane =pipeline-auth: | head -n "$window_rows" | awk -v rows="$window_rows" '{ print } END { while (NR++ < rows) print "" }'
        printf '\e[2m%*s\e[0m\n' "$columns" '' | sed 's/ /─/g'
        pane =shell:
    } >"$scratch/frame"
    mv -- "$scratch/frame" "$scratch/frames/$(($(date +%s%N) / 1000000))"
}
record() { while [ ! -e "$scratch/over" ]; do
    frame
    sleep 0.15
done; }
keys() {
    local text=$1
    while [ -n "$text" ]; do
        server send-keys -t =shell: -l -- "${text:0:4}"
        text=${text:4}
        sleep 0.12
    done
    sleep 0.5
    server send-keys -t =shell: Enter
}
status() { ap status auth --json 2>/dev/null | jq -r "$1"; }
until_true() {
    local tries=300
    until eval "$1"; do
        [ $((tries -= 1)) -gt 0 ] || fail "the session did not get there: $1"
        sleep 0.1
    done
}

record &
sleep 0.6
keys 'ap work auth 25'
until_true '[ "$(status .iteration_completed)" -ge 1 ] 2>/dev/null && [ "$(status .iteration)" = 2 ]'
sleep 1.2
keys 'clear; kill -9 $(jq .pid .claude/locks/auth.lock)'
until_true '[ "$(status .status)" = crashed ]'
sleep 1.2
keys 'clear; ap status auth | head -6'
sleep 3
keys 'clear; ap work auth 25 --resume'
until_true '[ "$(status .status)" = complete ]'
sleep 1.5
keys 'clear; ap list'
sleep 2.5
touch "$scratch/over"
wait
python3 "$root/docs/picture/svg.py" "$columns" 'ap: start, kill -9, resume' "$scratch/frames" >"$scratch/session.svg"
mv -- "$scratch/session.svg" "$root/docs/session.svg"
printf 'docs/session.svg is new\n'
