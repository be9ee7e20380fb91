//! `ap dry-run`: what a session would do, without starting anything.
use super::candidates;
use super::catalog;
use super::context::Context;
use super::graph::{self, Language};
use super::said::{self, Said};
use crate::agent::AgentSpec;
use crate::compile::{Invalid, Problem, Request, compile};
use crate::error::{Error, ExitCode, Result};
use crate::model::SessionName;
use crate::plan::{Branch, Earlier, Node, Plan, PlanKind, QueueSource, Step};
use crate::runner::{JUDGE_TRIES, PromptPreview, RunnerEnv, preview_prompt};
use crate::store::inputs;
use crate::store::layout::RunDir;
use crate::termination::GateRef;
use crate::text::count;
use crate::text::shell_quote;
use crate::ui::{self, style, table};
use serde::Serialize;

/// Show what a session would do
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Whether it is a loop or a pipeline
    #[arg(value_parser = ["loop", "pipeline"])]
    pub(super) kind: String,
    /// Its name or path
    #[arg(add = candidates::definitions())]
    pub(super) name: String,
    /// The session it would run as
    #[arg(default_value = "preview")]
    pub(super) session: String,
    #[command(flatten)]
    pub(super) said: Said,
    /// Draw the nodes instead, for Mermaid or Graphviz
    #[arg(long, value_name = "LANGUAGE", conflicts_with = "json")]
    pub(super) graph: Option<Language>,
    /// Print JSON: `{plan, max_agents, max_starts, prompts: [{node, file, text, argv}], warnings}`
    #[arg(long)]
    pub(super) json: bool,
}

/// The shape of `ap dry-run --json`.
#[derive(Debug, Serialize)]
struct Preview {
    plan: Plan,
    /// Iterations of all nodes at most; retries of crashed agents come on top.
    max_agents: u64,
    /// The same with every retry, and with those that judge.
    max_starts: u64,
    prompts: Vec<Prompt>,
    warnings: Vec<Problem>,
}

/// What a node's first agent gets.
#[derive(Debug, Serialize)]
struct Prompt {
    node: String,
    /// Where it will be kept.
    file: String,
    text: String,
    /// Its program and arguments; the prompt comes on its standard input.
    argv: Vec<String>,
}

/// Compiles and shows the plan.
pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let preview = preview(args, context)?;
    for warning in &preview.warnings {
        ui::note(ui::diagnostic(&warning));
    }
    if let Some(language) = args.graph {
        ui::out(graph::draw(&preview.plan, language))?;
    } else if args.json {
        ui::json(&preview)?;
    } else {
        show(&preview, context)?;
    }
    Ok(ExitCode::Done)
}

fn preview(args: &Args, context: &Context) -> Result<Preview> {
    let session: SessionName = args.session.parse().map_err(Error::usage)?;
    let kind = if args.kind == "loop" {
        PlanKind::Loop
    } else {
        PlanKind::Pipeline
    };
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
    let overrides = args
        .said
        .flags(args.said.most)?
        .or(said::environment(context)?)
        .or(context.declared());
    let invalid = |problems| {
        Error::invalid(Invalid::new(
            format!("{} `{}`", kind.as_str(), args.name),
            problems,
        ))
    };
    let (mut plan, warnings) = compile(&sources, &request, &overrides).map_err(invalid)?;
    context.settings()?.place_programs(&mut plan);
    plan.inputs = inputs::expand(context.project.root(), &plan.inputs)?;
    let env = RunnerEnv::new(
        context.project.clone(),
        context.exe.clone(),
        context.env.clone(),
    );
    let run = context.project.session(&plan.session);
    let prompts = planned_nodes(&plan, &run)
        .iter()
        .map(|planned| prompt(&plan, planned, &env))
        .collect::<Result<_>>()?;
    let runs = u64::from(plan.runs);
    let max_agents = runs
        * plan
            .all_nodes()
            .map(|node| u64::from(node.max_iterations))
            .sum::<u64>();
    let max_starts = runs * plan.all_nodes().map(starts).sum::<u64>();
    Ok(Preview {
        max_agents,
        max_starts,
        prompts,
        warnings,
        plan,
    })
}

