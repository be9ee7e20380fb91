//! "Did you mean": the known word nearest to an unknown one.

/// Returns the candidate nearest to `word`, unless all are too different.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (likeness(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= MIN_LIKENESS)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Returns the candidates like `word`, the nearest first, `most` at most.
pub fn near<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let mut found: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|candidate| (likeness(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= MIN_LIKENESS)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = found.first().map_or(0.0, |(likeness, _)| *likeness);
    found.retain(|(likeness, _)| best - likeness <= MAX_GAP);
    found.truncate(most);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Returns the hint that names the nearest candidate, or else lists them all.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    nearest(word, candidates.clone()).map_or_else(
        || format!("one of: {}", list(candidates)),
        |near| format!("did you mean `{near}`?"),
    )
}

/// How much less similar than the best candidate another one may be.
const MAX_GAP: f64 = 0.12;
/// The least part of letters in common of words whose first letters differ.
const MIN_ALIKE: f64 = 0.6;
/// The least similarity of a useful suggestion.
const MIN_LIKENESS: f64 = 0.7;

fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (
        a.to_lowercase().replace('-', "_"),
        b.to_lowercase().replace('-', "_"),
    );
    // In a word of three letters, two different letters make another word.
    if a.len() < 4 && 1 < strsim::damerau_levenshtein(&a, &b) {
        return 0.0;
    }
    let alike = strsim::normalized_damerau_levenshtein(&a, &b);
    // Words that begin differently must have most letters in common.
    if a.chars().next() != b.chars().next() && alike < MIN_ALIKE {
        return 0.0;
    }
    // Jaro-Winkler favours a common prefix; edit distance also finds a typo in the first letter.
    strsim::jaro_winkler(&a, &b).min(0.99).max(alike)
        - if a.len().abs_diff(b.len()) > 6 {
            0.2
        } else {
            0.0
        }
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words
        .into_iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_the_intended_word() {
        let keys = ["termination", "name", "description", "min_iterations"];
        for (typed, meant) in [
            ("terminaton", "termination"),
            ("descripton", "description"),
            ("min-iterations", "min_iterations"),
            ("min_iteration", "min_iterations"),
        ] {
            assert_eq!(nearest(typed, keys), Some(meant));
        }
    }

    #[test]
    fn a_stranger_finds_nothing() {
        assert_eq!(nearest("zzz", ["name", "description"]), None);
        assert_eq!(nearest("foo", ["loop", "pipeline"]), None);
        assert_eq!(nearest("polish", ["list", "lint", "loop"]), None);
    }
}
