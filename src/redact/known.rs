//! Variables that hold secrets, by their names.

/// Words in the names of variables that hold secrets.
pub(super) const NAMES: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD"];
/// Shorter values are ordinary words, not secrets.
pub(super) const MIN_VALUE: usize = 6;
/// From this length on, each line of a multi-line value is a secret of its own.
const MIN_LINE: usize = 16;
/// Variables with these endings say where a secret is, or how many tokens there may be.
const NO_SECRETS: [&str; 6] = ["_FILE", "_PATH", "_DIR", "_SOCK", "TOKENS", "_COUNT"];

/// Whether the name of a variable suggests that it holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.iter().any(|word| name.contains(word))
        && !NO_SECRETS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a variable holds a secret.
pub fn holds_secret(name: &str, value: &str) -> bool {
    let is_word = ["default", "enabled", "disabled", "required"].contains(&value);
    let is_number = value.len() < 12 && value.bytes().all(|byte| byte.is_ascii_digit());
    is_secret_name(name) && MIN_VALUE <= value.len() && !is_word && !is_number
}

/// Returns the spellings of these values, longest first: plain, escaped as in JSON, and line by line.
pub(super) fn spellings(values: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for value in values {
        if value.trim().len() < MIN_VALUE {
            continue;
        }
        let json = serde_json::to_string(&value).unwrap_or_default();
        let json = json.trim_matches('"').to_owned();
        if value.contains('\n') {
            let lines = value.lines().map(str::trim);
            all.extend(
                lines
                    .filter(|line| MIN_LINE <= line.len())
                    .map(str::to_owned),
            );
        }
        all.extend([value.trim().to_owned(), value, json]);
    }
    all.retain(|value| MIN_VALUE <= value.len());
    all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    all.dedup();
    all
}
