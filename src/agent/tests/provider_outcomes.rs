//! How attempts of other providers end.
use super::outcomes::summary;
use super::*;
use crate::agent::outcome;

#[test]
fn ends_of_other_providers_are_classified() {
    let table: &[(&str, &str, &[u8], i32, &str)] = &[
        (
            "codex usage limit",
            "codex",
            sample!("codex/usage-limit"),
            1,
            "",
        ),
        (
            "codex unauthorized",
            "codex",
            sample!("codex/unauthorized"),
            1,
            "",
        ),
        (
            "codex disconnected",
            "codex",
            sample!("codex/disconnected"),
            1,
            "",
        ),
        ("codex declined", "codex", sample!("codex/declined"), 0, ""),
        (
            "codex bad flag",
            "codex",
            b"",
            2,
            "error: unexpected argument '--x' found\n",
        ),
        ("gemini quota", "gemini", sample!("gemini/quota"), 1, ""),
        (
            "gemini quota on stderr",
            "gemini",
            b"",
            1,
            "[API Error: Your quota will reset after 5s.]\nat x.js:1\n",
        ),
        (
            "gemini no login",
            "gemini",
            b"",
            41,
            "Please set an Auth method\n",
        ),
        ("gemini bad settings", "gemini", b"", 52, ""),
        (
            "gemini too many turns",
            "gemini",
            b"",
            53,
            "Reached max session turns for this session.\n",
        ),
        ("opencode 429", "opencode", sample!("opencode/429"), 1, ""),
        (
            "opencode no login",
            "opencode",
            sample!("opencode/no-login"),
            1,
            "",
        ),
        (
            "opencode rejected",
            "opencode",
            sample!("opencode/rejected"),
            0,
            "",
        ),
        (
            "amp no login",
            "amp",
            b"",
            1,
            "Error: You are not logged in. Run `amp login`.\n",
        ),
        ("copilot quota", "copilot", sample!("copilot/quota"), 1, ""),
        ("copilot killed", "copilot", b"", -9, "quota"),
    ];
    let mut found = String::new();
    for (name, provider, bytes, code, stderr) in table {
        let spec = spec_of(provider, PermissionMode::Default, "");
        let (transcript, _) = read_as(provider, bytes);
        found += &format!(
            "{name}: {}\n",
            summary(&outcome(
                &spec,
                &exit(*code),
                &transcript,
                no_status(),
                stderr,
                now()
            ))
        );
    }
    insta::assert_snapshot!(found, @"
    codex usage limit: rate limited until None: You've hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), visit https://chatgpt.com/codex/settings/usage to purchase more credits or try again at 3:05 PM; when it resets cannot be read
    codex unauthorized: refused: unexpected status 401 Unauthorized: Missing bearer or basic authentication in header -> log in
    codex disconnected: provider outage: stream disconnected before completion: error sending request
    codex declined: refused: not permitted: shell (first: shell git push) -> allow it in the settings of `codex`, or choose another `permissions
    codex bad flag: crashed Some(2) None: error: unexpected argument '--x' found
    gemini quota: rate limited until Some(2026-11-21T09:14:07Z): [API Error: You have exhausted your capacity on this model. Your quota will reset after 8h44m7s.]
    gemini quota on stderr: rate limited until Some(2026-11-21T00:30:05Z): [API Error: Your quota will reset after 5s.]
    gemini no login: refused: Gemini CLI could not sign in -> sign in
    gemini bad settings: refused: a settings.json of Gemini CLI is invalid -> see `ap logs`
    gemini too many turns: crashed Some(53) None: Reached max session turns for this session.
    opencode 429: throttled: Rate limit exceeded. Please try again later.
    opencode no login: refused: no credentials -> log in
    opencode rejected: refused: not permitted: external_directory -> allow it in the settings of `opencode`, or choose another `permissions
    amp no login: refused: Error: You are not logged in. Run `amp login`. -> log in
    copilot quota: rate limited until None: 402 You have no quota
    copilot killed: crashed None Some(9): quota
    ");
}
