#!/usr/bin/env bash
# The commands of `ap` from a checkout: builds what is needed, then runs it where you are.
#
#   ./run.sh demo          see it work, with nothing else installed and no account
#   ./run.sh test          run every test, installing first what the tests need
#   ./run.sh check         what CI runs: format, lints, tests, documentation, each with its time
#   ./run.sh bench         measure the overhead
#   ./run.sh claude-bump   try the newest Claude Code, and print what differs from the pinned one
#   ./run.sh long [NAME]   the long form of a test, recorded in docs/long-tests.md; without a name, lists them
#                          (`long chaos --minutes 60`, `long fuzz --minutes 60`: for how long; 15 by default)
#   ./run.sh <anything>    ap <anything>
set -euo pipefail

# What the tests are written for: behaviour differs between versions.
claude_versions=(2.1.329 2.1.197 2.1.332) # all tests run with the first, those of versions with each
claude_version=${claude_versions[0]}
nextest_version=0.9.143
mutants_version=27.1.0
fuzz_version=0.13.2

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
cache=${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/agent-pipelines

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "run.sh: $*"
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# cargo takes its settings from the folder it runs in, and the caller's stays untouched.
in_root() (cd -- "$root" && "$@")

need_cargo() {
    # rustup puts cargo where only a new shell finds it.
    has cargo || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    has cargo || fail "a Rust toolchain is needed: see https://rustup.rs"
}

# Installs a program from the system's packages, or says how. Its packages may be called otherwise: apt's, then brew's.
need_program() {
    local program=$1 apt=${2:-$1} brew=${3:-$1} without=${4:-}
    ! has "$program" || return 0
    if has apt-get && [ "$(id -u)" = 0 ]; then
        say "run.sh: installing $program with apt-get"
        apt-get install -y -q --no-install-recommends "$apt" >&2 ||
            { apt-get update -q >&2 && apt-get install -y -q --no-install-recommends "$apt" >&2; } || true
    fi
    has "$program" ||
        fail "the tests need $program: install it with your system's packages (apt-get install $apt, brew install $brew)${without:+, or set $without=1 to leave its tests out}"
}

# The tests of examples/queues/taskwarrior call the real program, with data of their own.
need_taskwarrior() {
    [ "${AP_TESTS_WITHOUT_TASKWARRIOR:-}" = 1 ] || need_program task taskwarrior task AP_TESTS_WITHOUT_TASKWARRIOR
}

need_nextest() {
    PATH=$cache/cargo-nextest-$nextest_version/bin:$PATH
    ! cargo nextest --version >/dev/null 2>&1 || return 0
    say "run.sh: building cargo-nextest $nextest_version, once; this takes some minutes"
    # Outside the tree and outside a target folder that was chosen for this project.
    (unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR && cd / &&
        cargo install cargo-nextest --version "$nextest_version" --locked --root "$cache/cargo-nextest-$nextest_version" >&2) ||
        fail "cargo-nextest could not be built (see above); install it another way (https://nexte.st) and run this again"
    cargo nextest --version >/dev/null 2>&1 || fail "cargo-nextest was built and does not run"
}

# Builds a cargo command that only a long form needs.
need_cargo_tool() {
    local name=$1 version=$2 folder=$cache/$1-$2
    PATH=$folder/bin:$PATH
    ! has "$name" || return 0
    say "run.sh: building $name $version, once; this takes some minutes"
    (unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR && cd / &&
        cargo install "$name" --version "$version" --locked --root "$folder" >&2) ||
        fail "$name could not be built (see above)"
}

claude_answers() {
    [ -x "$1" ] && [[ $("$1" --version </dev/null 2>/dev/null) == "$2 "* ]]
}

# The folder a version of claude is installed in, and its program there.
claude_folder() { printf '%s\n' "$cache/claude-code-$1"; }
claude_program() { printf '%s\n' "$cache/claude-code-$1/node_modules/.bin/claude"; }

# The versions that npm has to install before the tests, one per line.
missing_claudes() {
    [ "${AP_TESTS_WITHOUT_CLAUDE:-}" != 1 ] || return 0
    local version
    for version in "${claude_versions[@]}"; do
        if [ "$version" = "$claude_version" ]; then
            [ -z "${CLAUDE_BIN:-}" ] || continue
        elif [ "${AP_TESTS_ONE_CLAUDE:-}" = 1 ]; then
            continue
        fi
        claude_answers "$(claude_program "$version")" "$version" || printf '%s\n' "$version"
    done
}

# Says what the tests need and is not here, before any of it is installed.
announce() {
    local needs=() program version
    for program in git tmux python3; do has "$program" || needs+=("$program, by apt-get or yourself"); done
    [ "${AP_TESTS_WITHOUT_TASKWARRIOR:-}" = 1 ] || has task ||
        needs+=("Taskwarrior, by apt-get or yourself; AP_TESTS_WITHOUT_TASKWARRIOR=1 leaves its tests out")
    PATH=$cache/cargo-nextest-$nextest_version/bin:$PATH cargo nextest --version >/dev/null 2>&1 ||
        needs+=("cargo-nextest $nextest_version, built by cargo in some minutes, in $cache")
    for version in $(missing_claudes); do
        needs+=("Claude Code $version, by npm, about 400 MB, in $(claude_folder "$version")")
    done
    [ ${#needs[@]} != 0 ] || return 0
    say "run.sh: the tests need what is not here yet, and this installs it:"
    printf '  %s\n' "${needs[@]}" >&2
}

# Sets CLAUDE_BIN to the real program. It is only ever run against a server of the tests, on loopback.
need_claude() {
    if [ -n "${CLAUDE_BIN:-}" ]; then
        claude_answers "$CLAUDE_BIN" "$claude_version" || fail "CLAUDE_BIN=$CLAUDE_BIN is not claude $claude_version"
    fi
    [ "${AP_TESTS_WITHOUT_CLAUDE:-}" != 1 ] || return 0
    local version
    for version in $(missing_claudes); do
        install_claude "$version"
    done
    export CLAUDE_BIN=${CLAUDE_BIN:-$(claude_program "$claude_version")}
}

# Installs a version of claude, whole or not at all: an interrupted download must not be taken for the program.
install_claude() {
    local version=$1 folder draft ways
    folder=$(claude_folder "$version")
    ways="set AP_TESTS_WITHOUT_CLAUDE=1 to leave its tests out, or AP_TESTS_ONE_CLAUDE=1 those of other versions than $claude_version"
    has npm || fail "the tests need claude $version, which npm installs: install Node.js 22 or newer, or $ways"
    say "run.sh: installing claude $version"
    mkdir -p -- "$cache"
    draft=$(mktemp -d -- "$cache/claude-code.XXXXXX")
    # What npm says matters only if it fails.
    if ! npm install --prefix "$draft" --no-audit --no-fund --no-save --no-update-notifier \
        "@anthropic-ai/claude-code@$version" >"$draft.log" 2>&1; then
        cat -- "$draft.log" >&2
        rm -rf -- "$draft" "$draft.log"
        fail "npm could not install claude $version (see above); $ways"
    fi
    rm -rf -- "$folder" "$draft.log"
    mv -- "$draft" "$folder"
    claude_answers "$(claude_program "$version")" "$version" ||
        fail "$(claude_program "$version") was installed and does not answer as claude $version"
}

# Tries the newest Claude Code: what its help says otherwise, and the tests of versions with it.
claude_bump() {
    local newest
    need_cargo
    need_nextest
    need_claude
    newest=$(npm view --no-update-notifier @anthropic-ai/claude-code version) || fail "npm could not be asked for the newest version"
    claude_answers "$(claude_program "$newest")" "$newest" || install_claude "$newest"
    printf 'claude %s is the newest; the tests are written for %s\n' "$newest" "$claude_version"
    printf '\nIts help, where it differs:\n'
    diff <("$CLAUDE_BIN" --help </dev/null) <("$(claude_program "$newest")" --help </dev/null) && echo '  nothing'
    printf '\nThe tests with it:\n'
    CLAUDE_VERSION=$newest in_root cargo nextest run --all-features -E 'test(/^claude_sessions::versions::/)'
    printf '\nTo pin it, add it to claude_versions in run.sh and to VERSIONS in tests/it/claude_sessions/versions.rs.\n'
}

prepare_tests() {
    need_cargo
    announce
    need_program git
    need_program tmux
    need_program python3
    need_taskwarrior
    need_nextest
    need_claude
}

run_tests() {
    in_root cargo nextest run --all-features "$@"
    in_root cargo test --doc --all-features --quiet
}

# Runs one part of a check and keeps how long it took for the table at the end.
parts=()
part() {
    local name=$1 begin=$SECONDS
    shift
    say "run.sh: $name"
    "$@"
    parts+=("$(printf '%-14s %4d s' "$name" $((SECONDS - begin)))")
}

build_tests() { in_root cargo nextest run --all-features --no-run; }
clippy() {
    in_root cargo clippy --all-targets --all-features -- -D warnings
    # What users build has fewer features.
    in_root cargo clippy -- -D warnings
}
documentation() {
    RUSTDOCFLAGS="-D warnings ${RUSTDOCFLAGS:-}" in_root cargo doc --no-deps --document-private-items --all-features
}

check() {
    # What fails soonest first.
    need_cargo
    part format in_root cargo fmt --all --check
    part preparation prepare_tests
    part clippy clippy
    part build build_tests
    part tests run_tests "$@"
    part documentation documentation
    printf '\nTime by part:\n'
    printf '  %s\n' "${parts[@]}"
    printf 'left out: %s\n' "$(left_out)"
}

# What the tests of this run did without, counted and named.
left_out() {
    local names=()
    [ -n "${BD_BIN:-}" ] || names+=("real bd (BD_BIN)")
    [ -n "${CLAUDE_BIN:-}" ] || names+=("real claude (AP_TESTS_WITHOUT_CLAUDE)")
    [ "${AP_TESTS_ONE_CLAUDE:-}" != 1 ] || names+=("claude ${claude_versions[*]:1} (AP_TESTS_ONE_CLAUDE)")
    has task || names+=("Taskwarrior (AP_TESTS_WITHOUT_TASKWARRIOR)")
    [ "$(id -u)" = 0 ] || names+=("agents as root")
    printf '%d' "${#names[@]}"
    local IFS=,
    [ ${#names[@]} = 0 ] || printf ': %s' "${names[*]}"
}

# The long forms: name, time limit, what is repeated.
long_forms='worlds 45m random sessions with a crash after any event, 1,000,000 of them
year 20m a simulated year of fifty projects under one supervisor
definitions 20m random definitions: compiled, linted, rendered, checked by their schemas; 50,000 of each
race 30m agents that race for tasks in every queue, with kills, 10 rounds
crash 60m kill -9 of runner, shim and agent at every durable step, 5 rounds
chaos 90m real sessions under faults, for --minutes (15)
mutants 600m mutants of accept, engine, termination, store and outcomes against the unit tests; docs/mutants.md
fuzz 90m damaged streams, statuses, journals, definitions and queue output, for --minutes (15), where a nightly compiler is
bench 30m overhead against the physical floor, up to iteration 10,000'

long() {
    local name=${1:-} limit about begin=$SECONDS result
    if [ -z "$name" ]; then
        printf '%s\n' "$long_forms"
        return 0
    fi
    read -r _ limit about <<<"$(grep "^$name " <<<"$long_forms")" || true
    [ -n "${limit:-}" ] || fail "there is no long form '$name': ./run.sh long lists them"
    if [ "${2:-}" = --minutes ]; then
        [[ ${3:-} =~ ^[1-9][0-9]*$ ]] || fail "--minutes needs a number"
        export AP_CHAOS_SECONDS=$(($3 * 60)) AP_FUZZ_SECONDS=$(($3 * 60))
        about="$about: $3 minutes"
    fi
    prepare_tests
    if in_root timeout --foreground "$limit" "$root/run.sh" __long "$name"; then result=passed; else result="failed (exit $?)"; fi
    record_long "$name" "$result in $((SECONDS - begin)) s" "$about"
    [ "$result" = passed ]
}

# Runs one long form in this process, so that its caller can end it in time.
run_long() {
    case $1 in
    worlds) repeat 250 'test(/^engine::properties::/)' ;;
    year) AP_YEAR_DAYS=365 in_root cargo test --all-features -p agent-pipelines-fleet --lib fleet::year::fifty -- --nocapture ;;
    definitions) repeat 100 'test(/^compile::tests::(properties|schemas)::/)' ;;
    race) repeat 10 'test(/^queues::race::/)' ;;
    crash) repeat 5 'test(/^crash::/)' ;;
    chaos)
        AP_CHAOS_SECONDS=${AP_CHAOS_SECONDS:-900} AP_CHAOS_PAGE=$root/docs/reliability.md \
            in_root cargo test --all-features --test chaos -- --nocapture
        ;;
    mutants)
        need_cargo_tool cargo-mutants "$mutants_version"
        need_nextest
        in_root scripts/mutants.py
        ;;
    fuzz) fuzz ;;
    bench) in_root cargo bench --features fake-bd --bench overhead -- --full ;;
    esac
}

