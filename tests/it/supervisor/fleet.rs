//! Some projects of one user, and their supervisor.
use crate::project::{LIMIT, Project};
use agent_pipelines::clock::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Some projects of one user. The supervisor is stopped when this is dropped.
pub(super) struct Fleet(pub(super) Vec<Project>);

impl Fleet {
    pub(super) fn new(count: usize, yaml: &str, script: &str) -> Self {
        let mut projects: Vec<Project> = (0..count)
            .map(|number| Project::named(&format!("app{number}")))
            .collect();
        let home = projects[0].var("AP_HOME").to_owned();
        let tmux = projects[0].var("TMUX_TMPDIR").to_owned();
        for project in &mut projects {
            project.set("AP_HOME", &home).set("TMUX_TMPDIR", &tmux);
            project.shell_loop("work", yaml, script);
        }
        let fleet = Self(projects);
        fleet.settings("supervisor: {min_free: 1B}\n");
        fleet
    }

    pub(super) fn settings(&self, text: &str) {
        let first = &self.0[0];
        let folder = camino::Utf8Path::new(first.var("AP_HOME")).join("config");
        fs_err::create_dir_all(&folder).expect("a folder");
        let file = folder.join("config.yaml");
        agent_pipelines::store::atomic::replace(&file, text.as_bytes()).expect("a file");
    }

    pub(super) fn add_all(&self) {
        for project in &self.0 {
            project.ap(&["projects", "add"]).expect(0);
        }
    }

    pub(super) fn status(&self) -> Value {
        let stdout = self.0[0].ap(&["status", "--json"]).expect(0).stdout;
        serde_json::from_str(&stdout).expect("JSON")
    }

    pub(super) fn project(&self, number: usize) -> Value {
        self.status()["projects"][number].clone()
    }

    #[track_caller]
    pub(super) fn until(&self, what: &str, mut there: impl FnMut(&Value) -> bool) {
        let mut last = Value::Null;
        let came = wait_until(LIMIT * 2, || {
            last = self.status();
            there(&last)
        });
        assert!(came, "{what}: {last:#}\n{}", self.log());
    }

    #[track_caller]
    pub(super) fn until_all(&self, status: &str) {
        self.until(status, |shown| {
            let projects = shown["projects"].as_array().expect("an array");
            projects.iter().all(|project| project["status"] == status)
        });
    }

    pub(super) fn pid(&self) -> Option<i32> {
        let pid = self.status()["supervisor"]["pid"].as_i64()?;
        i32::try_from(pid).ok()
    }

    pub(super) fn kill_9(&self) {
        let pid = self.pid().expect("it runs");
        kill(Pid::from_raw(pid), Signal::SIGKILL).expect("it is ours");
        self.until("its end", |shown| shown["supervisor"]["running"] == false);
    }

    pub(super) fn log(&self) -> String {
        let home = self.0[0].var("AP_HOME");
        fs_err::read_to_string(format!("{home}/state/log/supervisor.log")).unwrap_or_default()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.0[0].ap(&["stop", "--timeout", "30"]);
    }
}
