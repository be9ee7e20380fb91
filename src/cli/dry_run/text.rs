//! The text of `ap dry-run`.
use super::hooks;
use super::nodes::{PlannedNode, planned_nodes};
use super::preview::{Preview, Prompt, judges};
use crate::cli::catalog;
use crate::cli::context::Context;
use crate::cli::overrides;
use crate::cli::programs;
use crate::error::Result;
use crate::plan::QueueSource;
use crate::text::{count, shell_quote};
use crate::ui::table::{Fit, Table};
use crate::ui::{self, style};
use camino::Utf8Path;

pub(super) fn print(preview: &Preview, with_prompts: bool, context: &Context) -> Result<()> {
    let plan = &preview.plan;
    let (root, run_dir) = (
        context.project.root(),
        context.project.session(&plan.session),
    );
    ui::out(summary(preview))?;
    let stored = run_dir.root();
    let stored = stored.strip_prefix(root).unwrap_or(stored);
    ui::out(format!("A start stores everything in {stored}\n"))?;
    let columns = [
        Fit::Keep,
        Fit::Keep,
        Fit::Wrap,
        Fit::Wrap,
        Fit::Keep,
        Fit::Wrap,
    ];
    ui::out(
        Table::new(columns)
            .header(["NODE", "LOOP", "AGENT", "ENDS", "PAUSE", "QUEUE"])
            .rows(
                planned_nodes(plan, &run_dir)
                    .iter()
                    .map(|planned| row(planned, root)),
            )
            .fit_terminal(),
    )?;
    if let Some(hooks) = hooks::table(plan) {
        ui::out(format!("\n{}", hooks.fit_terminal()))?;
    }
    if let Some(origins) = overrides::origins(plan) {
        ui::out(format!("\n{origins}"))?;
    }
    for problem in programs::warnings(plan.clone(), context)? {
        let hint = problem.hint.as_deref().unwrap_or_default();
        let message = format!("Missing: {}; {hint}", problem.message);
        ui::out(format!("\n{}", style::odd(&message)))?;
    }
    if !with_prompts {
        return ui::out(
            style::faint("\n`--prompt` shows the prompt and the command line of each agent.")
                .to_string(),
        );
    }
    preview.prompts.iter().try_for_each(print_prompt)
}

fn summary(preview: &Preview) -> String {
    let plan = &preview.plan;
    let runs = if 1 < plan.runs {
        format!(", in {} runs of all nodes", plan.runs)
    } else {
        String::new()
    };
    let judges = if plan.all_nodes().any(|node| 0 < judges(node)) {
        ", and with judges"
    } else {
        ""
    };
    let (needs, also_needs) = catalog::needs(plan);
    let mut needs = match needs.as_slice() {
        [] => String::new(),
        needs => format!("\nA start needs one of: {}", needs.join(", ")),
    };
    for also in also_needs {
        needs += &format!("\nA start needs {also}");
    }
    format!(
        "{}  session {}, {} ({}){needs}\nAt most {}{runs}; {} with every retry of a crashed one{judges}.",
        style::heading(&format!("{} {}", plan.kind.as_str(), plan.name)),
        plan.session,
        plan.source.path,
        catalog::origin(plan.source.origin),
        count(preview.max_agents, "agent"),
        preview.max_starts
    )
}

fn row(planned: &PlannedNode<'_>, root: &Utf8Path) -> [String; 6] {
    let node = planned.node;
    [
        planned.name(),
        node.template.clone(),
        format!("{} {}", node.agent.provider_name(), node.agent.model),
        catalog::node_ends(node),
        format!("{} s", node.delay_ms as f64 / 1000.0),
        node.queue
            .as_ref()
            .map_or_else(String::new, |queue| queue_name(&queue.source, root)),
    ]
}

fn queue_name(source: &QueueSource, root: &Utf8Path) -> String {
    let is_missing = source.path().is_some_and(|path| !path.is_file());
    let missing = if is_missing { " (no such file)" } else { "" };
    format!("{}{missing}", source.name_in(root))
}

fn print_prompt(prompt: &Prompt) -> Result<()> {
    let heading = format!("Prompt of {}, iteration 1", prompt.node);
    ui::out(format!(
        "\n{}  {}\n",
        style::heading(&heading),
        style::faint(&prompt.file)
    ))?;
    ui::out(prompt.text.trim_end())?;
    let words: Vec<String> = prompt.argv.iter().map(|word| shell_quote(word)).collect();
    ui::out(format!(
        "\n{}  {}\n\n{}",
        style::heading(&format!("Command line of {}, iteration 1", prompt.node)),
        style::faint("gets the prompt on its standard input"),
        words.join(" ")
    ))
}
