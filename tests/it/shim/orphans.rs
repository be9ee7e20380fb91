//! What is left of an agent after each kind of end: nothing. For each way of containment, as root and as an ordinary user.
use super::*;
use crate::project::LIMIT;
use agent_pipelines::clock::wait_until;
use agent_pipelines::exec::process::{self, children_of};
use agent_pipelines::store::lock::FileLock;
use std::process::{Command, Stdio};

/// Each child locks a file of its own for as long as it lives, so that the test need not know its pid: in a namespace it
/// is another one.
const CHILDREN: &str = r#"
held="$(cd .. && pwd)/held"
live() { echo "exec 9>>'$held/$1'; flock 9; touch '$held/$1.up'; exec sleep 300 9>&9"; }
sh -c "$(live group)" &
setsid sh -c "$(live session)" &
( ( setsid sh -c "$(live daemon)" & ) & )
setsid sh -c "trap '' INT TERM HUP; $(live deaf)" &
env -i PATH="$PATH" setsid sh -c "$(live unmarked)" &
while [ "$(ls "$held" | grep -c '\.up$')" -lt 5 ]; do sleep 0.01; done
echo up >"$held/all.up"
"#;
const NAMES: [&str; 5] = ["group", "session", "daemon", "deaf", "unmarked"];
/// An ordinary user of every machine.
const ORDINARY: &str = "65534";

/// How agents are contained, and by whom `ap` is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    contain: &'static str,
    as_ordinary: bool,
}

/// A session in a project of its own.
struct Case {
    project: Project,
    way: Way,
}

/// Returns the ways that can be tried here. What is left out is said.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn ways() -> Vec<Way> {
    let is_root = nix::unistd::geteuid().is_root();
    let mut ways = Vec::new();
    for contain in ["groups", "namespace"] {
        if contain == "namespace" && !process_namespaces_work() {
            eprintln!("skipped: namespaces are forbidden here, so agents are not tried in one");
            continue;
        }
        ways.push(Way {
            contain,
            as_ordinary: false,
        });
        if is_root {
            ways.push(Way {
                contain,
                as_ordinary: true,
            });
        }
    }
    if !is_root {
        eprintln!("skipped: without root, agents are only tried as this user");
    }
    ways
}

fn process_namespaces_work() -> bool {
    agent_pipelines::exec::containment::namespaces_work(Utf8Path::new(AP))
}

impl Case {
    fn new(way: Way, yaml: &str, script: &str) -> Self {
        let mut project = Project::new();
        project.set("AP_CONTAIN", way.contain);
        project.shell_loop("work", &format!("{ONCE}{yaml}"), script);
        fs_err::create_dir_all(project.outside().join("held")).expect("a folder");
        if way.as_ordinary {
            let owner = format!("{ORDINARY}:{ORDINARY}");
            let changed = Command::new("chown")
                .args(["-R", &owner, project.outside().as_str()])
                .status();
            assert!(changed.expect("chown runs").success());
        }
        Self { project, way }
    }

    fn ap(&self, args: &[&str]) -> Command {
        if !self.way.as_ordinary {
            return self.project.ap_command(args);
        }
        let mut command = self.project.command("setpriv");
        let user = [
            format!("--reuid={ORDINARY}"),
            format!("--regid={ORDINARY}"),
            "--clear-groups".to_owned(),
        ];
        command.args(user).arg(AP).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.ap(args).output().expect("ap runs").into()
    }

    /// Starts a session whose agent has started its children.
    fn start(&self) -> std::process::Child {
        let runner = self
            .ap(&FOREGROUND)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ap starts");
        self.until_up();
        runner
    }

    fn until_up(&self) {
        self.project.until_event("s", "agent_started", 1);
        let up = self.project.outside().join("held/all.up");
        self.project.until("the agent's children", || up.exists());
    }

