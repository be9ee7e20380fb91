//! Finds where `nodes[1].loop` is in a YAML text, by reading the text once more and failing on purpose there.
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{cell::Cell, fmt, ops::Range};

/// One step from a mapping or list into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A key of a mapping.
    Key(String),
    /// A 0-based index in a list.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// The way from the top of a document to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(pub(crate) Vec<Step>);

impl Path {
    /// Returns the path one step further.
    pub(crate) fn to(&self, step: impl Into<Step>) -> Self {
        let mut path = self.clone();
        path.0.push(step.into());
        path
    }

    /// Returns whether one of the two paths is a prefix of the other.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a == b)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if n == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// What of the last step of a path is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The key itself.
    Key,
    /// What the key holds.
    Value,
}

/// Returns the bytes of `text` a path leads to, or those of the nearest thing on the way that exists.
pub(crate) fn locate(text: &str, path: &Path, side: Side) -> Range<usize> {
    let exact = find(text, &path.0, side);
    // What a mapping does not hold itself may come with a merge key.
    let merged = || {
        let (_, scope) = path.0.split_last()?;
        find(text, &[scope, &[Step::from("<<")]].concat(), Side::Key)
    };
    let nearest = || {
        (1..path.0.len())
            .rev()
            .find_map(|steps| find(text, &path.0[..steps], Side::Key))
    };
    let start = exact
        .or_else(merged)
        .or_else(nearest)
        .unwrap_or_else(|| text.len() - text.trim_start().len());
    start..end(text, start, if exact.is_some() { side } else { Side::Key })
}

/// Returns the 1-based line and column (in characters) of a byte.
pub(crate) fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// Returns the byte at a 1-based line and column (in characters).
pub(crate) fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let within = text[start..]
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(text.len() - start, |(at, _)| at);
    start + within
}

fn find(text: &str, path: &[Step], side: Side) -> Option<usize> {
    if path.is_empty() {
        return None;
    }
    let reached = Cell::new(false);
    let error = Walk {
        path,
        side,
        reached: &reached,
    }
    .deserialize(serde_yaml::Deserializer::from_str(text))
    .err()?;
    let place = error.location().filter(|_| reached.get())?;
    Some(offset(text, place.line(), place.column()))
}

/// A key ends at its colon; a value at the end of its line, without a comment.
fn end(text: &str, start: usize, side: Side) -> usize {
    let line = text[start..].lines().next().unwrap_or_default();
    let stop = match side {
        Side::Key => line.find(':'),
        Side::Value if line.starts_with(['"', '\'']) => {
            line[1..].find(&line[..1]).map(|quote| quote + 2)
        }
        Side::Value if line.starts_with(['[', '{']) => line.find(" #"),
        Side::Value => line.find(" #").or_else(|| line.find([',', '}', ']'])),
    };
    start + line[..stop.unwrap_or(line.len())].trim_end().len()
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    path: &'a [Step],
    side: Side,
    reached: &'a Cell<bool>,
}

impl Walk<'_> {
    fn here<E: de::Error>(&self) -> E {
        self.reached.set(self.path.is_empty());
        E::custom("here")
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the target")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Step::Key(want), rest)) = self.path.split_first() else {
            return Err(self.here());
        };
        let last = rest.is_empty() && self.side == Side::Key;
        while let Some(found) = map.next_key_seed(Key {
            want,
            stop: last.then_some(self.reached),
        })? {
            if found {
                map.next_value_seed(Walk { path: rest, ..self })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((Step::Index(want), rest)) = self.path.split_first() else {
            return Err(self.here());
        };
        for index in 0.. {
            let more = if index == *want {
                list.next_element_seed(Walk { path: rest, ..self })?
                    .is_some()
            } else {
                list.next_element::<IgnoredAny>()?.is_some()
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        Err(self.here())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        Err(self.here())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        Err(self.here())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Err(self.here())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Err(self.here())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Err(self.here())
    }
}

/// Tells whether a key is the wanted one, or fails at it; a key that is no text is never wanted.
struct Key<'a> {
    want: &'a str,
    stop: Option<&'a Cell<bool>>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<bool, E> {
        match self.stop {
            Some(reached) if key == self.want => {
                reached.set(true);
                Err(E::custom("here"))
            }
            _ => Ok(key == self.want),
        }
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E: de::Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<bool, A::Error> {
        IgnoredAny.visit_seq(list).map(|_| false)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<bool, A::Error> {
        IgnoredAny.visit_map(map).map(|_| false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# é comment\nname: x\n1: odd\n[a]: odd\nnodes:\n  - id: a\n    loop: plann # typo\n  - {id: b, runs: 3}\n";

    fn at(steps: &[Step], side: Side) -> (&str, (usize, usize)) {
        let range = locate(TEXT, &Path(steps.to_vec()), side);
        (&TEXT[range.clone()], line_column(TEXT, range.start))
    }

    #[test]
    fn keys_values_and_items_are_found_exactly() {
        let node = |index: usize, key: &str| vec!["nodes".into(), index.into(), key.into()];
        assert_eq!(at(&["name".into()], Side::Key), ("name", (2, 1)));
        assert_eq!(at(&["name".into()], Side::Value), ("x", (2, 7)));
        assert_eq!(at(&node(0, "loop"), Side::Value), ("plann", (7, 11)));
        assert_eq!(at(&node(1, "runs"), Side::Key), ("runs", (8, 13)));
        assert_eq!(at(&node(1, "runs"), Side::Value), ("3", (8, 19)));
    }

    #[test]
    fn what_is_missing_is_found_at_what_should_hold_it() {
        assert_eq!(
            at(&["nodes".into(), 0.into(), "runs".into()], Side::Value).1,
            (6, 5)
        );
        assert_eq!(at(&["descripton".into()], Side::Value).1, (1, 1));
    }
}
