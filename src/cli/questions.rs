//! `ap questions`: what sessions and the supervisor ask you, and how to answer. Reads only.
use super::answer::{OpenQuestion, ProjectAsks, asked_by_supervisor, open_questions};
use super::context::Context;
use super::format::Format;
use super::session::is_alive;
use super::supervised::supervisor_lives;
use crate::clock;
use crate::error::{ExitCode, Result};
use crate::model::{NodeId, ProjectId, Question, SessionName};
use crate::store::fleet;
use crate::store::layout::Project;
use crate::store::roots;
use crate::store::session::{load_cached, names};
use crate::text::{clean, shell_quote, shell_words};
use crate::ui::caller::words_as_called;
use crate::ui::{self, json, out, time};
use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-questions`)")))]
pub(super) struct Args {
    /// Show the questions of all projects: of sessions, and of the supervisor
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: Format,
}

/// One entry of `ap questions --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(super) enum Entry {
    Session(SessionEntry),
    Supervisor(SupervisorEntry),
}

/// What a session asks.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct SessionEntry {
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    project: Utf8PathBuf,
    session: SessionName,
    /// The branch of the current parallel block that asks.
    branch: Option<NodeId>,
    /// Whether its runner lives; if not, the answer counts after a resume.
    alive: bool,
    #[serde(flatten)]
    question: Question,
    /// Commands that answer it, as words.
    answer_commands: Vec<Vec<String>>,
}

/// What the supervisor asks about a project that is blocked.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct SupervisorEntry {
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    project: Utf8PathBuf,
    /// The project's id.
    session: ProjectId,
    /// Whether the supervisor lives; if not, the answer counts once it does.
    alive: bool,
    /// `s1`, unlike the questions of sessions.
    id: String,
    asked_at: Timestamp,
    /// `supervisor`.
    by: &'static str,
    /// What happened.
    text: String,
    /// What was tried.
    tried: String,
    /// What to do about it.
    advice: String,
    /// The answers to choose from: `approve` resumes the project, `reject` leaves it paused.
    choices: Vec<&'static str>,
    /// Commands that answer it, as words.
    answer_commands: Vec<Vec<String>>,
}

impl Entry {
    fn asked_at(&self) -> Timestamp {
        match self {
            Self::Session(entry) => entry.question.asked_at,
            Self::Supervisor(entry) => entry.asked_at,
        }
    }

    fn answer_commands(&self) -> &[Vec<String>] {
        match self {
            Self::Session(entry) => &entry.answer_commands,
            Self::Supervisor(entry) => &entry.answer_commands,
        }
    }
}

/// Whose questions are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those of this project.
    Here,
    /// Those of this project's sessions, and of the supervisor about any project.
    Supervisor,
    /// Those of all projects.
    All,
}

/// Returns the open questions, the oldest first.
pub(super) fn entries(scope: Scope, context: &Context) -> Result<Vec<Entry>> {
    let here = context.project.root().to_owned();
    let mut projects = vec![here.clone()];
    if scope == Scope::All {
        let others = roots::read(&context.dirs)?.into_iter();
        projects.extend(others.map(|it| it.root).filter(|root| *root != here));
    }
    let mut entries = Vec::new();
    for root in projects {
        let is_here = root == here;
        entries.extend(of_project(&Project::new(root), is_here)?);
    }
    let real = here.canonicalize_utf8().unwrap_or(here);
    let asked = asked_by_supervisor(&fleet::load(&context.dirs)?, context)?.into_iter();
    let alive = supervisor_lives(context);
    entries.extend(
        asked
            .filter(|asks| scope != Scope::Here || asks.project.root == real)
            .map(|asks| of_supervisor(asks, alive)),
    );
    entries.sort_by_key(Entry::asked_at);
    Ok(entries)
}

