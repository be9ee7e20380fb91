//! The lines of a checklist, and which of them are quoted.

/// A line without its end.
pub(super) struct Line<'a> {
    /// Where it begins in the file.
    pub(super) start: usize,
    pub(super) text: &'a str,
    pub(super) indent: usize,
    /// Inside a code block or a comment.
    pub(super) quoted: bool,
}

/// Splits at `\n`, `\r\n` and `\r`, as Markdown does, and finds what is quoted.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while start < text.len() {
        let rest = &text[start..];
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        lines.push(Line {
            start,
            text: &rest[..end],
            indent: columns(&rest[..end]),
            quoted: false,
        });
        start += end
            + if rest[end..].starts_with("\r\n") {
                2
            } else {
                1
            };
    }
    let mut at = 0;
    while at < lines.len() {
        let end = quote_end(&lines, at).unwrap_or(at);
        let indent = lines[at].indent;
        for line in &mut lines[at..=end] {
            // The whole block belongs where it begins.
            (line.quoted, line.indent) = (end > at, indent);
        }
        at = end + 1;
    }
    lines
}

fn columns(line: &str) -> usize {
    let space = line.bytes().take_while(|b| matches!(b, b' ' | b'\t'));
    space.fold(0, |columns, byte| {
        if byte == b'\t' {
            (columns / 4 + 1) * 4
        } else {
            columns + 1
        }
    })
}

/// Returns the last line of the code block or comment that begins here. One that never ends is none: it would hide every task below.
fn quote_end(lines: &[Line<'_>], at: usize) -> Option<usize> {
    let first = lines[at].text.trim();
    let after = |ends: &dyn Fn(&str) -> bool| {
        (at + 1..lines.len()).find(|&below| ends(lines[below].text.trim()))
    };
    if first.starts_with("<!--") && !first.contains("-->") {
        return after(&|line| line.contains("-->"));
    }
    let fence = first
        .chars()
        .next()
        .filter(|_| first.starts_with("```") || first.starts_with("~~~"))?;
    let bare = first.trim_start_matches(fence);
    let long = first.len() - bare.len();
    if fence == '`' && bare.contains('`') {
        return None;
    }
    after(&|line| line.len() >= long && line.chars().all(|c| c == fence))
}
