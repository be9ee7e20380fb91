//! Tests where definitions are found, and that the built-in ones have no problems.
use super::Library;
use super::found::LARGEST_YAML;
use crate::compile::{
    LoopSource, Overrides, Problem, Request, Severity, Sources, compile, description,
};
use crate::plan::{Origin, PlanKind};
use camino::{Utf8Path, Utf8PathBuf};

fn scratch_library() -> (tempfile::TempDir, Library) {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
    let library = Library::new(&root.join("project"), &root.join("user"));
    (dir, library)
}

fn put(path: &Utf8Path, content: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    crate::store::atomic::replace(path, content).unwrap();
}

fn a_loop(folder: &Utf8Path, file: &str, description: &str) {
    put(
        &folder.join(file),
        format!("description: {description}\ntermination: {{type: queue}}\n").as_bytes(),
    );
    put(&folder.join("prompt.md"), b"${STATUS}\n");
}

fn described(library: &Library, name: &str) -> (Origin, String) {
    let found = library.find(PlanKind::Loop, name).unwrap();
    (found.origin(), description(&found.definition().text))
}

fn compiled(sources: &Sources) -> Result<Vec<Problem>, Vec<Problem>> {
    let (session, run) = ("s".parse().unwrap(), "r".parse().unwrap());
    let request = Request {
        session,
        run,
        command: String::new(),
        project: "/p".into(),
        backlog: None,
        beads: false,
    };
    compile(sources, &request, &Overrides::default()).map(|(_, warnings)| warnings)
}

/// A user of the older program keeps the folders it had.
#[test]
fn definitions_under_scripts_are_found_after_those_under_claude() {
    let (dir, library) = scratch_library();
    let project = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
    let project = project.join("project");
    for (folder, name) in [
        ("scripts/loops", "older"),
        ("scripts/stages", "oldest"),
        ("scripts/loops", "both"),
        (".claude/loops", "both"),
    ] {
        a_loop(&project.join(folder).join(name), "loop.yaml", folder);
    }
    let pipeline = b"stages:\n  - {name: a, loop: older, runs: 2}\n";
    put(&project.join("scripts/pipelines/chain.yaml"), pipeline);
    let found = ["older", "oldest", "both"].map(|name| described(&library, name));
    let project_loop = |folder: &str| (Origin::Project, folder.to_owned());
    let folders = ["scripts/loops", "scripts/stages", ".claude/loops"];
    assert_eq!(found, folders.map(project_loop));
    let chain = library.find(PlanKind::Pipeline, "chain").unwrap();
    assert!(compiled(&chain).is_ok());
    let names: Vec<String> = library.list().into_iter().map(|entry| entry.name).collect();
    assert!(
        ["older", "oldest", "both", "chain"]
            .iter()
            .all(|name| names.contains(&(*name).to_owned()))
    );
}

#[test]
fn everything_built_in_is_clean() {
    let (_dir, library) = scratch_library();
    let list = library.list();
    let names: Vec<_> = list.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "autopilot",
            "bug-discovery",
            "bug-triage",
            "ci-fix",
            "create-tasks",
            "critique-plan",
            "doc-updater",
            "elegance",
            "fresh-eyes",
            "idea-wizard",
            "implement-changes",
            "improve-plan",
            "merge-conflict",
            "ralph",
            "recommend-improvements",
            "refine-beads",
            "refine-tasks",
            "research-plan",
            "respond-critique",
            "synthesize",
            "test-scanner",
            "work",
            "bug-hunt",
            "code-review",
            "deep-refine",
            "docs-improve",
            "dueling-wizards",
            "full-refine",
            "ideate",
            "plan-debate",
            "plan-to-tasks",
            "quick-refine",
            "research-implement",
            "ship",
        ]
    );
    for entry in &list {
        let problems = compiled(entry.sources.as_ref().unwrap())
            .unwrap_or_else(|problems| panic!("{}: {problems:?}", entry.path));
        assert!(problems.is_empty(), "{}: {problems:?}", entry.path);
    }
}

#[test]
fn every_built_in_prompt_reads_first_and_reports_each_decision_last() {
    let (_dir, library) = scratch_library();
    for entry in library
        .list()
        .iter()
        .filter(|entry| entry.kind == PlanKind::Loop)
    {
        let Ok(Sources::Loop(LoopSource {
            prompt: Ok(prompt), ..
        })) = &entry.sources
        else {
            panic!("{}", entry.path)
        };
        let [context, progress, status] =
            ["${CTX}", "${PROGRESS}", "${STATUS}"].map(|name| prompt.text.find(name).expect(name));
        assert!(context < progress && progress < status, "{}", entry.name);
        let examples = prompt
            .text
            .split("```json\n")
            .skip(1)
            .map(|rest| rest.split("```").next().unwrap());
        let decisions: Vec<_> = examples
            .map(|text| crate::model::Status::parse(text).unwrap().decision)
            .collect();
        use crate::model::Decision::{Ask, Continue, Error, Stop};
        let (always, sometimes) = decisions.split_at(3);
        // Where a gate is asked after each iteration, an agent does not stop.
        let done = if entry.name == "autopilot" {
            Continue
        } else {
            Stop
        };
        assert_eq!(always, [Continue, done, Error], "{}", entry.name);
        assert!([&[][..], &[Ask]].contains(&sometimes), "{}", entry.name);
    }
}

