//! The hooks of a session, as `ap dry-run` lists them.
use crate::plan::{Hook, HookAction, HookSource, OnHookFailure, Plan, SecretRef, Step};
use crate::text::{clean, shell_quote};
use crate::ui::table::{Fit, Table};

/// Returns the hooks of a plan in a table, if it has any.
pub(super) fn table(plan: &Plan) -> Option<Table> {
    let of_plan = plan.hooks.iter().map(|hook| row(hook, ""));
    let nodes = plan.steps.iter().flat_map(Step::all_nodes);
    let of_nodes = nodes.flat_map(|node| node.hooks.iter().map(|hook| row(hook, node.id.as_str())));
    let rows: Vec<_> = of_plan.chain(of_nodes).collect();
    let columns = [Fit::Keep, Fit::Wrap, Fit::Wrap, Fit::Wrap];
    let table = Table::new(columns).header(["HOOK", "RUNS", "IF IT FAILS", "OF"]);
    (!rows.is_empty()).then(|| table.rows(rows))
}

fn row(hook: &Hook, node: &str) -> [String; 4] {
    let follows = match hook.on_failure {
        OnHookFailure::Note => "it is noted",
        OnHookFailure::Retry => "it runs again",
        OnHookFailure::Hold => "the session asks you",
        OnHookFailure::Fail => "the session fails",
    };
    let of = match hook.of {
        HookSource::Config => "your config.yaml".to_owned(),
        HookSource::Pipeline => "the pipeline".to_owned(),
        HookSource::Loop => format!("the loop of {node}"),
        HookSource::Node => format!("node {node}"),
    };
    let waits = if hook.awaited { ", awaited" } else { "" };
    [
        format!("{}{waits}", hook.event),
        action(&hook.action),
        follows.to_owned(),
        of,
    ]
}

fn action(action: &HookAction) -> String {
    match action {
        HookAction::Command(argv) => {
            let words: Vec<String> = argv.iter().map(|word| shell_quote(word)).collect();
            words.join(" ")
        }
        HookAction::Webhook(SecretRef::Plain(url)) => format!("a request to {}", clean(url)),
        HookAction::Webhook(source) => format!("a request to {source}"),
        HookAction::Message(text) => format!("a message: {}", clean(text)),
    }
}
