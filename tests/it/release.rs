//! The release workflow cannot run here; what it names exists, and what it packs is what `cargo binstall` looks for.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use camino::Utf8Path;
use fs_err as fs;
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn workflow() -> Value {
    let text = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

fn targets(workflow: &Value) -> Vec<String> {
    let builds = workflow["jobs"]["build"]["strategy"]["matrix"]["include"].as_array();
    let target = |build: &Value| build["target"].as_str().unwrap().to_owned();
    builds.unwrap().iter().map(target).collect()
}

/// Returns the shell commands of all steps.
fn commands(workflow: &Value) -> Vec<String> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    let steps = jobs.flat_map(|job| job["steps"].as_array().unwrap());
    let runs = steps.filter_map(|step| step["run"].as_str());
    let parts = runs.flat_map(|run| run.split(['|', '\n']).flat_map(|part| part.split("&&")));
    parts.map(|part| part.trim().to_owned()).collect()
}

#[test]
fn every_command_and_path_of_the_release_workflow_exists() {
    let workflow = workflow();
    let commands = commands(&workflow);
    // What GitHub's runners have; all else must be a script of this repository.
    let provided = ["cargo", "file", "gh", "grep", "rustup", "sudo", "tee"];
    for command in &commands {
        let program = command.split(' ').next().unwrap();
        if provided.contains(&program) {
            continue;
        }
        let mode = fs::metadata(root().join(program))
            .unwrap()
            .permissions()
            .mode();
        assert!(mode & 0o111 != 0, "{program} is not executable");
    }
    let named: BTreeSet<&str> = commands
        .iter()
        .flat_map(|command| command.split(' '))
        .filter(|word| {
            [".md", ".toml", ".sh"]
                .iter()
                .any(|end| word.ends_with(end))
        })
        .collect();
    assert_eq!(named.len(), 3, "{named:?}");
    for path in named {
        assert!(root().join(path).is_file(), "there is no {path}");
    }
    let known = Command::new("rustc")
        .args(["--print", "target-list"])
        .output()
        .unwrap();
    let known = String::from_utf8(known.stdout).unwrap();
    for target in targets(&workflow) {
        assert!(known.lines().any(|line| line == target), "{target}");
    }
    // The build must be one that cargo accepts.
    let build = commands
        .iter()
        .find(|command| command.starts_with("cargo build"))
        .unwrap();
    let flags: Vec<&str> = build
        .split(' ')
        .skip(2)
        .filter(|word| word.starts_with("--"))
        .collect();
    let help = Command::new("cargo")
        .args(["build", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(flags.iter().all(|flag| help.contains(flag)), "{flags:?}");
}

#[test]
fn a_package_holds_both_programs_where_binstall_looks_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let copy = Utf8Path::from_path(folder.path()).unwrap();
    fs::create_dir(copy.join("scripts")).unwrap();
    for file in [
        "scripts/package.sh",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "Cargo.toml",
    ] {
        fs::copy(root().join(file), copy.join(file)).unwrap();
    }
    let manifest = fs::read_to_string(copy.join("Cargo.toml")).unwrap();
    for target in targets(&workflow()) {
        let built = copy.join("target").join(&target).join("release");
        fs::create_dir_all(&built).unwrap();
        for program in ["ap", "ap-shim"] {
            agent_pipelines::store::atomic::replace(&built.join(program), program.as_bytes())
                .unwrap();
            assert!(manifest.contains(&format!("\nname = \"{program}\"\n")));
        }
        let packed = Command::new("bash")
            .args([copy.join("scripts/package.sh").as_str(), &target])
            .output()
            .unwrap();
        assert!(packed.status.success(), "{packed:?}");
        // The names that the manifest's templates give for this target.
        let archive = copy.join(format!("target/package/agent-pipelines-{target}.tar.gz"));
        let listed = Command::new("tar")
            .args(["-tzf", archive.as_str()])
            .output()
            .unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        for program in ["ap", "ap-shim"] {
            let path = format!("agent-pipelines-{target}/{program}");
            assert!(listed.lines().any(|line| line == path), "{listed}");
        }
        assert!(Utf8Path::new(&format!("{archive}.sha256")).is_file());
    }
    for template in [
        "pkg-url = \"{ repo }/releases/download/v{ version }/{ name }-{ target }{ archive-suffix }\"",
        "bin-dir = \"{ name }-{ target }/{ bin }{ binary-ext }\"",
    ] {
        assert!(manifest.contains(template), "{template}");
    }
}
