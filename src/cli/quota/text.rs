//! `ap quota` as text.
use super::report::{AccountReport, QuotaReport, WindowReport};
use crate::clock;
use crate::model::{QuotaDecision, Share};
use crate::text::clean;
use crate::ui::style::Look;
use crate::ui::table::{Cell, Fit, Table};
use crate::ui::{duration, time};
use jiff::SignedDuration;

/// Returns the report as text.
pub(super) fn text(report: &QuotaReport) -> String {
    let mut parts: Vec<String> = report.problem.iter().cloned().collect();
    parts.extend(report.accounts.iter().map(account));
    parts.extend(
        report
            .remarks
            .iter()
            .map(|remark| format!("config.yaml: {remark}")),
    );
    if !report.held.is_empty() {
        let now = clock::now();
        let rows = report.held.iter().map(|held| {
            [
                Cell::new(held.session.to_string(), Look::Name),
                held.project.as_str().into(),
                Cell::from(time::local(held.until, now)),
                clean(&held.reason).into(),
            ]
        });
        let table = Table::new([Fit::Keep, Fit::Keep, Fit::Keep, Fit::Wrap]);
        let table = table.header(["HELD", "PROJECT", "UNTIL", "WHY"]).rows(rows);
        parts.push(table.fit_terminal());
    }
    parts.join("\n\n")
}

/// Returns the use of an account's windows in one line, with their ages.
pub(super) fn line(account: &AccountReport) -> String {
    let window = |window: &WindowReport| {
        let used = window
            .used
            .map_or_else(|| "unknown".to_owned(), |used| used.to_string());
        format!("{} {used} ({})", window.window, seen(window))
    };
    let windows: Vec<String> = account.windows.iter().map(window).collect();
    format!("{}: {}", account.provider, windows.join(", "))
}

fn seen(window: &WindowReport) -> String {
    window.age_s.map_or_else(
        || "unknown".to_owned(),
        |age| format!("{} ago", duration::short(SignedDuration::from_secs(age))),
    )
}

fn account(account: &AccountReport) -> String {
    let heading = format!(
        "{}, {} ({})",
        account.provider, account.method, account.folder
    );
    let rows = account.windows.iter().map(row);
    let table = Table::new([Fit::Keep; 6])
        .header(["WINDOW", "USED", "MAY BE", "RESETS", "SEEN", "SOURCE"])
        .rows(rows)
        .fit_terminal();
    let decision = match &account.decision {
        QuotaDecision::Go => go(account),
        QuotaDecision::Hold { reason, .. } => clean(reason),
    };
    let mut lines = vec![heading, table, decision];
    lines.extend(account.refused.iter().map(|refused| {
        format!(
            "refused: {}, by {}: {}",
            refused.window,
            refused.source.as_str(),
            clean(&refused.why)
        )
    }));
    lines.extend(
        account
            .not_asked
            .iter()
            .map(|why| format!("not asked: {why}")),
    );
    lines.join("\n")
}

/// Returns why attempts begin: the window of which the least is left.
fn go(account: &AccountReport) -> String {
    let known = account
        .windows
        .iter()
        .filter_map(|it| Some((it.used?, it.allowed?, &it.window)));
    let left = |(used, allowed, _): &(Share, Share, _)| allowed.fraction() - used.fraction();
    match known.min_by(|a, b| left(a).total_cmp(&left(b))) {
        Some((used, allowed, window)) => {
            format!("go: {used} of the {window} is used, {allowed} may be")
        }
        None => "go: nothing is known that forbids it".to_owned(),
    }
}

fn row(window: &WindowReport) -> [Cell; 6] {
    let now = clock::now();
    let share = |share: Option<Share>| match share {
        Some(share) => share.to_string().into(),
        None => Cell::new("unknown", Look::Faint),
    };
    let resets = match (window.used, window.resets_at) {
        (Some(_), Some(at)) => time::local(at, now),
        (None, Some(at)) => format!("did {}", time::local(at, now)),
        (_, None) => "unknown".to_owned(),
    };
    [
        window.window.to_string().into(),
        share(window.used),
        share(window.allowed),
        resets.into(),
        seen(window).into(),
        window.source.as_str().into(),
    ]
}