/// A node and where it will run.
struct PlannedNode<'a> {
    run: RunDir,
    /// Of the node within that run directory.
    index: u32,
    node: &'a Node,
    /// For a node of a branch: the plan it is in.
    of_branch: Option<Plan>,
    /// `duel/claude` for a node of a branch.
    branch: Option<String>,
}

fn planned_nodes<'a>(plan: &'a Plan, run: &RunDir) -> Vec<PlannedNode<'a>> {
    let of_step = |(index, step): (u32, &'a Step)| match step {
        Step::Node(node) => vec![PlannedNode {
            run: run.clone(),
            index,
            node,
            of_branch: None,
            branch: None,
        }],
        Step::Block(block) => {
            let of_branch = |branch: &'a Branch| {
                let (run, own) = (
                    run.branch(index, &block.id, &branch.name),
                    plan.of_branch(index, &branch.name, earlier(plan, index)),
                );
                let name = format!("{}/{}", block.id, branch.name);
                (0..)
                    .zip(&branch.nodes)
                    .map(move |(index, node)| PlannedNode {
                        run: run.clone(),
                        index,
                        node,
                        of_branch: own.clone(),
                        branch: Some(name.clone()),
                    })
            };
            block.branches.iter().flat_map(of_branch).collect()
        }
    };
    (0..).zip(&plan.nodes).flat_map(of_step).collect()
}

/// Returns the steps before a block, none of which has put out anything yet.
fn earlier(plan: &Plan, step: u32) -> Vec<Earlier> {
    let before = plan.nodes.iter().take(step as usize);
    before
        .map(|step| Earlier::Node {
            id: step.id().clone(),
            outputs: Vec::new(),
            all: false,
        })
        .collect()
}

impl PlannedNode<'_> {
    fn name(&self) -> String {
        self.branch.as_ref().map_or_else(
            || self.node.id.to_string(),
            |branch| format!("{branch}/{}", self.node.id),
        )
    }
}

/// Returns what the first agent of a node would get, by the code that would give it.
fn prompt(plan: &Plan, planned: &PlannedNode<'_>, env: &RunnerEnv) -> Result<Prompt> {
    let plan = planned.of_branch.as_ref().unwrap_or(plan);
    let PromptPreview { file, prompt, argv } =
        preview_prompt(plan, &planned.run, planned.index, planned.node, env)
            .map_err(|unknown| Error::usage(&unknown).hint(unknown.hint()))?;
    Ok(Prompt {
        node: planned.name(),
        file: file.into_string(),
        text: prompt,
        argv,
    })
}

/// Agents that a node may start if each is tried as often as it may be, with those that judge.
fn starts(node: &Node) -> u64 {
    let attempts = |spec: &AgentSpec| u64::from(spec.max_attempts.max(1));
    let judges = node
        .termination
        .gates()
        .into_iter()
        .filter(|gate| matches!(gate, GateRef::Judge(_)))
        .count() as u64;
    u64::from(node.max_iterations) * (attempts(&node.agent) + judges * u64::from(JUDGE_TRIES))
}

