//! Asks Claude Code itself for the quota. No model is called, and its login stays with it.
use crate::agent::{NO_TRAFFIC, UsageAnswer, usage_answer, usage_request};
use crate::exec::command::{BoundedCommand, can_be_asked};
use crate::exec::moment;
use crate::model::{Account, Env, QuotaReport};
use crate::store::layout::UserDirs;
use crate::store::quota::{ASK_LIMIT, begin_asking, finish_asking};
use camino::Utf8Path;
use fs_err as fs;
use std::time::Duration;

/// What the line with the answer contains.
const ANSWER: &str = "control_response";
/// How Claude Code reads requests and writes answers.
const ARGS: [&str; 6] = [
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
];

/// Asks the program of an account, if it may be asked now, and records what it answers. `vars` is the environment that
/// its agents have; `by_hand` is a request of the user. Returns why nothing was learned, if that is so.
pub async fn ask(
    dirs: &UserDirs,
    program: &Utf8Path,
    vars: &Env,
    account: &Account,
    by_hand: bool,
) -> Result<(), String> {
    if let Some(why) = &account.no_asking {
        return Err(why.clone());
    }
    if let Err(error) = fs::metadata(program) {
        return Err(error.to_string());
    }
    if !can_be_asked(program) {
        return Err(format!(
            "{program} is a script, which may start to work instead"
        ));
    }
    match begin_asking(dirs, account, &moment(), by_hand) {
        Ok(reserved) => reserved?,
        Err(error) => return Err(format!("quota.json: {error}")),
    }
    let answer = answer(program, vars, ASK_LIMIT).await;
    let failure = match &answer {
        Ok(Some(_)) => None,
        Ok(None) => Some("it answered that the account has no windows".to_owned()),
        Err(why) => Some(format!("it failed: {why}")),
    };
    if let Err(error) = finish_asking(dirs, account, answer, &moment()) {
        return Err(format!("quota.json: {error}"));
    }
    failure.map_or(Ok(()), Err)
}

/// Returns what the program answers; nothing if the account has no windows.
async fn answer(
    program: &Utf8Path,
    vars: &Env,
    limit: Duration,
) -> Result<Option<QuotaReport>, String> {
    let mut vars = vars.clone();
    // With it the program does not ask.
    vars.remove(NO_TRAFFIC);
    let asked = BoundedCommand::new(program)
        .args(ARGS)
        .clean_env(&vars)
        .input(usage_request())
        .until_answer(ANSWER)
        .limit(limit)
        .run_async()
        .await
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&asked.stdout);
    match text.lines().find_map(usage_answer) {
        Some(UsageAnswer::Report(report)) => Ok(Some(report)),
        Some(UsageAnswer::NoWindows) => Ok(None),
        Some(UsageAnswer::Failed(why)) => Err(why),
        None => Err("it answered something else".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::process;
    use crate::model::Account;
    use crate::store::atomic;
    use crate::store::quota::read;
    use camino::Utf8PathBuf;
    use std::os::unix::fs::PermissionsExt as _;

    struct TestHome {
        _folder: tempfile::TempDir,
        root: Utf8PathBuf,
        dirs: UserDirs,
        account: Account,
    }

    impl TestHome {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
            let vars: Env = [("AP_HOME".to_owned(), root.to_string())]
                .into_iter()
                .collect();
            Self {
                _folder: folder,
                dirs: UserDirs::new(&vars, None),
                root,
                account: Account {
                    provider: "claude".to_owned(),
                    folder: "/h/.claude".to_owned(),
                    method: "claude.ai".to_owned(),
                    has_windows: true,
                    no_asking: None,
                },
            }
        }

        /// Writes a stand-in for Claude Code.
        fn program(&self, does: &str) -> Utf8PathBuf {
            let path = self.root.join("claude");
            atomic::replace(&path, format!("#!/bin/sh\n{does}\n").as_bytes()).unwrap();
            fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            path
        }

        async fn ask(&self, program: &Utf8Path) -> String {
            let asked = ask(&self.dirs, program, &Env::default(), &self.account, true).await;
            asked.unwrap_err()
        }
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended_when_its_time_is_over() {
        let home = TestHome::new();
        let pid = home.root.join("pid");
        let program = home.program(&format!("echo $$ >{pid}; exec sleep 1000"));
        let limit = Duration::from_millis(300);
        let why = answer(&program, &Env::default(), limit).await.unwrap_err();
        assert!(why.contains("did not answer within"), "{why}");
        // One that was ended before it wrote its pid is ended all the same.
        if let Ok(pid) = fs::read_to_string(&pid) {
            let pid: i32 = pid.trim().parse().unwrap();
            assert!(process::identity(pid).is_none(), "it is still there");
        }
    }

    #[tokio::test]
    async fn a_program_that_is_missing_or_a_script_is_not_asked_and_costs_no_attempt() {
        let home = TestHome::new();
        let missing = home.ask(&home.root.join("none")).await;
        assert!(missing.contains("none"), "{missing}");
        let script = home.ask(&home.program("exit 1")).await;
        assert!(script.contains("is a script"), "{script}");
        assert_eq!(read(&home.dirs).unwrap().accounts.len(), 0);
    }

    #[tokio::test]
    async fn what_a_program_says_that_fails_is_named() {
        let home = TestHome::new();
        for does in [
            "exit 3",
            "echo '{\"type\":\"control_response\"}'",
            "echo '[1'",
        ] {
            let program = home.program(does);
            let why = answer(&program, &Env::default(), ASK_LIMIT)
                .await
                .unwrap_err();
            assert_eq!(why, "it answered something else", "{does}");
        }
    }
}
