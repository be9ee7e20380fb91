//! `ap service`: has systemd or launchd start the supervisor with the machine.
mod place;
mod quote;
mod status;
mod systemctl;
mod target;
mod unit;

use super::context::Context;
use super::format::Format;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::store::atomic;
use crate::ui::{json, note, out, say};
use clap::Subcommand;
use fs_err as fs;
use place::{Kind, Place};
use serde::Serialize;
pub(super) use status::ServiceStatus;
use std::io;
use systemctl::run as run_program;
pub(super) use target::Target;
use unit::{Captured, UNIT, is_as_written};

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write the service, and have it started now and with the machine
    Install(Target),
    /// Stop the service and remove it; sessions live on
    Uninstall(Target),
    /// Show whether the service is installed, enabled, running, and of this version
    Status(Target),
    /// Print the service instead of writing it
    Print {
        #[command(flatten)]
        target: Target,
        /// Print a task for the Task Scheduler of Windows, for WSL
        #[arg(long)]
        windows: bool,
    },
}

/// `ap service install` and `uninstall --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct ServiceChange {
    /// `installed`, `unchanged`, `removed` or `absent`.
    result: &'static str,
    path: String,
    message: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    match &args.action {
        Action::Install(target) => install(target, context),
        Action::Uninstall(target) => uninstall(target, context),
        Action::Status(target) => status::run(target, context),
        Action::Print { target, windows } => {
            if *windows {
                let distribution = context.env.get("WSL_DISTRO_NAME");
                let distribution = distribution.map_or("Ubuntu", String::as_str);
                out(unit::windows_task(&context.exe, distribution).trim_end())?;
            } else {
                out(Place::of(target, context)?.text(context).trim_end())?;
            }
            Ok(ExitCode::Done)
        }
    }
}

/// Writes the service, unless it was edited, and has it started.
pub(super) fn install(target: &Target, context: &Context) -> Result<ExitCode> {
    let place = Place::of(target, context)?;
    let text = place.text(context);
    let before = read(&place)?;
    if let Some(before) = before.as_ref().filter(|it| **it != text) {
        refuse_edited(&place, before, &text)?;
    }
    let captured = Captured::of(&context.env);
    for name in &captured.secret {
        note(format!(
            "note: {name} has a login in it, so the service does not get it; set it in {} yourself",
            place.environment
        ));
    }
    let explain = |error: io::Error| {
        let error = Error::from(error);
        match place.kind {
            Kind::System => error.hint("as root: `sudo ap service install --system --user NAME`"),
            Kind::User | Kind::Launchd => {
                error.hint("`ap service print` shows what would be written")
            }
        }
    };
    let is_new = before.as_deref() != Some(text.as_str());
    if place.kind != Kind::Launchd {
        atomic::replace(&place.environment, captured.file().as_bytes()).map_err(explain)?;
    }
    if is_new {
        fs::create_dir_all(place.folder()).map_err(explain)?;
        atomic::replace(&place.path, text.as_bytes()).map_err(explain)?;
        fs::set_permissions(
            &place.path,
            std::os::unix::fs::PermissionsExt::from_mode(0o644),
        )
        .map_err(explain)?;
    }
    let mut message = if is_new {
        format!("{} is written.", place.path)
    } else {
        format!("{} is as it should be.", place.path)
    };
    if target.target_dir.is_none() {
        message += &format!(" {}", start(&place, is_new && before.is_some())?);
    }
    let result = if is_new { "installed" } else { "unchanged" };
    print(target, result, &place, message)
}

/// Fails with the difference, if a service was edited.
fn refuse_edited(place: &Place, before: &str, text: &str) -> Result<()> {
    if is_as_written(before) {
        return Ok(());
    }
    let theirs: Vec<String> = before
        .lines()
        .filter(|line| !text.lines().any(|it| it == *line))
        .map(|line| format!("  - {line}"))
        .collect();
    let ours: Vec<String> = text
        .lines()
        .filter(|line| !before.lines().any(|it| it == *line))
        .map(|line| format!("  + {line}"))
        .collect();
    let difference = [theirs, ours].concat().join("\n");
    let message = format!(
        "{} was edited, so it is left as it is:\n{difference}",
        place.path
    );
    Err(Error::new(ErrorKind::Edited, message).hint(format!(
        "put your changes into a drop-in (`systemctl edit {UNIT}`), remove the file, and install again: rm {}",
        place.path
    )))
}

