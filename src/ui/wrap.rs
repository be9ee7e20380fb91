//! Breaks text into lines that fit a width.
use console::measure_text_width;

/// Returns the lines of a text, broken between words. A word longer than the width stays whole.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + measure_text_width(word) < width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Returns the same, with the words that are longer than the width broken too.
pub fn wrap_hard(text: &str, width: usize) -> Vec<String> {
    let broken = wrap(text, width).into_iter().flat_map(|line| {
        if measure_text_width(&line) <= width {
            return vec![line];
        }
        pieces(&line, width)
    });
    broken.collect()
}

fn pieces(line: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in line.chars() {
        let mut next = [0; 4];
        let next = &*letter.encode_utf8(&mut next);
        match pieces.last_mut() {
            Some(piece) if measure_text_width(piece) + measure_text_width(next) <= width => {
                piece.push(letter);
            }
            Some(_) | None => pieces.push(letter.to_string()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_long_words_stay_whole() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(
            wrap("a incomprehensible b", 5),
            ["a", "incomprehensible", "b"]
        );
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn long_words_are_broken_where_a_column_needs_it() {
        assert_eq!(wrap_hard("a abcdefg b", 5), ["a", "abcde", "fg", "b"]);
        assert_eq!(wrap_hard("日本語", 4), ["日本", "語"]);
    }
}
