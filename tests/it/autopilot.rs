//! A project that is built from its PRD: `ap init`, and when the work is done.
use crate::project::Project;
use serde_json::Value;

const FILES: [&str; 8] = [
    "prd.md",
    "verify.sh",
    "context.md",
    "rules.md",
    "config.yaml",
    "agents.json",
    "backlog.md",
    "knowledge.md",
];

/// Runs git in a project and returns what it prints.
fn git(project: &Project, args: &[&str]) -> String {
    let own = ["-c", "user.name=a", "-c", "user.email=a@b"];
    let output = project
        .command("git")
        .args([&own[..], args].concat())
        .output()
        .expect("git");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn init_writes_what_is_missing_and_registers_the_project() {
    let project = Project::named("shop");
    project.write("BACKLOG.md", "- [ ] mine\n");
    project.write(".agent-pipelines/rules.md", "mine\n");
    let first = project.ap(&["init"]).expect(0);
    first.says(&["new", "kept", "not written: you have BACKLOG.md"]);
    first.says(&["Registered project 'shop'", "Write what you want into"]);
    assert_eq!(project.read(".agent-pipelines/rules.md"), "mine\n");
    assert!(!project.root().join(".agent-pipelines/backlog.md").exists());
    assert!(!project.root().join(".claude/settings.json").exists());
    let before = project.read(".agent-pipelines/.gitignore");
    project
        .ap(&["init"])
        .expect(0)
        .says(&["Project 'shop' is registered already."]);
    assert_eq!(project.read(".agent-pipelines/.gitignore"), before);
    let projects = project.ap(&["projects", "--json"]).expect(0);
    let projects: Value = serde_json::from_str(&projects.stdout).expect("JSON");
    assert_eq!(projects.as_array().map(Vec::len), Some(1), "{projects}");
    project
        .ap(&["init", "nowhere", "--no-register"])
        .expect(2)
        .says(&["there is no directory nowhere"]);
}

#[test]
fn commits_hold_your_files_and_nothing_that_sessions_write() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, max: 1 }\n",
        "echo '{\"decision\":\"continue\"}' >\"$status\"",
    );
    project.write("backlog.md", "- [ ] a task (#a)\n");
    project.ap(&["queue", "claim", "a"]).expect(0);
    project.ap(&["work", "s", "--foreground"]).expect(0);
    let untracked = |project: &Project| {
        let listed = git(
            project,
            &[
                "status",
                "--porcelain",
                "--untracked-files=all",
                "--",
                ".agent-pipelines",
            ],
        );
        let names = listed.lines().filter_map(|line| line.get(3..));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        untracked(&project),
        [""; 0],
        "before there is anything of yours"
    );
    project.ap(&["init", "--no-register"]).expect(0);
    let mut own: Vec<String> = FILES
        .iter()
        .filter(|name| **name != "backlog.md")
        .chain(&[".gitignore"])
        .map(|name| format!(".agent-pipelines/{name}"))
        .collect();
    own.sort_unstable();
    assert_eq!(untracked(&project), own);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-q", "-m", "x"]);
    let clone = Project::new();
    git(&clone, &["pull", "-q", project.root().as_str(), "HEAD"]);
    clone.ap(&["queue", "claim", "a"]).expect(0);
    clone.ap(&["work", "s", "--foreground"]).expect(0);
    assert_eq!(untracked(&clone), [""; 0]);
    let claims = ".agent-pipelines/.claims/backlog.md.json";
    assert_eq!(git(&clone, &["check-ignore", claims]).trim(), claims);
}

#[test]
fn a_check_that_passes_waits_for_the_tasks_and_the_boxes_of_the_prd() {
    let project = Project::new();
    project.write("prd.md", "### Phase 2: greet\n- [ ] it greets\n");
    project.write("backlog.md", "- [ ] [P1] T_1 — greet\n");
    let yaml = "termination: { type: verify, command: \"echo '{\\\"passed\\\":true,\\\"score\\\":1,\\\"details\\\":\\\"ok\\\"}'\", prd: [none.md, prd.md], tasks_closed: true, max: 9 }\nqueue: {}\n";
    let script = "case $(ls .. | grep -c '^ran[0-9]') in 0) touch ../ran1;; 1) touch ../ran2; \"$AP_EXE\" queue claim T_1; \"$AP_EXE\" queue close T_1;; 2) touch ../ran3; printf -- '### Phase 2: greet\\n- [x] it greets\\n' >prd.md;; esac\necho '{\"decision\":\"stop\"}' >\"$status\"";
    project.shell_loop("work", yaml, script);
    project.ap(&["work", "s", "--foreground"]).expect(0).says(&[
        "not all of the work is done: a task is open",
        "a box of the PRD is open (next: phase 2: greet)",
        "`verify` reports that it is done",
    ]);
    let answers = project.events("s", "gate_answered");
    assert_eq!(answers.len(), 3);
    for answer in &answers {
        assert_eq!(answer["answer"]["score"], 1.0, "{answer}");
        assert_eq!(answer["answer"]["details"], "ok");
    }
}

