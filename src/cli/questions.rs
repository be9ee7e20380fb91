//! `ap questions`: what sessions ask you, and how to answer. Reads only.
use super::answer::{OpenQuestion, open_questions};
use super::context::Context;
use super::format::Format;
use super::session::is_alive;
use crate::clock;
use crate::error::{ExitCode, Result};
use crate::model::{NodeId, Question, SessionName};
use crate::store::layout::Project;
use crate::store::roots;
use crate::store::session::{load_cached, names};
use crate::text::{shell_quote, shell_words};
use crate::ui::caller::words_as_called;
use crate::ui::{self, json, out, time};
use camino::Utf8PathBuf;
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-questions`)")))]
pub(super) struct Args {
    /// Show the questions of all projects in which a session was started
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: Format,
}

/// One entry of `ap questions --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Entry {
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

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let here = context.project.root().to_owned();
    let mut projects = vec![here.clone()];
    if args.all {
        let others = roots::read(&context.dirs)?.into_iter();
        projects.extend(others.map(|it| it.root).filter(|root| *root != here));
    }
    let mut entries = Vec::new();
    for root in projects {
        let is_here = root == here;
        entries.extend(of_project(&Project::new(root), is_here)?);
    }
    entries.sort_by_key(|entry| entry.question.asked_at);
    match args.format {
        Format::Json => json::print(&entries)?,
        Format::Text if entries.is_empty() => out("No session asks you anything.")?,
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
    Entry {
        project: root.to_owned(),
        session: session.clone(),
        alive,
        answer_commands: commands.into_iter().map(words).collect(),
        branch: open.branch,
        question: open.question,
    }
}

fn text(entry: &Entry, names_project: bool) -> String {
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
    for words in &entry.answer_commands {
        let quoted: Vec<String> = words.iter().map(|word| shell_quote(word)).collect();
        text += &format!("    {}\n", quoted.join(" "));
    }
    text
}
