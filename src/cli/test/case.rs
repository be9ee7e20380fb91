//! One test: what the engine does with a fixture, compared with what is recorded.
use super::selection::missing_fixture;
use crate::cli::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::fixture::{self, EXPECTED, Expected, Start, TestCase};
use crate::plan::{Origin, PlanKind};
use crate::store::atomic;
use crate::store::library::{Entry, FixtureFiles, Library};
use crate::text::shell_quote;
use crate::ui;
use camino::Utf8PathBuf;
use serde::Serialize;

/// The result of one test; also its JSON form.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Tested {
    pub(super) kind: PlanKind,
    pub(super) name: String,
    origin: Origin,
    /// The fixture's folder.
    pub(super) fixture: String,
    pub(super) result: Outcome,
    /// The differences: `-` lines are recorded, `+` lines are what the engine does now.
    pub(super) diff: Option<String>,
    pub(super) error: Option<String>,
    pub(super) hint: Option<String>,
    /// What the engine did.
    pub(super) expected: Option<Expected>,
    #[serde(skip)]
    pub(super) code: ExitCode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    AsRecorded,
    /// Nothing is recorded yet.
    Unrecorded,
    Differs,
    Updated,
    Error,
}

/// The engine's current behaviour, and the recorded one if there is one.
struct Comparison {
    now: Expected,
    recorded: Option<Expected>,
}

/// Tests a definition. With `update`, what the engine does is recorded.
pub(super) fn test(
    entry: &Entry,
    files: &FixtureFiles,
    update: bool,
    (library, context): (&Library, &Context),
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
    let outcome = compare(entry, files, (library, context)).and_then(|comparison| {
        if update {
            comparison.record(files)?;
        }
        Ok(comparison)
    });
    match outcome {
        Ok(comparison) => judge(comparison, update, (entry, files), tested),
        Err(error) => Tested {
            result: Outcome::Error,
            code: error.exit_code(),
            hint: error.help().map(str::to_owned),
            error: Some(ui::error(&error, false)),
            ..tested
        },
    }
}

fn judge(
    comparison: Comparison,
    update: bool,
    (entry, files): (&Entry, &FixtureFiles),
    tested: Tested,
) -> Tested {
    let diff = comparison.diff();
    let is_recorded = comparison.recorded.is_some();
    let can_update = files.folder.is_some();
    let command = format!("ap test {} --update", command_name(entry));
    let tested = Tested {
        expected: Some(comparison.now),
        ..tested
    };
    match diff {
        None => tested,
        Some(_) if update => Tested {
            result: Outcome::Updated,
            diff,
            ..tested
        },
        Some(_) if !is_recorded && can_update => Tested {
            result: Outcome::Unrecorded,
            code: ExitCode::Failed,
            hint: Some(format!(
                "nothing is recorded yet; record what it does now: {command}"
            )),
            ..tested
        },
        Some(_) => Tested {
            result: Outcome::Differs,
            code: ExitCode::Failed,
            diff,
            hint: can_update.then(|| format!("if the change is intended: {command}")),
            ..tested
        },
    }
}

/// Records what a definition does with its fixture, and returns the file.
pub(crate) fn record(kind: PlanKind, name: &str, context: &Context) -> Result<Utf8PathBuf> {
    let library = context.library();
    let entry = library.entry_of(kind, name)?;
    let missing = || missing_fixture(&entry, &library);
    let files = library.fixture(&entry)?.ok_or_else(missing)?;
    compare(&entry, &files, (&library, context))?.record(&files)?;
    Ok(files.folder.ok_or_else(missing)?.join(EXPECTED))
}

/// Returns the argument that names a definition.
fn command_name(entry: &Entry) -> String {
    shell_quote(if entry.origin == Origin::File {
        &entry.path
    } else {
        &entry.name
    })
}

fn compare(
    entry: &Entry,
    files: &FixtureFiles,
    (library, context): (&Library, &Context),
) -> Result<Comparison> {
    let sources = entry
        .sources
        .as_ref()
        .map_err(|reason| Error::usage(format!("`{}` cannot be used: {reason}", entry.name)))?;
    let recorded = files
        .text(EXPECTED)?
        .map(|text| Expected::parse(&files.shown(EXPECTED), &text))
        .transpose()?;
    let now = fixture::replay(&TestCase {
        sources,
        files,
        start: recorded
            .as_ref()
            .map_or(Start::default(), |recorded| recorded.start),
        library,
        declared: &context.declared().without_project(),
        exe: &context.exe,
        env: &context.env,
    })?;
    Ok(Comparison { now, recorded })
}

impl Comparison {
    /// Returns what differs, if anything does.
    fn diff(&self) -> Option<String> {
        if self.recorded.as_ref() == Some(&self.now) {
            return None;
        }
        let recorded = self
            .recorded
            .as_ref()
            .map(Expected::text)
            .unwrap_or_default();
        let now = self.now.text();
        let diff = similar::TextDiff::from_lines(&recorded, &now);
        Some(
            diff.unified_diff()
                .context_radius(3)
                .header("recorded", "now")
                .to_string(),
        )
    }

    /// Writes what the engine does now, if it differs.
    fn record(&self, files: &FixtureFiles) -> Result<()> {
        if self.recorded.as_ref() == Some(&self.now) {
            return Ok(());
        }
        let folder = files.folder.as_ref().ok_or_else(|| {
            Error::usage(format!("{} is built in and cannot be written", files.shown(EXPECTED)))
                .hint("copy the definition with its fixture into `.claude/`, or name its folder by its path")
        })?;
        Ok(atomic::replace(
            &folder.join(EXPECTED),
            self.now.text().as_bytes(),
        )?)
    }
}