#[test]
fn the_settings_of_a_project_apply_to_its_loop_and_are_checked_with_it() {
    let project = Project::new();
    project.ap(&["init", "--no-register"]).expect(0);
    let template = project.ap(&["lint", "project"]).expect(0);
    template.says(&["loop autopilot", "1 checked"]);
    let config = ".agent-pipelines/config.yaml";
    project.write(
        config,
        "max_iterations: 7 # a night\nmodels: {default: haiku}\n",
    );
    let shown = project.ap(&["dry-run", "autopilot"]).expect(0);
    shown.says(&["haiku", "project"]);
    project.write(config, "delay: 5\nmax_iteration: 7\n");
    for command in [&["lint", "project"][..], &["lint"], &["autopilot", "s"]] {
        let refused = project.ap(command).expect(2);
        refused.says(&["config.yaml:2:1", "unknown key `max_iteration`"]);
        refused.says(&["did you mean `max_iterations`?"]);
    }
    project.write(config, "programs: {claude: /x}\n");
    let refused = project.ap(&["lint", "project"]).expect(2);
    refused.says(&["`programs` belongs into your own settings"]);
    project.write(config, "loop: nowhere\n");
    project
        .ap(&["lint", "project"])
        .expect(2)
        .says(&["nowhere"]);
    project.write(config, "loop: work\n");
    project
        .ap(&["lint", "project"])
        .expect(0)
        .says(&["loop work"]);
    project.write(
        ".agent-pipelines/agents.json",
        "{\"a\": {\"prompt\": \"x\"}}\n",
    );
    project
        .ap(&["lint", "project"])
        .expect(2)
        .says(&["agents.json:1:1", "missing field `description`"]);
}

#[test]
fn a_phase_is_over_once_its_boxes_are_ticked_and_the_check_passes() {
    let project = Project::new();
    project.write(
        "prd.md",
        "# Shop\n### Phase 2: greet\n- [ ] it greets\n### Phase 1: leave\n- [ ] it leaves\n",
    );
    project.write(".agent-pipelines/rules.md", "Never shout.\n");
    let check = "case $(ls | grep -c '^ran[0-9]') in 1) echo '{\\\"passed\\\":false}';; *) echo '{\\\"passed\\\":true}';; esac";
    let yaml =
        format!("termination: {{ type: verify, command: \"{check}\", prd: [prd.md], max: 9 }}\n");
    let script = "case $(ls .. | grep -c '^ran[0-9]') in 0) touch ../ran1; sed -i 's/. . it greets/[x] it greets/' prd.md;; 1) touch ../ran2;; 2) touch ../ran3; sed -i 's/. . it leaves/[x] it leaves/' prd.md;; esac\necho '{\"decision\":\"stop\"}' >\"$status\"";
    let script = script.replace("../ran", "ran").replace("ls ..", "ls");
    project.shell_loop("work", &yaml, &script);
    project.write(
        ".claude/loops/work/prompt.md",
        "${ITERATION}\n${STATUS}\n${PROJECT}\n",
    );
    project
        .ap(&["work", "s", "--foreground"])
        .expect(0)
        .says(&["phase 2: greet is over", "phase 1: leave is over"]);
    let over = project.events("s", "phase_finished");
    let names: Vec<&Value> = over.iter().map(|event| &event["phase"]["name"]).collect();
    assert_eq!(names, ["phase 2: greet", "phase 1: leave"]);
    let archive = project.read(".agent-pipelines/backlog-archive.md");
    for text in ["## phase 2: greet, ", "- [x] it greets", "- [x] it leaves"] {
        assert_eq!(archive.matches(text).count(), 1, "{archive}");
    }
    let prompt = |iteration: u32| {
        project.read(&format!(
            ".claude/pipeline-runs/s/stage-00-work/iterations/{iteration:03}/prompt.md"
        ))
    };
    let first = prompt(1);
    assert!(
        first.contains("### The PRD, phase 2: greet (1 of its 1 boxes open)"),
        "{first}"
    );
    assert!(
        first.contains("Never shout.") && !first.contains("it leaves"),
        "{first}"
    );
    let third = prompt(3);
    assert!(
        third.contains("phase 1: leave (1 of its 1 boxes open); over: phase 2: greet"),
        "{third}"
    );
    project.ap(&["work", "s", "--foreground", "--resume"]);
    assert_eq!(project.read(".agent-pipelines/backlog-archive.md"), archive);
}

