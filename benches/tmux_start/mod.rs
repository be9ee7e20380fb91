//! Starts in tmux: what it costs to ask for the account beside the launch.
use super::{AP, Scratch, Table, median, millis};
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use fs_err as fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Instant;

/// An agent that answers at once, also when it is asked for its account or its options, and stays.
const AGENT: &str = "#!/bin/sh
case \"$1\" in
auth) echo asked >>\"${0%/*}/asked\"; echo '{\"loggedIn\": true}'; exit ;;
--help) exit ;;
esac
echo hello
exec sleep 60
";
/// `ap` asks no program that is smaller than this: it may be a script that starts to work.
const SIZE: usize = 4_300_000;
const STARTS: usize = 15;

pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    let program = scratch.root.join("claude");
    let text = AGENT.to_owned() + &"#".repeat(SIZE - AGENT.len());
    atomic::replace(&program, text.as_bytes()).unwrap();
    fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    for (name, provider) in [("plain", "command"), ("asked", "claude")] {
        let folder = scratch.root.join(".claude/loops").join(name);
        fs::create_dir_all(&folder).unwrap();
        let definition = format!(
            "name: {name}\ndescription: answers at once\nprovider: {provider}\nprogram: {program}\ntermination:\n  type: fixed\n"
        );
        atomic::replace(&folder.join("loop.yaml"), definition.as_bytes()).unwrap();
        atomic::replace(&folder.join("prompt.md"), b"@@STATUS:${STATUS}@@\n").unwrap();
    }
    // In turn, so that both see the same machine.
    let times: Vec<(f64, f64)> = (0..STARTS)
        .map(|n| (start(&scratch, "plain", n), start(&scratch, "asked", n)))
        .collect();
    let plain = median(&times.iter().map(|(plain, _)| *plain).collect::<Vec<_>>());
    let asked = median(&times.iter().map(|(_, asked)| *asked).collect::<Vec<_>>());
    call(&scratch, "tmux", &["-L", "bench", "kill-server"]);
    let asked_for = fs::read_to_string(scratch.root.join("asked")).unwrap();
    assert_eq!(asked_for.lines().count(), STARTS, "each start asks once");
    table.row(
        "start in tmux, until the agent answers",
        plain,
        None,
        "ms",
        None,
    );
    table.row(
        "  with its account asked for",
        asked / plain,
        None,
        "x",
        Some((1.2, "at most 1.20 x")),
    );
}

/// Starts a session and returns how long that took; its account is not remembered.
fn start(scratch: &Scratch, name: &str, number: usize) -> f64 {
    let session = format!("{name}{number}");
    let _ = fs::remove_dir_all(scratch.root.join("ap home"));
    let started = Instant::now();
    call(scratch, AP, &["loop", name, &session, "1"]);
    let took = millis(started.elapsed());
    call(scratch, AP, &["kill", &session]);
    took
}

fn call(scratch: &Scratch, program: &str, args: &[&str]) {
    let status = Command::new(program)
        .args(args)
        .current_dir(&scratch.root)
        .env("AP_HOME", scratch.root.join("ap home"))
        .env("AP_TMUX_SOCKET", "bench")
        .env("TMUX_TMPDIR", &scratch.root)
        .env_remove("AP_PROJECT")
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success(), "{program} {args:?}");
}
