//! Parses the JSON of trackers: bare, in an envelope, or after a few lines of other output.
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// An answer of a tracker.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::queue) enum Envelope<T> {
    /// A list, bare or as `data`, `items` or `tasks` of an object.
    Items(Vec<T>),
    /// `{"error": …}`: what went wrong, in the tracker's words.
    Error(String),
}

/// The fields that make an object an answer.
const PARTS: [&str; 4] = ["data", "items", "tasks", "error"];

/// Parses the only answer in a text. Other lines around it, such as progress or a log in JSON, are skipped.
///
/// The error says what is wrong with the text; an empty text is an error.
pub(in crate::queue) fn answer<'a, T: Deserialize<'a>>(
    text: &'a str,
) -> Result<Envelope<T>, String> {
    let mut at = start(text).ok_or_else(|| match text.trim() {
        "" => "it printed nothing".to_owned(),
        words => format!(
            "it printed no JSON but “{}”",
            crate::text::first_line(words)
        ),
    })?;
    loop {
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Envelope<T>>();
        let wrong = match values.next() {
            Some(Ok(answer)) => return alone(&text[at + values.byte_offset()..]).map(|()| answer),
            Some(Err(error)) if error.is_eof() => return Err("its JSON breaks off".to_owned()),
            Some(Err(error)) => format!("its JSON cannot be understood: {error}"),
            None => return Err("it printed nothing".to_owned()),
        };
        at += after_logged(&text[at..]).ok_or(wrong)?;
    }
}

/// Checks that no second answer follows.
fn alone(mut rest: &str) -> Result<(), String> {
    while let Some(at) = start(rest) {
        let line = first_line(&rest[at..]);
        if !is_logged(line) {
            return Err("it printed more than one JSON value".to_owned());
        }
        rest = &rest[at + line.len()..];
    }
    Ok(())
}

/// Returns where the next JSON begins after a first line that is not an answer.
fn after_logged(text: &str) -> Option<usize> {
    let line = first_line(text);
    start(&text[line.len()..])
        .filter(|_| is_logged(line))
        .map(|at| line.len() + at)
}

/// Whether a line is a whole object that is not an answer, such as a line of a JSON log.
fn is_logged(line: &str) -> bool {
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line);
    object.is_ok_and(|object| !PARTS.iter().any(|part| object.contains_key(*part)))
}

/// Returns the first line with its end.
fn first_line(text: &str) -> &str {
    text.split_inclusive('\n').next().unwrap_or_default()
}

/// Returns a string field of the object in a text, or of its `data`, if it is there; an error if the text has no such
/// object.
pub(in crate::queue) fn field(text: &str, name: &str) -> Result<Option<String>, String> {
    let mut at = start(text).ok_or("it printed no JSON")?;
    // A line of a log has not got the field, which must not be taken for the answer.
    while let Some(next) = after_logged(&text[at..])
        .filter(|_| !first_line(&text[at..]).contains(&format!("\"{name}\"")))
    {
        at += next;
    }
    let mut values =
        serde_json::Deserializer::from_str(&text[at..]).into_iter::<serde_json::Value>();
    let object = values
        .next()
        .and_then(Result::ok)
        .ok_or("its JSON breaks off")?;
    let value = object.get(name).or_else(|| object.get("data")?.get(name));
    Ok(value.and_then(serde_json::Value::as_str).map(str::to_owned))
}

