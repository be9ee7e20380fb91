//! `ap <word>` where the word is no command and no loop: finds what was meant.
use super::command_names::COMMAND_NAMES;
use super::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::SessionName;
use crate::plan::{PlanKind, suggest};
use crate::store::library::Library;
use crate::store::session::{load_cached, names};
use crate::text::shell_quote;
use crate::ui::next_command::NextCommand;
use std::ffi::OsString;

/// How many commands are suggested at most.
const MAX_SUGGESTIONS: usize = 3;
/// Words for a start, which needs none.
const START: [&str; 5] = ["exec", "launch", "run", "single", "start"];
/// Words for a resume.
const RESUME: [&str; 3] = ["recover", "restart", "resume"];
/// Commands for those who work on `ap` or its plugin.
const INTERNAL: [&str; 1] = ["hook"];

/// Refuses `ap <word> …` if the word is no loop, and names the command that was probably meant.
pub(super) fn check(words: &[OsString], context: &Context) -> Result<()> {
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let Some((word, rest)) = words.as_deref().and_then(<[_]>::split_first) else {
        return Ok(());
    };
    let library = context.library();
    let Err(no_loop) = library.entry_of(PlanKind::Loop, word) else {
        return Ok(());
    };
    // A path is not a typo of a name; the library reports what is wrong with it.
    if word.contains(['/', '.']) {
        return Err(no_loop);
    }
    let found = Words {
        word,
        rest,
        context,
        library: &library,
    }
    .suggestions();
    let error = Error::new(
        ErrorKind::NotFound,
        format!("there is no command or loop `{}`", word.escape_debug()),
    );
    Err(match found.as_slice() {
        [] => error.hint(no_loop.help().unwrap_or_default()),
        [one] => error.hint(format!("did you mean `{one}`?")),
        [several @ .., last] => {
            let several: Vec<String> = several.iter().map(|one| format!("`{one}`")).collect();
            error.hint(format!("did you mean {} or `{last}`?", several.join(", ")))
        }
    })
}

struct Words<'a> {
    word: &'a str,
    rest: &'a [&'a str],
    context: &'a Context,
    library: &'a Library,
}

impl Words<'_> {
    /// Returns the commands that may have been meant, the likeliest first.
    fn suggestions(&self) -> Vec<String> {
        let one = self.resume().or_else(|| self.start());
        if let Some(command) = one.or_else(|| self.exact(self.word)) {
            return vec![command];
        }
        let known = self.known();
        let near = suggest::near(self.word, known.iter().map(String::as_str), MAX_SUGGESTIONS);
        let mut commands: Vec<String> = near
            .into_iter()
            .filter_map(|word| self.exact(word))
            .collect();
        commands.dedup();
        commands
    }

    /// `ap resume auth`: the command that continues the session.
    fn resume(&self) -> Option<String> {
        let session = self.rest.first().filter(|_| RESUME.contains(&self.word))?;
        let session: SessionName = session.parse().ok()?;
        let dir = self.context.project.session(&session);
        let snapshot = load_cached(&dir).ok().flatten()?;
        Some(NextCommand::resume(&snapshot.plan, &snapshot.state).to_string())
    }

    /// `ap run work auth 25`: the same without the first word.
    fn start(&self) -> Option<String> {
        let (name, rest) = self
            .rest
            .split_first()
            .filter(|_| START.contains(&self.word))?;
        let start = if self.library.has(PlanKind::Loop, name) {
            "ap"
        } else if self.library.has(PlanKind::Pipeline, name) {
            "ap pipeline"
        } else {
            return None;
        };
        Some(typed(start, name, rest))
    }

    /// Returns how something of exactly this name is typed.
    fn exact(&self, word: &str) -> Option<String> {
        if COMMAND_NAMES.contains(&word) || self.library.has(PlanKind::Loop, word) {
            return Some(typed("ap", word, self.rest));
        }
        if self.library.has(PlanKind::Pipeline, word) {
            return Some(typed("ap pipeline", word, self.rest));
        }
        let session: SessionName = word.parse().ok()?;
        let is_session = self.context.project.session(&session).journal().exists();
        is_session.then(|| format!("ap status {session}"))
    }

    /// Returns every word that could have been typed.
    fn known(&self) -> Vec<String> {
        let commands = COMMAND_NAMES
            .iter()
            .filter(|name| !INTERNAL.contains(name))
            .map(ToString::to_string);
        let definitions = self.library.list().into_iter().map(|entry| entry.name);
        let sessions = names(&self.context.project).unwrap_or_default();
        let sessions = sessions.into_iter().map(|session| session.to_string());
        let mut known: Vec<String> = commands.chain(definitions).chain(sessions).collect();
        known.sort();
        known.dedup();
        known
    }
}

fn typed(start: &str, word: &str, rest: &[&str]) -> String {
    let rest: String = rest
        .iter()
        .map(|word| format!(" {}", shell_quote(word)))
        .collect();
    format!("{start} {}{rest}", shell_quote(word))
}
