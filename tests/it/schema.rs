//! Compares JSON with its schema: what is not described is a difference, too.
use serde_json::Value;

/// Returns where a value differs from a schema of `schemas/`, for the few words those use.
pub(crate) fn differences(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Check { top: schema }.check(schema, value, "$", &mut found);
    found
}

struct Check<'a> {
    top: &'a Value,
}

impl Check<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        if let Some(path) = schema["$ref"].as_str() {
            let target = self.top.pointer(path.trim_start_matches('#'));
            let target = target.unwrap_or_else(|| panic!("there is no {path}"));
            return self.check(target, value, at, found);
        }
        if *schema == Value::Bool(false) {
            found.push(format!("{at}: not in the schema"));
        }
        self.kind(schema, value, at, found);
        self.ways(schema, value, at, found);
        self.fields(schema, value, at, found);
        for inner in value.as_array().into_iter().flatten() {
            self.check(&schema["items"], inner, &format!("{at}[]"), found);
        }
    }

    fn kind(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let kinds: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let is = |kind: &&str| match *kind {
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "null" => value.is_null(),
            other => panic!("{at}: unknown type {other}"),
        };
        if !kinds.is_empty() && !kinds.iter().any(is) {
            found.push(format!("{at}: {value} is no {kinds:?}"));
        }
        let listed = schema["enum"].as_array();
        if listed.is_some_and(|words| !words.contains(value))
            || schema.get("const").is_some_and(|only| only != value)
        {
            found.push(format!("{at}: {value} is not in {schema}"));
        }
    }

    /// One of the alternatives must fit; of those that do not, the nearest is reported.
    fn ways(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        for word in ["anyOf", "oneOf", "allOf"] {
            let ways = schema[word].as_array().into_iter().flatten();
            let results: Vec<Vec<String>> = ways
                .map(|way| {
                    let mut differences = Vec::new();
                    self.check(way, value, at, &mut differences);
                    differences
                })
                .collect();
            if word == "allOf" {
                found.extend(results.into_iter().flatten());
            } else {
                let nearest = results.into_iter().min_by_key(Vec::len);
                found.extend(nearest.unwrap_or_default());
            }
        }
    }

    fn fields(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let Some(object) = value.as_object() else {
            return;
        };
        let required = schema["required"].as_array().into_iter().flatten();
        let missing = required
            .filter_map(Value::as_str)
            .filter(|key| !object.contains_key(*key));
        found.extend(missing.map(|key| format!("{at}.{key}: missing")));
        let rest = &schema["additionalProperties"];
        for (key, inner) in object {
            let at = format!("{at}.{key}");
            match schema["properties"].get(key) {
                Some(known) => self.check(known, inner, &at, found),
                None if rest.is_null() && schema["properties"].is_object() => {
                    found.push(format!("{at}: not in the schema"));
                }
                None => self.check(rest, inner, &at, found),
            }
        }
    }
}

#[test]
fn what_differs_from_a_schema_is_found() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["a"],
        "properties": { "a": { "oneOf": [{ "const": "x" }, { "$ref": "#/definitions/n" }] }, "b": { "type": ["null", "array"], "items": { "enum": [1] } } },
        "definitions": { "n": { "type": "integer" } },
    });
    let check = |value: Value| differences(&schema, &value);
    assert!(check(serde_json::json!({ "a": 5, "b": [1] })).is_empty());
    assert!(check(serde_json::json!({ "a": "x", "b": null })).is_empty());
    assert_eq!(check(serde_json::json!({ "b": [2] })).len(), 2);
    assert_eq!(check(serde_json::json!({ "a": true, "c": 1 })).len(), 2);
}
