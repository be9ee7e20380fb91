//! Commands whose answers decide nothing: only their shape is right.
use crate::args::Args;
use crate::call::{Call, Reply};
use crate::issues;
use crate::quirks::{Doctor, Quirks, Sync};
use crate::render;
use crate::state::Issue;
use serde_json::json;

pub(crate) fn version(args: &Args, _quirks: &Quirks, version: &str) -> Reply {
    if args.has("json") {
        return Reply::text(format!(
            "{}\n",
            json!({ "build": "dev", "version": version })
        ));
    }
    Reply::text(format!("bd version {version} (dev)\n"))
}

pub(crate) fn init(call: &Call) -> Reply {
    let folder = call.database.folder();
    let named = folder
        .parent()
        .and_then(|parent| parent.file_name())
        .unwrap_or("bd");
    let prefix = call.args.get("prefix").unwrap_or(named);
    match call.database.create(prefix) {
        Ok(()) if call.args.has("quiet") => Reply::default(),
        Ok(()) => Reply::text("\n✓ bd initialized successfully!\n\n"),
        Err(error) => Reply::failed(format!("Error: {error}\n")),
    }
}

pub(crate) fn init_again(call: &Call) -> Reply {
    if !call.quirks.init_again_refused {
        return Reply::default();
    }
    let file = call.database.file();
    Reply::failed(format!(
        "\n⚠ Found existing database: {file}\n\nThis workspace is already initialized.\n\nAborting.\n"
    ))
}

/// `config get KEY`, `config set KEY VALUE`.
pub(crate) fn config(call: &Call) -> Reply {
    let (what, key) = (call.args.word(0), call.args.word(1));
    match what {
        "get" => call.state(|state| {
            let value = state.config.get(key).map_or("", String::as_str);
            let text = || {
                if value.is_empty() {
                    format!("{key} (not set)\n")
                } else {
                    format!("{value}\n")
                }
            };
            call.either(&json!({ "key": key, "value": value }), text)
        }),
        "set" => call.change(|state| {
            let value = call.args.word(2);
            state.config.insert(key.into(), value.into());
            call.either(&json!({ "key": key, "value": value }), || {
                format!("Set {key} = {value}\n")
            })
        }),
        _ => Reply::text("Manage configuration settings\n\nUsage:\n  bd config [command]\n"),
    }
}

pub(crate) fn stats(call: &Call) -> Reply {
    call.state(|state| {
        let of = |status: &str| {
            state
                .issues
                .iter()
                .filter(|issue| issue.status == status)
                .count()
        };
        let numbers = json!({
            "total_issues": state.issues.len(),
            "open_issues": of("open"),
            "in_progress_issues": of("in_progress"),
            "closed_issues": of("closed"),
            "blocked_issues": of("blocked"),
            "ready_issues": issues::ready(state, &call.quirks).len(),
            "epics_eligible_for_closure": 0,
            "average_lead_time_hours": 0.0,
        });
        let answer = if call.quirks.stats_in_groups {
            json!({ "summary": numbers, "recent_activity": {} })
        } else {
            numbers
        };
        call.either(&answer, || {
            format!("Total Issues: {}\n", state.issues.len())
        })
    })
}

/// A line of JSON for every issue, whatever was asked for.
pub(crate) fn export(call: &Call) -> Reply {
    call.state(|state| {
        let line = |issue: &Issue| {
            let shown = Issue {
                dependencies: issue.dependencies.clone(),
                ..render::plain(issue, &call.quirks)
            };
            serde_json::to_string(&shown).unwrap_or_default() + "\n"
        };
        Reply::text(state.issues.iter().map(line).collect::<String>())
    })
}

pub(crate) fn sync(call: &Call) -> Reply {
    if call.args.has("flush-only") {
        return Reply::default();
    }
    match call.quirks.sync {
        Sync::NoUpstream => Reply::failed("Error: no upstream configured for current branch\n"),
        Sync::CommitFails => {
            let out =
                "→ Exporting pending changes to JSONL...\n→ Committing changes to git...\n".into();
            Reply {
                rc: 1,
                out,
                err: "Error committing post-import changes: git commit failed: exit status 1\n"
                    .into(),
            }
        }
        Sync::Merges => Reply::text(
            "→ Loading base state...\n→ Merging base, local, and remote issues (3-way)...\n\n✓ Sync complete\n",
        ),
    }
}

pub(crate) fn doctor(call: &Call) -> Reply {
    let rc = match call.quirks.doctor {
        // facts §3.1: in embedded mode.
        Doctor::Notes => {
            return Reply {
                err: "Note: bd doctor is not supported in embedded mode.\n".into(),
                ..Reply::default()
            };
        }
        Doctor::Fails => 1,
        Doctor::Passes => 0,
    };
    let report = json!({ "path": call.database.folder(), "checks": [], "overall_ok": rc == 0, "cli_version": call.version });
    Reply {
        rc,
        ..call.either(&report, || "0 checks\n".into())
    }
}

pub(crate) fn info(call: &Call) -> Reply {
    let mode = if call.quirks.direct {
        "direct"
    } else {
        "daemon"
    };
    call.state(|state| {
        let answer = json!({
            "config": { "issue_prefix": state.prefix },
            "daemon_connected": !call.quirks.direct,
            "database_path": call.database.file(),
            "issue_count": state.issues.len(),
            "mode": mode,
        });
        call.either(&answer, || {
            format!("Database: {}\nMode: {mode}\n", call.database.file())
        })
    })
}

/// There is no daemon; versions that start one by themselves say that one runs.
pub(crate) fn daemon(call: &Call) -> Reply {
    if call.args.has("stop") {
        let err = if call.quirks.stop_is_deprecated {
            "Warning: --stop is deprecated, use 'bd daemon stop' instead\n"
        } else {
            ""
        };
        let out = if call.quirks.direct {
            "Daemon is not running\n"
        } else {
            "Stopping daemon (PID 1)...\nDaemon stopped\n"
        };
        return Reply {
            rc: 0,
            out: out.into(),
            err: err.into(),
        };
    }
    call.either(&json!({ "running": !call.quirks.direct }), || {
        "Daemon\n".into()
    })
}
