//! `ap lint`: checks loops and pipelines exactly as a run would, and reports every mistake.
use super::catalog;
use super::command_names::is_command;
use super::context::Context;
use super::programs;
use crate::compile::{Problem, Severity, Sources};
use crate::error::{Error, ExitCode, Result};
use crate::plan::{Origin, PlanKind};
use crate::store::inputs;
use crate::store::library::{Entry, Library};
use crate::text;
use crate::ui::{self, style};
use camino::Utf8PathBuf;
use serde::Serialize;
use std::collections::BTreeMap;

/// Check loops and pipelines
#[derive(Clone, Debug, Default, clap::Args)]
#[command(
    after_help = "Without a name, everything there is. Exit code 2 if anything cannot run. What the codes mean: `ap explain lint`"
)]
pub(super) struct Args {
    /// `loop` or `pipeline`, or a name or path right away
    pub(super) kind: Option<String>,
    /// Name or path of the one to check
    pub(super) name: Option<String>,
    /// Fail on warnings too
    #[arg(long)]
    pub(super) strict: bool,
    /// Print JSON: `{ok, checked: [{kind, name, origin, path, ok, problems: [{file, line, column, code, alias, level, message, hint}]}]}`
    #[arg(long)]
    pub(super) json: bool,
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
pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    // Providers may be declared there, so it has to be in order too.
    context.settings()?;
    let library = context.library();
    let checked = chosen(args, &library)?
        .iter()
        .map(|entry| check(entry, args.strict, context))
        .collect::<Result<Vec<_>>>()?;
    let report = Report {
        ok: checked.iter().all(|one| one.ok),
        checked,
    };
    if args.json {
        ui::json(&report)?;
    } else {
        show(&report)?;
    }
    Ok(if report.ok {
        ExitCode::Done
    } else {
        ExitCode::Usage
    })
}

fn chosen(args: &Args, library: &Library) -> Result<Vec<Entry>> {
    let kind = match args.kind.as_deref() {
        Some("loop" | "loops" | "stage") => Some(PlanKind::Loop),
        Some("pipeline" | "pipelines") => Some(PlanKind::Pipeline),
        Some(name) if args.name.is_none() => return library.entries_of(name),
        Some(word) => {
            return Err(
                Error::usage(format!("`{word}` is neither `loop` nor `pipeline`"))
                    .hint("try `ap lint loop <name>`"),
            );
        }
        None => None,
    };
    match (kind, &args.name) {
        (Some(kind), Some(name)) => library.entry_of(kind, name).map(|entry| vec![entry]),
        (kind, _) => Ok(library
            .list()
            .into_iter()
            .filter(|entry| kind.is_none_or(|kind| entry.kind == kind))
            .collect()),
    }
}

fn check(entry: &Entry, strict: bool, context: &Context) -> Result<Checked> {
    let (runs, mut problems) = match catalog::check(entry, &context.project, &context.declared()) {
        Ok((plan, mut warnings)) => {
            let file = entry.sources.as_ref().ok().map(Sources::definition);
            let missing_inputs = missing_inputs(entry, &plan.inputs, context);
            let missing = programs::warnings(plan, context)?.into_iter();
            warnings.extend(missing.map(|problem| {
                file.map_or_else(|| problem.clone(), |text| problem.clone().in_file(text))
            }));
            warnings.extend(missing_inputs);
            (true, warnings)
        }
        Err(problems) => (false, problems),
    };
    problems.extend(hidden_by_command(entry));
    // What is missing on this machine is no fault of the definition.
    let ok = runs
        && (!strict
            || problems
                .iter()
                .all(|problem| problem.code == programs::MISSING));
    Ok(Checked {
        kind: entry.kind,
        name: entry.name.clone(),
        origin: entry.origin,
        path: entry.path.clone(),
        ok,
        problems,
    })
}

