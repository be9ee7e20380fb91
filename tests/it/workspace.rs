//! State in one folder, agents in another.
use crate::project::Project;
use agent_pipelines::model::Change;
use agent_pipelines::plan::Plan;
use agent_pipelines::runner::{Acquired, Mode, RunnerEnv, SessionRequest, acquire, run};
use agent_pipelines::store::layout;
use agent_pipelines::workspace::Workspace;

/// Notes where it works.
const AGENT: &str = r#"
pwd >"$(dirname "$status")/pwd"
echo '{"decision": "continue", "summary": "done"}' >"$status"
"#;

/// Returns the plan of a session that ran in place, for another session.
fn plan(project: &Project, session: &str) -> Plan {
    project.ap(&["work", "first", "--foreground"]).expect(0);
    let text = project.read(&project.run_file("first", "plan.json"));
    Plan {
        session: session.parse().expect("a name"),
        run: "r2".parse().expect("a run id"),
        ..serde_json::from_str(&text).expect("a plan")
    }
}

#[test]
fn agents_work_in_one_folder_while_state_is_kept_in_another() {
    let project = Project::new();
    project.shell_loop("work", "termination: { type: fixed, max: 1 }\n", AGENT);
    let plan = plan(&project, "apart");
    let cwd = project.outside().join("copy");
    fs_err::create_dir(&cwd).expect("a folder");
    let workspace = Workspace {
        store_root: layout::Project::new(project.root().to_owned()),
        cwd: cwd.clone(),
    };
    let vars = std::env::vars().collect();
    let env = RunnerEnv::new(workspace.clone(), env!("CARGO_BIN_EXE_ap").into(), vars);
    let request = SessionRequest {
        plan,
        mode: Mode::New,
        max_iterations: None,
        change: Change::default(),
        replace: false,
        take_over: false,
        slice: None,
    };
    let Acquired::Session(session) = acquire(&workspace, &request).expect("the session") else {
        panic!("it is complete");
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    drop(runtime.block_on(run(*session, env)).expect("its end"));
    let iteration = "stage-00-work/iterations/001";
    let worked_in = project.read(&project.run_file("apart", &format!("{iteration}/pwd")));
    assert_eq!(worked_in.trim(), cwd.canonicalize_utf8().expect("a path"));
    assert_eq!(project.status("apart")["status"], "complete");
    assert!(!cwd.join(".claude").exists());
}