#[test]
fn the_nearest_definition_wins() {
    let (_dir, library) = scratch_library();
    assert_eq!(described(&library, "work").0, Origin::BuiltIn);
    a_loop(&library.user.join("loops/work"), "loop.yaml", "of the user");
    assert_eq!(
        described(&library, "work"),
        (Origin::User, "of the user".into())
    );
    a_loop(
        &library.project.join(".claude/stages/work"),
        "stage.yaml",
        "of the project, as it was",
    );
    assert_eq!(
        described(&library, "work"),
        (Origin::Project, "of the project, as it was".into())
    );
    a_loop(
        &library.project.join(".claude/loops/work"),
        "loop.yaml",
        "of the project",
    );
    assert_eq!(
        described(&library, "work"),
        (Origin::Project, "of the project".into())
    );
    a_loop(
        &library.project.join("elsewhere/mine"),
        "loop.yaml",
        "by its path",
    );
    assert_eq!(
        described(&library, library.project.join("elsewhere/mine").as_str()),
        (Origin::File, "by its path".into())
    );
    assert_eq!(
        library
            .list()
            .iter()
            .filter(|entry| entry.name == "work")
            .count(),
        1
    );
}

#[test]
fn a_pipeline_is_found_by_name_with_or_without_yaml_and_by_path() {
    let (_dir, library) = scratch_library();
    assert_eq!(
        library
            .find(PlanKind::Pipeline, "full-refine.yaml")
            .unwrap()
            .origin(),
        Origin::BuiltIn
    );
    let file = library.project.join("my.yaml");
    put(&file, b"nodes: [{id: a, loop: work, runs: 1}]\n");
    let found = library.find(PlanKind::Pipeline, file.as_str()).unwrap();
    assert_eq!(
        (
            found.origin(),
            found.name(),
            found.definition().file.as_str()
        ),
        (Origin::File, "my", "my.yaml")
    );
    assert!(compiled(&found).unwrap().is_empty());
}

#[test]
fn a_path_without_its_kind_is_a_loop_or_a_pipeline_by_its_name() {
    let (_dir, library) = scratch_library();
    put(
        &library.project.join(".claude/pipelines/work.yaml"),
        b"nodes: [{id: a, loop: work, runs: 1}]\n",
    );
    a_loop(&library.project.join("mine"), "loop.yaml", "by its path");
    let kinds = |name: &str| -> Vec<_> {
        library
            .entries_of(name)
            .unwrap()
            .into_iter()
            .map(|entry| entry.kind)
            .collect()
    };
    assert_eq!(kinds("work"), [PlanKind::Loop, PlanKind::Pipeline]);
    assert_eq!(
        (kinds("ralph"), kinds("ship")),
        (vec![PlanKind::Loop], vec![PlanKind::Pipeline])
    );
    for (path, kind) in [
        ("mine", PlanKind::Loop),
        ("mine/loop.yaml", PlanKind::Loop),
        (".claude/pipelines/work.yaml", PlanKind::Pipeline),
    ] {
        assert_eq!(kinds(library.project.join(path).as_str()), [kind], "{path}");
    }
    assert_eq!(
        library.entries_of("wrok").unwrap_err().to_string(),
        "there is no loop `wrok`"
    );
}

#[test]
fn a_name_cannot_leave_its_folder() {
    let (_dir, library) = scratch_library();
    a_loop(&library.project.join("secret"), "loop.yaml", "x");
    for name in ["../../secret", "..", "", "work/..", "wörk"] {
        assert!(library.named(PlanKind::Loop, name).is_none(), "{name}");
    }
    let error = library.find(PlanKind::Loop, "wrok").unwrap_err();
    assert_eq!(
        (error.to_string(), error.help()),
        (
            "there is no loop `wrok`".into(),
            Some("did you mean `work`?")
        )
    );
}

#[test]
fn unreadable_definitions_are_listed_with_the_reason() {
    let (_dir, library) = scratch_library();
    let folder = library.project.join(".claude/loops");
    put(&folder.join("binary/loop.yaml"), b"name: \xff\n");
    put(
        &folder.join("huge/loop.yaml"),
        &vec![b'#'; (LARGEST_YAML + 1) as usize],
    );
    put(
        &folder.join("mute/loop.yaml"),
        b"termination: {type: queue}\n",
    );
    let list = library.list();
    let reason = |name: &str| match &list
        .iter()
        .find(|entry| entry.name == name)
        .unwrap()
        .sources
    {
        Err(unreadable) => unreadable.reason.replace(library.project.as_str(), ""),
        Ok(sources) => compiled(sources)
            .unwrap_err()
            .iter()
            .find(|problem| problem.severity == Severity::Error)
            .unwrap()
            .to_string(),
    };
    assert_eq!(
        reason("binary"),
        "`loop.yaml` is not UTF-8 text (line 1, column 7)"
    );
    assert_eq!(
        reason("huge"),
        "`/.claude/loops/huge/loop.yaml` is too large: 1048577 bytes, at most 1048576"
    );
    assert_eq!(
        reason("mute"),
        ".claude/loops/mute/loop.yaml:1:1: there is no prompt: looked for `prompt.md`, `prompts/prompt.md`"
    );
}
