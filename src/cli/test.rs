//! `ap test`: runs loops and pipelines against what is recorded of them, with the scripted agent.
use super::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::fixture::{self, EXPECTED, Expected, Start, TestCase};
use crate::plan::{Origin, PlanKind};
use crate::store::atomic;
use crate::store::library::{Entry, FixtureFiles, Library};
use crate::text::count;
use crate::text::shell_quote;
use crate::ui::{self, style};
use camino::Utf8PathBuf;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Run loops and pipelines against what is recorded of them
#[derive(Clone, Debug, Default, clap::Args)]
#[command(
    after_help = "Without a name, everything that has a fixture. Nothing of yours is touched: each runs in a repository and a home of its own.\nExit codes: 0 all as recorded, 1 something differs, 2 bad usage, definition or fixture"
)]
pub(super) struct Args {
    /// Names or paths; `loop` or `pipeline` before them says which is meant
    #[arg(value_name = "NAME")]
    pub(super) names: Vec<String>,
    /// Take what the engine does now for what it should do, and show what that changes
    #[arg(long)]
    pub(super) update: bool,
    /// Print JSON: `{ok, tested: [{kind, name, origin, fixture, result, diff, error, hint, account}]}`
    #[arg(long)]
    pub(super) json: bool,
}

/// The shape of `ap test --json`.
#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    tested: Vec<Tested>,
}

#[derive(Debug, Serialize)]
struct Tested {
    kind: PlanKind,
    name: String,
    origin: Origin,
    /// The fixture's folder.
    fixture: String,
    result: Outcome,
    /// What differs: `-` is recorded, `+` is what the engine does now.
    diff: Option<String>,
    error: Option<String>,
    hint: Option<String>,
    /// What the engine did.
    expected: Option<Expected>,
    #[serde(skip)]
    code: ExitCode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    AsRecorded,
    /// There is nothing yet that it could differ from.
    Unrecorded,
    Differs,
    Updated,
    Error,
}

/// Tests what was asked for and shows how it went.
pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    // Providers may be declared there, so it has to be in order.
    context.settings()?;
    let library = context.library();
    let chosen = chosen(&args.names, &library)?;
    let mut tested = Vec::new();
    each(
        &chosen,
        |(entry, files)| test(entry, files, args.update, &library, context),
        |one| {
            if !args.json {
                show(&one)?;
            }
            tested.push(one);
            Ok(())
        },
    )?;
    let codes: Vec<ExitCode> = tested.iter().map(|one| one.code).collect();
    let code = [ExitCode::Usage, ExitCode::Failed]
        .into_iter()
        .find(|code| codes.contains(code))
        .unwrap_or(ExitCode::Done);
    if args.json {
        ui::json(&Report {
            ok: code == ExitCode::Done,
            tested,
        })?;
    } else {
        let bad = codes.iter().filter(|code| **code != ExitCode::Done).count();
        ui::out(format!("{} tested, {bad} not as recorded", tested.len()))?;
    }
    Ok(code)
}

type Chosen = (Entry, FixtureFiles);

/// Returns what is to be tested; everything with a fixture, if nothing is named.
fn chosen(names: &[String], library: &Library) -> Result<Vec<Chosen>> {
    let (kind, names) = match names {
        [word, names @ ..] if word == "loop" => (Some(PlanKind::Loop), names),
        [word, names @ ..] if word == "pipeline" => (Some(PlanKind::Pipeline), names),
        names => (None, names),
    };
    let mut chosen = Vec::new();
    if names.is_empty() {
        for entry in library
            .list()
            .into_iter()
            .filter(|entry| kind.is_none_or(|kind| entry.kind == kind))
        {
            chosen.extend(library.fixture(&entry)?.map(|files| (entry, files)));
        }
        return Ok(chosen);
    }
    for name in names {
        let found = match kind {
            Some(kind) => vec![library.entry_of(kind, name)?],
            None => library.entries_of(name)?,
        };
        let before = chosen.len();
        let mut without = None;
        for entry in found {
            match library.fixture(&entry)? {
                Some(files) => chosen.push((entry, files)),
                None => without = without.or(Some(entry)),
            }
        }
        if let (Some(entry), true) = (without, before == chosen.len()) {
            return Err(unrecorded(&entry, library));
        }
    }
    Ok(chosen)
}

fn unrecorded(entry: &Entry, library: &Library) -> Error {
    let (kind, name) = (entry.kind.as_str(), &entry.name);
    let start = if entry.kind == PlanKind::Loop {
        format!("ap {name} --record")
    } else {
        format!("ap pipeline {name} --record")
    };
    Error::usage(format!(
        "{kind} `{name}` has no fixture: looked for {}",
        library.fixture_target(entry)
    ))
    .hint(format!(
        "record one with a real run (`{start}`), or write its script (`ap explain test`)"
    ))
}

/// Does something with each, several at a time, and takes the results in order.
fn each<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let (next, (results, done)) = (AtomicUsize::new(0), mpsc::channel());
    let at_once = thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(items.len());
    thread::scope(|scope| {
        for _ in 0..at_once {
            let (results, next, work) = (results.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((index, item)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    items.get(index).map(|item| (index, item))
                } {
                    // Nobody waits for it once showing has failed.
                    let _ = results.send((index, work(item)));
                }
            });
        }
        drop(results);
        let (mut waiting, mut shown) = (BTreeMap::new(), 0);
        for (index, result) in done {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&shown) {
                take(result)?;
                shown += 1;
            }
        }
        Ok(())
    })
}

