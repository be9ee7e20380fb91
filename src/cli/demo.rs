//! `ap demo`: a whole session in a scratch repository, with nothing installed and no account.
use super::context::Context;
use super::format::Format;
use super::launch;
use crate::clock;
use crate::compile::Overrides;
use crate::engine::Phase;
use crate::error::{Error, ExitCode, Result};
use crate::model::{Change, Env};
use crate::plan::PlanKind;
use crate::runner::{Mode, SessionRequest};
use crate::store::atomic;
use crate::store::layout::Project;
use crate::store::session::{Snapshot, load_cached};
use crate::text::first_line;
use crate::text::shell_quote;
use crate::ui::caller;
use crate::ui::{out, report, style};
use crate::workspace::git;
use camino::Utf8PathBuf;
use std::time::Duration;

#[derive(clap::Args, Clone, Debug)]
pub(super) struct Args {
    /// Folder for the scratch repository; a new temporary one if not given
    #[arg(long, value_name = "DIR")]
    dir: Option<Utf8PathBuf>,
}

const BACKLOG: &str = "\
# Backlog of a bookshop

- [ ] Add a page that lists all books (#list)
- [ ] Add a search box to that page (#search)
- [ ] Show the price in the reader's currency (#price)
- [ ] Send a letter when a book is back in stock (#stock)
- [ ] Write down how to run the shop (#docs)
";

/// Time limit of the demo.
const TIME_LIMIT: Duration = Duration::from_secs(120);

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let context = Context {
        project: Project::new(scratch(args, &context.env)?),
        session: None,
        ..context.clone()
    };
    let root = context.project.root();
    out(format!(
        "{}  {root}\n  a new git repository with a backlog of 5 tasks",
        style::heading("Scratch project")
    ))?;
    let request = request(&context)?;
    let session = request.plan.session.clone();
    let tmux = context.tmux();
    if tmux.version().is_ok() {
        out(format!(
            "{}  ap work demo 25 --provider scripted\n  in tmux; watch it with: {}\n",
            style::heading("Started"),
            launch::attach_line(&session, &context)
        ))?;
        launch::in_background(request, &|| Ok(()), &context)?;
        let ended = follow(&context, &session)?;
        launch::close_window(&session, &context)?;
        print_summary(&ended, &context)
    } else {
        out(format!(
            "{}  ap work demo 25 --provider scripted --foreground\n  tmux is not installed, so in this terminal\n",
            style::heading("Started")
        ))?;
        launch::in_this_terminal(request, Format::Text, &|| Ok(()), &context)?;
        let ended = load_cached(&context.project.session(&session))?
            .ok_or_else(|| Error::failed("the demo left no session"))?;
        print_summary(&ended, &context)
    }
}

/// Creates the scratch repository.
fn scratch(args: &Args, env: &Env) -> Result<Utf8PathBuf> {
    let root = match &args.dir {
        Some(dir) => {
            fs_err::create_dir_all(dir)?;
            fs_err::canonicalize(dir)?
        }
        None => tempfile::Builder::new()
            .prefix("ap-demo-")
            .tempdir()?
            .keep(),
    };
    let root = Utf8PathBuf::from_path_buf(root)
        .map_err(|path| Error::usage(format!("{} is not UTF-8", path.display())))?;
    if root.join("backlog.md").exists() {
        return Err(
            Error::usage(format!("{root} has a backlog.md already")).hint("name an empty folder")
        );
    }
    atomic::replace_durably(&root.join("backlog.md"), BACKLOG.as_bytes())?;
    let git = |args: &[&str]| git::call(&root, env, args);
    git(&["init", "-q"])?;
    git(&["config", "user.name", "ap demo"])?;
    git(&["config", "user.email", "demo@localhost"])?;
    // The user's signing key may ask for a passphrase.
    git(&["config", "commit.gpgsign", "false"])?;
    git(&["add", "backlog.md"])?;
    git(&["commit", "-q", "-m", "A bookshop, and what is left to do"])?;
    Ok(root)
}

fn request(context: &Context) -> Result<SessionRequest> {
    let sources = context.library().find(PlanKind::Loop, "work")?;
    let overrides = Overrides {
        provider: Some("scripted".to_owned()),
        max_iterations: Some(25),
        delay_ms: Some(500),
        ..Overrides::default()
    };
    let session = "demo".parse().map_err(Error::bad_value)?;
    let plan = super::compile::plan(
        &sources,
        session,
        "ap work demo 25".to_owned(),
        &overrides,
        context,
    )?;
    Ok(SessionRequest {
        plan,
        mode: Mode::New,
        max_iterations: Some(25),
        change: Change::default(),
        replace: false,
        take_over: false,
        slice: None,
    })
}

/// Shows each iteration as it ends, until the session does.
fn follow(context: &Context, session: &crate::model::SessionName) -> Result<Snapshot> {
    let dir = context.project.session(session);
    let (mut shown, mut snapshot) = (0, None);
    let ended = clock::wait_until(TIME_LIMIT, || {
        let Ok(Some(now)) = load_cached(&dir) else {
            return false;
        };
        for entry in now.state.session.history.iter().skip(shown) {
            let status = &entry.status;
            let _ = out(format!(
                "  {} iteration {}  {}",
                style::good("✓"),
                entry.iteration,
                first_line(status.said())
            ));
        }
        shown = now.state.session.history.len();
        let ended = matches!(now.state.phase, Phase::Ended { .. });
        snapshot = Some(now);
        ended
    });
    match snapshot {
        Some(snapshot) if ended => Ok(snapshot),
        _ => Err(Error::failed("the demo session did not end").hint(format!(
            "see `ap status {session}` in {}",
            context.project.root()
        ))),
    }
}

/// Prints how the demo ended, where its results are stored, and how to do it for real.
fn print_summary(snapshot: &Snapshot, context: &Context) -> Result<ExitCode> {
    let Phase::Ended { ending } = &snapshot.state.phase else {
        return Err(Error::failed("the demo session did not end"));
    };
    let root = shell_quote(context.project.root().as_str());
    // `./run.sh` of a checkout is not on PATH in another repository.
    let install = if caller::is_installed() {
        ""
    } else {
        "  cargo install --path . --locked       install `ap`, in the checkout\n"
    };
    out(format!(
        "
{}  {}

{}
  cd {root}
  git log --oneline                     the work
  cat backlog.md                        the tasks
  ls .claude/pipeline-runs/demo         the session: state.json, events.jsonl, …
  ls .claude/pipeline-runs/demo/stage-00-work/iterations/001
                                        an iteration: prompt.md, status.json, …

{}
{install}  ap work auth 25                       start; tasks: `- [ ]` lines in backlog.md
  ap attach auth                        watch it; `ap logs auth -f` follows it
  ap stop auth                          stop it
  ap work auth 25 --resume              continue after a stop or a crash
  ap queue label auth --all-ready       with beads: choose the tasks before",
        style::heading("Session 'demo'"),
        report::ending(ending),
        style::heading("Where the results are"),
        style::heading("On your own repository"),
    ))?;
    Ok(report::exit_code(ending))
}