# Fuzzes each target for its share of the time. Inputs that fail are kept in tests/data/fuzz, which the unit tests read.
fuzz() {
    local targets=(stream status journal definition queue_output) target kept status=0
    rustup run nightly cargo --version >/dev/null 2>&1 || fail "fuzzing needs a nightly compiler: rustup toolchain install nightly"
    need_cargo_tool cargo-fuzz "$fuzz_version"
    for target in "${targets[@]}"; do
        kept=$root/tests/data/fuzz/$target
        mkdir -p -- "$root/fuzz/corpus/$target"
        in_root cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "$kept" -- -max_len=4096 -timeout=10 \
            -max_total_time=$((${AP_FUZZ_SECONDS:-900} / ${#targets[@]})) || {
            status=1
            cp -- "$root/fuzz/artifacts/$target/"* "$kept/" 2>/dev/null || true
        }
    done
    return "$status"
}

# Runs tests again and again, each time with other random values.
repeat() { in_root cargo nextest run --all-features --stress-count "$1" -E "$2"; }

# Replaces the row of a long form in docs/long-tests.md: date, result, machine.
record_long() {
    local page=$root/docs/long-tests.md row
    row="| $1 | $(date -u +%F) | $2 | $3 | $(nproc 2>/dev/null || sysctl -n hw.ncpu) cores, $(uname -s) |"
    [ "$(grep -c "^| $1 |" "$page")" = 0 ] || { grep -v "^| $1 |" "$page" >"$page.new" && mv "$page.new" "$page"; }
    printf '%s\n' "$row" >>"$page"
    say "$row"
}

# Builds, and becomes `ap` where the caller is. Only `ap` writes to stdout.
run_ap() {
    local quiet=--quiet messages quick=() part
    need_cargo
    # A first demo is built without optimization, which takes most of the time; the next command builds the program that is
    # kept. A target folder of its own may be that of another checkout, and says nothing.
    if [ "${1:-}" = demo ] && [ ! -x "$root/target/release/ap" ]; then
        for part in agent-pipelines $(cd -- "$root/crates" && printf 'agent-pipelines-%s ' *); do
            quick+=(--config "profile.release.package.$part.opt-level=0")
        done
    fi
    # The first build takes minutes, so it shows what it does; later ones have nothing to say.
    [ -x "${CARGO_TARGET_DIR:-$root/target}/release/ap" ] && [ "${1:-}" != demo ] || quiet=
    # cargo knows best where it put the program: settings, environment and target platform all have a say.
    messages=$(in_root cargo build --release --bins --message-format json-render-diagnostics ${quiet:+"$quiet"} ${quick[@]+"${quick[@]}"}) ||
        fail "ap could not be built (see above)"
    [[ $messages =~ \"executable\":\"([^\"]*/ap)\" ]] || fail "cargo does not say where it put ap"
    # Its messages name commands as they were typed here.
    AP_CALLED_AS=$0 exec "${BASH_REMATCH[1]}" "$@"
}

case ${1:-} in
test)
    shift
    prepare_tests
    run_tests "$@"
    ;;
check)
    shift
    check "$@"
    ;;
long)
    shift
    long "$@"
    ;;
__long) run_long "$2" ;;
claude-bump) claude_bump ;;
bench)
    shift
    need_cargo
    in_root cargo bench --features fake-bd --bench overhead "$@"
    ;;
*)
    run_ap "$@"
    ;;
esac
