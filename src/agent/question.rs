//! What a program asks you on a terminal that its agent does not have.

/// A question that only you can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// What the program prints, words separated by single spaces.
    pub text: &'static str,
    /// What it asks for, after "it asks".
    pub about: &'static str,
    /// How to answer it once for all agents.
    pub hint: &'static str,
}
