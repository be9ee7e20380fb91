//! `ap dry-run`: what a session would do, without starting anything.
use super::catalog;
use super::context::Context;
use super::said::{self, Said};
use crate::error::{Error, ExitCode, Result};
use crate::model::{Cursor, SessionName};
use crate::plan::template::{self, Scope};
use crate::plan::{Branch, Invalid, Node, Plan, PlanKind, Problem, QueueSource, Request, Shown, Step, compile};
use crate::store::layout::RunDir;
use crate::store::{inputs, library};
use crate::text::count;
use crate::ui::{self, style, table};
use serde::Serialize;

/// Show what a session would do
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Whether it is a loop or a pipeline
    #[arg(value_parser = ["loop", "pipeline"])]
    pub kind: String,
    /// Its name or path
    pub name: String,
    /// The session it would run as
    #[arg(default_value = "preview")]
    pub session: String,
    #[command(flatten)]
    pub said: Said,
    /// Print JSON: `{plan, max_agents, prompts: [{node, file, text}], warnings}`
    #[arg(long)]
    pub json: bool,
}

/// The shape of `ap dry-run --json`.
#[derive(Debug, Serialize)]
struct Preview {
    plan: Plan,
    /// Iterations of all nodes at most; retries of crashed agents come on top.
    max_agents: u64,
    prompts: Vec<Prompt>,
    warnings: Vec<Problem>,
}

/// A node's prompt as its first agent gets it.
#[derive(Debug, Serialize)]
struct Prompt {
    node: String,
    /// Where it will be kept.
    file: String,
    text: String,
}

/// Compiles and shows the plan.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let preview = preview(args, context)?;
    for warning in &preview.warnings {
        ui::note(ui::diagnostic(&Shown(warning.clone())));
    }
    if args.json {
        ui::json(&preview)?;
    } else {
        show(&preview, context)?;
    }
    Ok(ExitCode::Done)
}

fn preview(args: &Args, context: &Context) -> Result<Preview> {
    let session: SessionName = args.session.parse().map_err(Error::usage)?;
    let kind = if args.kind == "loop" { PlanKind::Loop } else { PlanKind::Pipeline };
    let library = context.library();
    let sources = library.find(kind, &args.name)?;
    let request = Request {
        command: format!("ap {} {} {session}", args.kind, args.name),
        session,
        run: "preview".parse().map_err(Error::failed)?,
        project: context.project.root().to_owned(),
        backlog: library.backlog(),
        beads: context.has_beads(),
    };
    let overrides = args.said.flags(args.said.most)?.or(said::environment(context)?).or(context.declared());
    let invalid = |problems| Error::diagnostic(ExitCode::Usage, Invalid::new(format!("{} `{}`", library::word(kind), args.name), problems));
    let (mut plan, warnings) = compile(&sources, &request, &overrides).map_err(invalid)?;
    plan.inputs = inputs::expand(context.project.root(), &plan.inputs)?;
    let run = context.project.session(&plan.session);
    let prompts = seats(&plan, &run).iter().map(|seat| prompt(&plan, seat, context)).collect::<Result<_>>()?;
    let in_a_run: u64 = plan.all_nodes().map(|node| u64::from(node.max_iterations)).sum();
    Ok(Preview { max_agents: u64::from(plan.runs) * in_a_run, prompts, warnings, plan })
}

/// A node and where it will run.
struct Seat<'a> {
    run: RunDir,
    /// Of the node within that run directory.
    index: u32,
    node: &'a Node,
    /// `duel/claude` for a node of a branch.
    branch: Option<String>,
}

fn seats<'a>(plan: &'a Plan, run: &RunDir) -> Vec<Seat<'a>> {
    let of_step = |(index, step): (u32, &'a Step)| match step {
        Step::Node(node) => vec![Seat { run: run.clone(), index, node, branch: None }],
        Step::Block(block) => {
            let of_branch = |branch: &'a Branch| {
                let run = run.branch(index, &block.id, &branch.name);
                let name = format!("{}/{}", block.id, branch.name);
                (0..).zip(&branch.nodes).map(move |(index, node)| Seat { run: run.clone(), index, node, branch: Some(name.clone()) })
            };
            block.branches.iter().flat_map(of_branch).collect()
        }
    };
    (0..).zip(&plan.nodes).flat_map(of_step).collect()
}

impl Seat<'_> {
    fn name(&self) -> String {
        self.branch.as_ref().map_or_else(|| self.node.id.to_string(), |branch| format!("{branch}/{}", self.node.id))
    }
}

