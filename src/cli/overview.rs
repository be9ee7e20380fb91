//! `ap` without arguments: the sessions of the project, and the loops and pipelines you can start.
use super::catalog::{self, Group, Line};
use super::context::Context;
use super::format::Format;
use super::list;
use crate::error::{ExitCode, Result};
use crate::plan::{Origin, PlanKind};
use crate::ui;
use crate::ui::style::{self, Look};
use crate::ui::table::{Cell, Fit, Table};
use crate::ui::wrap::wrap;
use serde::Serialize;

/// The number of sessions shown on a small screen.
const MIN_SESSIONS: usize = 2;
/// The lines around sessions: a title, a header, how many are left out, a blank one.
const AROUND_SESSIONS: usize = 4;
/// The maximum number of sessions shown; `ap list` shows all.
const MAX_SESSIONS: usize = 10;

#[derive(Clone, Debug, Default, clap::Args)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-overview`)")))]
pub(super) struct Args {
    /// Describe each loop and pipeline, even if that is longer than the screen
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: Format,
}

/// The shape of `ap --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Overview {
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
    let mut overview = Overview {
        loops,
        pipelines,
        sessions: list::rows(&context.project)?,
    };
    if args.format == Format::Json {
        list::add_windows(&mut overview.sessions, context);
        ui::json::print(&overview)?;
    } else {
        ui::out(overview.text(ui::size(), args.all))?;
    }
    Ok(ExitCode::Done)
}

impl Overview {
    /// Returns the text: with descriptions, unless they are too many for the screen.
    fn text(&self, screen: Option<(usize, usize)>, all: bool) -> String {
        let width = screen.map(|(_, columns)| columns);
        let full = self.definitions(|title, usage, lines| described(title, usage, lines, width));
        let height = screen.map_or(usize::MAX, |(rows, _)| rows);
        // The last line of ours, and the prompt after it, need one each.
        let taken = |definitions: &str| definitions.lines().count() + 2;
        let wanted = match self.sessions.len() {
            0 => 0,
            sessions => sessions.min(MIN_SESSIONS) + AROUND_SESSIONS,
        };
        let is_full = all || taken(&full) + wanted <= height;
        let definitions = if is_full {
            full
        } else {
            self.definitions(|title, usage, lines| names(title, usage, lines, width))
        };
        let room = height.saturating_sub(taken(&definitions) + AROUND_SESSIONS);
        let sessions = self.sessions(room.clamp(MIN_SESSIONS, MAX_SESSIONS));
        format!("{sessions}{definitions}{}", next(is_full))
    }

    fn definitions(&self, section: impl Fn(&str, &str, &[Line]) -> String) -> String {
        let loops = section("Loops", "ap <loop> [session] [max]", &self.loops);
        let pipelines = section("Pipelines", "ap pipeline <name> [session]", &self.pipelines);
        format!("{loops}\n\n{pipelines}\n")
    }

    /// Returns the sessions: those that run, then the latest.
    fn sessions(&self, most: usize) -> String {
        if self.sessions.is_empty() {
            return String::new();
        }
        let mut rows: Vec<&list::Row> = self.sessions.iter().collect();
        rows.sort_by_key(|row| !row.is_active());
        let left_out = rows.len().saturating_sub(most);
        rows.truncate(most);
        let more = if left_out == 0 {
            String::new()
        } else {
            format!(
                "  {}\n",
                style::faint(&format!("… {left_out} more: `ap list`"))
            )
        };
        let title = heading("Sessions", "ap status <session>");
        format!("{title}\n{}\n{more}\n", list::table(rows))
    }
}

fn heading(title: &str, usage: &str) -> String {
    format!("{}  {}", style::heading(title), style::faint(usage))
}

fn next(is_full: bool) -> String {
    let next = if is_full {
        "`ap <loop> <session> 25` starts a session, `ap --help` shows all commands."
    } else {
        "`ap --all` describes them, `ap <loop> <session> 25` starts a session."
    };
    style::faint(next).to_string()
}

fn groups(lines: &[Line]) -> impl Iterator<Item = (Group, Vec<&Line>)> {
    let of = |group| lines.iter().filter(move |line| line.group == group);
    Group::ALL
        .into_iter()
        .map(move |group| (group, of(group).collect::<Vec<_>>()))
        .filter(|(_, lines)| !lines.is_empty())
}

