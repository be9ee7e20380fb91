//! Parses words, redirections and here-documents.
use super::cursor::{Cursor, Failure, Pending};
use super::parse;
use super::substitution;
use super::syntax::{Part, Redirect, Word};
use std::cell::OnceCell;
use std::rc::Rc;

/// What ends a word outside of quotes.
fn ends_word(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>'
    )
}

/// Parses the word that begins here, if one does.
pub(super) fn word(cursor: &mut Cursor) -> Result<Option<Word>, Failure> {
    let mut word = Word::default();
    let from = cursor.position();
    while let Some(c) = cursor.peek() {
        if (c == '<' || c == '>') && cursor.peek_at(1) == Some('(') {
            cursor.advance(2);
            let mut body = Vec::new();
            parse::list(cursor, &[], &mut body)?;
            cursor.expect(')')?;
            word.parts.push(Part::Process(body));
            continue;
        }
        if c == '(' && is_pattern(&word) {
            pattern(cursor, &mut word)?;
            continue;
        }
        if ends_word(c) {
            break;
        }
        part(cursor, &mut word, c)?;
    }
    Ok((from < cursor.position()).then_some(word))
}

/// Whether a parenthesis after this belongs to an extended pattern, such as `@(a|b)`.
fn is_pattern(word: &Word) -> bool {
    matches!(word.parts.last(), Some(Part::Bare(text)) if text.ends_with(['@', '+', '!', '?', '*']))
}

fn pattern(cursor: &mut Cursor, word: &mut Word) -> Result<(), Failure> {
    let mut depth = 0;
    while let Some(c) = cursor.next() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            word.parts.push(Part::Unknown { quoted: false });
            return Ok(());
        }
    }
    Err(Failure)
}

fn part(cursor: &mut Cursor, word: &mut Word, c: char) -> Result<(), Failure> {
    match c {
        '\'' => {
            cursor.advance(1);
            let text = cursor.until_any(&['\'']);
            cursor.next().ok_or(Failure)?;
            word.parts.push(Part::Quoted(text));
        }
        '"' => {
            cursor.advance(1);
            double_quoted(cursor, word, Some('"'))?;
        }
        '\\' => {
            cursor.advance(1);
            match cursor.next() {
                Some('\n') | None => {}
                Some(c) => word.parts.push(Part::Quoted(c.to_string())),
            }
        }
        '$' | '`' => substitution::expansion(cursor, word, false)?,
        c => {
            cursor.advance(1);
            match word.parts.last_mut() {
                Some(Part::Bare(text)) => text.push(c),
                _ => word.parts.push(Part::Bare(c.to_string())),
            }
        }
    }
    Ok(())
}

/// Parses text in which only `$`, backquotes and some backslashes have a meaning, up to its end.
pub(super) fn double_quoted(
    cursor: &mut Cursor,
    word: &mut Word,
    end: Option<char>,
) -> Result<(), Failure> {
    let mut text = String::new();
    // Even without a character it is a word.
    word.parts.push(Part::Quoted(String::new()));
    loop {
        let Some(c) = cursor.peek() else {
            word.parts.push(Part::Quoted(text));
            return if end.is_none() { Ok(()) } else { Err(Failure) };
        };
        if Some(c) == end {
            cursor.advance(1);
            word.parts.push(Part::Quoted(text));
            return Ok(());
        }
        match c {
            '\\' => {
                cursor.advance(1);
                match cursor.next() {
                    Some('\n') | None => {}
                    Some(c @ ('$' | '`' | '"' | '\\')) => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                }
            }
            '$' | '`' => {
                word.parts.push(Part::Quoted(std::mem::take(&mut text)));
                substitution::expansion(cursor, word, true)?;
            }
            c => {
                cursor.advance(1);
                text.push(c);
            }
        }
    }
}

