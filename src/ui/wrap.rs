//! Breaks text into lines that fit a width.
use console::measure_text_width;

/// Returns the lines of a text, broken between words. A word longer than the width stays whole, and so does a command
/// between backticks that fits a line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text, width) {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + measure_text_width(&word) < width => {
                line.push(' ');
                line.push_str(&word);
            }
            Some(_) | None => lines.push(word),
        }
    }
    lines
}

fn words(text: &str, width: usize) -> Vec<String> {
    let (mut words, mut command): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
    for word in text.split(' ') {
        let opens_or_ends = word.matches('`').count() % 2 == 1;
        if command.is_empty() && !opens_or_ends {
            words.push(word.to_owned());
            continue;
        }
        command.push(word);
        if command.len() > 1 && opens_or_ends {
            let whole = command.join(" ");
            if measure_text_width(&whole) <= width {
                words.push(whole);
                command.clear();
            }
            words.extend(command.drain(..).map(str::to_owned));
        }
    }
    words.extend(command.into_iter().map(str::to_owned));
    words
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
    fn a_command_stays_on_one_line_if_it_fits() {
        let text = "start over with `ap work auth --force`, or not";
        assert_eq!(
            wrap(text, 24),
            ["start over with", "`ap work auth --force`,", "or not"]
        );
        assert_eq!(
            wrap(text, 16),
            ["start over with", "`ap work auth", "--force`, or not"]
        );
        assert_eq!(wrap("a ` that opens", 5), ["a `", "that", "opens"]);
    }

    #[test]
    fn long_words_are_broken_where_a_column_needs_it() {
        assert_eq!(wrap_hard("a abcdefg b", 5), ["a", "abcde", "fg", "b"]);
        assert_eq!(wrap_hard("日本語", 4), ["日本", "語"]);
    }
}
