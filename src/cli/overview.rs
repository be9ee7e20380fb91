//! `ap` without arguments: the loops and pipelines you can start, and the sessions of the project.
use super::catalog::{self, Line};
use super::context::Context;
use super::format::Format;
use super::list;
use crate::error::{ExitCode, Result};
use crate::plan::PlanKind;
use crate::ui::{self, style, table};
use serde::Serialize;

#[derive(Clone, Debug, Default, clap::Args)]
#[command(mut_arg("json", |json| json.help("Print JSON: `{loops: [{name, kind, description, ends, origin, path, error}], pipelines: […], sessions: […]}`")))]
pub(super) struct Args {
    #[command(flatten)]
    format: Format,
}

/// The shape of `ap --json`.
#[derive(Debug, Serialize)]
struct Overview {
    loops: Vec<Line>,
    pipelines: Vec<Line>,
    sessions: Vec<list::Row>,
}

/// Prints the overview.
pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let library = context.library();
    let (loops, pipelines) = catalog::lines(&library, &context.project, &context.declared())
        .into_iter()
        .partition(|line| line.kind == PlanKind::Loop);
    let overview = Overview {
        loops,
        pipelines,
        sessions: list::rows(&context.project)?,
    };
    if args.format == Format::Json {
        ui::json(&overview)?;
        return Ok(ExitCode::Done);
    }
    section("Loops", "ap <loop> [session] [max]", &overview.loops)?;
    section(
        "Pipelines",
        "ap pipeline <name> [session]",
        &overview.pipelines,
    )?;
    if !overview.sessions.is_empty() {
        ui::out(format!(
            "{}  {}",
            style::heading("Sessions"),
            style::faint("ap status <session>")
        ))?;
        ui::out(list::table(&overview.sessions))?;
    }
    ui::out(format!(
        "{}: `ap <loop> <session> 25` starts a session, `ap list` shows them, `ap --help` everything else.",
        style::heading("Next")
    ))?;
    Ok(ExitCode::Done)
}

fn section(title: &str, usage: &str, lines: &[Line]) -> Result<()> {
    ui::out(format!(
        "{}  {}",
        style::heading(title),
        style::faint(usage)
    ))?;
    let row = |line: &Line| {
        let description = line.error.as_ref().map_or_else(
            || line.description.clone(),
            |error| format!("broken: {error}"),
        );
        [
            format!("  {}", line.name),
            description,
            line.ends.clone(),
            catalog::origin(line.origin).to_owned(),
        ]
    };
    ui::out(table::table(
        ["  NAME", "WHAT IT DOES", "ENDS", "FROM"],
        lines.iter().map(row),
    ))?;
    ui::out("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::layout::Project;
    use insta::assert_snapshot;

    #[test]
    fn json_has_the_documented_shape() {
        let context = Context {
            project: Project::new("/no/where".into()),
            user_config: "/no/config".into(),
            exe: "ap".into(),
            session: None,
            env: crate::model::Env::default(),
            inside_tmux: false,
        };
        assert_eq!(
            run(
                &Args {
                    format: Format::Json
                },
                &context
            )
            .unwrap(),
            ExitCode::Done
        );
        let library = context.library();
        let work = catalog::lines(&library, &context.project, &context.declared())
            .into_iter()
            .find(|line| line.name == "work")
            .unwrap();
        let overview = Overview {
            loops: vec![work],
            pipelines: Vec::new(),
            sessions: Vec::new(),
        };
        assert_snapshot!(serde_json::to_string_pretty(&overview).unwrap(), @r#"
        {
          "loops": [
            {
              "name": "work",
              "kind": "loop",
              "description": "Implement the queue's tasks one by one, each verified and committed, until the queue is empty",
              "ends": "the queue is empty, at most 25",
              "origin": "built_in",
              "path": "builtin:loops/work/loop.yaml",
              "error": null
            }
          ],
          "pipelines": [],
          "sessions": []
        }
        "#);
    }
}
