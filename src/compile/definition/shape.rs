//! Reads a key that may be written in a short form or as `key: value` lines, so that a mistake in the lines is found at
//! its own line: serde's untagged enums would report the whole value.
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// What a key may look like. A form that is `None` does not exist.
pub(super) trait Shape: Sized {
    /// The accepted forms, for error messages.
    const EXPECTED: &'static str;
    /// Its `key: value` lines.
    type Map: for<'de> Deserialize<'de>;

    fn map(map: Self::Map) -> Self;

    fn text(_: &str) -> Option<Self> {
        None
    }

    fn flag(_: bool) -> Option<Self> {
        None
    }

    fn number(_: u32) -> Option<Self> {
        None
    }

    fn list(_: Vec<Self::Map>) -> Option<Self> {
        None
    }
}

pub(super) fn of_shape<'de, T: Shape, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Shaped(PhantomData))
}

struct Shaped<T>(PhantomData<T>);

impl<'de, T: Shape> Visitor<'de> for Shaped<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::text(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<T, E> {
        T::flag(flag).ok_or_else(|| E::invalid_value(de::Unexpected::Bool(flag), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        let small = u32::try_from(number).ok().and_then(T::number);
        small.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::Map::deserialize(MapAccessDeserializer::new(map)).map(T::map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        let all = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        T::list(all).ok_or_else(|| de::Error::invalid_type(de::Unexpected::Seq, &self))
    }
}
