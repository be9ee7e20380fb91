//! What a new user sees, in colour, in a small and in a large terminal: each snapshot is a real screen of tmux.
//!
//! What differs from run to run is the same here from the start: the clock is set, programs are stand-ins, and the
//! project's path always has the same length. Read a changed screen as a stranger would before you accept it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod sessions;

use crate::project::{AP, Project};
use agent_pipelines::clock;
use camino::Utf8Path;
use jiff::Timestamp;
use std::ops::Deref;

/// The terminals: a name, columns and rows.
const TERMINALS: [(&str, &str, &str); 2] = [("80x24", "80", "24"), ("120x40", "120", "40")];
/// Stands for the folder around the project in snapshots, and is as long as its path.
const OUTSIDE: &str = "/data/you/everything";
/// The time in all screens.
const NOW: &str = "2026-01-05T15:00:30Z";

/// Compares what a command shows in each terminal with its snapshot.
#[track_caller]
fn compare(project: &Project, name: &str, line: &str) {
    compare_without(project, name, line, &[]);
}

/// Compares what several commands show: each a name and a command.
#[track_caller]
fn compare_all(project: &Project, commands: &[(&str, &str)]) {
    for (name, line) in commands {
        compare(project, name, line);
    }
}

/// The same as [`compare`], without the rows of a table that have these names.
#[track_caller]
fn compare_without(project: &Project, name: &str, line: &str, rows: &[&str]) {
    let screens = screens(project, line);
    let settings = settings(project);
    for ((terminal, ..), screen) in TERMINALS.into_iter().zip(screens) {
        let screen = without_rows(&screen, rows);
        settings.bind(|| insta::assert_snapshot!(format!("{name}_{terminal}"), screen));
    }
}

/// Types a command in each terminal, and returns what is on its screen and above it at the end.
fn screens(project: &Project, line: &str) -> [String; 2] {
    let folder = Utf8Path::new(AP).parent().unwrap();
    let now = set_clock(project, "screens", NOW);
    let typed = project.program(
        "typed",
        &format!("#!/bin/bash\nPATH='{folder}':$PATH AP_CLOCK='{now}' PAGER=cat\nexport PATH AP_CLOCK PAGER\n{line}\ntmux -L screens wait-for -S \"$1\"; read -r wait\n"),
    );
    let tmux = |args: &[&str]| {
        let mut command = project.command("tmux");
        command.args(["-u", "-L", "screens", "-f", "/dev/null"]);
        let output = command.args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    tmux(&[
        "start-server",
        ";",
        "set",
        "-s",
        "exit-empty",
        "off",
        ";",
        "set",
        "-g",
        "status",
        "off",
    ]);
    for (name, columns, rows) in TERMINALS {
        let shell = format!("'{typed}' {name}");
        tmux(&[
            "new-session",
            "-d",
            "-s",
            name,
            "-x",
            columns,
            "-y",
            rows,
            &shell,
        ]);
    }
    TERMINALS.map(|(name, ..)| {
        tmux(&["wait-for", name]);
        let screen = format!("={name}:");
        let shown = tmux(&["capture-pane", "-e", "-p", "-S", "-", "-t", &screen]);
        tmux(&["kill-session", "-t", &screen]);
        readable(&shown)
    })
}

/// Sets a clock to a time, and returns the file for `AP_CLOCK`.
fn set_clock(project: &Project, name: &str, time: &str) -> String {
    let time: Timestamp = time.parse().unwrap();
    let ahead = time.duration_since(clock::now()).as_secs();
    let file = project.program(&format!("clock {name}"), &ahead.to_string());
    file.into_string()
}

/// Returns the text with names instead of the terminal's codes: `‹red›failed‹/›`.
fn readable(screen: &str) -> String {
    let mut text = String::new();
    let mut rest = screen;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        let (codes, after) = after.split_once('m').unwrap();
        let names: Vec<&str> = codes.split(';').map(style).collect();
        text += &format!("{before}‹{}›", names.join(" "));
        rest = after;
    }
    text += rest;
    // Codes that tmux writes twice, or that end what has not begun.
    text = text.replace("‹/›‹/›", "‹/›").replace("‹/›‹/›", "‹/›");
    let lines = text.lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn style(code: &str) -> &str {
    match code {
        "" | "0" | "39" | "49" => "/",
        "1" => "bold",
        "2" => "dim",
        "3" => "italic",
        "4" => "underlined",
        "31" => "red",
        "32" => "green",
        "33" => "yellow",
        "34" => "blue",
        "36" => "cyan",
        "91" => "bright red",
        "93" => "bright yellow",
        "94" => "bright blue",
        other => other,
    }
}

/// Returns where snapshots are stored, and the few values in them that no test can choose.
fn settings(project: &Project) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("screens");
    let outside = project.outside();
    assert_eq!(outside.as_str().len(), OUTSIDE.len(), "{outside}");
    settings.add_filter(&outside.as_str().replace('.', r"\."), OUTSIDE);
    for (pattern, to) in [
        // How long a start takes.
        (r"\b(\d\d:\d\d):\d\d\b", "$1:00"),
        (r"\bpid([ =])\d+", "pid${1}12345"),
        (r"tmux \d\.\d\w?", "tmux 3.4"),
        (r"\d+ watches", "65536 watches"),
    ] {
        settings.add_filter(pattern, to);
    }
    settings
}

