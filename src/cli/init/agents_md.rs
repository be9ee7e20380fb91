//! The section on `ap` in `AGENTS.md`. It is added once, and your text is never changed.
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::store::atomic;
use crate::ui::{note, out};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io;

const BEGIN: &str = "<!-- agent-pipelines: begin -->";
const END: &str = "<!-- agent-pipelines: end -->";
const SECTION: &str = include_str!("agents_section.md");

/// Writes the section into a project's file for agents.
pub(super) fn add(root: &Utf8Path) -> Result<ExitCode> {
    let file = target(root);
    let before = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    match added(&before) {
        Added::Already => out(format!("{file} has the section already."))?,
        Added::Text(text) => {
            atomic::replace(&file, text.as_bytes())?;
            out(format!(
                "{file} has a section on ap now. Add what agents should know, and commit it."
            ))?;
        }
        Added::Edited(theirs) => {
            let diff = similar::TextDiff::from_lines(theirs.as_str(), SECTION);
            note(
                diff.unified_diff()
                    .context_radius(2)
                    .header("yours", "built in")
                    .to_string(),
            );
            return Err(Error::new(ErrorKind::Edited, format!("{file}: the section was edited, so it is left as it is")).hint(format!(
                "copy the parts you like by hand; or remove it, with the lines `{BEGIN}` and `{END}`, and run this again"
            )));
        }
    }
    Ok(ExitCode::Done)
}

/// Where both Claude Code and other agents look: `AGENTS.md`, unless there is a `CLAUDE.md`. Then Claude Code reads
/// `AGENTS.md` only if that is the same file or imports it.
fn target(project: &Utf8Path) -> Utf8PathBuf {
    let agents = project.join("AGENTS.md");
    let mut places = ["CLAUDE.md", ".claude/CLAUDE.md"]
        .into_iter()
        .map(|place| project.join(place));
    let Some(claude) = places.find(|place| place.is_file()) else {
        return real(agents);
    };
    let folder = claude.parent().unwrap_or(project);
    let leads = |path: &Utf8Path| {
        agents
            .canonicalize_utf8()
            .is_ok_and(|agents| path.canonicalize_utf8().is_ok_and(|path| path == agents))
    };
    // A CLAUDE.md that cannot be read counts as importing nothing.
    let text = fs::read_to_string(&claude).unwrap_or_default();
    real(
        if imports(&text)
            .iter()
            .any(|import| leads(&folder.join(import)))
        {
            agents
        } else {
            claude
        },
    )
}

/// The target of a link: writing must not replace the link by a file.
fn real(path: Utf8PathBuf) -> Utf8PathBuf {
    path.canonicalize_utf8().unwrap_or(path)
}

/// The files a `CLAUDE.md` imports: words that begin with `@`, outside of code.
fn imports(text: &str) -> Vec<&str> {
    let (mut found, mut fenced) = (Vec::new(), false);
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let prose = line
            .split('`')
            .step_by(2)
            .filter(|_| !fenced)
            .flat_map(str::split_whitespace);
        found.extend(prose.filter_map(|word| {
            Some(
                word.strip_prefix('@')?
                    .trim_end_matches(['.', ',', ';', ')']),
            )
        }));
    }
    found
}

#[derive(Debug, PartialEq, Eq)]
enum Added {
    Already,
    Text(String),
    /// The text of the edited section.
    Edited(String),
}

fn added(before: &str) -> Added {
    if let Some((_, rest)) = before.split_once(BEGIN) {
        let theirs = rest
            .split_once(END)
            .map_or(rest, |(theirs, _)| theirs)
            .trim_start_matches('\n');
        return if theirs == SECTION {
            Added::Already
        } else {
            Added::Edited(theirs.to_owned())
        };
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
    fn existing_text_stays_and_the_section_is_added_once() {
        let Added::Text(text) = added("# Mine\nwithout an end") else {
            panic!("nothing was added")
        };
        assert!(
            text.starts_with("# Mine\nwithout an end\n\n<!-- agent-pipelines: begin -->\n## "),
            "{text}"
        );
        assert_eq!(added(&text), Added::Already);
        let edited = text.replace("backlog", "list");
        assert!(matches!(added(&edited), Added::Edited(theirs) if theirs.contains("list")));
        assert!(matches!(added(""), Added::Text(text) if text.starts_with(BEGIN)));
    }

    /// Sets up files, a link as `-> target`, and returns where the section goes.
    fn chosen(files: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
        for (path, text) in files {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            match text.strip_prefix("-> ") {
                Some(target) => std::os::unix::fs::symlink(target, root.join(path)).unwrap(),
                None => atomic::replace(&root.join(path), text.as_bytes()).unwrap(),
            }
        }
        target(&root).strip_prefix(&root).unwrap().to_string()
    }

    #[test]
    fn the_section_goes_into_the_file_claude_code_reads() {
        let (agents, claude) = ("AGENTS.md", "CLAUDE.md");
        assert_eq!(chosen(&[]), agents);
        assert_eq!(chosen(&[(agents, "")]), agents);
        assert_eq!(chosen(&[(claude, "")]), claude);
        assert_eq!(chosen(&[(claude, "# Ours\n"), (agents, "")]), claude);
        assert_eq!(
            chosen(&[(claude, "# Ours\nSee @AGENTS.md.\n"), (agents, "")]),
            agents
        );
        assert_eq!(chosen(&[(claude, "@./AGENTS.md"), (agents, "")]), agents);
        assert_eq!(
            chosen(&[
                (claude, "Write `@AGENTS.md`:\n```\n@AGENTS.md\n```\n"),
                (agents, "")
            ]),
            claude,
            "code imports nothing"
        );
        assert_eq!(
            chosen(&[(claude, "@AGENTS.md")]),
            claude,
            "there is none yet"
        );
        assert_eq!(
            chosen(&[(".claude/CLAUDE.md", "@../AGENTS.md"), (agents, "")]),
            agents
        );
        assert_eq!(
            chosen(&[(".claude/CLAUDE.md", ""), (agents, "")]),
            ".claude/CLAUDE.md"
        );
    }

    #[test]
    fn a_link_stays_one() {
        assert_eq!(
            chosen(&[("CLAUDE.md", "-> AGENTS.md"), ("AGENTS.md", "")]),
            "AGENTS.md"
        );
        assert_eq!(
            chosen(&[("CLAUDE.md", ""), ("AGENTS.md", "-> CLAUDE.md")]),
            "CLAUDE.md"
        );
        assert_eq!(
            chosen(&[("AGENTS.md", "-> docs/agents.md"), ("docs/agents.md", "")]),
            "docs/agents.md"
        );
    }
}
