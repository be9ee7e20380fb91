//! Budgets: an agent that uses them up is ended within a turn, and the session ends at a limit that a resume raises.
use crate::project::Project;
use serde_json::{Value, json};

const TERMINATION: &str = "termination: {type: fixed}\niterations: 3\n";
/// A turn that is reckoned at 40 cents.
const TURN: &str = "{model: opus, input_tokens: 100000}";

fn last_exit(project: &Project) -> Value {
    let exits = project.events("s", "agent_exited");
    exits.last().expect("an agent has exited").clone()
}

#[test]
fn an_agent_is_ended_within_a_turn_when_the_money_is_spent() {
    let project = Project::new();
    let turns = [TURN; 3].join(", ");
    project.scripted_loop(
        "work",
        TERMINATION,
        &format!("iterations:\n  - {{turns: [{turns}], hang: true}}\n"),
    );
    let ended = project.ap(&["work", "s", "--foreground", "--max-cost", "1"]);
    ended.expect(4).says(&[
        "cost limit reached: $1.20 of $1.00, $1.20 by iteration 1 of `work`, which is unfinished",
        "--resume --max-cost 2.40",
    ]);
    assert_eq!(project.history("s"), Vec::<u64>::new(), "it does not count");
    let exit = last_exit(&project);
    assert_eq!(exit["outcome"]["kind"], "cancelled");
    assert_eq!(exit["cost"]["is_reported"], json!(false));
    let reached = project.events("s", "budget_reached");
    assert_eq!(reached[0]["limit"]["kind"], "cost");
    let state = project.status("s");
    assert_eq!(state["error"]["limit"]["by"]["is_unfinished"], json!(true));
    // The printed flag allows more; without it nothing starts.
    project
        .ap(&["work", "s", "--foreground", "--resume"])
        .expect(4);
    assert_eq!(project.events("s", "agent_exited").len(), 1);
}

#[test]
fn an_agent_is_ended_with_its_turn_when_the_time_is_up() {
    let project = Project::new();
    project.scripted_loop(
        "work",
        TERMINATION,
        &format!("iterations:\n  - {{turns: [{TURN}], hang: true}}\n"),
    );
    project
        .ap(&["work", "s", "--foreground", "--max-runtime", "1"])
        .expect(4)
        .says(&["time limit reached (1s)", "--resume --max-runtime 2"]);
    assert_eq!(project.history("s"), Vec::<u64>::new(), "it does not count");
    assert_eq!(last_exit(&project)["outcome"]["kind"], "cancelled");
    let reached = project.events("s", "budget_reached");
    assert_eq!(reached[0]["limit"]["kind"], "runtime");
}

#[test]
fn a_branch_is_ended_with_its_turn_when_the_time_of_the_session_is_up() {
    let project = Project::new();
    let script = format!("iterations:\n  - {{turns: [{TURN}], hang: true}}\n");
    project.scripted_loop("work", TERMINATION, &script);
    project.write(
        ".claude/pipelines/both.yaml",
        "name: both\ndescription: a test\nnodes:\n- id: side\n  parallel:\n    providers: [{ id: one, provider: scripted, args: [work.script.yaml] }, { id: two, provider: scripted, args: [work.script.yaml] }]\n    stages: [{ id: think, loop: work }]\n",
    );
    project
        .ap(&[
            "pipeline",
            "both",
            "s",
            "--foreground",
            "--max-runtime",
            "1",
        ])
        .expect(4)
        .says(&["time limit reached (1s)"]);
    project.nothing_left();
}

#[test]
fn tokens_of_sub_agents_count_and_cache_reads_do_not() {
    let project = Project::new();
    let turn = "{input_tokens: 400, output_tokens: 100, sub_agent: true}";
    let turns = [turn; 4].join(", ");
    project.scripted_loop(
        "work",
        TERMINATION,
        &format!("iterations:\n  - {{turns: [{turns}], hang: true}}\n"),
    );
    project
        .ap(&["work", "s", "--foreground", "--max-tokens", "2000"])
        .expect(4)
        .says(&[
            "token limit reached: 2000 of 2000, 2000 by iteration 1 of `work`",
            "--resume --max-tokens 4000",
        ]);
    let context = project.read(&project.run_file("s", "stage-00-work/iterations/001/context.json"));
    let context: Value = serde_json::from_str(&context).expect("JSON");
    assert_eq!(context["limits"]["max_tokens"], 2000);
    assert_eq!(context["limits"]["tokens_left"], 2000);
}

#[test]
fn finished_work_counts_although_its_result_is_over_the_budget() {
    let project = Project::new();
    project.scripted_loop(
        "work",
        &format!("{TERMINATION}guardrails: {{max_cost_usd: 1}}\n"),
        "iterations:\n  - {status: {decision: continue}, cost_usd: 2.5}\n",
    );
    project
        .ap(&["work", "s", "--foreground"])
        .expect(4)
        .says(&["cost limit reached: $2.50 of $1.00, $2.50 by iteration 1 of `work`"]);
    assert_eq!(project.history("s"), [1]);
}

