use super::*;
use std::process::Command;

fn project() -> (tempfile::TempDir, Utf8PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(temp.path().canonicalize().unwrap()).unwrap();
    (temp, root)
}

fn template(name: &str) -> Template {
    let mut templates = TEMPLATES.into_iter();
    templates.find(|template| template.name == name).unwrap()
}

#[test]
fn what_is_there_is_left_alone() {
    let (_temp, root) = project();
    for template in TEMPLATES {
        assert_eq!(template.write(&root).unwrap(), Written::New);
        assert_eq!(template.write(&root).unwrap(), Written::There);
    }
    let (_temp, root) = project();
    atomic::replace(&root.join("BACKLOG.md"), b"- [ ] mine\n").unwrap();
    let instead = Written::Instead("BACKLOG.md");
    assert_eq!(template("backlog.md").write(&root).unwrap(), instead);
    assert!(!root.join(FOLDER).exists());
    fs::create_dir(root.join(FOLDER)).unwrap();
    std::os::unix::fs::symlink("nowhere", root.join(FOLDER).join("prd.md")).unwrap();
    assert_eq!(template("prd.md").write(&root).unwrap(), Written::There);
}

#[test]
fn the_prd_and_the_gate_must_be_edited() {
    let (_temp, root) = project();
    assert_eq!(unedited(&root), None);
    for template in TEMPLATES {
        template.write(&root).unwrap();
    }
    for name in ["prd.md", "verify.sh"] {
        let path = format!("{FOLDER}/{name}");
        assert!(is_unedited(&root, &path));
        assert_eq!(unedited(&root), Some(root.join(&path)));
        atomic::replace(&root.join(&path), b"mine\n").unwrap();
        assert!(!is_unedited(&root, &path));
    }
    assert_eq!(unedited(&root), None);
    assert!(!is_unedited(&root, "prd.md") && !is_unedited(&root, ".agent-pipelines/rules.md"));
}

/// Runs the gate of a project with stand-ins for the programs it may call, which succeed unless a file `bad` exists.
fn verified(root: &Utf8Path) -> serde_json::Value {
    let bin = root.join("bin");
    fs::create_dir_all(&bin).unwrap();
    for program in ["cargo", "npm", "go", "python3", "make"] {
        let path = bin.join(program);
        atomic::replace(
            &path,
            b"#!/bin/sh\necho \"{$0}\"\nread -r line && exit 9\n[ ! -e bad ]\n",
        )
        .unwrap();
        fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new(root.join(FOLDER).join("verify.sh"))
        .env_clear()
        .env("PATH", format!("{bin}:/usr/bin:/bin"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn edit(root: &Utf8Path) {
    let path = root.join(FOLDER).join("verify.sh");
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replace("edited=no", "edited=yes");
    let mode = fs::metadata(&path).unwrap().permissions();
    atomic::replace(&path, text.as_bytes()).unwrap();
    fs::set_permissions(&path, mode).unwrap();
}

#[test]
fn the_gate_runs_the_checks_of_each_kind_of_project() {
    for (file, text, check) in [
        ("Cargo.toml", "", "cargo test"),
        ("package.json", "{}", "npm test"),
        ("go.mod", "", "go test"),
        ("pytest.ini", "", "pytest"),
        ("Makefile", "check:\n", "make check"),
    ] {
        let (_temp, root) = project();
        template("verify.sh").write(&root).unwrap();
        atomic::replace(&root.join(file), text.as_bytes()).unwrap();
        let closed = verified(&root);
        assert_eq!(
            (&closed["passed"], &closed["score"]),
            (&false.into(), &0.into())
        );
        let details = closed["details"].as_str().unwrap();
        assert!(details.contains("still the template"), "{details}");
        edit(&root);
        let good = verified(&root);
        assert_eq!(good["passed"], true, "{file} {good}");
        assert_eq!(good["score"], 1.0, "{file} {good}");
        assert_eq!(good["prd_complete"], false);
        atomic::replace(&root.join("bad"), b"").unwrap();
        let bad = verified(&root);
        assert_eq!(bad["passed"], false, "{file} {bad}");
        assert_eq!(bad["details"], format!("failed: {check}"));
    }
}

#[test]
fn the_gate_reads_the_prd_where_it_is_and_checks_at_least_one_thing() {
    let (_temp, root) = project();
    for template in TEMPLATES {
        template.write(&root).unwrap();
    }
    edit(&root);
    let empty = verified(&root);
    assert_eq!(empty["passed"], false, "{empty}");
    atomic::replace(&root.join("Cargo.toml"), b"").unwrap();
    assert_eq!(
        verified(&root)["details"],
        "1 of 1 checks hold, 3 boxes of the PRD are open"
    );
    let own = root.join(FOLDER).join("prd.md");
    let boxes = "* [x] a\n  - [X] b\n```\n- [ ] an example\n```\n";
    atomic::replace(&own, boxes.as_bytes()).unwrap();
    assert_eq!(verified(&root)["prd_complete"], true);
    atomic::replace(&root.join("prd.md"), b"- [ ] open\n").unwrap();
    assert_eq!(verified(&root)["prd_complete"], false);
}
