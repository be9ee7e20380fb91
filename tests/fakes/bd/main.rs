//! Stands in for `bd`, the command of beads, in tests.
//!
//! It may do only what a recording of the real program (`tests/data/bd`) or a cited line of our notes says. Environment:
//!
//! * `FAKE_BD_VERSION`: the version to be, see `quirks.rs`; 0.49.5 unless said.
//! * `FAKE_BD_LOG`: a file that gets a line of JSON for every call: `{"argv","actor","pid","rc"}`.
//! * `FAKE_BD_FAULTS`: a file of rules by which calls go wrong, see `faults.rs`.
//! * `FAKE_BD_CLAIM_GAP_MS`: how long a version whose claims race waits between looking and writing.
mod args;
mod call;
mod claim;
mod dependencies;
mod faults;
mod issues;
mod quirks;
mod read;
mod render;
mod state;
mod wide;
mod write;

use args::Args;
use call::{Call, Reply};
use camino::{Utf8Path, Utf8PathBuf};
use quirks::Quirks;
use serde_json::json;
use state::Database;
use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let argv: Vec<String> = env::args().skip(1).collect();
    let version = env::var("FAKE_BD_VERSION").unwrap_or_else(|_| "0.49.5".into());
    let quirks = quirks::of(&version);
    let args = Args::read(&argv, &quirks);
    let actor = actor(args.as_ref().ok(), &quirks);
    let log = |rc: Option<i32>| {
        log(&json!({ "argv": argv, "actor": actor, "pid": std::process::id(), "rc": rc }));
    };
    let answer = || match args {
        Ok(args) => answer(args, quirks, &version, &actor),
        Err(words) => Reply::failed(words),
    };
    let reply = faults::around(&argv, answer, || no_database(&quirks), log);
    log(Some(reply.rc.into()));
    match print(&reply) {
        Ok(()) => ExitCode::from(reply.rc),
        Err(_) => ExitCode::FAILURE,
    }
}

fn answer(args: Args, quirks: Quirks, version: &str, actor: &str) -> Reply {
    let version = version
        .strip_suffix("-nodaemon")
        .unwrap_or(version)
        .to_owned();
    if args.command == "version" || (quirks.version_flag && args.has("version")) {
        return wide::version(&args, &quirks, &version);
    }
    let Some(cwd) = env::current_dir()
        .ok()
        .and_then(|cwd| Utf8PathBuf::from_path_buf(cwd).ok())
    else {
        return Reply::failed("Error: no current directory\n");
    };
    let database = match args.get("db").map(Utf8Path::new) {
        Some(file) => Some(Database::at(cwd.join(file.parent().unwrap_or(file))))
            .filter(|database| database.file().exists()),
        None => Database::locate(&cwd, env::var("BEADS_DIR").ok()),
    };
    let call = |database| Call {
        args,
        quirks,
        version,
        actor: actor.to_owned(),
        database,
    };
    match database {
        Some(database) => run(&call(database)),
        None => {
            let here = env::var("BEADS_DIR")
                .map_or_else(|_| cwd.join(".beads"), |folder| cwd.join(folder));
            let call = call(Database::at(here));
            if call.args.command == "init" {
                wide::init(&call)
            } else {
                no_database(&quirks)
            }
        }
    }
}

fn run(call: &Call) -> Reply {
    match call.args.command.as_str() {
        "init" => wide::init_again(call),
        "create" => write::create(call),
        "update" => write::update(call),
        "close" => write::close(call),
        "dep" => dependencies::dep(call),
        "blocked" => dependencies::blocked(call),
        "label" => write::label(call),
        "ready" => read::ready(call),
        "list" => read::list(call),
        "show" => read::show(call),
        "count" => read::count(call),
        "stale" => read::stale(call),
        "heartbeat" | "hb" => claim::heartbeat(call),
        "lease" => claim::lease(call),
        "config" => wide::config(call),
        "stats" => wide::stats(call),
        "export" => wide::export(call),
        "sync" => wide::sync(call),
        "doctor" => wide::doctor(call),
        "info" => wide::info(call),
        "daemon" => wide::daemon(call),
        _ => Reply::text("Issues chained together like beads.\n\nUsage:\n  bd [command]\n"),
    }
}

fn actor(args: Option<&Args>, quirks: &Quirks) -> String {
    let set = |name: &&str| env::var(name).ok().filter(|value| !value.is_empty());
    let named = args.and_then(|args| args.get("actor")).map(str::to_owned);
    named
        .or_else(|| quirks.actor_variables.iter().find_map(set))
        .or_else(|| set(&"USER"))
        .unwrap_or_else(|| "unknown".into())
}

fn no_database(quirks: &Quirks) -> Reply {
    let more = if quirks.version_flag {
        "      or use 'bd --no-db' to work with JSONL only (no SQLite)\n      or set BEADS_DIR to point to your .beads directory\n"
    } else {
        "      or set BEADS_DIR to point to your .beads directory\n      or set BEADS_DB to point to your database file (deprecated)\n"
    };
    Reply::failed(format!(
        "Error: no beads database found\nHint: run 'bd init' to create a database in the current directory\n{more}"
    ))
}

fn log(line: &serde_json::Value) {
    // A test that cannot read its log fails by itself.
    let Ok(path) = env::var("FAKE_BD_LOG") else {
        return;
    };
    let file = OpenOptions::new().create(true).append(true).open(path);
    let _ = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
}

fn print(reply: &Reply) -> io::Result<()> {
    io::stderr().write_all(reply.err.as_bytes())?;
    let mut out = io::stdout().lock();
    out.write_all(reply.out.as_bytes())?;
    out.flush()
}
