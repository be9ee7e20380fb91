//! `ap init`: prepares a repository for agents. It adds, and never changes what a person wrote.
use super::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::store::atomic;
use crate::ui::{note, out};
use camino::Utf8PathBuf;
use fs_err as fs;
use std::io;

/// Prepare this repository for agents
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Args {
    /// Add a short section on ap to AGENTS.md, or to CLAUDE.md where only that exists
    #[arg(long, required = true)]
    agents_md: bool,
}

const BEGIN: &str = "<!-- agent-pipelines: begin -->";
const END: &str = "<!-- agent-pipelines: end -->";
const SECTION: &str = include_str!("agents_section.md");

/// Writes the section.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    if !args.agents_md {
        return Err(Error::usage("say what shall be prepared").hint("`--agents-md` is all there is"));
    }
    let file = target(context);
    let before = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    match added(&before) {
        Added::Already => out(format!("{file} has the section already."))?,
        Added::Text(text) => {
            atomic::replace(&file, text.as_bytes())?;
            out(format!("{file} has a section on ap now. Say in it what agents should know, and commit it."))?;
        }
        Added::Edited(theirs) => {
            let diff = similar::TextDiff::from_lines(theirs.as_str(), SECTION);
            note(diff.unified_diff().context_radius(2).header("yours", "built in").to_string());
            return Err(Error::new(ExitCode::Short, format!("{file}: the section was edited, so it is left as it is")).hint(format!(
                "take over what you like by hand; or remove it, with the lines `{BEGIN}` and `{END}`, and call this again"
            )));
        }
    }
    Ok(ExitCode::Done)
}

/// `AGENTS.md`, unless only `CLAUDE.md` is there.
fn target(context: &Context) -> Utf8PathBuf {
    let [agents, claude] = ["AGENTS.md", "CLAUDE.md"].map(|file| context.project.root().join(file));
    if claude.is_file() && !agents.is_file() { claude } else { agents }
}

#[derive(Debug, PartialEq, Eq)]
enum Added {
    Already,
    Text(String),
    /// What the section says instead.
    Edited(String),
}

fn added(before: &str) -> Added {
    if let Some((_, rest)) = before.split_once(BEGIN) {
        let theirs = rest.split_once(END).map_or(rest, |(theirs, _)| theirs).trim_start_matches('\n');
        return if theirs == SECTION { Added::Already } else { Added::Edited(theirs.to_owned()) };
    }
    let gap = match before {
        "" => "",
        text if text.ends_with("\n\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    Added::Text(format!("{before}{gap}{BEGIN}\n{SECTION}{END}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_and_twice_is_once() {
        let Added::Text(text) = added("# Mine\nwithout an end") else { panic!("nothing was added") };
        assert!(text.starts_with("# Mine\nwithout an end\n\n<!-- agent-pipelines: begin -->\n## "), "{text}");
        assert_eq!(added(&text), Added::Already);
        let edited = text.replace("backlog", "list");
        assert!(matches!(added(&edited), Added::Edited(theirs) if theirs.contains("list")));
        assert!(matches!(added(""), Added::Text(text) if text.starts_with(BEGIN)));
    }
}
