//! `ap lint`: checks loops and pipelines exactly as a run would, and reports every mistake.
use super::catalog;
use super::context::Context;
use super::programs;
use crate::error::{Error, ExitCode, Result};
use crate::plan::{Origin, PlanKind, Problem, Severity, Shown};
use crate::store::library::{self, Entry, Library};
use crate::ui::{self, style};
use serde::Serialize;

/// Check loops and pipelines
#[derive(Clone, Debug, Default, clap::Args)]
#[command(after_help = "Without a name, everything there is. Exit code 2 if anything cannot run.")]
pub struct Args {
    /// `loop` or `pipeline`, or a name or path right away
    pub kind: Option<String>,
    /// Name or path of the one to check
    pub name: Option<String>,
    /// Print JSON: `{ok, checked: [{kind, name, origin, path, ok, problems: [{severity, code, file, line, column, message, hint}]}]}`
    #[arg(long)]
    pub json: bool,
}

/// The shape of `ap lint --json`.
#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    checked: Vec<Checked>,
}

#[derive(Debug, Serialize)]
struct Checked {
    kind: PlanKind,
    name: String,
    origin: Origin,
    path: String,
    ok: bool,
    problems: Vec<Problem>,
}

/// Checks what was asked for and prints what was found.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    // Providers may be declared there, so it has to be in order too.
    context.settings()?;
    let library = context.library();
    let checked = chosen(args, &library)?.iter().map(|entry| check(entry, context)).collect::<Result<Vec<_>>>()?;
    let report = Report { ok: checked.iter().all(|one| one.ok), checked };
    if args.json {
        ui::json(&report)?;
    } else {
        show(&report)?;
    }
    Ok(if report.ok { ExitCode::Done } else { ExitCode::Usage })
}

fn chosen(args: &Args, library: &Library) -> Result<Vec<Entry>> {
    let kind = match args.kind.as_deref() {
        Some("loop" | "loops" | "stage") => Some(PlanKind::Loop),
        Some("pipeline" | "pipelines") => Some(PlanKind::Pipeline),
        Some(name) if args.name.is_none() => return either(name, library).map(|entry| vec![entry]),
        Some(word) => return Err(Error::usage(format!("`{word}` is neither `loop` nor `pipeline`")).hint("try `ap lint loop <name>`")),
        None => None,
    };
    match (kind, &args.name) {
        (Some(kind), Some(name)) => library.entry_of(kind, name).map(|entry| vec![entry]),
        (kind, _) => Ok(library.list().into_iter().filter(|entry| kind.is_none_or(|kind| entry.kind == kind)).collect()),
    }
}

/// A name without its kind: the loop, if there is one.
fn either(name: &str, library: &Library) -> Result<Entry> {
    library.entry_of(PlanKind::Loop, name).or_else(|no_loop| library.entry_of(PlanKind::Pipeline, name).map_err(|_| no_loop))
}

fn check(entry: &Entry, context: &Context) -> Result<Checked> {
    let (ok, problems) = match catalog::check(entry, &context.project, &context.declared()) {
        Ok((plan, mut warnings)) => {
            warnings.extend(programs::warnings(plan, context)?);
            (true, warnings)
        }
        Err(problems) => (false, problems),
    };
    Ok(Checked { kind: entry.kind, name: entry.name.clone(), origin: entry.origin, path: entry.path.clone(), ok, problems })
}

fn show(report: &Report) -> Result<()> {
    for one in &report.checked {
        let warned = one.problems.iter().any(|problem| problem.severity == Severity::Warning);
        let mark = if !one.ok {
            style::bad("FAIL")
        } else if warned {
            style::odd("WARN")
        } else {
            style::good("PASS")
        };
        ui::out(format!("{mark}  {} {}  {}", library::word(one.kind), style::name(&one.name), style::faint(&one.path)))?;
        for problem in &one.problems {
            ui::out(ui::diagnostic(&Shown(problem.clone())))?;
        }
    }
    let failed = report.checked.iter().filter(|one| !one.ok).count();
    ui::out(format!("{} checked, {failed} cannot run", report.checked.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{atomic, layout::Project};
    use camino::Utf8PathBuf;
    use insta::assert_snapshot;

    fn project(definition: &str) -> (tempfile::TempDir, Context) {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
        let mine = root.join(".claude/loops/mine");
        std::fs::create_dir_all(&mine).unwrap();
        atomic::replace(&mine.join("loop.yaml"), definition.as_bytes()).unwrap();
        atomic::replace(&mine.join("prompt.md"), b"${STATUS}\n").unwrap();
        let context = Context {
            project: Project::new(root.clone()),
            user_config: root.join("config"),
            exe: "ap".into(),
            session: None,
            env: crate::model::Env::default(),
        };
        (dir, context)
    }

    fn args(kind: &str, name: &str) -> Args {
        let given = |word: &str| Some(word.to_owned()).filter(|word| !word.is_empty());
        Args { kind: given(kind), name: given(name), json: false }
    }

    #[test]
    fn a_mistake_is_exit_code_2_and_none_is_0() {
        let (_dir, good) = project("termination: {type: queue}\n");
        let (_dir, bad) = project("termination: {type: queu}\n");
        assert_eq!(run(&args("", ""), &good).unwrap(), ExitCode::Done);
        assert_eq!(run(&args("", ""), &bad).unwrap(), ExitCode::Usage);
        assert_eq!(run(&args("loop", "mine"), &bad).unwrap(), ExitCode::Usage);
        assert_eq!(run(&args("mine", ""), &bad).unwrap(), ExitCode::Usage);
        assert_eq!(run(&args("pipeline", ""), &bad).unwrap(), ExitCode::Done);
        assert_eq!(run(&args("full-refine", ""), &bad).unwrap(), ExitCode::Done);
        assert_eq!(run(&args("loop", "mien"), &good).unwrap_err().help().as_deref(), Some("did you mean `mine`?"));
        assert_eq!(run(&args("loops", "mien"), &good).unwrap_err().code, ExitCode::Usage);
    }

    #[test]
    fn a_program_that_is_not_there_is_a_warning_that_says_how_to_get_it() {
        let (_dir, context) = project("termination: {type: queue}\nprovider: codex\n");
        let found = check(&chosen(&args("loop", "mine"), &context.library()).unwrap()[0], &context).unwrap();
        let told: Vec<_> = found.problems.iter().map(|problem| (problem.severity, problem.code, problem.hint.as_deref())).collect();
        let hint = "install Codex (`npm install -g @openai/codex`), then run `codex login`";
        assert_eq!((found.ok, told), (true, vec![(Severity::Warning, "provider-missing", Some(hint))]));
    }

    #[test]
    fn its_json_is_what_is_documented() {
        let (_dir, context) = project("terminaton: {type: queue}\n");
        let library = context.library();
        let checked = vec![check(&chosen(&args("loop", "mine"), &library).unwrap()[0], &context).unwrap()];
        assert_snapshot!(serde_json::to_string_pretty(&Report { ok: false, checked }).unwrap(), @r#"
        {
          "ok": false,
          "checked": [
            {
              "kind": "loop",
              "name": "mine",
              "origin": "project",
              "path": ".claude/loops/mine/loop.yaml",
              "ok": false,
              "problems": [
                {
                  "severity": "error",
                  "code": "unknown-key",
                  "file": ".claude/loops/mine/loop.yaml",
                  "line": 1,
                  "column": 1,
                  "message": "unknown key `terminaton`",
                  "hint": "did you mean `termination`?"
                }
              ]
            }
          ]
        }
        "#);
    }
}
