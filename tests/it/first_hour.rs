//! The first hour of a new user: a clean clone in a path with a space, an empty home folder, and the README.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use crate::newcomer::Newcomer;
use crate::readme::readme_script;
use agent_pipelines::store::atomic;
use fs_err as fs;

/// Types everything the README shows that needs no account, in a terminal of this size.
#[track_caller]
fn first_hour(columns: u16, rows: u16) {
    let newcomer = Newcomer::in_folder("my shop");
    let checkout = newcomer.clone_checkout("agent pipelines");
    let script = newcomer.home().join("typed");
    let typed = format!(
        "set -euo pipefail\ncd '{checkout}'\n./run.sh demo\n./run.sh status\n\
         test -z \"$(git status --porcelain)\"\ncd '{}'\n{}",
        newcomer.repository,
        readme_script()
    );
    atomic::replace(&script, typed.as_bytes()).unwrap();
    // tmux gives the shell a terminal, and its own server a name that sessions share.
    newcomer.bash(&format!(
        r#"tmux -S "$AP_TMUX_SOCKET" -f /dev/null new-session -d -s hour -x {columns} -y {rows} \
            "bash '{script}' 2>&1 | tee '{script}.log'; echo \${{PIPESTATUS[0]}} > '{script}.code'; tmux wait-for -S over"
        tmux -S "$AP_TMUX_SOCKET" wait-for over"#
    ));
    let code = fs::read_to_string(format!("{script}.code")).unwrap();
    let log = fs::read_to_string(format!("{script}.log")).unwrap();
    assert_eq!(code.trim(), "0", "{log}");
    let leftover = newcomer.bash("ap list --json");
    assert!(
        !leftover.contains("\"crashed\"") && leftover.contains("april"),
        "{leftover}"
    );
}

#[test]
fn the_first_hour_works_in_a_small_terminal() {
    first_hour(80, 24);
}

#[test]
fn the_first_hour_works_in_a_large_terminal() {
    first_hour(120, 40);
}
