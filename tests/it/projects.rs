//! Sessions of several projects: which there are, and how each is named from anywhere.
use crate::project::Project;
use serde_json::Value;

const ONCE: &str = "termination: { type: fixed, max: 1 }\n";
const QUICK: &str = "echo '{\"decision\": \"continue\"}' >\"$status\"";

/// Makes two projects of one user, each with a session `s` that has ended.
fn two_projects(names: [&str; 2]) -> [Project; 2] {
    let mut projects = names.map(Project::named);
    let home = projects[0].var("AP_HOME").to_owned();
    projects[1].set("AP_HOME", home);
    for project in &projects {
        project.shell_loop("work", ONCE, QUICK);
        project.ap(&["work", "s", "--foreground"]).expect(0);
    }
    projects
}

#[test]
fn list_all_shows_every_project_and_what_to_paste() {
    let [shop, site] = two_projects(["shop", "a site"]);
    let listed = shop.ap(&["list", "--all"]).expect(0);
    for project in [&shop, &site] {
        let root = agent_pipelines::text::shell_quote(project.root().as_str());
        listed.says(&[&root, &format!("ap status s -C {root}")]);
    }
    let json: Value = serde_json::from_str(&shop.ap(&["list", "--all", "--json"]).expect(0).stdout)
        .expect("JSON");
    let found = json.as_array().expect("an array");
    assert_eq!(found.len(), 2, "{json}");
    for project in found {
        assert_eq!(project["exists"], true);
        assert_eq!(project["sessions"][0]["session"], "s");
        assert_eq!(project["sessions"][0]["status"], "complete");
    }
    // Reading changes nothing, and a second start adds nothing.
    let roots = shop.outside().join("ap home/state/roots.jsonl");
    let before = fs_err::read_to_string(&roots).expect("it is there");
    assert_eq!(before.lines().count(), 2);
    shop.ap(&["work", "t", "--foreground"]).expect(0);
    assert_eq!(fs_err::read_to_string(&roots).expect("it is there"), before);
}

#[test]
fn a_project_that_is_gone_is_shown_until_cleanup_removes_it() {
    let [shop, site] = two_projects(["shop", "site"]);
    fs_err::rename(site.root(), site.outside().join("moved")).expect("a folder");
    shop.ap(&["list", "--all"]).expect(0).says(&[
        site.root().as_str(),
        "does not exist",
        "ap cleanup --all",
    ]);
    shop.ap(&["cleanup"]).expect(0);
    shop.ap(&["list", "--all"])
        .expect(0)
        .says(&["does not exist"]);
    shop.ap(&["cleanup", "--all", "--dry-run"])
        .expect(0)
        .says(&[site.root().as_str()]);
    shop.ap(&["cleanup", "--all"])
        .expect(0)
        .says(&["removed", site.root().as_str()]);
    let listed = shop.ap(&["list", "--all"]).expect(0);
    assert!(
        !listed.stdout.contains("does not exist"),
        "{}",
        listed.stdout
    );
}

#[test]
fn commands_work_in_the_project_they_are_given() {
    let [shop, site] = two_projects(["shop", "site"]);
    let root = site.root().as_str();
    for args in [
        &["status", "s", "-C", root][..],
        &["-C", root, "status", "s"],
        &["status", "--project", root, "s"],
        &[&format!("--project={root}"), "status", "s"],
        &["status", "site/s"],
    ] {
        shop.ap(args).expect(0).says(&[&format!("{root}/.claude")]);
    }
    shop.ap(&["-C", root, "work", "t", "1", "--foreground"])
        .expect(0);
    shop.ap(&["work", "u", "1", "--foreground", "-C", root])
        .expect(0);
    assert_eq!(site.history("t").len() + site.history("u").len(), 2);
    assert!(!shop.root().join(shop.run_file("t", "")).exists());
    shop.ap(&["status", "s", "-C", "/no/such/folder"])
        .expect(2)
        .says(&["there is no folder /no/such/folder"]);
    // What another project has is named.
    shop.ap(&["status", "t"]).expect(1).says(&[&format!(
        "ap status t -C {}",
        agent_pipelines::text::shell_quote(root)
    )]);
}

#[test]
fn a_name_that_fits_two_projects_is_refused_with_both() {
    let [first, second] = two_projects(["shop", "shop"]);
    let both = [&first, &second].map(|project| {
        let root = agent_pipelines::text::shell_quote(project.root().as_str());
        format!("`ap stop s -C {root}`")
    });
    first.ap(&["stop", "shop/s"]).expect(2).says(&[
        "session 's' is in 2 projects",
        &both[0],
        &both[1],
    ]);
    first
        .ap(&["stop", "shop/absent"])
        .expect(2)
        .says(&["no session 'absent' in a project `shop`"]);
}

#[test]
fn a_misspelt_project_is_not_the_one_around() {
    let shop = Project::named("shop");
    shop.write("backlog.md", "- [ ] One (#one)\n");
    shop.write("src/lib.rs", "");
    shop.ap(&["projects", "add", "--", "--provider", "scripted"])
        .expect(0);
    for command in ["remove", "pause", "resume"] {
        shop.ap(&["projects", command, "shpo"])
            .expect(2)
            .says(&["no registered project is `shpo`"]);
    }
    // A folder that exists belongs to its project.
    shop.ap(&["projects", "pause", "src"]).expect(0);
    shop.ap(&["projects", "remove", "shop"]).expect(0);
}

#[test]
fn nothing_is_written_in_the_home_folder() {
    let mut project = Project::new();
    project.set("AP_MAX_AGENTS", "2");
    project.shell_loop("work", ONCE, QUICK);
    project.ap(&["work", "s"]).expect(0);
    for args in [
        &["list", "--all"][..],
        &["status", "s"],
        &["doctor"],
        &["cleanup", "--all"],
        &["demo"],
    ] {
        project.ap(args);
    }
    let home = project.outside().join("home");
    let left: Vec<_> = home.read_dir_utf8().expect("a folder").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    let dirs = project.outside().join("ap home");
    assert!(dirs.join("state/roots.jsonl").is_file() && dirs.join("cache/slots").is_dir());
}

#[test]
fn the_state_folder_is_described_file_by_file() {
    let page = include_str!("../../docs/reference.md");
    for file in agent_pipelines::store::layout::StateFile::ALL {
        let row = format!("| `{}` |", file.name());
        assert!(page.contains(&row), "docs/reference.md lacks {row}");
    }
}
