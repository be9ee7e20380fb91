//! Reads what a hook does: one of `command`, `webhook` and `message`.
use super::definition::{HookDef, SecretRefDef};
use super::diagnostics::{LintCode, Location};
use super::secret_ref;
use crate::plan::{HookAction, SecretRef};
use crate::redact::Redactor;

/// Returns what a hook does, and reports one that does nothing, or more than one thing.
pub(super) fn read(location: &Location<'_>, hook: &HookDef) -> Option<HookAction> {
    let written = [
        ("command", hook.command.is_some()),
        ("webhook", hook.webhook.is_some()),
        ("message", hook.message.is_some()),
    ];
    let mut there = written.iter().filter(|(_, is_there)| *is_there);
    if let (Some((first, _)), Some((second, _))) = (there.next(), there.next()) {
        let message = format!("a hook has either `{first}` or `{second}`");
        let problem = location.at_key(second, LintCode::BadValue, message);
        location.report(problem.hint("write two hooks: they run one after the other"));
    }
    let action = hook.command.as_ref().map(|argv| command(location, argv));
    let action = action.or_else(|| hook.webhook.as_ref().map(|url| webhook(location, url)));
    let action = action.or_else(|| hook.message.as_ref().map(|text| message(location, text)));
    action.unwrap_or_else(|| {
        let message = "the hook has no `command`, `webhook` or `message`";
        let problem = location.at("command", LintCode::NoCommand, message);
        location.report(problem.hint("add `command: [program, argument]`"));
        None
    })
}

fn command(location: &Location<'_>, argv: &[String]) -> Option<HookAction> {
    if argv.first().is_none_or(|program| program.trim().is_empty()) {
        let problem = location.at("command", LintCode::NoCommand, "the hook has no program");
        location.report(problem.hint("write `command: [program, argument]`"));
        return None;
    }
    Some(HookAction::Command(argv.to_vec()))
}

fn webhook(location: &Location<'_>, url: &SecretRefDef) -> Option<HookAction> {
    let url = secret_ref::read(location, "webhook", url)?;
    if let SecretRef::Plain(text) = &url {
        let report = |message: &str, hint: &str| {
            let problem = location.at("webhook", LintCode::BadValue, message);
            location.report(problem.hint(hint));
        };
        if !is_web_address(text) {
            report(
                "`webhook` must be an address that begins with http:// or https://",
                "write `webhook: https://host/path`",
            );
            return None;
        }
        if !Redactor::default().is_clean(text) {
            report(
                "the address holds a secret, which does not belong into this file",
                "put it into secrets.yaml under a name, and write `webhook: {secret: NAME}`",
            );
        }
    }
    Some(HookAction::Webhook(url))
}

fn message(location: &Location<'_>, text: &str) -> Option<HookAction> {
    if text.trim().is_empty() {
        let problem = location.at("message", LintCode::BadValue, "`message` has no text");
        location.report(problem.hint("write the text that is sent to your channels"));
        return None;
    }
    Some(HookAction::Message(text.trim().to_owned()))
}

/// Whether a text is an address of the web, with a host.
fn is_web_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| lower.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
    host.is_some_and(|host| !host.is_empty() && !host.ends_with('@') && !host.starts_with(':'))
        && text.chars().all(is_plain)
}