/// Returns where JSON begins: a line that begins with a list of objects or with an object. `[warning] …` does not.
fn start(text: &str) -> Option<usize> {
    let begins = |line: &str| {
        let mut rest = line.split_whitespace().flat_map(str::chars);
        match (rest.next(), rest.next()) {
            (Some('['), next) => matches!(next, None | Some('{' | ']')),
            (Some('{'), next) => matches!(next, None | Some('"' | '}')),
            _ => false,
        }
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if begins(line) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Envelope<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
    type Value = Envelope<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or an object with `data`, `items`, `tasks` or `error`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Envelope::Items(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut answer = None;
        while let Some(key) = object.next_key::<String>()? {
            match key.as_str() {
                // An envelope may hold an error as well as a list.
                "data" | "items" | "tasks" => answer = answer.or(Some(object.next_value()?)),
                "error" => {
                    answer = object
                        .next_value::<Option<Words>>()?
                        .map(|words| Envelope::Error(words.0))
                        .or(answer);
                }
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        answer.ok_or_else(|| {
            serde::de::Error::custom("the object has neither `data`, `items`, `tasks` nor `error`")
        })
    }

    /// Reads `null` as an empty list, as some trackers print it.
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Envelope::Items(Vec::new()))
    }
}

/// The message of an error that is a text or an object with a `message`.
struct Words(String);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => text,
            value => value
                .get("message")
                .and_then(serde_json::Value::as_str)
                .map_or_else(|| value.to_string(), str::to_owned),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Envelope<u8>, String> {
        answer(text)
    }

    #[test]
    fn every_known_envelope_is_opened() {
        #[derive(Deserialize, Debug, PartialEq, Eq)]
        struct Id {
            id: u8,
        }
        let one = || Ok(Envelope::Items(vec![Id { id: 1 }]));
        for text in [
            r#"[{"id":1}]"#,
            "[\n  {\n    \"id\": 1\n  }\n]\n",
            r#"{"schema_version":1,"data":[{"id":1}]}"#,
            r#"{"items":[{"id":1}],"total":1}"#,
            r#"{"data":{"items":[{"id":1}]}}"#,
            "→ Loading\n[warn] the file is old\n[{\"id\":1}]\ndone\n",
            "{\"level\":\"warn\"}\n{\"level\":\"info\"}\n[{\"id\":1}]\n{\"level\":\"info\"}\n",
            "{\"level\":\"warn\"}\n{\"data\":[\n  {\"id\":1}\n]}\n",
        ] {
            assert_eq!(answer::<Id>(text), one(), "{text}");
        }
        assert_eq!(answer::<Id>("[]"), Ok(Envelope::Items(Vec::new())));
        assert_eq!(
            answer::<Id>(r#"{"data":null}"#),
            Ok(Envelope::Items(Vec::new()))
        );
    }

    #[test]
    fn an_error_keeps_the_text_of_the_tracker() {
        for text in [
            r#"{"error":"no"}"#,
            "{\n \"error\": \"no\"\n}",
            r#"{"data":{"error":"no"}}"#,
            r#"{"error":{"message":"no"}}"#,
        ] {
            assert_eq!(read(text), Ok(Envelope::Error("no".to_owned())), "{text}");
        }
    }

    #[test]
    fn garbage_is_never_empty() {
        for (text, why) in [
            ("", "it printed nothing"),
            (" \n", "it printed nothing"),
            (
                "\n✨ No open issues\n",
                "it printed no JSON but “✨ No open issues”",
            ),
            ("[\n1,", "its JSON breaks off"),
            ("[\n", "its JSON breaks off"),
            (r#"{"data":["#, "its JSON breaks off"),
            ("[]\n[]", "it printed more than one JSON value"),
            (
                "[]\n{\"level\":\"warn\"}\n[]",
                "it printed more than one JSON value",
            ),
            (
                "[]\n{\"error\":\"no\"}",
                "it printed more than one JSON value",
            ),
            ("{\"level\":\"warn\"}\n[\n", "its JSON breaks off"),
        ] {
            assert_eq!(read(text), Err(why.to_owned()), "{text:?}");
        }
        for text in [
            "{}",
            r#"{"count":3}"#,
            r#"[{"id":1},]"#,
            "[warn] only words",
            "{\"level\":\"warn\"}\n{\"count\":0}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_field_is_not_looked_for_in_a_log() {
        let value = |text: &str| field(text, "value").map(Option::unwrap_or_default);
        for text in [
            r#"{"value":"x"}"#,
            "{\n \"data\": {\"value\": \"x\"}\n}",
            "{\"level\":\"warn\"}\n{\"value\":\"x\"}\n{\"level\":\"info\"}\n",
        ] {
            assert_eq!(value(text), Ok("x".to_owned()), "{text}");
        }
        assert_eq!(value(r#"{"key":"k"}"#), Ok(String::new()));
        assert!(value("words").is_err() && value("{\"level\":\"warn\"}\n{\"value\":").is_err());
    }
}
