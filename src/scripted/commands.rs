//! The `run` of a step: one command, or a list of commands.
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// The commands of a step, each a list of words. No shell reads them.
#[derive(Debug, Default)]
pub(super) struct Commands(Vec<Vec<String>>);

impl Commands {
    /// Returns the commands in order, without empty ones.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[String]> {
        self.0
            .iter()
            .map(Vec::as_slice)
            .filter(|words| !words.is_empty())
    }
}

impl<'de> Deserialize<'de> for Commands {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CommandsVisitor)
    }
}

struct CommandsVisitor;

impl<'de> Visitor<'de> for CommandsVisitor {
    type Value = Commands;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command as a list of words, such as `[git, status]`, or a list of commands")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Commands, A::Error> {
        let (mut words, mut commands) = (Vec::new(), Vec::new());
        while let Some(item) = items.next_element()? {
            match item {
                Item::Word(word) => words.push(word),
                Item::Command(command) => commands.push(command),
            }
        }
        match (words.is_empty(), commands.is_empty()) {
            (false, false) => Err(A::Error::custom(
                "words and commands in one list, expected either one command or a list of commands",
            )),
            (false, true) => Ok(Commands(vec![words])),
            (true, _) => Ok(Commands(commands)),
        }
    }
}

/// An element of `run`.
enum Item {
    Word(String),
    Command(Vec<String>),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word (in quotes if it is a number), or a command as a list of words")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Item, E> {
        Ok(Item::Word(word.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Item, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = items.next_element()? {
            words.push(word);
        }
        Ok(Item::Command(words))
    }
}
