//! What a shell script is made of.
use std::cell::OnceCell;
use std::rc::Rc;

/// A command of a script, or a compound of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guard) enum Node {
    Simple(Simple),
    /// Commands whose output is the next one's input.
    Pipeline(Vec<Self>),
    /// Commands in the same shell: a group, or the parts of an `if` or a `while`.
    Group(Vec<Self>),
    /// Commands whose variables and working directory end with them.
    Subshell(Vec<Self>),
    For {
        name: String,
        values: Vec<Word>,
        body: Vec<Self>,
    },
    Function {
        name: String,
        body: Vec<Self>,
    },
    Redirected(Box<Self>, Vec<Redirect>),
}

/// A command with its assignments, words and redirections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::guard) struct Simple {
    pub assignments: Vec<Assignment>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guard) struct Assignment {
    pub name: String,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guard) enum Value {
    One(Word),
    Array(Vec<Word>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guard) struct Redirect {
    /// As it is written, without the number before it: `>`, `>>`, `<<`.
    pub operator: String,
    pub target: Word,
    /// The text of a here-document, once its lines are read.
    pub body: Option<Rc<OnceCell<Word>>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::guard) struct Word {
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guard) enum Part {
    /// Text without quotes, in which `*`, `?`, `[`, `{` and `~` have their meaning.
    Bare(String),
    Quoted(String),
    Variable {
        name: String,
        /// What follows the name in braces, such as `:-`, with its word.
        operation: Option<(String, Word)>,
        quoted: bool,
    },
    /// A command substitution.
    Output {
        body: Vec<Node>,
        quoted: bool,
    },
    /// A process substitution: the name of a pipe.
    Process(Vec<Node>),
    /// A value that only a shell can compute.
    Unknown {
        quoted: bool,
    },
}

impl Word {
    pub(in crate::guard) fn quoted(text: impl Into<String>) -> Self {
        Self {
            parts: vec![Part::Quoted(text.into())],
        }
    }

    /// Returns the text of a word that is written without quotes, variables and substitutions.
    pub(in crate::guard) fn bare(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Bare(text)] => Some(text),
            _ => None,
        }
    }
}
