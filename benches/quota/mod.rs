//! What it adds to an iteration to read the quota, decide, and record the decision: the same loop with an account that has
//! windows and with one that has none, in turns.
use super::{Scratch, Table, median};
use agent_pipelines::clock;
use agent_pipelines::model::Account;
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use fs_err as fs;
use jiff::SignedDuration;
use serde_json::{Value, json};

const ROUNDS: u32 = 5;
const ITERATIONS: u32 = 100;

pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    let home = scratch.root.join("home");
    write_loop(&scratch);
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Fresh, so that no program is asked.
        write_quota(&scratch, &home);
        let env = [("HOME", home.as_str())];
        read.extend(scratch.run(&format!("read{round}"), ITERATIONS, &env).gaps);
        let env = [("HOME", home.as_str()), ("CLAUDE_CODE_USE_BEDROCK", "1")];
        let session = format!("unread{round}");
        unread.extend(scratch.run(&session, ITERATIONS, &env).gaps);
    }
    let readings = |session: &str| {
        let journal = scratch
            .root
            .join(format!(".claude/pipeline-runs/{session}/events.jsonl"));
        let text = fs::read_to_string(journal).unwrap();
        text.matches("\"quota_read\"").count()
    };
    assert_eq!(readings("read0"), ITERATIONS as usize);
    assert_eq!(readings("unread0"), 0);
    table.row(
        "an iteration with its quota, without it",
        median(&read),
        Some(median(&unread)),
        "ms",
        Some((1.1, "at most 1.10 x")),
    );
}

/// Makes the loop's agent one whose provider has windows; this program plays it.
fn write_loop(scratch: &Scratch) {
    let program = std::env::current_exe().unwrap();
    let definition = format!(
        "name: bench\ndescription: does nothing\nprovider: claude\nprogram: {}\ntermination:\n  type: fixed\ndelay: 0\n",
        program.display()
    );
    let path = scratch.root.join(".claude/loops/bench/loop.yaml");
    atomic::replace(&path, definition.as_bytes()).unwrap();
}

fn write_quota(scratch: &Scratch, home: &Utf8Path) {
    let now = clock::now();
    let account = Account {
        provider: "claude".to_owned(),
        folder: home.join(".claude").into_string(),
        method: "claude.ai".to_owned(),
        has_windows: true,
        no_asking: None,
    };
    let window = |hours| -> Value {
        json!({
            "used": 0.2, "resets_at": now + SignedDuration::from_hours(hours), "status": "allowed",
            "source": "agent", "seen_at": now, "boot": "another", "uptime_s": 1.0,
        })
    };
    let file = json!({ "v": 1, "accounts": { account.key().to_string(): {
        "provider": account.provider, "folder": account.folder, "method": account.method,
        "windows": { "five_hour": window(3), "seven_day": window(100) },
    }}});
    let state = scratch.root.join("ap home/state");
    fs::create_dir_all(&state).unwrap();
    atomic::replace(&state.join("quota.json"), file.to_string().as_bytes()).unwrap();
}