/// Warns of inputs of a pipeline that a start would refuse, here and now: a stage before it may be to write them.
fn missing_inputs(entry: &Entry, written: &[Utf8PathBuf], context: &Context) -> Vec<Problem> {
    let Ok(Sources::Pipeline(source)) = &entry.sources else {
        return Vec::new();
    };
    let refused = |path: &Utf8PathBuf| {
        inputs::expand(context.project.root(), std::slice::from_ref(path)).err()
    };
    let all = written
        .iter()
        .enumerate()
        .filter_map(|(index, path)| Some((index, refused(path)?)));
    all.map(|(index, why)| {
        let problem = Problem::missing_input(&source.definition, index, why.to_string());
        match why.help() {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
    .collect()
}

/// Warns of a loop that `ap <loop>` cannot start, because a command is called the same.
fn hidden_by_command(entry: &Entry) -> Option<Problem> {
    let (PlanKind::Loop, Ok(sources), name) = (entry.kind, &entry.sources, &entry.name) else {
        return None;
    };
    is_command(name).then(|| {
        let message = format!("`ap {name}` is a command, so it does not start this loop");
        let hint = format!("call the loop otherwise, or start it with `ap loop {name}`");
        Problem::of_file(sources.definition(), "command-name", message)
            .hint(hint)
            .warning()
    })
}

fn show(report: &Report) -> Result<()> {
    let missing = missing(&report.checked);
    let apart = |problem: &&Problem| missing.is_empty() || problem.code != programs::MISSING;
    for one in &report.checked {
        let problems: Vec<&Problem> = one.problems.iter().filter(apart).collect();
        let mark = match (one.ok, problems.is_empty()) {
            (false, _) => style::bad("FAIL"),
            (true, false) => style::odd("WARN"),
            (true, true) => style::good("PASS"),
        };
        ui::out(format!(
            "{mark}  {} {}  {}",
            one.kind.as_str(),
            style::name(&one.name),
            style::faint(&one.path)
        ))?;
        for problem in problems {
            ui::out(ui::diagnostic(problem))?;
        }
    }
    for (what, (needed, hint)) in &missing {
        let said = format!(
            "{}  {what}: {} cannot run here without it",
            style::odd("WARN"),
            text::count(needed, "definition")
        );
        ui::out(hint.map_or_else(|| said.clone(), |hint| format!("{said}\n      {hint}")))?;
    }
    let all = || {
        report
            .checked
            .iter()
            .flat_map(|one| &one.problems)
            .filter(apart)
    };
    let count = |severity| all().filter(|problem| problem.severity == severity).count();
    let (errors, warnings) = (
        count(Severity::Error),
        count(Severity::Warning) + missing.len(),
    );
    let (errors, warnings) = (
        text::count(errors, "error"),
        text::count(warnings, "warning"),
    );
    let failed = report.checked.iter().filter(|one| !one.ok).count();
    ui::out(format!(
        "{} checked, {failed} failed: {errors}, {warnings}",
        report.checked.len()
    ))
}

/// What is missing on this machine, with how many definitions need it and how to get it.
type Missing<'a> = BTreeMap<&'a str, (usize, Option<&'a str>)>;

/// Returns what several definitions miss, to say it once; nothing for a single definition.
fn missing(checked: &[Checked]) -> Missing<'_> {
    let mut missing = Missing::new();
    for problem in checked
        .iter()
        .filter(|_| 1 < checked.len())
        .flat_map(|one| &one.problems)
    {
        if let Some(what) = programs::missing_program(problem) {
            missing
                .entry(what)
                .or_insert((0, problem.hint.as_deref()))
                .0 += 1;
        }
    }
    missing
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
        Args {
            kind: given(kind),
            name: given(name),
            strict: false,
            json: false,
        }
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
        assert_eq!(
            run(&args("loop", "mien"), &good)
                .unwrap_err()
                .help()
                .as_deref(),
            Some("did you mean `mine`?")
        );
        assert_eq!(
            run(&args("loops", "mien"), &good).unwrap_err().code,
            ExitCode::Usage
        );
    }

    #[test]
    fn warnings_count_only_if_asked() {
        let (_dir, context) = project("completion: beads-empty\n");
        assert_eq!(run(&args("mine", ""), &context).unwrap(), ExitCode::Done);
        assert_eq!(
            run(
                &Args {
                    strict: true,
                    ..args("mine", "")
                },
                &context
            )
            .unwrap(),
            ExitCode::Usage
        );
        let (_dir, clean) = project("termination: {type: queue}\nprovider: codex\n");
        assert_eq!(
            run(
                &Args {
                    strict: true,
                    ..args("mine", "")
                },
                &clean
            )
            .unwrap(),
            ExitCode::Done
        );
    }

    #[test]
    fn a_loop_that_a_command_hides_is_pointed_out() {
        let (_dir, context) = project("termination: {type: queue}\nprovider: scripted\n");
        let mut entry = context.library().entry_of(PlanKind::Loop, "mine").unwrap();
        let said = |entry: &Entry| {
            check(entry, false, &context)
                .unwrap()
                .problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert!(said(&entry).is_empty());
        entry.name = "runs".into();
        assert_eq!(
            said(&entry),
            [
                ".claude/loops/mine/loop.yaml:1:1: `ap runs` is a command, so it does not start this loop"
            ]
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_a_warning_that_says_how_to_get_it() {
        let (_dir, context) = project("termination: {type: queue}\nprovider: codex\n");
        let found = check(
            &chosen(&args("loop", "mine"), &context.library()).unwrap()[0],
            false,
            &context,
        )
        .unwrap();
        assert!(found.ok);
        let told: Vec<_> = found
            .problems
            .iter()
            .map(|one| format!("{:?} {}: {one} ({:?})", one.severity, one.code, one.hint))
            .collect();
        assert_snapshot!(told.join("\n"), @r#"Warning provider-missing: .claude/loops/mine/loop.yaml:1:1: there is no program `codex` on PATH, which node `mine` needs (Some("install Codex (`npm install -g @openai/codex`), then run `codex login`"))"#);
    }

    #[test]
    fn what_a_start_would_refuse_is_a_warning() {
        let (_dir, context) =
            project("provider: scripted\ntermination: {type: verify, command: [./nix]}\n");
        let told = |name: &str| {
            let found = check(
                &chosen(&args(name, ""), &context.library()).unwrap()[0],
                false,
                &context,
            )
            .unwrap();
            assert!(found.ok);
            let line = |one: &Problem| {
                format!(
                    "{:?} {}: {one} ({})",
                    one.severity,
                    one.code,
                    one.hint.clone().unwrap_or_default()
                )
            };
            found
                .problems
                .iter()
                .map(line)
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_snapshot!(told("mine"), @"Warning command-missing: .claude/loops/mine/loop.yaml:1:1: node `mine` ends when `./nix` succeeds, and there is no such program (write it, relative to the project, and make it executable: nobody makes it while the session runs)");
        let pipeline = "inputs: [.claude/loops/mine/prompt.md, nothere.md, \"*.zzz\"]\nnodes: [{id: a, prompt: '${STATUS}', provider: scripted}]\n";
        let file = context.project.root().join(".claude/pipelines/p.yaml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        atomic::replace(&file, pipeline.as_bytes()).unwrap();
        assert_snapshot!(told("p"), @"
        Warning missing-input: .claude/pipelines/p.yaml:1:40: there is no input `nothere.md` (check `--input` and the pipeline's `inputs`: files, patterns such as `docs/*.md`, or folders, of which *.md *.yaml *.yml *.json *.txt are taken)
        Warning missing-input: .claude/pipelines/p.yaml:1:52: there is no input `*.zzz` (check `--input` and the pipeline's `inputs`: files, patterns such as `docs/*.md`, or folders, of which *.md *.yaml *.yml *.json *.txt are taken)
        ");
    }

    #[test]
    fn what_several_definitions_miss_is_counted_and_said_once() {
        let (_dir, context) = project("termination: {type: queue}\nprovider: codex\n");
        let entry = &chosen(&args("loop", "mine"), &context.library()).unwrap()[0];
        let mut checked = vec![check(entry, false, &context).unwrap()];
        assert!(missing(&checked).is_empty(), "a single one tells it itself");
        checked.push(check(entry, false, &context).unwrap());
        let told: Vec<_> = missing(&checked)
            .into_iter()
            .map(|(what, (needed, hint))| (what, needed, hint.is_some()))
            .collect();
        assert_eq!(told, [("there is no program `codex` on PATH", 2, true)]);
    }

    #[test]
    fn its_json_is_what_is_documented() {
        let (_dir, context) = project("terminaton: {type: queue}\n");
        let library = context.library();
        let checked = vec![
            check(
                &chosen(&args("loop", "mine"), &library).unwrap()[0],
                false,
                &context,
            )
            .unwrap(),
        ];
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
                  "file": ".claude/loops/mine/loop.yaml",
                  "line": 1,
                  "column": 1,
                  "code": "unknown-key",
                  "alias": null,
                  "level": "error",
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
