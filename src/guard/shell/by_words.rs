//! Reads a script that cannot be parsed.
use super::syntax::{Node, Redirect, Simple, Word};

/// Returns the commands of a script that cannot be parsed, by its words alone.
pub(in crate::guard) fn by_words(script: &str) -> Vec<Node> {
    let script: String = script
        .chars()
        .map(|c| match c {
            '(' | ')' | '`' | '|' | '&' | ';' => '\n',
            '\'' | '"' | '\\' | '{' | '}' | '<' => ' ',
            c => c,
        })
        .collect();
    let simple = |line: &str| -> Vec<Node> {
        let mut words: Vec<Word> = Vec::new();
        let mut redirects = Vec::new();
        let mut parts = line.split_whitespace();
        while let Some(text) = parts.next() {
            if let Some((_, target)) = text.rsplit_once('>') {
                let target = if target.is_empty() {
                    parts.next().unwrap_or_default()
                } else {
                    target
                };
                redirects.push(Redirect {
                    operator: ">".to_owned(),
                    target: Word::quoted(target),
                    body: None,
                });
                continue;
            }
            words.push(Word::quoted(text));
        }
        // Any of the words may be the program.
        let starts = 0..words.len().clamp(1, 200);
        starts
            .map(|start| {
                Node::Simple(Simple {
                    words: words[start..].to_vec(),
                    redirects: redirects.clone(),
                    ..Simple::default()
                })
            })
            .collect()
    };
    script.lines().flat_map(simple).collect()
}
