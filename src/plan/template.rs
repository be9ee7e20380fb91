//! Variables in prompts: `${CTX}`, `${INPUTS.plan}`. They are replaced in one pass, so variables in values stay text.
use super::suggest;
use thiserror::Error;

/// Every variable a prompt may use, besides `INPUTS.<node>`.
pub const VARIABLES: [&str; 17] = [
    "CTX",
    "PROGRESS",
    "STATUS",
    "ITERATION",
    "SESSION_NAME",
    "CONTEXT",
    "OUTPUT",
    "OUTPUT_PATH",
    "INPUTS",
    "SESSION",
    "INDEX",
    "PROGRESS_FILE",
    "RESULT",
    "PERSPECTIVE",
    "TASK",
    "ANSWERS",
    "PROJECT",
];

/// The variables allowed in a path: their values cannot change the folder.
pub const ALLOWED_IN_PATHS: [&str; 4] = ["SESSION_NAME", "SESSION", "ITERATION", "INDEX"];

/// Returns an output path with its variables filled in; other variables are refused when the plan is compiled.
pub fn path(template: &str, session: &str, iteration: u32) -> String {
    let value = |name: &str| match name {
        "SESSION_NAME" | "SESSION" => Some(session.to_owned()),
        "ITERATION" => Some(iteration.to_string()),
        "INDEX" => Some(iteration.saturating_sub(1).to_string()),
        _ => None,
    };
    render(template, &value).unwrap_or_else(|_| template.to_owned())
}

/// The value of `${TASK}` where the agent chooses a task itself.
pub const NO_TASK: &str = "(none was claimed for you: `ap queue claim` takes one)";

/// The value of `${ANSWERS}` without any answer.
pub const NO_ANSWERS: &str = "(none)";

/// One use of a variable in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable<'a> {
    /// Without `${` and `}`.
    pub name: &'a str,
    /// The byte its `$` is at.
    pub offset: usize,
}

impl<'a> Variable<'a> {
    /// Returns how many bytes it takes in the template.
    pub fn width(&self) -> usize {
        self.name.len() + "${}".len()
    }

    /// Whether a prompt may use it.
    pub fn is_known(&self) -> bool {
        VARIABLES.contains(&self.name) || self.input().is_some()
    }

    /// Returns the node that `${INPUTS.<node>}` names.
    pub fn input(&self) -> Option<&'a str> {
        self.name
            .strip_prefix("INPUTS.")
            .filter(|node| !node.is_empty())
    }
}

/// A template uses a variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown variable `${{{name}}}`")]
pub struct UnknownVariable {
    /// Without `${` and `}`.
    pub name: String,
    /// The byte its `$` is at.
    pub offset: usize,
}

impl UnknownVariable {
    /// Returns the nearest known variable, and how to keep it as text.
    pub fn hint(&self) -> String {
        hint(&self.name)
    }
}

/// Returns the known variable nearest to an unknown one, and how to keep it as text.
pub fn hint(name: &str) -> String {
    let meant = suggest::nearest(name, VARIABLES)
        .map_or_else(String::new, |near| format!("did you mean `${{{near}}}`? "));
    format!("{meant}write `$${{{name}}}` to keep it as text")
}

/// Returns a template that renders as the text, but for the variables a prompt may use: others are escaped.
pub fn literal(text: &str) -> String {
    let mut template = String::new();
    let mut from = 0;
    for variable in variables(text)
        .into_iter()
        .filter(|variable| !variable.is_known())
    {
        template += &text[from..variable.offset];
        template.push('$');
        from = variable.offset;
    }
    template + &text[from..]
}

/// Returns every variable of a template in order, known or not; escaped ones are none.
pub fn variables(template: &str) -> Vec<Variable<'_>> {
    pieces(template)
        .filter_map(|piece| {
            if let Piece::Variable(variable) = piece {
                Some(variable)
            } else {
                None
            }
        })
        .collect()
}

/// Returns the template with each variable's value in its place, and `$${X}` as `${X}`.
///
/// Only `${UPPER_CASE}` and `${UPPER_CASE.name}` are variables; `$HOME`, `${x:-y}` and the like are text.
pub fn render(
    template: &str,
    value: &impl Fn(&str) -> Option<String>,
) -> Result<String, UnknownVariable> {
    let mut text = String::with_capacity(template.len());
    for piece in pieces(template) {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Variable(Variable { name, offset }) => match value(name) {
                Some(value) => text.push_str(&value),
                None => {
                    return Err(UnknownVariable {
                        name: name.to_owned(),
                        offset,
                    });
                }
            },
        }
    }
    Ok(text)
}