fn of_supervisor(asks: ProjectAsks, alive: bool) -> Entry {
    let ProjectAsks { project, question } = asks;
    let commands = question.commands(&project.id);
    let words = |command: &String| words_as_called(&shell_words(command));
    Entry::Supervisor(SupervisorEntry {
        session: project.id,
        project: project.root,
        alive,
        id: question.label(),
        asked_at: question.asked_at,
        by: "supervisor",
        text: question.text(),
        tried: question.tried_text(),
        advice: question.advice().to_owned(),
        choices: vec!["approve", "reject"],
        answer_commands: commands.iter().map(words).collect(),
    })
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let scope = if args.all { Scope::All } else { Scope::Here };
    let entries = entries(scope, context)?;
    match args.format {
        Format::Json => json::print(&entries)?,
        Format::Text if entries.is_empty() => out("There are no open questions.")?,
        Format::Text => {
            let texts: Vec<String> = entries.iter().map(|entry| text(entry, args.all)).collect();
            out(texts.join("\n"))?;
        }
    }
    Ok(ExitCode::Done)
}

fn of_project(project: &Project, is_here: bool) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    if !project.root().is_dir() {
        return Ok(entries);
    }
    for session in names(project)? {
        // What cannot be read is shown by `ap list`.
        let Ok(Some(snapshot)) = load_cached(&project.session(&session)) else {
            continue;
        };
        let alive = is_alive(project, &snapshot);
        let asked = open_questions(&snapshot).into_iter();
        entries.extend(asked.map(|open| entry(project, is_here, alive, &session, open)));
    }
    Ok(entries)
}

fn entry(
    project: &Project,
    is_here: bool,
    alive: bool,
    session: &SessionName,
    open: OpenQuestion,
) -> Entry {
    let root = project.root();
    let elsewhere = (!is_here).then(|| format!(" -C {}", shell_quote(root.as_str())));
    let commands = ui::question::commands(session.as_str(), open.branch.as_ref(), &open.question);
    let words = |command: String| {
        let command = command + elsewhere.as_deref().unwrap_or_default();
        words_as_called(&shell_words(&command))
    };
    Entry::Session(SessionEntry {
        project: root.to_owned(),
        session: session.clone(),
        alive,
        answer_commands: commands.into_iter().map(words).collect(),
        branch: open.branch,
        question: open.question,
    })
}

fn text(entry: &Entry, names_project: bool) -> String {
    let mut text = match entry {
        Entry::Session(entry) => session_text(entry, names_project),
        Entry::Supervisor(entry) => supervisor_text(entry),
    };
    for words in entry.answer_commands() {
        let quoted: Vec<String> = words.iter().map(|word| shell_quote(word)).collect();
        text += &format!("    {}\n", quoted.join(" "));
    }
    text
}

fn session_text(entry: &SessionEntry, names_project: bool) -> String {
    let now = clock::now();
    let question = &entry.question;
    let branch = entry.branch.as_ref();
    let branch = branch.map_or_else(String::new, |branch| format!(", branch {branch}"));
    let project = if names_project {
        format!(" in {}", entry.project)
    } else {
        String::new()
    };
    let gone = if entry.alive {
        ""
    } else {
        "; its runner is gone, and the answer counts after a resume"
    };
    let mut text = format!(
        "{}{branch}{project}  {}, asked {} ({}{gone})\n",
        entry.session,
        question.id,
        time::ago(question.asked_at, now),
        ui::question::deadline(question, now)
    );
    for line in ui::question::lines(question) {
        text += &format!("  {line}\n");
    }
    text
}

fn supervisor_text(entry: &SupervisorEntry) -> String {
    let gone = if entry.alive {
        ""
    } else {
        " (no supervisor runs: `ap start`)"
    };
    format!(
        "project {} in {}  {}, asked {}{gone}\n  {}\n  {}; to do: {}\n",
        entry.session,
        entry.project,
        entry.id,
        time::ago(entry.asked_at, clock::now()),
        clean(&entry.text),
        entry.tried,
        entry.advice
    )
}
