//! The arguments of `ap fork`.
use crate::cli::candidates;
use crate::cli::format::Format;
use crate::model::SessionName;
use camino::Utf8PathBuf;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-fork`)")))]
pub(crate) struct Args {
    /// Name of the session to continue from
    #[arg(add = candidates::sessions())]
    pub(super) session: SessionName,
    /// Last iteration to keep; for another stage than the current one `stage/iteration`
    #[arg(long, value_name = "ITERATION")]
    pub(super) at: String,
    /// Use this run of a pipeline that runs several times; the current one if not given
    #[arg(long, value_name = "K")]
    pub(super) run: Option<u32>,
    /// Name of the new session; `<session>-at-<iteration>` if not given
    #[arg(long = "as", value_name = "NAME")]
    pub(super) name: Option<SessionName>,
    /// Stay in this project's files as they are now, without a worktree at that commit
    #[arg(long)]
    pub(super) no_worktree: bool,
    /// Folder of the worktree, relative to the project; beside the repository if not given
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_worktree")]
    pub(super) into: Option<Utf8PathBuf>,
    /// Create the session, but do not start it
    #[arg(long)]
    pub(super) hold: bool,
    #[command(flatten)]
    pub(super) format: Format,
}
