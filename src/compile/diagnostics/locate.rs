//! Finds where `nodes[1].loop` is in a YAML text, by reading the text once more and failing on purpose there.
use super::locate_key::Key;
use super::path::{Path, Step};
use super::position::offset;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{cell::Cell, fmt, ops::Range};

/// The part of a path's last step to locate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The key itself.
    Key,
    /// The value of the key.
    Value,
}

/// Returns the bytes of `text` a path leads to, or those of the nearest thing on the way that exists.
pub(crate) fn locate(text: &str, path: &Path, side: Side) -> Range<usize> {
    let exact = find(text, &path.0, side);
    // A key that the mapping itself lacks may come from a merge key.
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

/// Whether a text has a value at a path.
pub(crate) fn exists(text: &str, path: &Path) -> bool {
    find(text, &path.0, Side::Key).is_some()
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
    let position = error.location().filter(|_| reached.get())?;
    Some(offset(text, position.line(), position.column()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::diagnostics::position::line_column;

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
    fn a_missing_key_is_located_at_its_parent() {
        assert_eq!(
            at(&["nodes".into(), 0.into(), "runs".into()], Side::Value).1,
            (6, 5)
        );
        assert_eq!(at(&["descripton".into()], Side::Value).1, (1, 1));
    }
}