/// A project with terminals.
struct Shop(Project);

impl Deref for Shop {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.0
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let mut command = self.command("tmux");
        let _ = command.args(["-L", "screens", "kill-server"]).output();
    }
}

/// A shop with a space in its name, whose terminal shows colours, on a machine with two agents.
fn shop() -> Shop {
    let mut project = Project::named_in("/tmp", "my shop");
    for agent in ["claude", "codex"] {
        project.program(&format!("bin/{agent}"), "#!/bin/sh\nexit 1\n");
    }
    let path = format!("{}/bin:{}", project.outside(), project.var("PATH"));
    project
        .unset("NO_COLOR")
        .set("PATH", path)
        .set("TERM", "xterm-256color")
        .set("TZ", "UTC");
    Shop(project)
}

#[test]
fn a_new_project() {
    let project = shop();
    compare_all(
        &project,
        &[
            ("overview", "ap"),
            ("help", "ap help"),
            ("help_work", "ap help work"),
            ("list_empty", "ap list"),
        ],
    );
    // Both terminals show the second one: at the same time, each would write some of the files.
    project.ap(&["init"]).expect(0);
    compare_all(
        &project,
        &[
            ("init", "ap init"),
            (
                "dry_run_without_tasks",
                "ap dry-run work --provider scripted",
            ),
            ("explain", "ap explain exit-codes"),
        ],
    );
    project.write(
        "backlog.md",
        "- [ ] Add a login page (#login)\n- [x] Add a test (#test)\n",
    );
    compare(&project, "dry_run", "ap dry-run work --provider scripted");
    compare(&project, "queue_status", "ap queue status");
}

#[test]
fn starts_that_are_refused() {
    let project = shop();
    compare_all(
        &project,
        &[
            ("no_tasks", "ap work auth 25"),
            ("no_goal", "ap ralph auth"),
            ("unknown_command", "ap wrok auth"),
            ("unknown_loop", "ap polish auth"),
            ("unknown_session", "ap status auth"),
            ("wrong_option", "ap work auth --modle opus"),
            ("wrong_number", "ap work auth twentyfive"),
        ],
    );
}

#[test]
fn definitions_with_mistakes() {
    let project = shop();
    project.a_loop(
        "polish",
        "termination: { type: judgement, max: 3 }\nmodle: opus\n",
        "Read ${CONTXT}, then write ${STATUS}.\n",
    );
    compare_all(
        &project,
        &[
            ("lint", "ap lint"),
            ("lint_one", "ap lint work"),
            ("broken_start", "ap polish auth"),
            ("overview_broken", "ap"),
        ],
    );
}

/// The rows that are about this machine are left out.
#[test]
fn what_the_machine_lacks() {
    let project = shop();
    let bin = project.outside().join("bin");
    project.program("bin/claude", "#!/bin/sh\necho '1.0.3 (Claude Code)'\n");
    for program in ["git", "tmux"] {
        let path = which::which(program).unwrap();
        fs_err::os::unix::fs::symlink(path, bin.join(program)).unwrap();
    }
    let line = format!("PATH='{bin}' '{AP}' doctor");
    let machine = [
        "git",
        "logout",
        "ap",
        "containment",
        "disk",
        "clock",
        "user",
    ];
    compare_without(&project, "doctor", &line, &machine);
}

/// Returns a table without the rows of these names, and without the lines that continue them.
fn without_rows(screen: &str, names: &[&str]) -> String {
    let (mut kept, mut skips) = (Vec::new(), false);
    for line in screen.lines() {
        let is_continued = line.trim_start_matches("‹/›").starts_with("   ");
        let name = line.split_whitespace().nth(1).unwrap_or_default();
        if !is_continued {
            skips = names.contains(&name);
        }
        if !skips {
            kept.push(line);
        }
    }
    kept.join("\n")
}
