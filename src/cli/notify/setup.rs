//! `ap notify setup`: writes what a configuration begins with, and never overwrites anything.
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::error::{Error, ExitCode, Result};
use crate::store::layout::UserDirs;
use crate::store::{atomic, secrets};
use crate::ui::{json, say};
use camino::{Utf8Path, Utf8PathBuf};
use console::Term;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use serde::Serialize;
use std::io::{self, IsTerminal as _, Write as _};

/// What `config.yaml` gets.
const CONFIG: &str = include_str!("config_notify.yaml");
/// What `secrets.yaml` begins with.
const SECRETS: &str =
    "# Secrets for notify: in config.yaml, as `name: \"value\"`. Only you may read this file.\n";

/// The shape of `ap notify setup --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct SetupResult {
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    config: Utf8PathBuf,
    /// Whether `notify:` was added to it; it was there otherwise.
    wrote_config: bool,
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    secrets: Utf8PathBuf,
    /// Whether it was created; it was there otherwise.
    wrote_secrets: bool,
    /// Names of secrets that were entered.
    entered: Vec<&'static str>,
}

pub(super) fn run(format: Format, context: &Context) -> Result<ExitCode> {
    context.settings()?;
    let dirs = &context.dirs;
    fs::create_dir_all(&dirs.config)?;
    let (config, secrets) = (dirs.config.join("config.yaml"), secrets::path(dirs));
    let wrote_secrets = create_secrets(&secrets)?;
    let wrote_config = add_to_config(&config)?;
    let entered = if format == Format::Text && io::stdin().is_terminal() {
        ask(dirs, context.env.get("HOME").map(Utf8Path::new))?
    } else {
        Vec::new()
    };
    let result = SetupResult {
        config,
        wrote_config,
        secrets,
        wrote_secrets,
        entered,
    };
    match format {
        Format::Json => json::print(&result)?,
        Format::Text => say(result.text())?,
    }
    Ok(ExitCode::Done)
}

impl SetupResult {
    fn text(&self) -> String {
        let did = |wrote: bool, did: &str, was: &str, file: &Utf8Path| {
            format!("{} {file}", if wrote { did } else { was })
        };
        [
            did(self.wrote_config, "Added `notify:` to", "`notify:` is already in", &self.config),
            did(self.wrote_secrets, "Created", "Kept", &self.secrets),
            "Next: uncomment a channel and a rule, put its secrets into secrets.yaml, and run `ap notify test`."
                .to_owned(),
        ]
        .join("\n")
    }
}

/// Creates the file with a mode that lets only its user read it. Returns whether it is new.
fn create_secrets(path: &Utf8Path) -> Result<bool> {
    let created = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match created {
        Ok(mut file) => {
            file.write_all(SECRETS.as_bytes())?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Adds `notify:` to the end of the file, if it has none. Returns whether it did.
fn add_to_config(path: &Utf8Path) -> Result<bool> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    let is_there = |line: &str| line.trim_start_matches(['#', ' ']).starts_with("notify:");
    if text.lines().any(is_there) {
        return Ok(false);
    }
    let between = match text.as_bytes().last() {
        None => "",
        Some(b'\n') => "\n",
        Some(_) => "\n\n",
    };
    atomic::replace(path, format!("{text}{between}{CONFIG}").as_bytes())?;
    Ok(true)
}

/// Asks for what is missing of Telegram, and adds it to `secrets.yaml`. Returns what was entered.
fn ask(dirs: &UserDirs, home: Option<&Utf8Path>) -> Result<Vec<&'static str>> {
    let known = secrets::read(dirs, home)?;
    let mut entered = Vec::new();
    let path = secrets::path(dirs);
    if known.get("tg_token").is_none() {
        let token = prompt(
            "Token of your Telegram bot (from @BotFather; Enter to skip): ",
            true,
        )?;
        if !token.is_empty() {
            check_token(&token)?;
            secrets::add(&path, "tg_token", &token)?;
            entered.push("tg_token");
        }
    }
    if !entered.is_empty() && known.get("tg_chat").is_none() {
        let chat = prompt("Id of your chat with it (Enter to skip): ", false)?;
        if !chat.is_empty() {
            secrets::add(&path, "tg_chat", &chat)?;
            entered.push("tg_chat");
        }
    }
    Ok(entered)
}

fn check_token(token: &str) -> Result<()> {
    let parts = token.split_once(':');
    let fits = parts.is_some_and(|(number, secret)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && !secret.is_empty()
    });
    if fits {
        return Ok(());
    }
    Err(Error::usage("this is not the token of a Telegram bot")
        .hint("it is like `123456:ABC-…`; ask @BotFather for it, then run `ap notify setup` again"))
}

fn prompt(text: &str, is_secret: bool) -> Result<String> {
    let mut terminal = Term::stderr();
    terminal.write_all(text.as_bytes())?;
    terminal.flush()?;
    let line = if is_secret {
        terminal.read_secure_line()?
    } else {
        terminal.read_line()?
    };
    Ok(line.trim().to_owned())
}
