//! The arguments of `ap tail`.
use crate::cli::format::Format;
use crate::cli::{candidates, moment};
use crate::model::SessionName;
use jiff::Timestamp;

const JSON_HELP: &str = "Print lines of JSON: of the log of everything (`ap schema events`), or of a session (`ap schema ap-logs`; with --events the journal's own lines)";

#[derive(clap::Args, Debug)]
#[command(
    mut_arg("json", |json| json.help(JSON_HELP)),
    after_help = "Without a session it follows the log of everything that registered projects and the supervisor do;\n`--project app,site` then shows these projects. The names that cc-autopipe gave its events stand\nfor today's: `--event cycle_start,cycle_end`."
)]
pub(in crate::cli) struct Args {
    /// Name of the session; the log of everything if not given
    #[arg(add = candidates::sessions())]
    pub(in crate::cli) session: Option<SessionName>,
    /// Lines of a session to begin with, the last ones; 0 shows all [default: `EVENTS_TAIL_LINES`, or 50]
    pub(super) lines: Option<usize>,
    /// Show the session's journal instead of what its agents print
    #[arg(long, requires = "session")]
    pub(super) events: bool,
    /// Show only these kinds of events, separated by commas
    #[arg(
        long,
        value_name = "KIND",
        value_delimiter = ',',
        conflicts_with = "session"
    )]
    pub(super) event: Vec<String>,
    /// Show only what happened since then, as 2h, yesterday, '6 hours ago' or '2026-11-30 06:00'
    #[arg(long, value_name = "WHEN", value_parser = moment::parse, conflicts_with = "session")]
    pub(super) since: Option<Timestamp>,
    /// Lines to begin with, of those that are shown [default: 20, or 50 of a session]
    #[arg(short = 'n', value_name = "N", conflicts_with = "lines")]
    pub(super) most: Option<usize>,
    /// Do not wait for more
    #[arg(long)]
    pub(super) no_follow: bool,
    #[command(flatten)]
    pub(super) format: Format,
}
