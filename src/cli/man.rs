//! `ap man`: manual pages, generated from the command line's definition.
use crate::error::{ExitCode, Result};
use crate::store::atomic;
use crate::text::count;
use crate::ui::{note, out};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Command;
use fs_err as fs;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Write one page per command into this folder instead of printing the main page
    #[arg(long, value_name = "DIR")]
    out: Option<Utf8PathBuf>,
}

pub(super) fn run(args: &Args, mut command: Command) -> Result<ExitCode> {
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

/// Writes the pages of a command and its subcommands. Returns how many.
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
