//! Finds events in output where they are not alone on their lines.
use crate::text::without_terminal_codes;
use serde_json::Value;

/// Finds the events in the lines of an output: behind terminal codes or a banner, several on a line, in a list, or printed
/// over several lines. Its memory is bounded.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The lines of an object that is not complete.
    pending: String,
    nesting: Nesting,
}

/// A part of the output.
#[derive(Debug)]
pub enum Piece<'a> {
    /// An object with a `type`.
    Event(Value),
    /// Anything else.
    Text(&'a str),
}

/// The longest object that is put together from several lines.
const MAX_PENDING: usize = 1 << 20;
/// Places in a line at which an event behind a banner may begin.
const MAX_STARTS: usize = 8;

impl Decoder {
    /// Reads one line, and calls `each` for each complete piece.
    pub fn line(&mut self, line: &[u8], each: &mut dyn FnMut(Piece<'_>)) {
        // Nearly every line is one whole event. It also ends an object that was never closed.
        if line.starts_with(b"{")
            && let Ok(event) = serde_json::from_slice(line)
            && is_event(&event)
        {
            self.finish(each);
            return each(Piece::Event(event));
        }
        let text = without_terminal_codes(&String::from_utf8_lossy(line));
        if self.pending.is_empty() {
            if let Some(begun) = read(&text, each) {
                begun.clone_into(&mut self.pending);
                self.nesting.add(begun);
            }
            return;
        }
        self.pending.push('\n');
        self.pending.push_str(&text);
        self.nesting.add(&text);
        if self.nesting.depth <= 0 || MAX_PENDING < self.pending.len() {
            self.finish(each);
        }
    }

    /// Passes on an incomplete object as text, at the end of the output.
    pub fn finish(&mut self, each: &mut dyn FnMut(Piece<'_>)) {
        let pending = std::mem::take(&mut self.pending);
        self.nesting = Nesting::default();
        let left = read(&pending, each).into_iter().flat_map(str::lines);
        for line in left {
            if let Some(broken) = read(line, each) {
                each(Piece::Text(broken));
            }
        }
    }
}

fn is_event(value: &Value) -> bool {
    value.get("type").is_some_and(Value::is_string)
}

/// Reads the values of a text, and returns the object at its end that is not complete.
fn read<'t>(text: &'t str, each: &mut dyn FnMut(Piece<'_>)) -> Option<&'t str> {
    let mut rest = after_separators(text);
    while !rest.is_empty() {
        match first_object(rest) {
            Object::Whole(event, length) => {
                if is_event(&event) {
                    each(Piece::Event(event));
                } else {
                    each(Piece::Text(&rest[..length]));
                }
                rest = after_separators(&rest[length..]);
            }
            Object::Begun => return Some(rest),
            Object::None => {
                let end = next_event(rest).unwrap_or(rest.len());
                each(Piece::Text(&rest[..end]));
                rest = &rest[end..];
            }
        }
    }
    None
}

enum Object {
    Whole(Value, usize),
    Begun,
    None,
}

fn first_object(text: &str) -> Object {
    if !text.starts_with('{') {
        return Object::None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    match values.next() {
        Some(Ok(value)) => Object::Whole(value, values.byte_offset()),
        Some(Err(error)) if error.is_eof() => Object::Begun,
        Some(Err(_)) | None => Object::None,
    }
}

/// Returns where an event begins behind other text.
fn next_event(text: &str) -> Option<usize> {
    let starts = text.match_indices('{').map(|(at, _)| at);
    let mut starts = starts.filter(|at| *at > 0).take(MAX_STARTS);
    starts.find(
        |at| matches!(first_object(&text[*at..]), Object::Whole(event, _) if is_event(&event)),
    )
}

/// Skips what separates the elements of a list, and its ends.
fn after_separators(text: &str) -> &str {
    let text = text.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']);
    let list = text.strip_prefix('[').map(str::trim_start);
    let list = list.filter(|list| list.is_empty() || list.starts_with(['{', '[', ']']));
    let end = text.strip_prefix([',', ']']).map(str::trim_start);
    let end = end.filter(|end| end.is_empty() || end.starts_with(['{', '[', ']', ',']));
    list.or(end).map_or(text, after_separators)
}

/// How deep in objects and lists the end of a text is.
#[derive(Debug, Default)]
struct Nesting {
    depth: i64,
    in_string: bool,
    is_escaped: bool,
}

impl Nesting {
    fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.in_string => self.is_escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth -= 1,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kinds of the events in an output, and the texts in parentheses.
    fn pieces(output: &str) -> String {
        let mut found = Vec::new();
        let mut each = |piece: Piece<'_>| {
            found.push(match piece {
                Piece::Event(event) => event["type"].as_str().unwrap_or_default().to_owned(),
                Piece::Text(text) => format!("({text})"),
            });
        };
        let mut decoder = Decoder::default();
        for line in output.split('\n') {
            decoder.line(line.as_bytes(), &mut each);
        }
        decoder.finish(&mut each);
        found.retain(|piece| piece != "()");
        found.join(" ")
    }

    #[test]
    fn an_event_is_found_wherever_it_is_on_its_line() {
        for output in [
            "{\"type\":\"a\"}\n{\"type\":\"b\"}",
            "{\"type\":\"a\"}{\"type\":\"b\"}",
            "{\"type\":\"a\"} {\"type\":\"b\"}\r",
            "\u{feff}{\"type\":\"a\"}\n\u{feff}\u{feff}{\"type\":\"b\"}",
            "\u{1b}]0;x\u{7}{\"type\":\"a\"}\n\u{1b}]2;t\u{1b}\\{\"type\":\"b\"}\u{1b}[0m",
            "\u{1b}[32m{\"type\":\"a\"}\u{1b}[0m\n\u{1b}[?25l\u{1b}[2K\r{\"type\":\"b\"}",
            "[{\"type\":\"a\"},{\"type\":\"b\"}]",
            "[\n{\"type\":\"a\"},\n{\"type\":\"b\"}\n]",
            "[\n  {\n    \"type\": \"a\"\n  },\n  {\n    \"type\": \"b\",\n    \"x\": [\n      {\"type\": \"c\"}\n    ]\n  }\n]\n",
            "[[{\"type\":\"a\"}],\n{\"type\":\"b\"}]",
            "{\n\"type\":\"a\",\"text\":\"}{ \\\" ]\"\n}\n{\"type\":\"b\"}",
            "{\"type\":\n\"a\"}{\"type\":\"b\"}",
        ] {
            assert_eq!(pieces(output), "a b", "{output:?}");
        }
    }

    #[test]
    fn text_around_events_stays_text() {
        for (output, expected) in [
            ("Loading {x} … {\"type\":\"a\"}", "(Loading {x} … ) a"),
            ("{\"type\":\"a\"} done", "a (done)"),
            (
                "\u{1b}]0;never ended {\"type\":\"a\"}",
                "(]0;never ended ) a",
            ),
            ("[warn] words", "([warn] words)"),
            ("{\"level\":\"warn\"}", "({\"level\":\"warn\"})"),
            ("{\"type\":1}", "({\"type\":1})"),
            ("{\n{\"type\":\"a\"}", "({) a"),
            (
                "{\"type\":\"a\",\"bro\n{\"type\":\"b\"}",
                "({\"type\":\"a\",\"bro) b",
            ),
            ("{ words", "({ words)"),
            ("", ""),
        ] {
            assert_eq!(pieces(output), expected, "{output:?}");
        }
    }

    #[test]
    fn an_unfinished_object_hides_no_later_event() {
        let filler = " \"x\": 1,\n".repeat(MAX_PENDING / 8);
        let found = pieces(&format!(
            "{{\n{filler}\n {{\"type\":\"a\"}}\n{{\"type\":\"b\"}}"
        ));
        assert!(found.ends_with("a b"), "{}", &found[found.len() - 40..]);
    }
}
