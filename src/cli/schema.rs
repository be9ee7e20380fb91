//! `ap schema`: the JSON Schemas with which editors complete and check definitions, and of what commands print.
use super::format::Format;
use super::output_schemas::{ListedSchema, all};
use crate::error::{ExitCode, Result};
use crate::store::atomic;
use crate::ui::table::{Fit, Table};
use crate::ui::{self, note, out};
use camino::{Utf8Path, Utf8PathBuf};
use clap::builder::PossibleValuesParser;
use fs_err as fs;

#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Without a name, the list of them. A definition that begins with\n  # yaml-language-server: $schema=../../schemas/loop.schema.json\nis completed and checked by editors that know the YAML language server; `ap new` writes\nthat line, and the schemas.",
    mut_arg("json", |json| {
        json.help("Print the list as JSON (`ap schema ap-schema`)").conflicts_with_all(["name", "out"])
    })
)]
pub(super) struct Args {
    /// Name of the schema
    #[arg(value_parser = PossibleValuesParser::new(all().map(|schema| schema.name)))]
    name: Option<String>,
    /// Write all of them into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    out: Option<Utf8PathBuf>,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    if let Some(folder) = &args.out {
        write(folder)?;
        note(format!("{} schemas are in {folder}", all().count()));
        return Ok(ExitCode::Done);
    }
    let named = args
        .name
        .as_deref()
        .and_then(|name| all().find(|schema| schema.name == name));
    match (named, args.format) {
        (Some(schema), _) => out(schema.text())?,
        (None, Format::Json) => {
            ui::json::print(&all().map(ListedSchema::from).collect::<Vec<_>>())?;
        }
        (None, Format::Text) => {
            let rows = all().map(|schema| [schema.name, schema.about]);
            let table = Table::new([Fit::Keep, Fit::Wrap]).header(["NAME", "DESCRIBES"]);
            out(table.rows(rows).fit_terminal())?;
        }
    }
    Ok(ExitCode::Done)
}

/// Writes all schemas into a folder; those that are current are left alone.
fn write(folder: &Utf8Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for schema in all() {
        let (path, text) = (folder.join(schema.file()), schema.text());
        if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            atomic::replace(&path, text.as_bytes())?;
        }
    }
    Ok(())
}