/// Returns the template with the nodes in `${INPUTS.<node>}` renamed by `other`.
pub fn refer<'a>(template: &str, other: &impl Fn(&str) -> Option<&'a str>) -> String {
    let (mut text, mut from) = (String::with_capacity(template.len()), 0);
    for variable in variables(template) {
        if let Some(name) = variable.input().and_then(other) {
            text.push_str(&template[from..variable.offset]);
            text.push_str(&format!("${{INPUTS.{name}}}"));
            from = variable.offset + variable.width();
        }
    }
    text + &template[from..]
}

enum Piece<'a> {
    Text(&'a str),
    Variable(Variable<'a>),
}

/// Cuts a template at its `$`: each piece is a variable, or text as it will be shown.
fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &template[at..];
        if rest.is_empty() {
            return None;
        }
        if let Some(name) = variable(rest) {
            let found = Variable { name, offset: at };
            at += found.width();
            return Some(Piece::Variable(found));
        }
        if let Some(name) = rest.strip_prefix('$').and_then(variable) {
            let shown = &rest[1..name.len() + "$${}".len()];
            at += 1 + shown.len();
            return Some(Piece::Text(shown));
        }
        // A `$` that starts nothing is text up to the next one.
        let length = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == '$')
            .map_or(rest.len(), |(at, _)| at);
        at += length;
        Some(Piece::Text(&rest[..length]))
    })
}

/// Returns the name if the text starts with a variable.
fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.split_once('}')?.0;
    let (first, rest) = name
        .split_once('.')
        .map_or((name, None), |(first, rest)| (first, Some(rest)));
    let upper = first.starts_with(|c: char| c.is_ascii_uppercase())
        && first
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let named = rest.is_none_or(|rest| {
        !rest.is_empty()
            && rest
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    });
    (upper && named).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(template: &str) -> Result<String, UnknownVariable> {
        render(template, &|name| {
            (name == "A" || name == "INPUTS.plan-1").then(|| format!("<${{A}}&$${{{name}}}\\1>"))
        })
    }

    #[test]
    fn values_are_put_in_once_and_never_read_again() {
        assert_eq!(shown("a ${A} b").as_deref(), Ok("a <${A}&$${A}\\1> b"));
        assert_eq!(
            shown("${INPUTS.plan-1}é").as_deref(),
            Ok("<${A}&$${INPUTS.plan-1}\\1>é")
        );
    }

    #[test]
    fn text_resembling_a_variable_is_kept() {
        for text in [
            "$A", "${a}", "${x:-y}", "${A", "${}", "$", "$$", "${A b}", "${A:-x}", "é$é", "${A.}",
            "${1}",
        ] {
            assert_eq!(shown(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn two_dollars_keep_a_variable_as_text() {
        assert_eq!(
            shown("$${A} $${B} $$${A}").as_deref(),
            Ok("${A} ${B} $${A}")
        );
    }

    #[test]
    fn an_unknown_variable_is_an_error_with_its_place_and_a_hint() {
        let error = shown("ab ${STATSU}").unwrap_err();
        assert_eq!(
            (error.offset, error.to_string()),
            (3, "unknown variable `${STATSU}`".into())
        );
        assert_eq!(
            error.hint(),
            "did you mean `${STATUS}`? write `$${STATSU}` to keep it as text"
        );
    }

    proptest! {
        #[test]
        fn pieces_of_a_template_add_up_to_it(template in "[$A{}.a é]{0,40}") {
            let template = template.replace('$', " $");
            let rebuilt = render(&template, &|name| Some(format!("${{{name}}}")));
            prop_assert_eq!(rebuilt, Ok(template));
        }

        #[test]
        fn every_variable_has_its_offset_and_can_be_escaped(template in "([$A{}.a é]|[$]\\{[A-Z]{1,3}([.][a-z0-9]{1,3})?\\}){0,12}") {
            let template = template.replace('$', " $");
            let mut escaped = template.clone();
            for variable in variables(&template).iter().rev() {
                let end = variable.offset + variable.width();
                prop_assert_eq!(&template[variable.offset..end], format!("${{{}}}", variable.name));
                escaped.insert(variable.offset, '$');
            }
            prop_assert_eq!(render(&escaped, &|_| None), Ok(template));
        }

        #[test]
        fn a_value_appears_as_it_is(before in "[a-z$ ]{0,8}", value in "\\PC{0,40}", after in "[a-z ]{0,8}") {
            prop_assume!(!before.ends_with('$'));
            let text = render(&format!("{before}${{CTX}}{after}"), &|_| Some(value.clone()));
            prop_assert_eq!(text, Ok(format!("{before}{value}{after}")));
        }
    }
}
