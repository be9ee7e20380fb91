//! Parses a script into commands.
use super::cursor::{Cursor, Failure};
use super::syntax::{Assignment, Node, Simple, Value, Word};
use super::words;

/// Deeper nesting is refused rather than followed.
const MAX_DEPTH: usize = 40;

/// Returns the commands of a script, or those before the place where it cannot be parsed.
pub(in crate::guard) fn parse(script: &str) -> Result<Vec<Node>, Vec<Node>> {
    let mut cursor = Cursor::new(script);
    let mut nodes = Vec::new();
    match list(&mut cursor, &[], &mut nodes) {
        Ok(()) if cursor.peek().is_none() => Ok(nodes),
        Ok(()) | Err(Failure) => Err(nodes),
    }
}

/// Parses commands until one of the words that end the list, or a closing parenthesis.
pub(super) fn list(
    cursor: &mut Cursor,
    until: &[&str],
    nodes: &mut Vec<Node>,
) -> Result<(), Failure> {
    cursor.depth += 1;
    if MAX_DEPTH < cursor.depth {
        return Err(Failure);
    }
    loop {
        separators(cursor)?;
        match cursor.peek() {
            None | Some(')') => break,
            Some(';') if cursor.starts_with(";;") => break,
            Some(_)
                if cursor
                    .keyword()
                    .is_some_and(|word| until.contains(&word.as_str())) =>
            {
                break;
            }
            Some(_) => {}
        }
        let from = cursor.position();
        let node = pipeline(cursor)?;
        nodes.push(node);
        if cursor.position() == from {
            return Err(Failure);
        }
    }
    cursor.depth -= 1;
    Ok(())
}

/// Skips what separates commands: white space, comments, newlines, `;`, `&`, `&&` and `||`.
fn separators(cursor: &mut Cursor) -> Result<(), Failure> {
    loop {
        cursor.skip_blanks();
        match cursor.peek() {
            Some('\n') => words::newline(cursor)?,
            Some(';') if !cursor.starts_with(";;") => cursor.advance(1),
            Some('&') if !cursor.starts_with("&>") => cursor.advance(1),
            Some('|') if cursor.starts_with("||") => cursor.advance(2),
            _ => return Ok(()),
        }
    }
}

fn pipeline(cursor: &mut Cursor) -> Result<Node, Failure> {
    let mut stages = vec![command(cursor)?];
    loop {
        cursor.skip_blanks();
        if cursor.peek() != Some('|') || cursor.starts_with("||") {
            break;
        }
        cursor.advance(if cursor.starts_with("|&") { 2 } else { 1 });
        loop {
            cursor.skip_blanks();
            if cursor.peek() != Some('\n') {
                break;
            }
            words::newline(cursor)?;
        }
        stages.push(command(cursor)?);
    }
    Ok(match stages.len() {
        1 => stages.remove(0),
        _ => Node::Pipeline(stages),
    })
}

fn command(cursor: &mut Cursor) -> Result<Node, Failure> {
    cursor.skip_blanks();
    let Some(node) = compound(cursor)? else {
        return simple(cursor);
    };
    let mut redirects = Vec::new();
    while let Some(redirect) = {
        cursor.skip_blanks();
        words::redirect(cursor)?
    } {
        redirects.push(redirect);
    }
    Ok(if redirects.is_empty() {
        node
    } else {
        Node::Redirected(Box::new(node), redirects)
    })
}

