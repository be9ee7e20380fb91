//! Two kinds of agent argue, `claude` and a program of the user's own; killed in the middle of a block, they are resumed.
use super::{API_KEY, ONE, RESUME, kinds, prepare};
use crate::messages_api::{MockApi, Request, Turn, script, turn};
use serde_json::{Value, json};

const DEBATE: &str = r#"
name: debate
description: Two kinds of agent argue, and one carries out what they agree on
nodes:
  - id: proposals
    parallel:
      providers: &both
        - { name: claude, model: sonnet }
        - { id: other, name: command, program: ../other.sh }
      stages: [{ id: recommend, loop: recommend-improvements, runs: 1 }]
  - id: critiques
    parallel:
      providers: *both
      stages: [{ id: critique, loop: critique-plan, runs: 1, inputs: { from_parallel: recommend } }]
  - id: answers
    parallel:
      providers: *both
      stages: [{ id: respond, loop: respond-critique, runs: 1, inputs: { from_parallel: [{ stage: recommend }, { stage: critique }] } }]
  - id: implement
    loop: implement-changes
    model: sonnet
    delay: 0
    runs: 5
    inputs: { from_parallel: respond }
"#;

/// A program of the user's own: it talks to the same service, and to nothing else.
const OTHER: &str =
    "#!/bin/sh\nIS_SANDBOX=1 exec claude -p --model sonnet --permission-mode bypassPermissions\n";

/// Who speaks, and in which stage.
fn seat(request: &Request) -> (&'static str, String) {
    let status = request.path("status.json");
    let who = if status.contains("/providers/other/") {
        "other"
    } else {
        "claude"
    };
    let stage = status
        .rsplit("/stage-")
        .next()
        .and_then(|rest| rest.split('/').next())
        .and_then(|stage| stage.get(3..));
    (who, stage.unwrap_or_default().to_owned())
}

/// Every output that a context tells of, wherever it stands in it.
fn outputs(context: &Value) -> Vec<String> {
    match context {
        Value::String(path) if path.ends_with("output.md") => vec![format!("'{path}'")],
        Value::Array(all) => all.iter().flat_map(outputs).collect(),
        Value::Object(all) => all.values().flat_map(outputs).collect(),
        _ => Vec::new(),
    }
}

/// A step of the debate: read what there is, act on it, say so.
fn speaks(request: &Request) -> Vec<Turn> {
    let (who, stage) = seat(request);
    let context: Value = serde_json::from_str(&request.tool_result(0)).unwrap_or_default();
    let given = outputs(&context["inputs"]["from_parallel"]);
    let acts = match (who, stage.as_str(), &context["iteration"]) {
        ("claude", "recommend", _) => {
            "touch .git/waits; until [ -e .git/go ]; do sleep 0.05; done".to_owned()
        }
        (_, "implement", first) if *first == json!(1) => {
            "echo agreed > agreed.txt && git add agreed.txt && git commit -q -m agreed".to_owned()
        }
        _ => "true".to_owned(),
    };
    let status = json!({ "decision": "stop", "reason": "it is said", "summary": format!("{stage} by {who}"), "work": {}, "errors": [] });
    vec![
        turn().bash(format!("cat '{}'", request.path("context.json"))),
        turn().bash(if given.is_empty() {
            "true".to_owned()
        } else {
            format!("cat {}", given.join(" "))
        }),
        turn().bash(acts),
        turn().write(request.path("status.json"), status.to_string()),
        turn().text(format!("My {stage} by {who}.")),
    ]
}

/// The first requests of all conversations of one seat.
fn began(api: &MockApi, who: &str, stage: &str) -> usize {
    let first = |request: &&Request| request.asks_for_a_turn() && request.turns() == 0;
    api.requests()
        .iter()
        .filter(first)
        .filter(|request| seat(request) == (who, stage.to_owned()))
        .count()
}

/// What the last conversation of one seat had read by its end.
fn read(api: &MockApi, who: &str, stage: &str) -> String {
    let requests = api.requests();
    let last = requests
        .iter()
        .rfind(|request| request.turns() == 4 && seat(request) == (who, stage.to_owned()));
    last.map_or_else(String::new, |request| request.tool_result(1))
}

#[test]
fn two_providers_debate_and_resume_after_a_kill() {
    let Some((api, project)) = prepare(
        script().every(|_, request| speaks(request)),
        &ONE,
        "",
        |it| it,
    ) else {
        return;
    };
    project.put(".claude/pipelines/debate.yaml", DEBATE);
    project.put("../other.sh", OTHER);
    project
        .program("chmod", &["+x", "../other.sh"])
        .status()
        .expect("chmod runs");
    let debate = ["pipeline", "debate", "it", "--foreground"];
    let running = project.start_command("it", &[&debate, API_KEY].concat());
    project.wait_for(".git/waits");
    project.wait_for(
        project
            .run(
                "parallel-00-proposals/providers/other/stage-00-recommend/iterations/001/output.md",
            )
            .as_str(),
    );
    running.kill_all();
    project.put(".git/go", "");
    let running = project.start_command("it", &[&debate, RESUME].concat());
    running.wait_to_show("trying again");
    assert_eq!(project.ap(&["continue", "it"]).0, Some(0));
    let (code, shown) = running.end();
    assert_eq!(code, Some(0), "{shown}");
    // Who was done was not asked again.
    assert_eq!(
        (
            began(&api, "claude", "recommend"),
            began(&api, "other", "recommend")
        ),
        (2, 1)
    );
    for who in ["claude", "other"] {
        assert_eq!(
            (began(&api, who, "critique"), began(&api, who, "respond")),
            (1, 1)
        );
        assert_eq!(
            read(&api, who, "recommend"),
            "(Bash completed with no output)",
            "neither sees what the other writes meanwhile"
        );
        let proposals = read(&api, who, "critique");
        assert!(
            proposals.contains("My recommend by claude.")
                && proposals.contains("My recommend by other."),
            "{proposals}"
        );
        let attacks = read(&api, who, "respond");
        assert!(
            attacks.contains("My critique by claude.")
                && attacks.contains("My recommend by other."),
            "{attacks}"
        );
    }
    let answers = read(&api, "claude", "implement");
    assert!(
        answers.contains("My respond by claude.") && answers.contains("My respond by other."),
        "{answers}"
    );
    assert_eq!(
        (
            began(&api, "claude", "implement"),
            began(&api, "other", "implement")
        ),
        (2, 0)
    );
    assert_eq!(project.git(&["log", "--format=%s"]), "agreed\nThe plan\n");
    for block in ["00-proposals", "01-critiques", "02-answers"] {
        let manifest = project.json(project.run(&format!("parallel-{block}/manifest.json")));
        assert_eq!(
            manifest["providers"]
                .as_object()
                .map(|all| all.keys().cloned().collect::<Vec<_>>()),
            Some(vec!["claude".into(), "other".into()])
        );
    }
    assert_eq!(project.state()["status"], "complete");
    assert_eq!(
        kinds(&project.outcomes()),
        ["reported", "reported"],
        "outcomes of the branches are in their own journals"
    );
    assert!(project.processes().is_empty(), "nothing is left running");
}