#[test]
fn a_project_of_cc_autopipe_is_taken_over_once_and_stays_as_it_is() {
    let project = Project::new();
    let old = |name: &str| format!(".cc-autopipe/{name}");
    project.write(
        &old("prd.md"),
        "### Phase 1: pay\n- [x] by card\n### Phase 2: ship\n- [ ] it ships\n",
    );
    project.write(
        &old("verify.sh"),
        "#!/bin/sh\necho '{\"passed\":true,\"score\":1}'\n",
    );
    project.write(&old("knowledge.md"), "2026-05-01 t1: learned\n");
    project.write(&old("findings_index.md"), "found\n");
    project.write(&old("backlog.md"), "- [ ] t2 \u{2014} ship\n");
    project.write(
        &old("config.yaml"),
        "name: shop\nmodels:\n  default: haiku\nlimits: {max_hours: 3}\n",
    );
    project.write(&old("HUMAN_NEEDED.md"), "help\n");
    project.write(
        ".claude/settings.json",
        "{\"hooks\": {\"Stop\": \"~/cc-autopipe/hooks/stop\"}}\n",
    );
    project.write(&old("state.json"), "{\"schema_version\": 7, \"phase\": ");
    let refused = project.ap(&["init", "--import", "--no-register"]).expect(2);
    refused.says(&["state.json cannot be imported", "nothing was changed"]);
    assert!(!project.root().join(".agent-pipelines").exists());
    project.write(
        &old("state.json.bak"),
        "{\"schema_version\": 7, \"phase\": \"failed\", \"iteration\": 41, \"threshold\": 0.9, \"phases_completed\": [1], \"consecutive_failures\": 2, \"session_id\": \"c1\"}\n",
    );
    git(&project, &["add", "-f", "."]);
    git(&project, &["commit", "-q", "-m", "before"]);
    project
        .ap(&["init", "--import", "--no-register"])
        .expect(0)
        .says(&[
            "prd.md: from .cc-autopipe/prd.md",
            "findings.md: from .cc-autopipe/findings_index.md",
            "config.yaml: translated",
            "`limits` had no effect",
            "its copy state.json.bak was used",
            "failed, 41 cycles, 1 phases over",
            "HUMAN_NEEDED.md: the old program waits for you",
            ".claude/settings.json: it has hooks of cc-autopipe",
        ]);
    let config = project.read(".agent-pipelines/config.yaml");
    assert!(
        config.contains("models: {default: haiku}\nthreshold: 0.9\n"),
        "{config}"
    );
    let changed = git(
        &project,
        &["status", "--porcelain", "--", ".cc-autopipe", ".claude"],
    );
    assert_eq!(changed, "", "what was there stays as it is");
    let all = |project: &Project| {
        git(
            project,
            &[
                "status",
                "--porcelain",
                "--ignored",
                "--untracked-files=all",
            ],
        )
    };
    let (files, prd) = (all(&project), project.read(".agent-pipelines/prd.md"));
    project.write(".agent-pipelines/rules.md", "mine\n");
    project.ap(&["init", "--import", "--no-register"]).expect(0);
    assert_eq!(all(&project), files);
    assert_eq!(project.read(".agent-pipelines/prd.md"), prd);
    assert_eq!(project.read(".agent-pipelines/rules.md"), "mine\n");
    let yaml = "termination: { type: verify, command: .agent-pipelines/verify.sh, prd: [.agent-pipelines/prd.md], max: 2 }\n";
    let script = "sed -i 's/. . it ships/[x] it ships/' .agent-pipelines/prd.md\necho '{\"decision\":\"stop\"}' >\"$status\"";
    project.shell_loop("work", yaml, script);
    project.ap(&["work", "s", "--foreground"]).expect(0);
    let imported = project.events("s", "project_imported");
    assert_eq!(imported.len(), 1);
    assert_eq!(imported[0]["phases"][0], "phase 1: pay");
    assert_eq!(imported[0]["record"]["session_id"], "c1");
    let over = project.events("s", "phase_finished");
    assert_eq!(over.len(), 1, "the first phase was over before");
    project.ap(&["work", "t", "--foreground"]).expect(0);
    assert_eq!(project.events("t", "project_imported").len(), 0);
}

#[test]
fn a_check_that_you_changed_counts_once_you_have_accepted_it() {
    let project = Project::new();
    project.write("check.sh", "echo '{\"passed\":false}'\n");
    let yaml = "termination: { type: verify, command: sh check.sh, max: 9 }\non_trouble: ask\n";
    let script = "if [ $n = 1 ]; then echo \"echo '{\\\"passed\\\":true}'\" >check.sh; \"$AP_EXE\" gate accept s >nested 2>&1; fi\necho '{\"decision\":\"continue\"}' >\"$status\"";
    project.shell_loop("work", yaml, script);
    let runner = project.start(&["work", "s", "--foreground"]);
    project.until_event("s", "question_asked", 1);
    assert!(
        project.read("nested").contains("that is for the user"),
        "{}",
        project.read("nested")
    );
    project
        .ap(&["gate", "accept", "s"])
        .expect(0)
        .says(&["check.sh as it is now"]);
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.events("s", "gate_accepted").len(), 1);
    project
        .ap(&["gate", "accept", "s"])
        .expect(2)
        .says(&["are as it knows them"]);
}