fn test(
    entry: &Entry,
    files: &FixtureFiles,
    update: bool,
    library: &Library,
    context: &Context,
) -> Tested {
    let tested = Tested {
        kind: entry.kind,
        name: entry.name.clone(),
        origin: entry.origin,
        fixture: files.shown.clone(),
        result: Outcome::AsRecorded,
        diff: None,
        error: None,
        hint: None,
        expected: None,
        code: ExitCode::Done,
    };
    let compared = compared(entry, files, library, context);
    if let (Ok((expected, None)), false, true) = (&compared, update, files.folder.is_some()) {
        let hint = format!(
            "nothing is recorded yet that it could differ from; this takes what it does now: ap test {} --update",
            typed(entry)
        );
        let expected = Some(expected.clone());
        return Tested {
            result: Outcome::Unrecorded,
            code: ExitCode::Failed,
            expected,
            hint: Some(hint),
            ..tested
        };
    }
    match compared.and_then(|compared| settle(compared, files, update)) {
        Ok((expected, None)) => Tested {
            expected: Some(expected),
            ..tested
        },
        Ok((expected, diff)) if update => Tested {
            result: Outcome::Updated,
            expected: Some(expected),
            diff,
            ..tested
        },
        Ok((expected, diff)) => {
            let hint = files.folder.as_ref().map(|_| {
                format!(
                    "if that is as it should be: ap test {} --update",
                    typed(entry)
                )
            });
            Tested {
                result: Outcome::Differs,
                code: ExitCode::Failed,
                expected: Some(expected),
                diff,
                hint,
                ..tested
            }
        }
        Err(error) => {
            let shown = ui::error(&error, false);
            Tested {
                result: Outcome::Error,
                code: error.code,
                error: Some(shown),
                hint: error.help().map(str::to_owned),
                ..tested
            }
        }
    }
}

/// Records what a definition does with its fixture, and returns the file that says so.
pub(super) fn record(kind: PlanKind, name: &str, context: &Context) -> Result<Utf8PathBuf> {
    let library = context.library();
    let entry = library.entry_of(kind, name)?;
    let files = library
        .fixture(&entry)?
        .ok_or_else(|| unrecorded(&entry, &library))?;
    settle(compared(&entry, &files, &library, context)?, &files, true)?;
    Ok(files
        .folder
        .ok_or_else(|| unrecorded(&entry, &library))?
        .join(EXPECTED))
}

/// Returns what leads to a definition again.
fn typed(entry: &Entry) -> String {
    let path = if entry.origin == Origin::File {
        &entry.path
    } else {
        &entry.name
    };
    shell_quote(path)
}

/// What the engine does now, and what is recorded, if anything is.
type Compared = (Expected, Option<Expected>);

fn compared(
    entry: &Entry,
    files: &FixtureFiles,
    library: &Library,
    context: &Context,
) -> Result<Compared> {
    let sources = entry
        .sources
        .as_ref()
        .map_err(|reason| Error::usage(format!("`{}` cannot be used: {reason}", entry.name)))?;
    let recorded = files
        .text(EXPECTED)?
        .map(|text| Expected::parse(&files.shown(EXPECTED), &text))
        .transpose()?;
    let start = recorded
        .as_ref()
        .map_or(Start::default(), |recorded| recorded.start);
    let (declared, exe, env) = (&context.declared(), &context.exe, &context.env);
    Ok((
        fixture::replay(&TestCase {
            sources,
            files,
            start,
            library,
            declared,
            exe,
            env,
        })?,
        recorded,
    ))
}

/// Returns what differs, and writes it down if that is wanted.
fn settle(
    (now, recorded): Compared,
    files: &FixtureFiles,
    update: bool,
) -> Result<(Expected, Option<String>)> {
    if recorded.as_ref() == Some(&now) {
        return Ok((now, None));
    }
    let (before, after) = (
        recorded.map(|recorded| recorded.text()).unwrap_or_default(),
        now.text(),
    );
    let diff = similar::TextDiff::from_lines(&before, &after);
    let shown = diff
        .unified_diff()
        .context_radius(3)
        .header("recorded", "now")
        .to_string();
    if update {
        let folder = files.folder.as_ref().ok_or_else(|| {
            Error::usage(format!("{} is built in and cannot be written", files.shown(EXPECTED)))
                .hint("copy the definition with its fixture into `.claude/`, or name its folder by its path")
        })?;
        atomic::replace(&folder.join(EXPECTED), after.as_bytes())?;
    }
    Ok((now, Some(shown)))
}

fn show(one: &Tested) -> Result<()> {
    let mark = match one.result {
        Outcome::AsRecorded => style::good("PASS"),
        Outcome::Updated => style::odd("NEW "),
        Outcome::Unrecorded => style::odd("NONE"),
        Outcome::Differs | Outcome::Error => style::bad("FAIL"),
    };
    let iterations = one.expected.as_ref().map_or_else(String::new, |expected| {
        format!("  {}", count(expected.iterations(), "iteration"))
    });
    ui::out(format!(
        "{mark}  {} {}{iterations}  {}",
        one.kind.as_str(),
        style::name(&one.name),
        style::faint(&one.fixture)
    ))?;
    for text in [&one.diff, &one.error].into_iter().flatten() {
        ui::out(
            text.lines()
                .map(|line| format!("      {line}\n"))
                .collect::<String>(),
        )?;
    }
    match &one.hint {
        Some(hint) if matches!(one.result, Outcome::Differs | Outcome::Unrecorded) => {
            ui::out(format!("      {}", style::faint(hint)))
        }
        Some(_) | None => Ok(()),
    }
}
