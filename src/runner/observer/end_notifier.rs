//! Notifies the user when a session ends: on the desktop, else by the terminal's bell.
use crate::exec::command::BoundedCommand;
use crate::model::{Ending, Env, Event};
use crate::plan::Plan;
use crate::runner::RunnerEnv;
use crate::store::observer::{Fact, Observer};
use crate::text::clean;
use camino::Utf8PathBuf;
use console::Term;
use std::io::{self, Write as _};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the desktop may take to accept a notification; the session stays locked meanwhile.
const LIMIT: Duration = Duration::from_secs(2);

/// Arguments reach AppleScript as data, never as a part of the script.
const APPLE_SCRIPT: [&str; 3] = [
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
];

/// The program that shows notifications on this desktop.
#[derive(Clone, Debug)]
enum Desktop {
    /// macOS: `osascript`.
    AppleScript(Utf8PathBuf),
    /// Linux and the BSDs: `notify-send`.
    NotifySend(Utf8PathBuf),
}

impl Desktop {
    /// Finds the desktop of the user who started the session, if there is one.
    fn find(env: &RunnerEnv) -> Option<Self> {
        let is_set = |name: &&str| env.vars.get(*name).is_some_and(|value| !value.is_empty());
        let is_remote = is_set(&"SSH_CONNECTION");
        let apple = env.find("osascript").filter(|_| !is_remote);
        if let Some(program) = apple {
            return Some(Self::AppleScript(program));
        }
        let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(is_set);
        let program = env.find("notify-send").filter(|_| has_display)?;
        Some(Self::NotifySend(program))
    }

    fn command(&self, message: &Message) -> BoundedCommand {
        let Message { title, body } = message;
        match self {
            Self::AppleScript(program) => {
                let script = APPLE_SCRIPT.iter().flat_map(|line| ["-e", *line]);
                BoundedCommand::new(program).args(script.chain([title.as_str(), body.as_str()]))
            }
            Self::NotifySend(program) => {
                let body = escape_markup(body);
                let flags = ["--app-name", "Agent Pipelines", "--"];
                BoundedCommand::new(program)
                    .args(flags.into_iter().chain([title.as_str(), body.as_str()]))
            }
        }
    }
}

/// Shows the end of a session to the user who started it.
pub(in crate::runner) struct EndNotifier {
    desktop: Option<Desktop>,
    /// The environment of the program that shows it: it finds the desktop by it.
    vars: Env,
    project: String,
    showing: Option<JoinHandle<()>>,
}

impl EndNotifier {
    pub(in crate::runner) fn new(env: &RunnerEnv) -> Self {
        let project = env.workspace.store_root.root();
        Self {
            desktop: Desktop::find(env),
            vars: env.vars.clone(),
            project: project.file_name().unwrap_or(project.as_str()).to_owned(),
            showing: None,
        }
    }
}

impl Observer for EndNotifier {
    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<()> {
        let Event::SessionFinished { ending } = fact.event else {
            return Ok(());
        };
        let iterations = fact.state.session.iterations;
        let Some(message) = Message::new(fact.plan, ending, &self.project, iterations) else {
            return Ok(());
        };
        let Some(desktop) = &self.desktop else {
            ring();
            return Ok(());
        };
        let command = desktop.command(&message).clean_env(&self.vars).limit(LIMIT);
        self.showing = Some(std::thread::spawn(move || {
            if !command.run().is_ok_and(|output| output.code == Some(0)) {
                ring();
            }
        }));
        Ok(())
    }
}

impl Drop for EndNotifier {
    fn drop(&mut self) {
        if let Some(showing) = self.showing.take() {
            let _ = showing.join();
        }
    }
}

/// Rings the bell of the terminal; tmux marks the window and passes it on.
fn ring() {
    let mut terminal = Term::stdout();
    if terminal.is_term() {
        let _ = terminal.write_all(b"\x07");
        let _ = terminal.flush();
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Message {
    title: String,
    body: String,
}

impl Message {
    /// Words the end of a session; a stop needs no notification, because the user requested it.
    fn new(plan: &Plan, ending: &Ending, project: &str, iterations: u32) -> Option<Self> {
        let session = &plan.session;
        let title = match ending {
            Ending::Completed { .. } => format!("Session {session} is complete"),
            Ending::Failed { .. } => format!("Session {session} failed"),
            Ending::LimitReached { .. } => format!("Session {session} reached a limit"),
            Ending::Interrupted { .. } => format!("Session {session} was interrupted"),
            Ending::Stopped { .. } => return None,
        };
        let plural = if iterations == 1 { "" } else { "s" };
        let end = match ending {
            Ending::Failed { error, .. } => clean(error),
            Ending::LimitReached { limit } => clean(&limit.to_string()),
            Ending::Interrupted { by } => clean(by),
            Ending::Completed { .. } | Ending::Stopped { .. } => {
                format!("{iterations} iteration{plural}")
            }
        };
        let body = format!("{}: {end}", clean(project));
        Some(Self { title, body })
    }
}

/// Notification servers read the body as markup.
fn escape_markup(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;")
}