/// Parses the redirection that begins here, if one does.
pub(super) fn redirect(cursor: &mut Cursor) -> Result<Option<Redirect>, Failure> {
    const OPERATORS: [&str; 13] = [
        "&>>", "<<<", "<<-", "&>", ">>", ">|", ">&", "<>", "<&", "<<", ">", "<", "",
    ];
    let from = cursor.position();
    if cursor.peek() == Some('{') {
        let name = cursor.until_any(&['}', ' ', '\n', ',']);
        if cursor.next() != Some('}') || name.len() < 2 || !matches!(cursor.peek(), Some('<' | '>'))
        {
            cursor.back_to(from);
            return Ok(None);
        }
    }
    while cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
        cursor.advance(1);
    }
    let found = OPERATORS
        .into_iter()
        .find(|operator| cursor.starts_with(operator));
    let operator = found.unwrap_or_default();
    let is_process = matches!(operator, "<" | ">") && cursor.peek_at(1) == Some('(');
    if operator.is_empty() || is_process {
        cursor.back_to(from);
        return Ok(None);
    }
    cursor.advance(operator.len());
    cursor.skip_blanks();
    let target = word(cursor)?.ok_or(Failure)?;
    let mut redirect = Redirect {
        operator: operator.to_owned(),
        target,
        body: None,
    };
    match operator {
        "<<<" => redirect.body = Some(Rc::new(OnceCell::from(redirect.target.clone()))),
        "<<" | "<<-" => redirect.body = Some(here_document(cursor, &redirect)),
        _ => {}
    }
    Ok(Some(redirect))
}

fn here_document(cursor: &mut Cursor, redirect: &Redirect) -> Rc<OnceCell<Word>> {
    let literal = redirect.target.bare().is_none();
    let texts = redirect.target.parts.iter().map(|part| match part {
        Part::Bare(text) | Part::Quoted(text) => text.as_str(),
        _ => "",
    });
    let delimiter = texts.collect();
    // Its text begins after this line.
    let body = Rc::new(OnceCell::new());
    cursor.pending.push_back(Pending {
        delimiter,
        literal,
        strips_tabs: redirect.operator == "<<-",
        body: Rc::clone(&body),
    });
    body
}

/// Consumes a newline and the here-documents that begin after it.
pub(super) fn newline(cursor: &mut Cursor) -> Result<(), Failure> {
    cursor.advance(1);
    while let Some(pending) = cursor.pending.pop_front() {
        let mut text = String::new();
        while let Some(line) = cursor.line() {
            let line = if pending.strips_tabs {
                line.trim_start_matches('\t')
            } else {
                &line
            };
            if line == pending.delimiter {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        let body = if pending.literal {
            Word::quoted(text)
        } else {
            let mut inner = Cursor::new(&text);
            inner.depth = cursor.depth + 1;
            let mut word = Word::default();
            double_quoted(&mut inner, &mut word, None)?;
            word
        };
        // Set once: a here-document has one text.
        let _ = pending.body.set(body);
    }
    Ok(())
}

/// Consumes `((…))` if its content can only be arithmetic.
pub(super) fn arithmetic_command(cursor: &mut Cursor) -> bool {
    let from = cursor.position();
    let (mut depth, mut after_word, mut only_arithmetic) = (0, false, true);
    let mut blank_after_word = false;
    while let Some(c) = cursor.next() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '`' | '\'' | '"' | '\n' | '\\' => only_arithmetic = false,
            ' ' | '\t' => blank_after_word = after_word,
            // Two words in a row are a command.
            c if c.is_alphanumeric() || c == '_' || c == '$' => {
                only_arithmetic &= !blank_after_word;
            }
            _ => {}
        }
        let is_word = c.is_alphanumeric() || c == '_';
        if c != ' ' && c != '\t' {
            blank_after_word = false;
        }
        after_word = is_word || (after_word && (c == ' ' || c == '\t'));
        if depth == 0 {
            break;
        }
    }
    if depth == 0 && only_arithmetic {
        return true;
    }
    cursor.back_to(from);
    false
}
