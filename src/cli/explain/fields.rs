//! Every field of a file, from its JSON Schema.
use crate::compile::SCHEMAS;
use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::Value;

/// A field of a file, by its path from the top: `work.files_touched`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Field {
    pub(super) path: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) required: bool,
    pub(super) about: String,
}

/// Returns every field of the schema a topic has; none if it has no schema.
pub(super) fn of_topic(topic: &str) -> Result<Vec<Field>> {
    let Some(file) = SCHEMAS.iter().find(|schema| schema.name == topic) else {
        return Ok(Vec::new());
    };
    let schema: Value = serde_json::from_str(file.embedded).map_err(Error::failed_by)?;
    let mut fields = Vec::new();
    walk(&schema, &schema, "", &mut fields);
    Ok(fields)
}

/// Deeper fields repeat those above them, as terminations that hold terminations do.
const MAX_DEPTH: usize = 4;

fn walk(root: &Value, schema: &Value, path: &str, fields: &mut Vec<Field>) {
    let schema = resolve(root, schema);
    if MAX_DEPTH <= path.split('.').filter(|part| !part.is_empty()).count() {
        return;
    }
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let (target, path) = (
            resolve(root, inner),
            if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            },
        );
        let about = inner["description"]
            .as_str()
            .or(target["description"].as_str())
            .unwrap_or_default();
        let known = Field {
            path: path.clone(),
            kind: kind(root, inner),
            required: required.contains(&name.as_str()),
            about: about.to_owned(),
        };
        if !fields.iter().any(|field| field.path == known.path) {
            fields.push(known);
        }
        walk(root, inner, &path, fields);
        walk(root, &target["items"], &format!("{path}[]"), fields);
        walk(
            root,
            &target["additionalProperties"],
            &format!("{path}.*"),
            fields,
        );
    }
    for way in ways(schema) {
        walk(root, way, path, fields);
    }
}

fn ways(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf", "allOf"]
        .into_iter()
        .flat_map(|word| schema[word].as_array().into_iter().flatten())
}

/// Follows `$ref`s within the schema.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"]
        .as_str()
        .and_then(|path| root.pointer(path.trim_start_matches('#')));
    target.unwrap_or(schema)
}

/// Returns the type of a value in words: `string`, `integer or null`, `"loop" or "pipeline"`.
fn kind(root: &Value, schema: &Value) -> String {
    let schema = resolve(root, schema);
    let word = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let words: Vec<String> = match (&schema["type"], &schema["enum"], &schema["const"]) {
        (_, Value::Array(values), _) => values.iter().map(Value::to_string).collect(),
        (_, _, value) if !value.is_null() => vec![value.to_string()],
        (Value::Array(kinds), _, _) => kinds.iter().map(word).collect(),
        (Value::String(kind), _, _) if kind == "array" && !schema["items"].is_null() => {
            vec![format!(
                "array of {}",
                kind_of_items(root, &schema["items"])
            )]
        }
        (Value::String(kind), _, _) => vec![kind.clone()],
        _ => ways(schema).map(|way| kind(root, way)).collect(),
    };
    let mut known: Vec<String> = Vec::new();
    known.extend(words.into_iter().filter(|word| !word.is_empty()));
    known.dedup();
    known.join(" or ")
}

fn kind_of_items(root: &Value, items: &Value) -> String {
    let kind = kind(root, items);
    if kind.is_empty() {
        "anything".to_owned()
    } else {
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_field_of_the_schema_is_listed() {
        let fields = of_topic("context").unwrap();
        let find = |path: &str| {
            fields
                .iter()
                .find(|field| field.path == path)
                .unwrap_or_else(|| panic!("{path} is missing in {fields:#?}"))
        };
        assert_eq!(
            (
                find("stage.index").kind.as_str(),
                find("stage.index").about.as_str()
            ),
            ("integer", "From 0.")
        );
        assert_eq!(find("type").kind, "\"loop\" or \"pipeline\"");
        assert!(find("session").required);
    }

    #[test]
    fn references_and_lists_are_followed_and_circles_end() {
        let schema = json!({
            "properties": { "of": { "type": "array", "items": { "$ref": "#/definitions/node" } }, "kind": { "anyOf": [{ "type": "string" }, { "type": "null" }] } },
            "definitions": { "node": { "properties": { "below": { "$ref": "#/definitions/node" } } } },
        });
        let mut fields = Vec::new();
        walk(&schema, &schema, "", &mut fields);
        let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "kind",
                "of",
                "of[].below",
                "of[].below.below",
                "of[].below.below.below"
            ]
        );
        assert_eq!(fields[0].kind, "string or null");
    }
}