    /// Fails the test unless every child of the agent and every marked process is gone.
    #[track_caller]
    fn all_gone(&self) {
        let held = self.project.outside().join("held");
        let is_free = |name: &&str| {
            let file = fs_err::File::open(held.join(name)).expect("it was made");
            FileLock::try_exclusive(&file).is_ok_and(|lock| lock.is_some())
        };
        for name in NAMES {
            let gone = wait_until(LIMIT, || is_free(&name));
            assert!(gone, "`{name}` is left over, {:?}", self.way);
        }
        let project = &self.project;
        project.until("marked processes to be gone", || {
            project.left_over().is_empty()
        });
    }

    fn kill_9(&self, pids: &[i32]) {
        for pid in pids {
            if let Some(process) = identity(*pid) {
                process::send(&process, Signal::SIGKILL);
            }
        }
    }
}

/// Runs a session in each way to an end that `end` brings about, and fails the test if anything is left.
fn nothing_survives(end: impl Fn(&Case)) {
    for way in ways() {
        let case = Case::new(way, "retries: 0\n", &format!("{CHILDREN}sleep 300"));
        let mut runner = case.start();
        end(&case);
        case.all_gone();
        let _ = runner.kill();
        let _ = runner.wait();
    }
}

fn kill_runner(case: &Case) {
    let started = case.project.events("s", "runner_started");
    let pid = started[0]["runner"]["pid"].as_i64().expect("a pid");
    case.kill_9(&[i32::try_from(pid).expect("a pid")]);
}

#[test]
fn nothing_survives_a_good_end_and_it_is_on_record() {
    for way in ways() {
        let case = Case::new(way, "", &format!("{CHILDREN}{DONE}"));
        case.run(&FOREGROUND).expect(0);
        case.all_gone();
        let exit = case
            .project
            .run_file("s", "stage-00-work/iterations/001/exit.json");
        let exit: Value = serde_json::from_str(&case.project.read(&exit)).expect("exit.json");
        assert_eq!(exit["scope"], "empty", "{exit}");
        assert_eq!(exit["containment"], way.contain, "{exit}");
        assert!(exit["swept"].as_u64() >= Some(5), "{exit}");
        let exited = &case.project.events("s", "agent_exited")[0];
        for key in ["scope", "containment", "swept"] {
            assert_eq!(exited["processes"][key], exit[key], "{exited}");
        }
        let status = case.run(&["status", "s", "--json"]).expect(0);
        let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
        assert_eq!(status["containment"], way.contain);
    }
}

#[test]
fn nothing_survives_a_time_limit() {
    for way in ways() {
        let yaml = "retries: 0\nlimits: { wall: 1s }\n";
        let case = Case::new(way, yaml, &format!("{CHILDREN}sleep 300"));
        case.run(&FOREGROUND).expect(1);
        case.all_gone();
    }
}

#[test]
fn nothing_survives_a_stop() {
    nothing_survives(|case| {
        case.run(&["stop", "s"]).expect(0);
    });
}

#[test]
fn nothing_survives_a_kill() {
    nothing_survives(|case| {
        case.run(&["kill", "s"]).expect(0);
    });
}

#[test]
fn nothing_survives_a_killed_runner_and_shim() {
    nothing_survives(|case| {
        let shims = children_of(shim(&case.project));
        kill_runner(case);
        case.kill_9(&shims);
    });
}

#[test]
fn nothing_survives_a_killed_runner_and_guard() {
    nothing_survives(|case| {
        kill_runner(case);
        case.kill_9(&[shim(&case.project)]);
    });
}

#[test]
fn nothing_in_a_namespace_survives_all_three_killed() {
    nothing_survives(|case| {
        let guard = shim(&case.project);
        let mut all = children_of(guard);
        all.push(guard);
        kill_runner(case);
        if case.way.contain == "namespace" {
            case.kill_9(&all);
        } else {
            // No process is left that could end what has no mark.
            case.kill_9(&all[..1]);
        }
    });
}

