//! Services: units and agents as their managers read them.
use crate::project::Project;
use agent_pipelines::store::atomic::replace;

#[test]
fn a_unit_is_written_verified_left_alone_when_edited_and_removed() {
    let project = Project::named("it's 50% \"odd\"");
    let units = project.outside().join("units");
    let target = ["--target-dir", units.as_str()];
    let service = |verb: &str, more: &[&str]| {
        let args = [&["service", verb], &target[..], more].concat();
        project.ap(&args)
    };
    service("install", &[]).expect(0).says(&["is written"]);
    service("install", &[])
        .expect(0)
        .says(&["is as it should be"]);
    let unit = units.join("agent-pipelines.service");
    let text = fs_err::read_to_string(&unit).expect("a unit");
    for line in [
        "Type=notify",
        "NotifyAccess=main",
        "WatchdogSec=60",
        "KillMode=process",
        "Restart=on-failure",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
    for user in [&["--user"][..], &[]] {
        let Ok(verified) = std::process::Command::new("systemd-analyze")
            .args(user)
            .args(["verify", unit.as_str()])
            .env("XDG_RUNTIME_DIR", project.outside())
            .output()
        else {
            eprintln!("systemd-analyze is not installed: the unit is not verified");
            break;
        };
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert!(
            verified.status.success() && said.is_empty(),
            "{user:?}: {said}"
        );
    }
    replace(
        &unit,
        text.replace("WatchdogSec=60", "WatchdogSec=90").as_bytes(),
    )
    .expect("a unit");
    service("install", &[])
        .expect(4)
        .says(&["was edited", "- WatchdogSec=90", "+ WatchdogSec=60"]);
    service("status", &[]).expect(0).says(&["Edited     yes"]);
    service("uninstall", &[]).expect(0).says(&["is removed"]);
    service("uninstall", &[]).expect(0).says(&["There is no"]);
    let old = [&["install-launchd"], &target[..]].concat();
    project
        .ap(&old)
        .expect(0)
        .says(&["dev.agent-pipelines.plist"]);
    let plist = units.join("dev.agent-pipelines.plist");
    let keys = "import plistlib, sys; print(sorted(plistlib.load(open(sys.argv[1], 'rb'))))";
    let mut python = std::process::Command::new(crate::project::PYTHON.as_str());
    let output = python
        .args(["-c", keys, plist.as_str()])
        .output()
        .expect("python runs");
    let keys = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected = "['AbandonProcessGroup', 'EnvironmentVariables', 'KeepAlive', 'Label', 'ProgramArguments', 'RunAtLoad', 'StandardErrorPath', 'StandardOutPath', 'ThrottleInterval']";
    assert_eq!(keys.trim(), expected);
    let old = [&["uninstall-launchd"], &target[..]].concat();
    project.ap(&old).expect(0).says(&["is removed"]);
}
