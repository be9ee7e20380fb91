//! Which service a command is about.
use crate::cli::format::Format;
use camino::Utf8PathBuf;

/// Which service.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-service`; of `status` `ap schema ap-service-status`)")))]
pub(in crate::cli) struct Target {
    /// A service of the machine instead of one of yours; needs root
    #[arg(long, requires = "user", conflicts_with = "launchd")]
    pub(super) system: bool,
    /// The user that a service of the machine runs as
    #[arg(long, value_name = "NAME", requires = "system")]
    pub(super) user: Option<String>,
    /// A launchd agent, as on macOS
    #[arg(long, default_value_t = cfg!(target_os = "macos"))]
    pub(super) launchd: bool,
    /// Write into this folder, and start nothing
    #[arg(long, value_name = "DIR")]
    pub(super) target_dir: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(super) format: Format,
}

impl Target {
    /// Returns a service of yours, as this system has them.
    pub(super) fn yours() -> Self {
        Self::old(cfg!(target_os = "macos"), None)
    }

    /// Returns the target of the commands of cc-autopipe.
    pub(in crate::cli) fn old(launchd: bool, target_dir: Option<Utf8PathBuf>) -> Self {
        Self {
            launchd,
            target_dir,
            ..Self::default()
        }
    }
}
