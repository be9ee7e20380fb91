//! What the real program reports of a subscription's quota, in the version the tests are written for and in an older one.
use super::agent::{begins, works};
use super::project::Project;
use super::versions::{programs, session};
use super::{kinds, now};
use crate::claude_cli::Account;
use crate::messages_api::{Turn, script, status, turn};
use camino::Utf8PathBuf;
use serde_json::Value;

/// The versions whose reports were recorded.
fn recorded() -> impl Iterator<Item = Utf8PathBuf> {
    let programs = programs().into_iter();
    programs.filter(|program| !program.as_str().contains("2.1.332"))
}

/// Headers of an answer: its status, which window it is about, and what is used of both.
fn headers(status: &str, claim: &str, used: [f64; 2], reset: u64) -> Vec<(&'static str, String)> {
    let of = |name: &str| match claim == name {
        true => status.to_owned(),
        false => "allowed".to_owned(),
    };
    vec![
        ("status", status.to_owned()),
        ("reset", reset.to_string()),
        ("representative-claim", claim.to_owned()),
        ("5h-status", of("five_hour")),
        ("5h-reset", reset.to_string()),
        ("5h-utilization", used[0].to_string()),
        ("7d-status", of("seven_day")),
        ("7d-reset", reset.to_string()),
        ("7d-utilization", used[1].to_string()),
    ]
}

/// Returns what is known of a window of the only account.
fn known(project: &Project, window: &str) -> Value {
    let (_, raw) = project.ap(&["quota", "--raw"]);
    let file: Value = serde_json::from_str(&raw).expect("quota.json");
    let accounts = file["accounts"].as_object().expect("accounts").values();
    let found: Vec<_> = accounts
        .map(|account| account["windows"][window].clone())
        .collect();
    found.first().cloned().unwrap_or_default()
}

#[test]
fn a_change_and_a_warning_are_recorded_as_they_come() {
    for program in recorded() {
        let reset = now() + 3600;
        let script = script().every(move |_, request| {
            let turns = works(request).into_iter().enumerate();
            let tell = |(number, turn): (usize, Turn)| {
                if number < 3 {
                    turn.unified(&headers("allowed", "five_hour", [0.42, 0.2], reset))
                } else {
                    let warning = headers("allowed_warning", "five_hour", [0.93, 0.31], reset);
                    turn.unified(&warning)
                        .unified(&[("5h-surpassed-threshold", "0.9".to_owned())])
                }
            };
            turns.map(tell).collect()
        });
        let Some((_api, project)) = session(&program, script, "", Account::Subscription) else {
            return;
        };
        let (code, shown) = project.start(&[]).end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        let five_hour = known(&project, "five_hour");
        assert_eq!(five_hour["used"], 0.93, "{program}: {five_hour}");
        assert_eq!(five_hour["status"], "allowed_warning", "{program}");
        assert_eq!(five_hour["source"], "agent", "{program}");
    }
}

#[test]
fn a_rejection_in_the_middle_is_waited_for_and_costs_no_attempt() {
    for program in recorded() {
        let script = script()
            .conversation(|request| {
                let mut turns = begins(request);
                // Ahead whenever the request comes.
                let rejected = headers("rejected", "five_hour", [1.0, 0.3], now() + 10);
                turns.truncate(1);
                turns.push(turn().but(status(429).unified(&rejected)));
                turns
            })
            .conversation(works);
        let Some((_api, project)) = session(&program, script, "", Account::Subscription) else {
            return;
        };
        let (code, shown) = project.start(&[]).end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        let outcomes = project.outcomes();
        assert_eq!(kinds(&outcomes), ["rate_limited", "reported"], "{program}");
        assert_eq!(project.events("wait_started").len(), 1, "{program}");
    }
}

#[test]
fn a_week_that_is_used_up_is_waited_for_until_its_reset() {
    for program in recorded() {
        let reset = now() + 400_000;
        let script = script().every(move |_, _| {
            let rejected = headers("rejected", "seven_day", [0.2, 1.0], reset);
            vec![turn().but(status(429).unified(&rejected))]
        });
        let Some((_api, project)) = session(&program, script, "", Account::Subscription) else {
            return;
        };
        let running = project.start(&[]);
        running.wait_to_show("seven day quota is used up");
        assert_eq!(project.ap(&["stop", "it"]).0, Some(0));
        assert_eq!(running.end().0, Some(5), "{program}");
        let seven_day = known(&project, "seven_day");
        assert_eq!(seven_day["status"], "rejected", "{program}: {seven_day}");
        let until = &project.events("wait_started")[0]["until"];
        let until: jiff::Timestamp = until.as_str().expect("a time").parse().expect("a time");
        let until = until.as_second().cast_unsigned();
        assert!((reset..=reset + 60).contains(&until), "{program}: {until}");
    }
}

#[test]
fn paid_overage_is_served_and_not_waited_for() {
    for program in recorded() {
        let reset = now() + 3600;
        let script = script().every(move |_, request| {
            let mut overage = headers("rejected", "five_hour", [1.0, 0.3], reset);
            overage.push(("overage-status", "allowed".to_owned()));
            overage.push(("overage-reset", reset.to_string()));
            let turns = works(request).into_iter();
            turns.map(|turn| turn.unified(&overage)).collect()
        });
        let Some((_api, project)) = session(&program, script, "", Account::Subscription) else {
            return;
        };
        let (code, shown) = project.start(&[]).end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        assert_eq!(kinds(&project.outcomes()), ["reported"], "{program}");
        assert!(project.events("wait_started").is_empty(), "{program}");
        let status = known(&project, "five_hour")["status"].clone();
        assert_ne!(status, "rejected", "{program}");
    }
}
