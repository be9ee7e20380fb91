//! Asks Claude Code itself for the quota. No model is called, and its login stays with it.
use crate::agent::{NO_TRAFFIC, UsageAnswer, usage_answer, usage_request};
use crate::exec::command::{BoundedCommand, can_be_asked};
use crate::exec::moment;
use crate::model::{Account, Env, QuotaReport};
use crate::store::layout::UserDirs;
use crate::store::quota::{ASK_LIMIT, begin_asking, finish_asking};
use camino::Utf8Path;

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
    if !can_be_asked(program) {
        return Err(format!(
            "{program} is a script, which may start to work instead"
        ));
    }
    match begin_asking(dirs, account, &moment(), by_hand) {
        Ok(reserved) => reserved?,
        Err(error) => return Err(format!("quota.json: {error}")),
    }
    let answer = answer(program, vars).await;
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
async fn answer(program: &Utf8Path, vars: &Env) -> Result<Option<QuotaReport>, String> {
    let mut vars = vars.clone();
    // With it the program does not ask.
    vars.remove(NO_TRAFFIC);
    let asked = BoundedCommand::new(program)
        .args(ARGS)
        .clean_env(&vars)
        .input(usage_request())
        .until_answer(ANSWER)
        .limit(ASK_LIMIT)
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
