//! Parses what begins with a dollar sign or a backquote.
use super::cursor::{Cursor, Failure};
use super::parse;
use super::syntax::{Part, Word};
use super::words;

pub(super) fn expansion(cursor: &mut Cursor, word: &mut Word, quoted: bool) -> Result<(), Failure> {
    let first = cursor.next();
    if first == Some('`') {
        return backquotes(cursor, word, quoted);
    }
    match cursor.peek() {
        Some('\'') if !quoted => {
            cursor.advance(1);
            let text = ansi_c(cursor)?;
            word.parts.push(Part::Quoted(text));
        }
        Some('"') if !quoted => {
            cursor.advance(1);
            words::double_quoted(cursor, word, Some('"'))?;
        }
        Some('(') if cursor.starts_with("((") && words::arithmetic_command(cursor) => {
            word.parts.push(Part::Unknown { quoted: true });
        }
        Some('(') => {
            cursor.advance(1);
            let mut body = Vec::new();
            parse::list(cursor, &[], &mut body)?;
            cursor.expect(')')?;
            word.parts.push(Part::Output { body, quoted });
        }
        Some('[') => {
            cursor.until_any(&[']']);
            cursor.next().ok_or(Failure)?;
            word.parts.push(Part::Unknown { quoted: true });
        }
        Some('{') => {
            cursor.advance(1);
            braces(cursor, word, quoted)?;
        }
        Some(c @ ('@' | '*' | '#' | '?' | '-' | '$' | '!' | '0'..='9')) => {
            cursor.advance(1);
            word.parts.push(variable(c.to_string(), None, quoted));
        }
        _ => match cursor.name() {
            Some(name) => word.parts.push(variable(name, None, quoted)),
            None => word.parts.push(Part::Quoted("$".to_owned())),
        },
    }
    Ok(())
}

fn variable(name: String, operation: Option<(String, Word)>, quoted: bool) -> Part {
    Part::Variable {
        name,
        operation,
        quoted,
    }
}

fn backquotes(cursor: &mut Cursor, word: &mut Word, quoted: bool) -> Result<(), Failure> {
    let mut script = String::new();
    loop {
        match cursor.next().ok_or(Failure)? {
            '`' => break,
            '\\' => match cursor.next().ok_or(Failure)? {
                c @ ('`' | '\\' | '$') => script.push(c),
                '"' if quoted => script.push('"'),
                c => script.extend(['\\', c]),
            },
            c => script.push(c),
        }
    }
    let mut inner = Cursor::new(&script);
    inner.depth = cursor.depth + 1;
    let mut body = Vec::new();
    parse::list(&mut inner, &[], &mut body)?;
    if inner.peek().is_some() {
        return Err(Failure);
    }
    word.parts.push(Part::Output { body, quoted });
    Ok(())
}

/// Parses `${…}` after its brace.
fn braces(cursor: &mut Cursor, word: &mut Word, quoted: bool) -> Result<(), Failure> {
    let is_length = cursor.peek() == Some('#') && cursor.peek_at(1) != Some('}');
    let is_indirect = cursor.peek() == Some('!');
    if is_length || is_indirect {
        cursor.advance(1);
    }
    let name = match cursor.name() {
        Some(name) => name,
        None => cursor.next().ok_or(Failure)?.to_string(),
    };
    let mut name = name;
    if cursor.peek() == Some('[') {
        name.push_str(&cursor.until_any(&[']']));
        name.push(cursor.next().ok_or(Failure)?);
    }
    let from = cursor.position();
    while cursor.peek().is_some_and(|c| ":-=+?#%/^,@".contains(c)) {
        cursor.advance(1);
    }
    let operator = cursor.since(from);
    let mut operand = Word::default();
    until_brace(cursor, &mut operand)?;
    if is_length || is_indirect {
        word.parts.push(Part::Unknown { quoted });
        return Ok(());
    }
    let operation = (!operator.is_empty()).then_some((operator, operand));
    word.parts.push(variable(name, operation, quoted));
    Ok(())
}

/// Parses the word of an operation, up to the closing brace.
fn until_brace(cursor: &mut Cursor, word: &mut Word) -> Result<(), Failure> {
    cursor.depth += 1;
    if 60 < cursor.depth {
        return Err(Failure);
    }
    loop {
        let c = cursor.peek().ok_or(Failure)?;
        match c {
            '}' => {
                cursor.advance(1);
                cursor.depth -= 1;
                return Ok(());
            }
            '\'' => {
                cursor.advance(1);
                let text = cursor.until_any(&['\'', '}']);
                if cursor.peek() == Some('\'') {
                    cursor.advance(1);
                }
                word.parts.push(Part::Quoted(text));
            }
            '"' => {
                cursor.advance(1);
                words::double_quoted(cursor, word, Some('"'))?;
            }
            '\\' => {
                cursor.advance(1);
                let c = cursor.next().ok_or(Failure)?;
                word.parts.push(Part::Quoted(c.to_string()));
            }
            '$' | '`' => expansion(cursor, word, false)?,
            c => {
                cursor.advance(1);
                word.parts.push(Part::Bare(c.to_string()));
            }
        }
    }
}

/// Parses the rest of `$'…'`.
fn ansi_c(cursor: &mut Cursor) -> Result<String, Failure> {
    let mut text = String::new();
    loop {
        match cursor.next().ok_or(Failure)? {
            '\'' => return Ok(text),
            '\\' => {
                let c = cursor.next().ok_or(Failure)?;
                text.push(match c {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'e' | 'E' => '\u{1b}',
                    'f' => '\u{c}',
                    'v' => '\u{b}',
                    'x' => number(cursor, 16, 2),
                    'u' => number(cursor, 16, 4),
                    'U' => number(cursor, 16, 8),
                    '0'..='7' => {
                        cursor.back_to(cursor.position() - 1);
                        number(cursor, 8, 3)
                    }
                    c => c,
                });
            }
            c => text.push(c),
        }
    }
}

fn number(cursor: &mut Cursor, radix: u32, digits: usize) -> char {
    let mut value = 0;
    for _ in 0..digits {
        let Some(digit) = cursor.peek().and_then(|c| c.to_digit(radix)) else {
            break;
        };
        value = value * radix + digit;
        cursor.advance(1);
    }
    char::from_u32(value).unwrap_or('\u{fffd}')
}
