use super::*;
use crate::store::layout::{Project, UserDirs};

fn context() -> Context {
    Context {
        project: Project::new("/no/where".into()),
        dirs: UserDirs::new(&crate::model::Env::default(), None),
        exe: "ap".into(),
        session: None,
        env: crate::model::Env::default(),
        inside_tmux: false,
        settings: Default::default(),
    }
}

fn preview_of(kind: PlanKind, name: &str, session: &str) -> Result<Preview> {
    let session = session.parse().map_err(Error::bad_value)?;
    preview(
        Definition {
            kind,
            name,
            session,
        },
        &OverrideArgs::default(),
        &context(),
    )
}

#[test]
fn the_first_prompt_is_shown_as_the_agent_gets_it() {
    let preview = preview_of(PlanKind::Loop, "work", "auth").unwrap();
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
    let preview = preview_of(PlanKind::Pipeline, "full-refine", "auth").unwrap();
    assert_eq!((preview.max_agents, preview.prompts.len()), (10, 2));
    assert!(
        preview.prompts[1]
            .text
            .contains("/stage-01-beads/progress.md")
    );
}

#[test]
fn an_output_path_has_its_variables_filled() {
    let preview = preview_of(PlanKind::Loop, "idea-wizard", "auth").unwrap();
    assert!(preview.prompts[0].text.contains("docs/ideas-auth.md"));
}

#[test]
fn bad_names_are_exit_code_2() {
    for (kind, name, session) in [
        (PlanKind::Loop, "work", "../x"),
        (PlanKind::Loop, "wrok", "x"),
        (PlanKind::Pipeline, "work", "x"),
    ] {
        assert_eq!(
            preview_of(kind, name, session)
                .err()
                .map(|error| error.exit_code()),
            Some(crate::error::ExitCode::Usage)
        );
    }
}
