//! Explains a lint code.
use crate::compile::{LintCode, LintDocs};

/// Returns the page of a code as Markdown.
pub(super) fn page(code: LintCode, docs: &LintDocs) -> String {
    format!(
        "## `{code}` ({})\n\nWhat is wrong: {}.\n\nExample: {}.\n\nWhat to do: {}.",
        docs.level, docs.meaning, docs.example, docs.fix
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn a_code_is_explained_from_its_row_in_the_documents() {
        assert_snapshot!(page(LintCode::UnknownKey, &LintCode::UnknownKey.docs().unwrap()), @"
        ## `unknown-key` (error)

        What is wrong: an unknown key.

        Example: `terminaton:`.

        What to do: use the suggested key.
        ");
    }
}