#[test]
fn nothing_survives_a_closed_window_or_a_dead_tmux_server() {
    for way in ways() {
        for end in ["kill-session", "kill-server"] {
            let case = Case::new(way, "retries: 0\n", &format!("{CHILDREN}sleep 300"));
            case.run(&["work", "s"]).expect(0);
            case.until_up();
            let mut tmux = case.project.command("tmux");
            if way.as_ordinary {
                tmux = case.project.command("setpriv");
                let user = [format!("--reuid={ORDINARY}"), format!("--regid={ORDINARY}")];
                tmux.args(user).args(["--clear-groups", "tmux"]);
            }
            let socket = case.project.var("AP_TMUX_SOCKET");
            let ended = tmux.args(["-L", socket, end]).status();
            assert!(ended.expect("tmux runs").success());
            case.all_gone();
        }
    }
}

#[test]
fn an_agent_in_a_namespace_is_the_same_user_with_a_fitting_proc() {
    let script = format!(
        "{{ id -u; id -g; [ -e /proc/$$/status ] && echo fits; ps -o pid= -p $$ | tr -d ' '; echo $$; kill -TERM $$; }} >../seen 2>&1; {DONE}"
    );
    for way in ways().into_iter().filter(|way| way.contain == "namespace") {
        let case = Case::new(way, "retries: 0\n", &script);
        case.run(&FOREGROUND).expect(1);
        let seen = fs_err::read_to_string(case.project.outside().join("seen")).expect("it ran");
        let lines: Vec<&str> = seen.lines().collect();
        let user = if way.as_ordinary {
            ORDINARY.to_owned()
        } else {
            nix::unistd::geteuid().to_string()
        };
        assert_eq!(lines[..3], [user.as_str(), user.as_str(), "fits"], "{seen}");
        assert_eq!(lines[3], lines[4], "{seen}");
        let exited = &case.project.events("s", "agent_exited")[0];
        assert_eq!(exited["outcome"]["signal"], 15, "signals are passed on");
    }
}

#[test]
fn a_stopped_shim_is_continued_and_enforces_its_limits() {
    let project = Project::new();
    let yaml = format!("{ONCE}retries: 0\nlimits: {{ wall: 3s }}\n");
    let runner = start(&project, &yaml, "sleep 300");
    let guard = shim(&project);
    for pid in children_of(guard).into_iter().chain([guard]) {
        assert!(send(&identity(pid).expect("it lives"), Signal::SIGSTOP));
    }
    assert_eq!(runner.ended(), 1);
    let exited = &project.events("s", "agent_exited")[0];
    assert_eq!(exited["outcome"]["limit"], "wall", "{exited}");
    project.nothing_left();
}

#[test]
fn limits_hold_although_the_output_was_replaced_by_a_pipe() {
    let project = Project::new();
    let script = "log=$(dirname \"$status\")/stdout.log; rm \"$log\"; mkfifo \"$log\"; sleep 300";
    let outcome = fails_at_first_try(&project, "{ idle: 2s }", script);
    assert_eq!(outcome["limit"], "idle", "{outcome}");
}

#[test]
fn a_guard_is_not_swept_with_what_it_watches() {
    let project = Project::new();
    let runner = start(&project, ONCE, UNTIL_TOLD);
    let guard = shim(&project);
    let all = process::find_tagged_by("AP_RUN", |_| true);
    let tagged: Vec<i32> = all.iter().map(|found| found.pid).collect();
    let shims = children_of(guard);
    assert!(
        !shims.is_empty() && shims.iter().all(|shim| tagged.contains(shim)),
        "{tagged:?}"
    );
    assert!(!tagged.contains(&guard), "{tagged:?}");
    tell(&project);
    runner.ended();
    project.nothing_left();
}

#[test]
fn a_guard_holds_no_file_of_the_attempt() {
    let project = Project::new();
    let runner = start(&project, ONCE, UNTIL_TOLD);
    let files = fs_err::read_dir(format!("/proc/{}/fd", shim(&project))).expect("its files");
    let open: Vec<_> = files
        .filter_map(|file| fs_err::read_link(file.ok()?.path()).ok())
        .filter(|file| file.starts_with(project.root()))
        .collect();
    assert!(open.is_empty(), "{open:?}");
    tell(&project);
    runner.ended();
    project.nothing_left();
}
