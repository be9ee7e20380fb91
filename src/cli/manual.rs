//! `ap completions`, `ap man`: what shells and `man` know of the command line, drawn from its definition.
use crate::error::{ExitCode, Result};
use crate::store::atomic;
use crate::text::count;
use crate::ui::{note, out};
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Command};
use clap_complete::Shell;
use fs_err as fs;

#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell to complete for
    shell: Shell,
}

#[derive(Args, Debug)]
pub(super) struct ManArgs {
    /// Write one page per command into this folder instead of printing the main page
    #[arg(long, value_name = "DIR")]
    out: Option<Utf8PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "ap", &mut text);
    out(String::from_utf8_lossy(&text))?;
    Ok(ExitCode::Done)
}

pub(super) fn man(args: &ManArgs, mut command: Command) -> Result<ExitCode> {
    // Gives subcommands their full names.
    command.build();
    match &args.out {
        None => out(String::from_utf8_lossy(&page(&command, "ap")?))?,
        Some(folder) => {
            fs::create_dir_all(folder)?;
            let written = write(&command, "ap", folder)?;
            note(format!(
                "{} in {folder}; read one with `man -l {folder}/ap.1`",
                count(written, "page")
            ));
        }
    }
    Ok(ExitCode::Done)
}

/// Writes the pages of a command and all below it. Returns how many.
fn write(command: &Command, name: &str, folder: &Utf8Path) -> Result<u32> {
    atomic::replace(&folder.join(format!("{name}.1")), &page(command, name)?)?;
    let mut written = 1;
    for inner in command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        written += write(inner, &format!("{name}-{}", inner.get_name()), folder)?;
    }
    Ok(written)
}

fn page(command: &Command, name: &str) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    let version = concat!("ap ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone())
        .title(name)
        .source(version)
        .manual("Agent Pipelines")
        .render(&mut page)?;
    Ok(page)
}
