//! `ap notify`: sets notifications up, tries them, and shows what waits to be sent.
mod configuration;
mod flush;
mod list;
mod setup;
mod try_channels;

#[cfg(feature = "schemas")]
pub(super) use {
    flush::FlushResult, list::NotifyReport, setup::SetupResult, try_channels::ChannelTest,
};

pub(super) use configuration::note_refused_secrets;

use super::context::Context;
use super::format::Format;
use crate::error::{ExitCode, Result};
use crate::notify::sender;
use clap::Subcommand;
use configuration::sender_env;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write `notify:` with every kind of channel, commented out, and an empty secrets.yaml; ask for a Telegram token
    #[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-notify-setup`) and ask for nothing")))]
    Setup(FormatArgs),
    /// Send a message to each channel, or to one, and print what became of it
    #[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-notify-test`)")))]
    Test {
        /// The channel; all of them if not given
        channel: Option<String>,
        #[command(flatten)]
        format: Format,
    },
    /// Show channels, rules, events, and the messages that wait or were given up
    #[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-notify-list`)")))]
    List(FormatArgs),
    /// Send now what waits to be sent
    #[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-notify-flush`)")))]
    Flush(FormatArgs),
}

#[derive(clap::Args, Debug)]
struct FormatArgs {
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    match &args.command {
        Command::Setup(args) => setup::run(args.format, context),
        Command::Test { channel, format } => {
            try_channels::run(channel.as_deref(), *format, context)
        }
        Command::List(args) => list::run(args.format, context),
        Command::Flush(args) => flush::run(args.format, context),
    }
}

/// `ap __notify`: the process that sends messages.
pub(super) fn send() -> Result<ExitCode> {
    let context = Context::read(None)?;
    sender::run(&sender_env(&context)).map(|()| ExitCode::Done)
}