/// Renders a node's first prompt with the paths the runner would use.
fn prompt(plan: &Plan, seat: &Seat<'_>, context: &Context) -> Result<Prompt> {
    let Seat { run, node, .. } = seat;
    let stage = run.stage(seat.index, &node.id);
    let files = run.iteration(Cursor::before(seat.index).next_iteration(), &node.id);
    let progress = if plan.nodes.len() == 1 || seat.branch.is_some() { run.progress() } else { stage.join("progress.md") };
    let (ctx, status, result) = (files.context(), files.status(), files.result());
    let output_path = template::path(&node.output_path, plan.session.as_str(), 1);
    let output_path = if output_path.is_empty() { output_path } else { context.project.root().join(output_path).into_string() };
    let output = if plan.kind == PlanKind::Pipeline { stage.join("output.md").into_string() } else { output_path.clone() };
    let scope = Scope {
        session: plan.session.as_str(),
        iteration: 1,
        ctx: ctx.as_str(),
        progress: progress.as_str(),
        status: status.as_str(),
        result: result.as_str(),
        output: output.as_str(),
        output_path: &output_path,
        context: &node.context,
        perspective: node.perspective(1),
        inputs: &|node| match node {
            Some(node) => format!("(what node {node} wrote)"),
            None if seat.index == 0 && seat.branch.is_none() => String::new(),
            None => "(what the earlier node wrote)".to_owned(),
        },
    };
    let text = template::render(&node.prompt, &|name| scope.value(name)).map_err(|unknown| Error::usage(&unknown).hint(unknown.hint()))?;
    Ok(Prompt { node: seat.name(), file: files.prompt().to_string(), text })
}

fn show(preview: &Preview, context: &Context) -> Result<()> {
    let plan = &preview.plan;
    let (name, origin) = (format!("{} {}", library::word(plan.kind), plan.name), catalog::origin(plan.source.origin));
    ui::out(format!("{}  session {}, {} ({origin})", style::heading(&name), plan.session, plan.source.path))?;
    let runs = if 1 < plan.runs { format!(", in {} runs of all nodes", plan.runs) } else { String::new() };
    ui::out(format!("At most {}{runs}, retries of crashed ones aside.", count(preview.max_agents, "agent")))?;
    ui::out(format!("Everything is kept in {}\n", context.project.session(&plan.session).root()))?;
    let seats = seats(plan, &context.project.session(&plan.session));
    let row = |seat: &Seat<'_>| {
        let node = seat.node;
        let agent = format!("{} {}", node.agent.provider_name(), node.agent.model);
        let missing = |source: &QueueSource| source.path().filter(|path| !path.is_file()).map_or("", |_| " (not there yet)");
        let queue = node.queue.as_ref().map_or_else(String::new, |queue| format!("{}{}", queue.source.name(), missing(&queue.source)));
        [seat.name(), node.template.clone(), agent, catalog::node_ends(node), pause(node.delay_ms), queue]
    };
    ui::out(table::table(["NODE", "LOOP", "AGENT", "ENDS", "PAUSE", "QUEUE"], seats.iter().map(row)))?;
    if let Some(origins) = said::origins(plan) {
        ui::out(format!("\n{origins}"))?;
    }
    for prompt in &preview.prompts {
        ui::out(format!("\n{}  {}\n", style::heading(&format!("Prompt of {}, iteration 1", prompt.node)), style::faint(&prompt.file)))?;
        ui::out(prompt.text.trim_end())?;
    }
    Ok(())
}

fn pause(millis: u64) -> String {
    format!("{} s", millis as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::layout::Project;

    fn context() -> Context {
        Context {
            project: Project::new("/no/where".into()),
            user_config: "/no/config".into(),
            exe: "ap".into(),
            session: None,
            env: crate::model::Env::default(),
        }
    }

    fn args(kind: &str, name: &str, session: &str) -> Args {
        Args { kind: kind.into(), name: name.into(), session: session.into(), said: Said::default(), json: true }
    }

    #[test]
    fn the_first_prompt_is_shown_as_the_agent_gets_it() {
        let preview = preview(&args("loop", "work", "auth"), &context()).unwrap();
        let text = &preview.prompts[0].text;
        assert_eq!((preview.max_agents, preview.prompts.len()), (25, 1));
        assert!(!text.contains("${") && text.contains("/no/where/.claude/pipeline-runs/auth/stage-00-work/iterations/001/status.json"));
        assert!(text.contains("/no/where/.claude/pipeline-runs/auth/progress-auth.md"));
    }

    #[test]
    fn every_node_of_a_pipeline_is_shown() {
        let preview = preview(&args("pipeline", "full-refine", "auth"), &context()).unwrap();
        assert_eq!((preview.max_agents, preview.prompts.len()), (10, 2));
        assert!(preview.prompts[1].text.contains("/stage-01-beads/progress.md"));
    }

    #[test]
    fn an_output_path_has_its_variables_filled() {
        let preview = preview(&args("loop", "idea-wizard", "auth"), &context()).unwrap();
        assert!(preview.prompts[0].text.contains("docs/ideas-auth.md"));
    }

    #[test]
    fn bad_names_are_exit_code_2() {
        for (kind, name, session) in [("loop", "work", "../x"), ("loop", "wrok", "x"), ("pipeline", "work", "x")] {
            assert_eq!(preview(&args(kind, name, session), &context()).err().map(|error| error.code), Some(ExitCode::Usage));
        }
    }
}
