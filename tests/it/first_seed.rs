//! The command lines that the documentation of the older agent-pipelines shows work as typed, from a checkout.
use crate::newcomer::Newcomer;

/// Lines that need a terminal are asked without one; everything else is as documented there.
const LINES: &str = r#"
unset AP_TMUX_SOCKET
export TMUX_TMPDIR=$HOME
trap 'tmux kill-server' EXIT
jq() { if type -P jq >/dev/null; then command jq "$@"; else cat >/dev/null; fi; }
printf -- '- [ ] One (#one)\n- [ ] Two (#two)\n- [ ] Three (#three)\n' > backlog.md

./scripts/run.sh work auth 25                    # Shortcut: type session max
./scripts/run.sh wait auth
tmux has-session -t pipeline-auth
tmux kill-session -t pipeline-auth
./scripts/run.sh loop work auth 25               # Explicit: loop type session max
./scripts/run.sh pipeline --single-stage work auth 25  # Engine syntax
./scripts/run.sh work auth 25 --resume
./scripts/run.sh status auth | grep -q complete
./scripts/run.sh | grep -q auth

cat .claude/pipeline-runs/auth/state.json | jq
cat .claude/pipeline-runs/auth/progress-auth.md

./scripts/run.sh pipeline full-refine.yaml my-session
ls .claude/locks/
cat .claude/locks/my-session.lock | jq
test -f .claude/locks/my-session.lock && echo "locked" || echo "available"
./scripts/run.sh work my-session 10 --force
ps -p "$(./scripts/run.sh status my-session --json | grep -m 1 '"pid"' | tr -dc 0-9)" || true
./scripts/run.sh wait my-session
printf '{"session":"auth","pid":999999,"started_at":"2025-01-10T10:00:00Z"}' > .claude/locks/auth.lock
rm .claude/locks/auth.lock

mkdir -p scripts/loops/my-stage
cat > scripts/loops/my-stage/loop.yaml <<'END'
name: my-stage
description: What this stage does

termination:
  type: judgment        # queue, judgment, or fixed
  min_iterations: 2     # for judgment: start checking after this many
  consensus: 2          # for judgment: consecutive stops needed

delay: 3                # seconds between iterations
END
echo 'Read ${CTX} and ${PROGRESS}, then write ${STATUS}.' > scripts/loops/my-stage/prompt.md
./scripts/run.sh lint loop my-stage
mkdir -p scripts/pipelines
printf 'name: mine\nstages:\n  - name: plan\n    loop: my-stage\n    runs: 2\n' > scripts/pipelines/mine.yaml
./scripts/run.sh lint pipeline mine
./scripts/run.sh dry-run pipeline mine.yaml
"#;

#[test]
fn every_command_line_of_the_older_program_works_as_typed() {
    let newcomer = Newcomer::new();
    let checkout = newcomer.clone_checkout("older checkout");
    newcomer.bash(&format!("cd '{checkout}'\n{LINES}"));
}
