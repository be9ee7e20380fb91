//! The screens of sessions, in every status.
use super::{Shop, compare, screens, set_clock, shop};
use crate::project::Running;
use nix::sys::signal::Signal;

const JUDGED: &str = "termination: { type: judgment, max: 3 }\nlimits: { wall: 8h }\n";
const CONTINUES: &str = "echo 'The login page has a test now.'; echo '{\"decision\": \"continue\", \"summary\": \"Tested the login page\"}' >\"$status\"";
const WORKS: &str = "echo 'Reading the tests first.'; while :; do sleep 1; done";

/// Starts sessions, each a minute after the one before.
struct Day {
    project: Shop,
    minute: u32,
}

impl Day {
    /// Writes a loop, and sets the clock for its session, which has the same name.
    fn a_loop(&mut self, name: &str, yaml: &str, script: &str) {
        self.minute += 1;
        let time = format!("2026-01-05T12:{:02}:00Z", self.minute);
        let clock = set_clock(&self.project, name, &time);
        self.project.0.set("AP_CLOCK", clock);
        self.project.shell_loop(name, yaml, script);
    }

    fn ends(&mut self, name: &str, yaml: &str, script: &str, code: i32) {
        self.a_loop(name, yaml, script);
        self.project.ap(&[name, name, "--foreground"]).expect(code);
    }

    /// Starts a session whose agent works and never ends.
    fn works(&mut self, name: &str) -> Running {
        self.a_loop(name, JUDGED, WORKS);
        let running = self.project.start(&[name, name, "--foreground"]);
        self.project.until("the agent's first line", || {
            let path = self
                .project
                .run_file(name, "stage-00-NAME/iterations/001/stdout.log");
            self.project
                .read(&path.replace("NAME", name))
                .contains("Reading")
        });
        running
    }

    /// Starts a session that waits for hours after its first iteration.
    fn waits(&mut self, name: &str) -> Running {
        self.a_loop(name, JUDGED, CONTINUES);
        let path = format!(".claude/loops/{name}/loop.yaml");
        let yaml = self.project.read(&path);
        let yaml = yaml.replace("\ndelay: 0", "\ndelay: 4h");
        self.project.write(&path, &yaml);
        let running = self.project.start(&[name, name, "--foreground"]);
        self.project.until_event(name, "wait_started", 1);
        running
    }

    /// Starts a session that is paused after its first iteration, which lasts until then.
    fn pauses(&mut self, name: &str) -> Running {
        let go = self.project.outside().join("go");
        let script = format!("until [ -e '{go}' ]; do sleep 0.1; done; {CONTINUES}");
        self.a_loop(name, JUDGED, &script);
        let running = self.project.start(&[name, name, "--foreground"]);
        self.project.until_event(name, "agent_started", 1);
        self.project.ap(&["pause", name]).expect(0);
        self.project.program("go", "");
        let is_paused = || self.project.status(name)["status"] == "paused";
        self.project.until("the pause", is_paused);
        running
    }
}

#[test]
fn sessions_in_every_status() {
    let mut day = Day {
        project: shop(),
        minute: 0,
    };
    let fixed = "termination: { type: fixed, max: 2 }\n";
    day.ends("complete", fixed, CONTINUES, 0);
    let fails = format!("{JUDGED}retries: 0\n");
    day.ends(
        "failed",
        &fails,
        "echo 'no such table: users' >&2; exit 3",
        1,
    );
    let once = "termination: { type: judgment, max: 1 }\n";
    day.ends("short", once, CONTINUES, 4);
    let stopped = day.works("stopped");
    day.project.ap(&["stop", "stopped"]).expect(0);
    assert_eq!(stopped.ended(), 5);
    let interrupted = day.works("interrupted");
    interrupted.signal(Signal::SIGTERM);
    assert_eq!(interrupted.ended(), 75);
    day.works("crashed").kill_9();
    // They end with the test.
    let _running = [
        day.pauses("paused"),
        day.waits("waiting"),
        day.works("running"),
    ];
    let project = &day.project;
    compare(project, "list", "ap list");
    compare(project, "list_all", "ap list --all 2");
    compare(project, "overview_with_sessions", "ap");
    let [small, _] = screens(project, "ap");
    assert!(
        small.lines().count() < 24,
        "no room for the prompt:\n{small}"
    );
    for status in [
        "complete",
        "failed",
        "short",
        "stopped",
        "interrupted",
        "crashed",
        "paused",
        "waiting",
        "running",
    ] {
        compare(
            project,
            &format!("status_{status}"),
            &format!("ap status {status}"),
        );
    }
    compare(project, "logs", "ap logs complete");
    compare(project, "logs_failed", "ap logs failed");
    compare(project, "logs_events", "ap logs short --events -n 1");
    compare(project, "already_running", "ap paused paused");
    compare(project, "already_complete", "ap complete complete --resume");
}
