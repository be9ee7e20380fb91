//! `ap schema`: JSON Schemas, by which editors complete and check definitions.
use super::format::Format;
use crate::compile::{SCHEMAS, Schema};
use crate::error::{Error, ExitCode, Result};
use crate::plan::suggest;
use crate::store::atomic;
use crate::ui::{self, note, out, table};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde_json::json;

/// Print the JSON Schema of a kind of file
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Without a name, the list of them. A definition that begins with\n  # yaml-language-server: $schema=../../schemas/loop.schema.json\nis completed and checked by editors that know the YAML language server; `ap new` writes\nthat line, and the schemas."
)]
pub(super) struct Args {
    /// `loop`, `pipeline`, `config`, `status` or `context`
    pub(super) name: Option<String>,
    /// Write all of them into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    pub(super) out: Option<Utf8PathBuf>,
    #[command(flatten)]
    format: Format,
}

/// Prints or writes what was asked for.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    match (&args.name, &args.out) {
        (Some(name), _) => out(named(name)?.text())?,
        (None, Some(folder)) => {
            write(folder)?;
            note(format!("{} schemas are in {folder}", SCHEMAS.len()));
        }
        (None, None) if args.format == Format::Json => {
            ui::json(&SCHEMAS.map(|schema| json!({ "name": schema.name, "file": schema.file(), "about": schema.about })))?;
        }
        (None, None) => out(table::table(
            ["NAME", "DESCRIBES"],
            SCHEMAS.map(|schema| [schema.name.to_owned(), schema.about.to_owned()]),
        ))?,
    }
    Ok(ExitCode::Done)
}

fn named(name: &str) -> Result<&'static Schema> {
    let names = SCHEMAS.iter().map(|schema| schema.name);
    SCHEMAS
        .iter()
        .find(|schema| schema.name == name)
        .ok_or_else(|| {
            Error::usage(format!("there is no schema `{name}`")).hint(suggest::hint(name, names))
        })
}

/// Writes those schemas into a folder that it does not have.
pub(super) fn add(folder: &Utf8Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for schema in SCHEMAS
        .iter()
        .filter(|schema| !folder.join(schema.file()).exists())
    {
        atomic::replace(&folder.join(schema.file()), schema.text().as_bytes())?;
    }
    Ok(())
}

/// Writes all schemas into a folder; those that are current are left alone.
fn write(folder: &Utf8Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for schema in &SCHEMAS {
        let (path, text) = (folder.join(schema.file()), schema.text());
        if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            atomic::replace(&path, text.as_bytes())?;
        }
    }
    Ok(())
}
