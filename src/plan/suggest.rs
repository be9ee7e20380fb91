//! "Did you mean": the known word nearest to an unknown one.

/// Returns the candidate nearest to `word`, unless all are too different.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (likeness(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Returns the hint that names the nearest candidate, or else lists them all.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    nearest(word, candidates.clone()).map_or_else(
        || format!("one of: {}", list(candidates)),
        |near| format!("did you mean `{near}`?"),
    )
}

/// The least similarity of a useful suggestion.
const NEAR: f64 = 0.7;

fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (
        a.to_lowercase().replace('-', "_"),
        b.to_lowercase().replace('-', "_"),
    );
    // Jaro-Winkler likes a common beginning; edit distance catches a slip in the first letter.
    strsim::jaro_winkler(&a, &b)
        .min(0.99)
        .max(strsim::normalized_damerau_levenshtein(&a, &b))
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
    fn a_slip_of_the_finger_finds_its_word() {
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
    }
}
