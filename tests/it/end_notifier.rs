//! The end of a session is shown to its user, by the programs of the desktop.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use crate::newcomer::Newcomer;
use fs_err as fs;
use std::os::unix::fs::PermissionsExt as _;

/// Writes its arguments to a file in the project, one per line.
const RECORDER: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$HOME/shown\"\n";
/// Two tasks, and the session that works through them.
const WORK: &str = "printf -- '- [ ] One (#one)\\n- [ ] Two (#two)\\n' > backlog.md
    ap work auth 5 --foreground > output.txt";

fn install(newcomer: &Newcomer, program: &str, text: &str) {
    let folder = newcomer.home().join("bin");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(program);
    agent_pipelines::store::atomic::replace(&path, text.as_bytes()).unwrap();
    fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn shown(newcomer: &Newcomer) -> Option<String> {
    fs::read_to_string(newcomer.home().join("shown")).ok()
}

/// Waits until something was shown: it is sent by a process that outlives its session.
#[track_caller]
fn until_shown(newcomer: &Newcomer) -> String {
    let is_whole = || shown(newcomer).is_some_and(|text| text.ends_with('\n'));
    let there = agent_pipelines::clock::wait_until(std::time::Duration::from_secs(30), is_whole);
    assert!(there, "nothing was shown");
    shown(newcomer).unwrap()
}

#[test]
fn notify_send_gets_texts_that_are_neither_flags_nor_markup() {
    let newcomer = Newcomer::in_folder("a shop; touch gone <b>&'\"$(touch gone)");
    install(&newcomer, "notify-send", RECORDER);
    newcomer.bash(&format!("export DISPLAY=:99\n{WORK}"));
    assert_eq!(
        until_shown(&newcomer),
        "--app-name\nAgent Pipelines\n--\nSession auth is complete\n\
         a shop; touch gone &lt;b&gt;&amp;'\"$(touch gone): 2 iterations\n"
    );
    assert!(!newcomer.repository.join("gone").exists());
}

#[test]
fn apple_script_gets_names_as_arguments() {
    let newcomer = Newcomer::in_folder("a \" & (do shell script \"touch gone\") & \"");
    install(&newcomer, "osascript", RECORDER);
    newcomer.bash(WORK);
    assert_eq!(
        until_shown(&newcomer),
        "-e\non run argv\n-e\ndisplay notification (item 2 of argv) with title (item 1 of argv)\n-e\nend run\n\
         Session auth is complete\na \" & (do shell script \"touch gone\") & \": 2 iterations\n"
    );
}

#[test]
fn failures_and_limits_are_shown_and_stops_are_not() {
    let newcomer = Newcomer::new();
    install(&newcomer, "notify-send", RECORDER);
    newcomer.bash(
        "export DISPLAY=:99
        printf -- '- [ ] One (#one)\\n- [ ] Two (#two)\\n' > backlog.md
        ap work short 1 --foreground > output.txt || [ $? = 4 ]",
    );
    let text = until_shown(&newcomer);
    assert!(
        text.contains("Session short reached a limit\nshop: "),
        "{text}"
    );
    fs::remove_file(newcomer.home().join("shown")).unwrap();
    newcomer.bash(
        "export DISPLAY=:99
        ap work long 9
        ap pause long
        ap stop long
        ap wait long || [ $? = 5 ]",
    );
    assert_eq!(shown(&newcomer), None);
}

#[test]
fn config_yaml_turns_it_off() {
    let newcomer = Newcomer::new();
    install(&newcomer, "notify-send", RECORDER);
    newcomer.bash(&format!(
        "export DISPLAY=:99
        mkdir -p ~/.config/agent-pipelines
        echo 'notify: {{desktop: false}}' > ~/.config/agent-pipelines/config.yaml
        {WORK}"
    ));
    assert_eq!(shown(&newcomer), None);
}

/// A terminal's bell is for a terminal: output that goes to a file has none.
#[test]
fn without_a_desktop_the_bell_rings_in_the_window() {
    let newcomer = Newcomer::new();
    install(&newcomer, "notify-send", RECORDER);
    newcomer.bash(WORK);
    let output = fs::read_to_string(newcomer.repository.join("output.txt")).unwrap();
    assert!(
        !output.contains('\x07') && shown(&newcomer).is_none(),
        "{output}"
    );
    newcomer.bash(
        r#"tmux -S "$AP_TMUX_SOCKET" -f /dev/null new-session -d -s first 'exec cat'
        tmux -S "$AP_TMUX_SOCKET" set-hook -g alert-bell 'wait-for -S rang'
        echo '- [ ] Three' >> backlog.md
        ap work bell 5
        tmux -S "$AP_TMUX_SOCKET" wait-for rang"#,
    );
}

/// A desktop that does not answer holds up the end of the session for a bounded time only.
#[test]
fn a_desktop_that_hangs_or_fails_does_not_matter_to_the_session() {
    let newcomer = Newcomer::new();
    install(&newcomer, "notify-send", "#!/bin/sh\nexec sleep 600\n");
    newcomer.bash(&format!("export DISPLAY=:99\n{WORK}"));
    install(&newcomer, "notify-send", "#!/bin/sh\nexit 1\n");
    newcomer
        .bash("export DISPLAY=:99; echo '- [ ] Three' >> backlog.md; ap work again 5 --foreground");
}
