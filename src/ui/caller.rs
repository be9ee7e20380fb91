//! How the user called this program, so that the commands it prints can be run as they stand.
use crate::text::shell_quote;
use std::borrow::Cow;
use std::sync::OnceLock;

/// How a command line begins: the program, and the project if it was named.
static CALLER: OnceLock<Caller> = OnceLock::new();

/// How this program was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `ap`, or a path such as `./run.sh`.
    pub program: String,
    /// The folder named with `-C`.
    pub project: Option<String>,
}

impl Caller {
    /// Has every command that is printed from now on begin like the one the user typed. Only the first call counts.
    pub fn remember(self) {
        let _ = CALLER.set(self);
    }

    /// Returns the words that replace `ap` at the beginning of a command.
    fn words(&self) -> Vec<String> {
        let project = self.project.iter();
        let project = project.flat_map(|project| ["-C".to_owned(), project.clone()]);
        std::iter::once(self.program.clone())
            .chain(project)
            .collect()
    }

    fn rewrite<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let words: Vec<String> = self.words().iter().map(|word| shell_quote(word)).collect();
        let start = words.join(" ");
        if start == "ap" {
            return Cow::Borrowed(text);
        }
        let mut rewritten = text.to_owned();
        for before in ["`", "  ", "&& ", "(", "\n"] {
            rewritten = rewritten.replace(&format!("{before}ap "), &format!("{before}{start} "));
        }
        match rewritten.strip_prefix("ap ") {
            Some(rest) => format!("{start} {rest}"),
            None => rewritten,
        }
        .into()
    }
}

/// Returns a text with its commands as the user would type them: what begins with `ap` is named as it was called.
pub fn as_called(text: &str) -> Cow<'_, str> {
    CALLER
        .get()
        .map_or(Cow::Borrowed(text), |caller| caller.rewrite(text))
}

/// Returns the words of a command as the user would type them.
pub fn words_as_called(words: &[String]) -> Vec<String> {
    match (CALLER.get(), words.split_first()) {
        (Some(caller), Some((program, rest))) if program == "ap" => {
            [&caller.words(), rest].concat()
        }
        (_, _) => words.to_vec(),
    }
}

/// Whether the program was called by its own name, so that it is installed.
pub fn is_installed() -> bool {
    CALLER.get().is_none_or(|caller| caller.program == "ap")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(program: &str, project: Option<&str>) -> Caller {
        Caller {
            program: program.to_owned(),
            project: project.map(str::to_owned),
        }
    }

    #[test]
    fn commands_are_named_as_the_user_called_them() {
        let text = "see `ap list`, or\n  ap work auth 25 --resume\n(ap attach auth)  ap logs auth; a map of ap and `apt`";
        assert_eq!(caller("ap", None).rewrite(text), text);
        assert_eq!(
            caller("./run.sh", None).rewrite(text),
            "see `./run.sh list`, or\n  ./run.sh work auth 25 --resume\n(./run.sh attach auth)  ./run.sh logs auth; a map of ap and `apt`"
        );
        assert_eq!(
            caller("ap", Some("/a b")).rewrite("ap stop auth"),
            "ap -C '/a b' stop auth"
        );
    }
}
