//! Finds a loop or pipeline by its name or path, and lists all of them.
use super::entry::Entry;
use super::found::{DEFINITIONS, Found};
use super::lookup::Library;
use super::loops::is_path;
use crate::compile::Sources;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Origin, PlanKind, suggest};
use crate::text::shell_quote;
use camino::Utf8Path;

impl Library {
    /// Finds a loop or pipeline by name or path, to run it.
    pub fn find(&self, kind: PlanKind, name: &str) -> Result<Sources> {
        let entry = self.entry_of(kind, name)?;
        entry.sources.map_err(|why| {
            Error::new(
                ErrorKind::InvalidDefinition,
                format!("{} `{name}` cannot be used: {why}", kind.as_str()),
            )
            .hint(why.hint)
        })
    }

    /// Finds a loop or pipeline by name or path, readable or not.
    pub fn entry_of(&self, kind: PlanKind, name: &str) -> Result<Entry> {
        if is_prompt(name) {
            return Err(prompt_instead(kind, name));
        }
        let at_path = || self.read(Found::at_path(kind, name)?);
        let stem = name.trim_end_matches(".yaml").trim_end_matches(".yml");
        is_path(name)
            .then(at_path)
            .flatten()
            .or_else(|| self.named(kind, stem))
            .or_else(|| match kind {
                PlanKind::Loop => self.without_definition(name),
                PlanKind::Pipeline => None,
            })
            .ok_or_else(|| self.unknown(kind, name))
    }

    /// Finds what a name or path may mean when its kind is not given: a loop, a pipeline, or one of each. A path leads to
    /// a loop's folder or its `loop.yaml`; any other file is a pipeline.
    pub fn entries_of(&self, name: &str) -> Result<Vec<Entry>> {
        let of_loop = self.entry_of(PlanKind::Loop, name);
        let of_pipeline = self.entry_of(PlanKind::Pipeline, name);
        let is_loop_file = Utf8Path::new(name)
            .file_name()
            .is_some_and(|file| DEFINITIONS.contains(&file));
        match (of_loop, of_pipeline) {
            (Err(no_loop), Err(_)) => Err(no_loop),
            (Ok(of_loop), Ok(of_pipeline)) if of_pipeline.origin == Origin::File => {
                Ok(vec![if is_loop_file { of_loop } else { of_pipeline }])
            }
            (of_loop, of_pipeline) => Ok(of_loop.into_iter().chain(of_pipeline).collect()),
        }
    }

    /// Returns whether there is a loop or pipeline of this name, readable or not.
    pub fn has(&self, kind: PlanKind, name: &str) -> bool {
        self.named(kind, name).is_some()
    }

    /// Lists everything there is, loops first, by name; what cannot be read is listed with the reason.
    pub fn list(&self) -> Vec<Entry> {
        let mut entries = self.list_named(PlanKind::Loop);
        entries.extend(self.list_without_definition());
        entries.extend(self.list_named(PlanKind::Pipeline));
        entries
    }

    fn list_named(&self, kind: PlanKind) -> Vec<Entry> {
        let names = self.names(kind).into_iter();
        names.filter_map(|name| self.named(kind, &name)).collect()
    }

    fn list_without_definition(&self) -> Vec<Entry> {
        let paths = self.search_paths(PlanKind::Loop);
        let folders = paths.iter().flat_map(|path| path.folder.entries());
        let mut names: Vec<String> = folders
            .filter(|name| !self.has(PlanKind::Loop, name))
            .collect();
        names.sort();
        names.dedup();
        let entries = names
            .iter()
            .filter_map(|name| self.without_definition(name));
        entries.collect()
    }

    pub(super) fn named(&self, kind: PlanKind, name: &str) -> Option<Entry> {
        self.read(self.file(kind, name)?)
    }

    fn read(&self, found: Found) -> Option<Entry> {
        match found.kind {
            PlanKind::Loop => self.read_loop(found),
            PlanKind::Pipeline => self.read_pipeline(found),
        }
    }

    fn unknown(&self, kind: PlanKind, name: &str) -> Error {
        if is_path(name) {
            return Error::new(
                ErrorKind::NotFound,
                format!("there is no file or folder {}", name.escape_debug()),
            )
            .hint("a path is relative to the project; `ap` lists the loops and pipelines by name");
        }
        let known = self.names(kind);
        let (other, start) = match kind {
            PlanKind::Loop => (PlanKind::Pipeline, "ap pipeline "),
            PlanKind::Pipeline => (PlanKind::Loop, "ap "),
        };
        let (word, shown) = (kind.as_str(), name.escape_debug());
        let near = suggest::nearest(name, known.iter().map(String::as_str));
        let hint = match near {
            _ if self.has(other, name) => {
                format!("`{name}` is a {}: `{start}{name}`", other.as_str())
            }
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{}; `ap` lists what there is", self.searched(kind)),
        };
        Error::new(ErrorKind::NotFound, format!("there is no {word} `{shown}`")).hint(hint)
    }

    /// Returns where definitions of a kind are looked for, in words.
    pub fn searched(&self, kind: PlanKind) -> String {
        let folders: Vec<String> = self
            .search_paths(kind)
            .iter()
            .filter_map(|path| path.folder.on_disk(&self.project))
            .map(|folder| format!("`{folder}`"))
            .collect();
        format!(
            "looked in {} and the built-in {}s",
            folders.join(", "),
            kind.as_str()
        )
    }
}

/// Whether a name leads to a text file, which can be neither a loop nor a pipeline.
fn is_prompt(name: &str) -> bool {
    let path = Utf8Path::new(name);
    let is_text = path.extension().is_some_and(|extension| {
        ["md", "markdown", "txt", "prompt"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    });
    is_text && path.is_file()
}

/// Returns the error for a prompt where a loop or pipeline was expected, with the commands that run it.
fn prompt_instead(kind: PlanKind, path: &str) -> Error {
    let stem = Utf8Path::new(path).file_stem().unwrap_or_default();
    let name: String = stem
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let name = name.trim_matches('-');
    let name = if name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name
    } else {
        "prompt"
    };
    Error::usage(format!("{path} is a prompt, not a {}", kind.as_str())).hint(format!(
        "make a loop of it: `ap new loop {name} --prompt {}`, then run it: `ap {name}`",
        shell_quote(path)
    ))
}