fn show(preview: &Preview, context: &Context) -> Result<()> {
    let plan = &preview.plan;
    let (name, origin) = (
        format!("{} {}", plan.kind.as_str(), plan.name),
        catalog::origin(plan.source.origin),
    );
    ui::out(format!(
        "{}  session {}, {} ({origin})",
        style::heading(&name),
        plan.session,
        plan.source.path
    ))?;
    let runs = if 1 < plan.runs {
        format!(", in {} runs of all nodes", plan.runs)
    } else {
        String::new()
    };
    let (agents, starts) = (count(preview.max_agents, "agent"), preview.max_starts);
    ui::out(format!(
        "QueueEnv most {agents}{runs}; {starts} with every retry of a crashed one, and those that judge."
    ))?;
    ui::out(format!(
        "Everything is kept in {}\n",
        context.project.session(&plan.session).root()
    ))?;
    let planned_nodes = planned_nodes(plan, &context.project.session(&plan.session));
    let row = |planned: &PlannedNode<'_>| {
        let node = planned.node;
        let agent = format!("{} {}", node.agent.provider_name(), node.agent.model);
        let missing = |source: &QueueSource| {
            source
                .path()
                .filter(|path| !path.is_file())
                .map_or("", |_| " (not there yet)")
        };
        let queue = node.queue.as_ref().map_or_else(String::new, |queue| {
            format!("{}{}", queue.source.name(), missing(&queue.source))
        });
        [
            planned.name(),
            node.template.clone(),
            agent,
            catalog::node_ends(node),
            pause(node.delay_ms),
            queue,
        ]
    };
    ui::out(table::table(
        ["NODE", "LOOP", "AGENT", "ENDS", "PAUSE", "QUEUE"],
        planned_nodes.iter().map(row),
    ))?;
    if let Some(origins) = said::origins(plan) {
        ui::out(format!("\n{origins}"))?;
    }
    for prompt in &preview.prompts {
        ui::out(format!(
            "\n{}  {}\n",
            style::heading(&format!("Prompt of {}, iteration 1", prompt.node)),
            style::faint(&prompt.file)
        ))?;
        ui::out(prompt.text.trim_end())?;
        let words: Vec<String> = prompt.argv.iter().map(|word| shell_quote(word)).collect();
        let (heading, comes) = (
            format!("Call of {}, iteration 1", prompt.node),
            "the prompt comes on its standard input",
        );
        ui::out(format!(
            "\n{}  {}\n\n{}",
            style::heading(&heading),
            style::faint(comes),
            words.join(" ")
        ))?;
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
        Args {
            kind: kind.into(),
            name: name.into(),
            session: session.into(),
            said: Said::default(),
            graph: None,
            json: true,
        }
    }

    #[test]
    fn the_first_prompt_is_shown_as_the_agent_gets_it() {
        let preview = preview(&args("loop", "work", "auth"), &context()).unwrap();
        let text = &preview.prompts[0].text;
        assert_eq!((preview.max_agents, preview.prompts.len()), (25, 1));
        assert!(
            !text.contains("${")
                && text.contains(
                    "/no/where/.claude/pipeline-runs/auth/stage-00-work/iterations/001/status.json"
                )
        );
        assert!(text.contains("/no/where/.claude/pipeline-runs/auth/progress-auth.md"));
        assert_eq!(preview.max_starts, 75);
        assert_eq!(
            preview.prompts[0].argv[..3],
            ["claude", "-p", "--dangerously-skip-permissions"]
        );
    }

    #[test]
    fn every_node_of_a_pipeline_is_shown() {
        let preview = preview(&args("pipeline", "full-refine", "auth"), &context()).unwrap();
        assert_eq!((preview.max_agents, preview.prompts.len()), (10, 2));
        assert!(
            preview.prompts[1]
                .text
                .contains("/stage-01-beads/progress.md")
        );
    }

    #[test]
    fn an_output_path_has_its_variables_filled() {
        let preview = preview(&args("loop", "idea-wizard", "auth"), &context()).unwrap();
        assert!(preview.prompts[0].text.contains("docs/ideas-auth.md"));
    }

    #[test]
    fn bad_names_are_exit_code_2() {
        for (kind, name, session) in [
            ("loop", "work", "../x"),
            ("loop", "wrok", "x"),
            ("pipeline", "work", "x"),
        ] {
            assert_eq!(
                preview(&args(kind, name, session), &context())
                    .err()
                    .map(|error| error.code),
                Some(ExitCode::Usage)
            );
        }
    }
}
