//! Other versions of Claude Code than the one the tests are written for: argv, init, and each kind of end.
use super::options::effort_and_tools;
use super::project::Project;
use super::{API_KEY, ONE, RESUME, kinds, prepare, remember_login, works};
use crate::claude_cli::{Account, claude};
use crate::messages_api::{MockApi, Request, Script, cut, hang, script, status, turn};
use camino::{Utf8Path, Utf8PathBuf};

/// The versions that `run.sh` installs for these tests.
const VERSIONS: [&str; 2] = ["2.1.197", "2.1.332"];

/// The program that the tests are written for, and the other versions; only what `CLAUDE_VERSION` names, if it is set.
pub(super) fn programs() -> Vec<Utf8PathBuf> {
    let Some(pinned) = claude() else {
        return Vec::new();
    };
    let only = std::env::var("CLAUDE_VERSION").ok();
    if only.is_none() && std::env::var("AP_TESTS_ONE_CLAUDE").is_ok_and(|value| value == "1") {
        return vec![pinned];
    }
    let versions = only.as_ref().map_or(VERSIONS.to_vec(), |only| vec![only]);
    let installed = versions.iter().map(|version| installed(version));
    let pinned = Some(pinned).filter(|_| only.is_none());
    pinned.into_iter().chain(installed).collect()
}

#[track_caller]
fn installed(version: &str) -> Utf8PathBuf {
    let cache = std::env::var("XDG_CACHE_HOME").map_or_else(
        |_| Utf8PathBuf::from(std::env::var("HOME").unwrap_or_default()).join(".cache"),
        Utf8PathBuf::from,
    );
    let folder = cache.join(format!("agent-pipelines/claude-code-{version}"));
    let program = folder.join("node_modules/.bin/claude");
    assert!(
        program.is_file(),
        "this test needs claude {version}: run `./run.sh test`, which installs it, or set AP_TESTS_ONE_CLAUDE=1"
    );
    program
}

/// Prepares a session of one task with a program.
pub(super) fn session(
    program: &Utf8Path,
    script: Script,
    settings: &str,
    account: Account,
) -> Option<(MockApi, Project)> {
    prepare(script, &ONE, settings, |env| {
        env.account(account)
            .var("AP_PROGRAM", program.to_string())
            .var("CLAUDE_CODE_MAX_RETRIES", "0")
            .var("AP_WAIT_FACTOR", "0.001")
    })
}

#[test]
fn run_sh_pins_these_versions() {
    let script =
        fs_err::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/run.sh")).expect("run.sh");
    let pinned = format!("claude_versions=(2.1.329 {})", VERSIONS.join(" "));
    assert!(script.contains(&pinned), "{pinned}");
}

#[test]
fn each_version_reports_its_work() {
    for program in programs() {
        let script = script().every(|_, request| works(request));
        let Some((api, project)) = session(&program, script, "", Account::ApiKey) else {
            return;
        };
        let (code, shown) = project.start(API_KEY).end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        assert!(shown.contains("paid by API key"), "{program}: {shown}");
        assert_eq!(kinds(&project.outcomes()), ["reported"], "{program}");
        api.assert_clean();
    }
}

#[test]
fn each_version_knows_the_options_it_is_called_with() {
    for program in programs() {
        let script = script().every(|_, request| works(request));
        let Some((api, project)) = session(&program, script, "effort: max", Account::ApiKey) else {
            return;
        };
        let (code, shown) = project.start(API_KEY).end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        effort_and_tools(&api, &project);
    }
}

#[test]
fn each_version_is_retried_after_its_stream_was_cut() {
    for program in programs() {
        let script = script()
            .conversation(|_| vec![turn().text("Half a sentence").but(cut(4))])
            .conversation(works);
        let settings = "retries: 2\nretry_delay: 1";
        let Some((_api, project)) = session(&program, script, settings, Account::ApiKey) else {
            return;
        };
        let (code, shown) = project.start(API_KEY).end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        assert_eq!(
            kinds(&project.outcomes()),
            ["outage", "reported"],
            "{program}"
        );
    }
}

#[test]
fn an_answer_that_is_cut_after_a_block_is_an_outage() {
    for program in programs() {
        // The connection is lost after the only block: the text is there, and the reason for its end is not.
        let script = script()
            .conversation(|_| {
                vec![
                    turn().text("Half a sentence").but(cut(5)),
                    turn().text("done"),
                ]
            })
            .every(|_, request| works(request));
        let Some((_api, project)) = session(&program, script, "", Account::ApiKey) else {
            return;
        };
        let (code, shown) = project.start(API_KEY).end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        // The older one reports half of it as a success, the others lose the connection. Some ask again if the cut comes
        // at the right moment: then the answer is whole, and has no status.
        let asked_again = shown.contains("Half a sentence\n      done\n");
        let first = if asked_again { "unreported" } else { "outage" };
        assert_eq!(
            kinds(&project.outcomes()),
            [first, "reported"],
            "{program}: {shown}"
        );
    }
}

#[test]
fn each_version_without_a_login_is_refused() {
    for program in programs() {
        let script = script().every(|_, request| works(request));
        let Some((_api, project)) = session(&program, script, "", Account::NotLoggedIn) else {
            return;
        };
        let (code, shown) = project.start(&[]).end();
        assert_eq!(code, Some(2), "{program}: {shown}");
        remember_login(&project);
        let (code, shown) = project.start(&[]).end();
        assert_eq!(code, Some(1), "{program}: {shown}");
        assert!(shown.contains("Not logged in"), "{program}: {shown}");
        assert_eq!(kinds(&project.outcomes()), ["refused"], "{program}");
    }
}

#[test]
fn each_version_waits_for_a_used_up_quota_and_can_be_stopped() {
    for program in programs() {
        // Far away, so that only the stop can end the wait.
        let reset = super::now() + 3600;
        let script =
            script().every(move |_, _| vec![turn().but(status(429).quota_used_up_until(reset))]);
        let Some((_api, project)) = session(&program, script, "", Account::Subscription) else {
            return;
        };
        let running = project.start(&[]);
        running.wait_to_show("five hour quota is used up");
        project.ap(&["stop", super::project::SESSION]);
        let (code, shown) = running.end();
        assert_eq!(code, Some(5), "{program}: {shown}");
        assert_eq!(kinds(&project.outcomes()), ["rate_limited"], "{program}");
    }
}

#[test]
fn each_version_is_ended_by_a_stop_and_resumed() {
    for program in programs() {
        let script = script()
            .conversation(|_| vec![turn().but(hang())])
            .conversation(works);
        let Some((api, project)) = session(&program, script, "", Account::ApiKey) else {
            return;
        };
        let running = project.start(API_KEY);
        api.wait_until(super::LIMIT, |requests| {
            requests.iter().any(Request::asks_for_a_turn)
        });
        project.ap(&["stop", super::project::SESSION]);
        let (code, shown) = running.end();
        assert_eq!(code, Some(5), "{program}: {shown}");
        assert!(project.processes().is_empty(), "{program}");
        let (code, shown) = project.start(RESUME).end();
        assert_eq!(code, Some(0), "{program}: {shown}");
    }
}