/// Parses a compound command, if one begins here.
fn compound(cursor: &mut Cursor) -> Result<Option<Node>, Failure> {
    if cursor.starts_with("((") && words::arithmetic_command(cursor) {
        return Ok(Some(Node::Group(Vec::new())));
    }
    if cursor.peek() == Some('(') {
        cursor.advance(1);
        let mut body = Vec::new();
        list(cursor, &[], &mut body)?;
        cursor.expect(')')?;
        return Ok(Some(Node::Subshell(body)));
    }
    let Some(word) = cursor.keyword() else {
        return Ok(None);
    };
    let body = |cursor: &mut Cursor, ends: &[&str]| block(cursor, &word, ends);
    Ok(Some(match word.as_str() {
        "{" => Node::Group(body(cursor, &["}"])?),
        "if" => Node::Group(body(cursor, &["fi"])?),
        "while" | "until" => Node::Group(body(cursor, &["done"])?),
        "for" | "select" => for_loop(cursor, &word)?,
        "case" => case(cursor)?,
        "[[" => condition(cursor)?,
        "function" => function(cursor)?,
        "!" | "time" | "coproc" => {
            cursor.advance(word.len());
            cursor.skip_blanks();
            while cursor.starts_with("-p") {
                cursor.advance(2);
                cursor.skip_blanks();
            }
            match cursor.peek() {
                None | Some('\n' | ';' | ')' | '&' | '|') => Node::Group(Vec::new()),
                Some(_) => command(cursor)?,
            }
        }
        _ => return named_function(cursor),
    }))
}

/// Parses the lists between a keyword and the one that ends it; the keywords between are only separators.
fn block(cursor: &mut Cursor, begin: &str, ends: &[&str]) -> Result<Vec<Node>, Failure> {
    const BETWEEN: [&str; 4] = ["then", "elif", "else", "do"];
    cursor.advance(begin.len());
    let mut nodes = Vec::new();
    let until: Vec<&str> = BETWEEN.iter().chain(ends).copied().collect();
    loop {
        list(cursor, &until, &mut nodes)?;
        let word = cursor.keyword().ok_or(Failure)?;
        cursor.advance(word.len());
        if ends.contains(&word.as_str()) {
            return Ok(nodes);
        }
    }
}

fn for_loop(cursor: &mut Cursor, keyword: &str) -> Result<Node, Failure> {
    cursor.advance(keyword.len());
    cursor.skip_blanks();
    let mut values = Vec::new();
    let mut name = String::new();
    if cursor.starts_with("((") {
        if !words::arithmetic_command(cursor) {
            return Err(Failure);
        }
    } else {
        name = cursor.name().ok_or(Failure)?;
        separators(cursor)?;
        if cursor.keyword().as_deref() == Some("in") {
            cursor.advance(2);
            while let Some(word) = {
                cursor.skip_blanks();
                words::word(cursor)?
            } {
                values.push(word);
            }
        }
    }
    separators(cursor)?;
    let begin = cursor.keyword().ok_or(Failure)?;
    let end = match begin.as_str() {
        "do" => "done",
        "{" => "}",
        _ => return Err(Failure),
    };
    let body = block(cursor, &begin, &[end])?;
    Ok(Node::For { name, values, body })
}

fn case(cursor: &mut Cursor) -> Result<Node, Failure> {
    cursor.advance("case".len());
    cursor.skip_blanks();
    let subject = words::word(cursor)?.ok_or(Failure)?;
    separators(cursor)?;
    if cursor.keyword().as_deref() != Some("in") {
        return Err(Failure);
    }
    cursor.advance(2);
    // The subject may hold substitutions, which run.
    let mut nodes = vec![Node::Simple(Simple {
        words: vec![Word::quoted(":"), subject],
        ..Simple::default()
    })];
    loop {
        separators(cursor)?;
        if cursor.keyword().as_deref() == Some("esac") {
            cursor.advance("esac".len());
            return Ok(Node::Group(nodes));
        }
        if cursor.peek() == Some('(') {
            cursor.advance(1);
        }
        loop {
            cursor.skip_blanks();
            words::word(cursor)?.ok_or(Failure)?;
            cursor.skip_blanks();
            if cursor.peek() != Some('|') {
                break;
            }
            cursor.advance(1);
        }
        cursor.expect(')')?;
        list(cursor, &["esac"], &mut nodes)?;
        for end in [";;&", ";;", ";&"] {
            if cursor.starts_with(end) {
                cursor.advance(end.len());
                break;
            }
        }
    }
}