#[test]
fn a_result_that_differs_from_the_reckoning_is_an_event_and_a_warning() {
    let project = Project::new();
    project.scripted_loop(
        "work",
        TERMINATION,
        &format!(
            "iterations:\n  - {{turns: [{TURN}], status: {{decision: continue}}, cost_usd: 2.5}}\n"
        ),
    );
    project.ap(&["work", "s", "1", "--foreground"]).expect(0);
    assert_eq!(project.events("s", "cost_doubted").len(), 1);
    project.ap(&["status", "s"]).says(&["doubtful"]);
}

#[test]
fn a_usual_cost_that_does_not_fit_is_shown_and_starts_all_the_same() {
    let project = Project::new();
    project.scripted_loop(
        "work",
        &format!("{TERMINATION}guardrails: {{max_cost_usd: 1}}\n"),
        "iterations:\n  - {status: {decision: continue}, cost_usd: 0.6}\n",
    );
    project.ap(&["work", "s", "--foreground"]).expect(4);
    assert_eq!(project.history("s"), [1, 2]);
    let context = |iteration: u32| -> Value {
        let file = format!("stage-00-work/iterations/{iteration:03}/context.json");
        serde_json::from_str(&project.read(&project.run_file("s", &file))).expect("JSON")
    };
    assert_eq!(context(1)["limits"]["may_not_finish"], json!(false));
    let second = &context(2)["limits"];
    assert_eq!(second["may_not_finish"], json!(true));
    assert_eq!(second["usual_cost_usd"], json!(0.6));
}

#[test]
fn that_an_attempt_may_not_finish_is_shown_while_it_works() {
    let project = Project::new();
    let script =
        "iterations:\n  - {status: {decision: continue}, cost_usd: 0.6}\n  - {hang: true}\n";
    let yaml = format!("{TERMINATION}guardrails: {{max_cost_usd: 1}}\n");
    project.scripted_loop("work", &yaml, script);
    let runner = project.start(&["work", "s", "--foreground"]);
    project.until_event("s", "agent_started", 2);
    let shown = project.ap(&["status", "s"]).expect(0);
    shown.says(&["$0.40 is left and an attempt usually costs $0.60: it may not finish"]);
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
}

#[test]
fn an_agent_that_goes_on_taking_turns_is_ended_while_it_does() {
    let project = Project::new();
    let turns = [TURN; 20].join(", ");
    let script = format!("pause_ms: 1000\niterations:\n  - {{turns: [{turns}]}}\n");
    project.scripted_loop("work", TERMINATION, &script);
    let ran = project.ap(&["work", "s", "--foreground", "--max-cost", "1"]);
    ran.expect(4).says(&["cost limit reached: $"]);
    let spent = last_exit(&project)["usage"]["cost_usd"].as_f64();
    // $1.20 unless the machine is very busy; all turns would be $8.
    assert!(
        spent.is_some_and(|usd| (1.2..4.0).contains(&usd)),
        "{spent:?}"
    );
}

fn spend_of_the_day(project: &Project, usd: f64) {
    let config = project.outside().join("ap home/config");
    fs_err::create_dir_all(&config).expect("a folder");
    let budgets = format!("budgets: {{day: {{usd: {usd}}}}}\n");
    agent_pipelines::store::atomic::replace(&config.join("config.yaml"), budgets.as_bytes())
        .expect("a file");
}

#[test]
fn sessions_hold_when_the_budget_of_the_day_is_spent_and_go_on_when_it_is_raised() {
    let project = Project::new();
    spend_of_the_day(&project, 1.0);
    project.scripted_loop(
        "work",
        TERMINATION,
        "iterations:\n  - {status: {decision: continue}, cost_usd: 0.6}\n",
    );
    let first = project.start(&["work", "s", "--foreground"]);
    project.until_event("s", "wait_started", 1);
    assert_eq!(project.history("s"), [1, 2]);
    let wait = &project.status("s")["waiting"];
    assert_eq!(wait["reason"]["kind"], "budget");
    let words = "all sessions have spent $1.20 of $1.00 of this day";
    assert_eq!(wait["reason"]["reason"], words);
    // Another session holds before it has spent anything.
    let second = project.start(&["work", "t", "--foreground"]);
    project.until_event("t", "wait_started", 1);
    assert_eq!(project.events("t", "iteration_started").len(), 0);
    project.ap(&["status", "t"]).says(&["waiting until", words]);
    spend_of_the_day(&project, 50.0);
    for session in ["s", "t"] {
        project.ap(&["continue", session]).expect(0);
    }
    assert_eq!((first.ended(), second.ended()), (0, 0));
    assert_eq!(project.history("t"), [1, 2, 3]);
}

#[test]
fn a_running_agent_is_ended_when_the_budget_of_the_day_is_spent() {
    let project = Project::new();
    spend_of_the_day(&project, 100.0);
    let turns = [TURN; 3].join(", ");
    project.scripted_loop(
        "work",
        &format!("{TERMINATION}guardrails: {{budgets: {{day: {{usd: 1}}, week: {{usd: 500}}}}}}\n"),
        &format!("iterations:\n  - {{turns: [{turns}], hang: true}}\n"),
    );
    let session = project.start(&["work", "s", "--foreground"]);
    project.until_event("s", "wait_started", 1);
    assert_eq!(last_exit(&project)["outcome"]["kind"], "cancelled");
    assert_eq!(project.history("s"), Vec::<u64>::new());
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(session.ended(), 5);
}
