//! A position in a script that is parsed.
use super::syntax::Word;
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// A script that cannot be parsed from here.
#[derive(Debug)]
pub(super) struct Failure;

/// A here-document whose text has not begun.
#[derive(Debug)]
pub(super) struct Pending {
    pub delimiter: String,
    /// Whether its delimiter is quoted, so that nothing in the text is expanded.
    pub literal: bool,
    /// Whether tabs at the begin of its lines are removed.
    pub strips_tabs: bool,
    pub body: Rc<OnceCell<Word>>,
}

pub(super) struct Cursor {
    text: Vec<char>,
    at: usize,
    pub depth: usize,
    pub pending: VecDeque<Pending>,
}

impl Cursor {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.chars().filter(|c| *c != '\r').collect(),
            at: 0,
            depth: 0,
            pending: VecDeque::new(),
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    pub(super) fn peek_at(&self, offset: usize) -> Option<char> {
        self.text.get(self.at + offset).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.at = (self.at + count).min(self.text.len());
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, position: usize) {
        self.at = position;
    }

    pub(super) fn since(&self, position: usize) -> String {
        self.text[position..self.at].iter().collect()
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(index, c)| self.peek_at(index) == Some(c))
    }

    pub(super) fn expect(&mut self, wanted: char) -> Result<(), Failure> {
        self.skip_blanks();
        if self.next() == Some(wanted) {
            Ok(())
        } else {
            Err(Failure)
        }
    }

    /// Skips white space, continued lines and comments, but no newline.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.at += 1,
                Some('\\') if self.peek_at(1) == Some('\n') => self.at += 2,
                Some('#') if self.at == 0 || self.is_after_blank() => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn is_after_blank(&self) -> bool {
        matches!(
            self.text[self.at - 1],
            ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')'
        )
    }

    /// Returns the unquoted word that stands here alone, without consuming it.
    pub(super) fn keyword(&self) -> Option<String> {
        let mut word = String::new();
        let mut offset = 0;
        while let Some(c) = self.peek_at(offset) {
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
                '\'' | '"' | '$' | '`' | '\\' => return None,
                c => word.push(c),
            }
            offset += 1;
        }
        (!word.is_empty()).then_some(word)
    }

    /// Consumes and returns the name of a variable.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            let fits =
                c == '_' || c.is_ascii_alphabetic() || (c.is_ascii_digit() && !name.is_empty());
            if !fits {
                break;
            }
            name.push(c);
            self.at += 1;
        }
        (!name.is_empty()).then_some(name)
    }

    /// Consumes and returns the text before any of these.
    pub(super) fn until_any(&mut self, ends: &[char]) -> String {
        let from = self.at;
        while self.peek().is_some_and(|c| !ends.contains(&c)) {
            self.at += 1;
        }
        self.since(from)
    }

    /// Consumes and returns the rest of the line, with its newline.
    pub(super) fn line(&mut self) -> Option<String> {
        self.peek()?;
        let line = self.until_any(&['\n']);
        self.advance(1);
        Some(line)
    }
}