/// Has the manager load, enable and start the service, and looks at it.
fn start(place: &Place, changed: bool) -> Result<String> {
    let Some(systemd) = place.systemd() else {
        return start_launchd(place);
    };
    systemd.ctl(&["daemon-reload"])?;
    systemd.ctl(&["enable", UNIT])?;
    let was_active = systemd.is("is-active", UNIT) == "active";
    let verb = if changed && was_active {
        "restart"
    } else {
        "start"
    };
    systemd.ctl(&[verb, UNIT])?;
    let state = systemd.is("is-active", UNIT);
    if state != "active" {
        let message = format!("the service is {state} after its start");
        return Err(Error::new(ErrorKind::Program, message).hint(place.journal()));
    }
    let mut message = "It runs, and is started with the machine.".to_owned();
    if place.kind == Kind::User {
        message += &lingering();
    }
    Ok(message)
}

/// Has your services run without a login, or says how.
fn lingering() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid())
        .ok()
        .flatten()
        .map_or_else(|| "$USER".to_owned(), |user| user.name);
    match run_program("loginctl", &["enable-linger", &user]) {
        Ok(_) => " It runs while you are logged out, too.".to_owned(),
        Err(_) => {
            format!(" It ends when you log out, unless you run: sudo loginctl enable-linger {user}")
        }
    }
}

fn start_launchd(place: &Place) -> Result<String> {
    let domain = format!("gui/{}", nix::unistd::geteuid());
    // One that is loaded cannot be loaded again.
    let _ = run_program("launchctl", &["bootout", &domain, place.path.as_str()]);
    run_program("launchctl", &["bootstrap", &domain, place.path.as_str()]).map_err(|why| {
        let message = format!("launchctl does not load {}: {why}", place.path);
        Error::new(ErrorKind::Program, message)
            .hint("`launchctl print gui/$UID` shows what is loaded")
    })?;
    Ok("It runs, and is started when you log in.".to_owned())
}

/// Stops the service and removes it. Sessions live on.
pub(super) fn uninstall(target: &Target, context: &Context) -> Result<ExitCode> {
    let place = Place::of(target, context)?;
    if read(&place)?.is_none() {
        let message = format!("There is no {}.", place.path);
        return print(target, "absent", &place, message);
    }
    if target.target_dir.is_none() {
        match place.systemd() {
            Some(systemd) => {
                // One that was never enabled is removed all the same.
                let _ = systemd.ctl(&["disable", "--now", UNIT]);
            }
            None => {
                let domain = format!("gui/{}", nix::unistd::geteuid());
                let _ = run_program("launchctl", &["bootout", &domain, place.path.as_str()]);
            }
        }
    }
    fs::remove_file(&place.path)?;
    if place.kind != Kind::Launchd {
        match fs::remove_file(&place.environment) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    if let Some(systemd) = place.systemd().filter(|_| target.target_dir.is_none()) {
        let _ = systemd.ctl(&["daemon-reload"]);
    }
    let message = format!("{} is removed. Sessions that run continue.", place.path);
    print(target, "removed", &place, message)
}

/// Returns how your own service stands.
pub(super) fn status(context: &Context) -> Result<ServiceStatus> {
    ServiceStatus::read(&Target::yours(), context)
}

fn read(place: &Place) -> Result<Option<String>> {
    match fs::read_to_string(&place.path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn print(
    target: &Target,
    result: &'static str,
    place: &Place,
    message: String,
) -> Result<ExitCode> {
    match target.format {
        Format::Text => say(&message)?,
        Format::Json => json::print(&ServiceChange {
            result,
            path: place.path.to_string(),
            message,
        })?,
    }
    Ok(ExitCode::Done)
}
