//! `ap service status`. Reads only.
use super::place::{Kind, Place};
use super::target::Target;
use super::unit::{UNIT, is_as_written};
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::cli::supervised::supervisor;
use crate::error::{ExitCode, Result};
use crate::ui::{json, out};
use fs_err as fs;
use serde::Serialize;

/// `ap service status --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct ServiceStatus {
    path: String,
    installed: bool,
    /// Whether you edited it.
    edited: bool,
    /// Whether it is what this program would install.
    pub(in crate::cli) current: bool,
    /// Whether it starts with the machine, as its manager says.
    pub(in crate::cli) enabled: Option<String>,
    /// Whether it runs, as its manager says.
    pub(in crate::cli) active: Option<String>,
    /// The version of the supervisor that runs, however it was started.
    running_version: Option<String>,
    version: &'static str,
    /// What to do.
    pub(in crate::cli) advice: Option<String>,
}

impl ServiceStatus {
    pub(in crate::cli) fn read(target: &Target, context: &Context) -> Result<Self> {
        let place = Place::of(target, context)?;
        let text = fs::read_to_string(&place.path).ok();
        let installed = text.is_some();
        let systemd = place.systemd().filter(|_| installed);
        let mut status = Self {
            path: place.path.to_string(),
            installed,
            edited: text.as_deref().is_some_and(|text| !is_as_written(text)),
            current: text.as_deref() == Some(place.text(context).as_str()),
            enabled: systemd.map(|it| it.is("is-enabled", UNIT)),
            active: systemd.map(|it| it.is("is-active", UNIT)),
            running_version: supervisor(context).map(|it| it.version),
            version: env!("CARGO_PKG_VERSION"),
            advice: None,
        };
        status.advice = status.find_advice(&place);
        Ok(status)
    }

    pub(in crate::cli) fn is_installed(&self) -> bool {
        self.installed
    }

    fn find_advice(&self, place: &Place) -> Option<String> {
        if !self.installed {
            return Some("`ap service install` installs it".to_owned());
        }
        let other = self.running_version.as_deref();
        if other.is_some_and(|it| it != self.version) {
            return Some(format!(
                "the supervisor that runs is of version {}: `ap start --upgrade` replaces it",
                other.unwrap_or_default()
            ));
        }
        if !self.current && !self.edited {
            return Some("it runs another binary or is of another version: `ap service install` writes it again".to_owned());
        }
        let is = |state: &Option<String>, wanted: &str| {
            state.as_deref().is_none_or(|state| state == wanted)
        };
        if !is(&self.enabled, "enabled") || !is(&self.active, "active") {
            return Some(match place.kind {
                Kind::Launchd => place.journal(),
                Kind::User | Kind::System => {
                    format!(
                        "`ap service install` enables and starts it; {}",
                        place.journal()
                    )
                }
            });
        }
        None
    }
}

pub(super) fn run(target: &Target, context: &Context) -> Result<ExitCode> {
    let status = ServiceStatus::read(target, context)?;
    if target.format == Format::Json {
        json::print(&status)?;
        return Ok(ExitCode::Done);
    }
    let yes = |is: bool| if is { "yes" } else { "no" };
    let word = |state: &Option<String>| state.clone().unwrap_or_else(|| "?".to_owned());
    let mut lines = vec![
        format!("Service    {}", status.path),
        format!("Installed  {}", yes(status.installed)),
    ];
    if status.installed {
        lines.push(format!("Edited     {}", yes(status.edited)));
        lines.push(format!("Current    {}", yes(status.current)));
        lines.push(format!("Enabled    {}", word(&status.enabled)));
        lines.push(format!("Active     {}", word(&status.active)));
    }
    let running = status.running_version.as_deref().unwrap_or("none");
    lines.push(format!("Supervisor {running} (this is {})", status.version));
    if let Some(advice) = &status.advice {
        lines.push(format!("→ {advice}"));
    }
    out(lines.join("\n"))?;
    Ok(ExitCode::Done)
}