/// Returns a line for each entry.
fn described(title: &str, usage: &str, lines: &[Line], width: Option<usize>) -> String {
    let mut table = Table::new([Fit::Keep, Fit::Keep, Fit::Cut, Fit::Cut, Fit::Keep]).indent(2);
    for (group, lines) in groups(lines) {
        let titles = std::iter::once(group.title()).chain(std::iter::repeat(""));
        let rows = lines.into_iter().zip(titles);
        table = table.rows(rows.map(|(line, title)| row(line, title)));
    }
    format!("{}\n{}", heading(title, usage), table.fit(width))
}

fn row(line: &Line, group: &str) -> [Cell; 5] {
    let description = match &line.error {
        Some(error) => Cell::new(format!("broken: {error}"), Look::Bad),
        None if line.needs.is_empty() => line.description.as_str().into(),
        None => format!("{} (needs {})", line.description, first_needs(&line.needs)).into(),
    };
    // Built-in definitions are listed by group, which names their origin.
    let from = match line.origin {
        Origin::BuiltIn => "",
        origin @ (Origin::File | Origin::Project | Origin::User) => catalog::origin(origin),
    };
    [
        Cell::new(group, Look::Faint),
        Cell::new(line.name.as_str(), Look::Name),
        description,
        Cell::new(line.short_ends.as_str(), Look::Faint),
        Cell::new(from, Look::Faint),
    ]
}

/// Returns what a start needs, the first two; `ap dry-run` shows all.
fn first_needs(needs: &[String]) -> String {
    match needs {
        [first, second, _, ..] => format!("{first}, {second} or …"),
        all => all.join(" or "),
    }
}

/// Returns the names of the entries only, in lines.
fn names(title: &str, usage: &str, lines: &[Line], width: Option<usize>) -> String {
    let widest = Group::ALL
        .map(|group| group.title().len())
        .into_iter()
        .max();
    let column = widest.unwrap_or_default();
    let mut text = heading(title, usage);
    for (group, lines) in groups(lines) {
        let names: Vec<String> = lines.into_iter().map(name).collect();
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(column + 4));
        let titles = std::iter::once(group.title()).chain(std::iter::repeat(""));
        for (names, title) in wrap(&names.join(", "), room).iter().zip(titles) {
            let title = format!("{title:<column$}");
            text += &format!("\n  {}  {}", style::faint(&title), style::name(names));
        }
    }
    text
}

/// Returns the name of an entry, marked if it cannot run.
fn name(line: &Line) -> String {
    match line.error {
        Some(_) => format!("{} (broken)", line.name),
        None => line.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::layout::Project;
    use insta::assert_snapshot;

    fn context() -> Context {
        Context {
            project: Project::new("/no/where".into()),
            dirs: crate::store::layout::UserDirs::new(&crate::model::Env::default(), None),
            exe: "ap".into(),
            session: None,
            env: crate::model::Env::default(),
            inside_tmux: false,
            settings: Default::default(),
        }
    }

    fn overview() -> Overview {
        let context = context();
        let lines = catalog::lines(&context.library(), &context.project, &context.declared());
        let (loops, pipelines) = lines
            .into_iter()
            .partition(|line| line.kind == PlanKind::Loop);
        Overview {
            loops,
            pipelines,
            sessions: Vec::new(),
        }
    }

    #[test]
    fn the_names_fit_a_small_screen_and_every_line_its_width() {
        console::set_colors_enabled(false);
        let small = overview().text(Some((24, 80)), false);
        assert!(small.lines().count() <= 18, "{small}");
        for text in [small, overview().text(Some((24, 80)), true)] {
            let wide = text.lines().find(|line| 80 < line.chars().count());
            assert_eq!(wide, None, "{text}");
            assert!(text.contains("work") && text.contains("Build"), "{text}");
        }
    }

    #[test]
    fn a_tall_screen_shows_descriptions() {
        console::set_colors_enabled(false);
        for text in [
            overview().text(Some((60, 120)), false),
            overview().text(None, false),
        ] {
            assert!(
                text.contains("Implement the queue's tasks one by"),
                "{text}"
            );
            assert!(text.contains("7 stages"), "{text}");
        }
    }

    #[test]
    fn json_has_the_documented_shape() {
        let args = Args {
            all: false,
            format: Format::Json,
        };
        assert_eq!(run(&args, &context()).unwrap(), ExitCode::Done);
        let mut overview = overview();
        overview.loops.retain(|line| line.name == "work");
        overview.pipelines.clear();
        assert_snapshot!(serde_json::to_string_pretty(&overview).unwrap(), @r#"
        {
          "loops": [
            {
              "name": "work",
              "kind": "loop",
              "description": "Implement the queue's tasks one by one, each verified and committed, until the queue is empty",
              "ends": "the queue is empty, at most 25",
              "needs": [],
              "also_needs": [],
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
