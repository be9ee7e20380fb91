//! The options the real program is called with, as it and the service see them.
use super::agent::{begins, works};
use super::project::Project;
use super::{API_KEY, ONE, kinds, prepare};
use crate::messages_api::{MockApi, Request, script, turn};

/// The request has the effort, and the agent none of the tools that reach beyond its iteration.
pub(super) fn effort_and_tools(api: &MockApi, project: &Project) {
    let requests = api.requests();
    let turn = requests
        .iter()
        .find(|request| request.asks_for_a_turn())
        .expect("a turn");
    assert_eq!(turn.body["output_config"]["effort"], "max");
    let output = project.read(project.iteration(1, "stdout.log"));
    let init = output
        .lines()
        .find(|line| line.contains("\"subtype\":\"init\""))
        .expect("an init event");
    for tool in [
        "SendMessage",
        "ListAgents",
        "CronCreate",
        "ScheduleWakeup",
        "EnterWorktree",
    ] {
        assert!(!init.contains(&format!("\"{tool}\"")), "{tool} in {init}");
    }
}

#[test]
fn effort_name_and_tools_reach_the_program() {
    let script = script().every(|_, request| works(request));
    let Some((api, project)) = prepare(script, &ONE, "effort: max", |it| it) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(0), "{shown}");
    effort_and_tools(&api, &project);
    let output = project.read(project.iteration(1, "stdout.log"));
    assert!(output.contains("ap it e2e 1"), "{output}");
}

#[test]
fn a_budget_of_the_program_ends_the_session_at_a_limit() {
    let script = script().every(|_, request| works(request));
    let settings = "args: [--max-budget-usd, \"0.0001\"]";
    let Some((_api, project)) = prepare(script, &ONE, settings, |it| it) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(4), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["budget_exhausted"], "{shown}");
    assert!(shown.contains("used up its budget"), "{shown}");
}

/// The program has no brake for tokens of its own, and its third turn never ends by itself.
#[test]
fn an_agent_is_ended_within_the_turn_in_which_its_budget_is_spent() {
    let script = script().every(|_, request| {
        let mut turns = begins(request);
        turns.push(turn().bash("until [ -e never ]; do sleep 0.1; done"));
        turns.push(turn().text("too far"));
        turns
    });
    // Three turns of more than 100 tokens.
    let settings = "guardrails: {max_tokens: 250}";
    let Some((api, project)) = prepare(script, &ONE, settings, |it| it) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(4), "{shown}");
    assert!(shown.contains("token limit reached"), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["cancelled"], "{shown}");
    let reached = &project.events("budget_reached")[0]["limit"];
    assert_eq!(reached["kind"], "tokens");
    let requests = api.requests();
    let last = requests.iter().map(Request::turns).max();
    assert_eq!(last, Some(2), "no turn after the third: {shown}");
    assert!(project.processes().is_empty());
}

#[test]
fn what_is_left_of_the_budget_is_the_limit_of_the_program_too() {
    let script = script().every(|_, request| works(request));
    let settings = "guardrails: {max_cost_usd: 0.0001}";
    let Some((_api, project)) = prepare(script, &ONE, settings, |it| it) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(4), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["budget_exhausted"], "{shown}");
    assert!(shown.contains("cost limit reached"), "{shown}");
    assert!(!shown.contains("terminated unexpectedly"), "{shown}");
}