/// Parses `[[ … ]]`, in which operators separate nothing.
fn condition(cursor: &mut Cursor) -> Result<Node, Failure> {
    cursor.advance("[[".len());
    let mut words = vec![Word::quoted("[[")];
    loop {
        cursor.skip_blanks();
        match cursor.peek() {
            None => return Err(Failure),
            Some('\n' | '(' | ')' | '&' | '|' | '<' | '>' | ';') => cursor.advance(1),
            Some(_) => {
                let word = words::word(cursor)?.ok_or(Failure)?;
                if word.bare() == Some("]]") {
                    break;
                }
                words.push(word);
            }
        }
    }
    Ok(Node::Simple(Simple {
        words,
        ..Simple::default()
    }))
}

fn function(cursor: &mut Cursor) -> Result<Node, Failure> {
    cursor.advance("function".len());
    cursor.skip_blanks();
    let name = words::word(cursor)?.ok_or(Failure)?;
    cursor.skip_blanks();
    if cursor.starts_with("()") {
        cursor.advance(2);
    }
    body_of(cursor, name.bare().unwrap_or_default().to_owned())
}

/// Parses `name () body`.
fn named_function(cursor: &mut Cursor) -> Result<Option<Node>, Failure> {
    let from = cursor.position();
    let name = cursor.until_any(&[
        ' ', '\t', '\n', '(', ')', ';', '&', '|', '<', '>', '\'', '"', '$', '`', '\\', '=',
    ]);
    cursor.skip_blanks();
    if name.is_empty() || cursor.peek() != Some('(') {
        cursor.back_to(from);
        return Ok(None);
    }
    cursor.advance(1);
    cursor.skip_blanks();
    cursor.expect(')')?;
    body_of(cursor, name).map(Some)
}

fn body_of(cursor: &mut Cursor, name: String) -> Result<Node, Failure> {
    separators(cursor)?;
    let body = vec![command(cursor)?];
    Ok(Node::Function { name, body })
}

fn simple(cursor: &mut Cursor) -> Result<Node, Failure> {
    let mut simple = Simple::default();
    loop {
        cursor.skip_blanks();
        if let Some(redirect) = words::redirect(cursor)? {
            simple.redirects.push(redirect);
            continue;
        }
        if simple.words.is_empty()
            && let Some(assignment) = assignment(cursor)?
        {
            simple.assignments.push(assignment);
            continue;
        }
        match words::word(cursor)? {
            Some(word) => simple.words.push(word),
            None => return Ok(Node::Simple(simple)),
        }
        // `declare -a X=(…)`: the array of a declaration.
        if cursor.peek() == Some('(') && is_open_assignment(simple.words.last()) {
            array(cursor)?;
        }
    }
}

fn is_open_assignment(word: Option<&Word>) -> bool {
    word.and_then(Word::bare)
        .is_some_and(|text| text.ends_with('='))
}

fn assignment(cursor: &mut Cursor) -> Result<Option<Assignment>, Failure> {
    let from = cursor.position();
    let Some(mut name) = cursor.name() else {
        return Ok(None);
    };
    if cursor.peek() == Some('[') {
        cursor.until_any(&['=', '\n', ' ']);
        name.push_str("[@]");
    }
    if cursor.starts_with("+=") {
        cursor.advance(1);
    }
    if cursor.peek() != Some('=') {
        cursor.back_to(from);
        return Ok(None);
    }
    cursor.advance(1);
    let value = if cursor.peek() == Some('(') {
        Value::Array(array(cursor)?)
    } else {
        Value::One(words::word(cursor)?.unwrap_or_default())
    };
    let name = name.trim_end_matches("[@]").to_owned();
    Ok(Some(Assignment { name, value }))
}

fn array(cursor: &mut Cursor) -> Result<Vec<Word>, Failure> {
    cursor.expect('(')?;
    let mut values = Vec::new();
    loop {
        cursor.skip_blanks();
        match cursor.peek() {
            Some('\n') => cursor.advance(1),
            Some(')') => {
                cursor.advance(1);
                return Ok(values);
            }
            _ => values.push(words::word(cursor)?.ok_or(Failure)?),
        }
    }
}
