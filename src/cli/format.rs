//! The output format of commands that print data: text, or JSON with `--json`.
use clap::{Arg, ArgAction, ArgMatches, Command};

/// Flatten it into a command's arguments; `mut_arg("json", …)` describes the JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Text,
    Json,
}

const JSON: &str = "json";

impl clap::Args for Format {
    fn augment_args(command: Command) -> Command {
        let json = Arg::new(JSON)
            .long(JSON)
            .help("Print JSON")
            .action(ArgAction::SetTrue);
        command.arg(json)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Format {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(if matches.get_flag(JSON) {
            Self::Json
        } else {
            Self::Text
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
