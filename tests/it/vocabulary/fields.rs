//! The fields of the schemas that the definitions use, with their shapes and values.
use super::definitions;
use serde_json::Value;
use std::collections::BTreeSet;

/// What no definition can use.
const UNUSED: [&str; 13] = [
    // A message alone waits for its answer; `questions` and `exit_codes` use it.
    "ConfirmDef shape 1",
    // The scripted agent, which plays all of them, has no effort: to set one is a mistake.
    "DefaultsDef.effort",
    "EscalateToDef.effort",
    "FullBranchDef.effort",
    // A start without a file of the list is refused; `refusals` uses it.
    "NeedDef shape 2",
    "NodeDef.effort",
    // A mistake wherever it stands: the field is there for what is said of it.
    "NodeDef.guardrails",
    // A webhook's address that is kept elsewhere; `hooks` uses it.
    "SecretRefDef shape 1",
    "SourceDef.command",
    "SourceDef.file",
    "SourceDef.secret",
    "loop.effort",
    // Only Claude Code has turns.
    "loop.max_turns",
];

/// Whose words are all used; those of other fields are names of agents and models.
const WORDS: [&str; 5] = [
    "TerminationDef.type",
    "QueueDef.provider",
    "QueueDef.claim",
    "NodeInputsDef.select",
    "loop.completion",
];

/// The types of one schema file.
struct Schema {
    name: &'static str,
    root: Value,
}

impl Schema {
    fn read(name: &'static str) -> Self {
        let path = format!("{}/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let text = fs_err::read_to_string(path).expect("a schema");
        Self {
            name,
            root: serde_json::from_str(&text).expect("JSON"),
        }
    }

    /// All types by name, that of the file as a whole too.
    fn types(&self) -> impl Iterator<Item = (&str, &Value)> {
        let inside = self.root["definitions"]
            .as_object()
            .expect("types")
            .iter()
            .map(|(name, schema)| (name.as_str(), schema));
        inside.chain([(self.name, &self.root)])
    }

    /// Everything there is: `Type.field`, `Type.field=word` and, where a type has several shapes, `Type shape 1`.
    fn all(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for (name, schema) in self.types() {
            all.extend((1..=shapes(schema).len()).map(|shape| format!("{name} shape {shape}")));
            for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                let field = format!("{name}.{field}");
                let words = ["examples", "enum"]
                    .iter()
                    .filter_map(|key| schema[key].as_array())
                    .flatten()
                    .filter_map(Value::as_str);
                all.extend(
                    words
                        .filter(|_| WORDS.contains(&field.as_str()))
                        .map(|word| format!("{field}={word}")),
                );
                all.insert(field);
            }
        }
        all
    }

    /// Notes what a value uses of a type.
    fn note(&self, name: &str, schema: &Value, value: &Value, used: &mut BTreeSet<String>) {
        if let Some(path) = schema["$ref"].as_str() {
            let name = path.rsplit('/').next().expect("a name");
            return self.note(name, &self.root["definitions"][name], value, used);
        }
        for (at, shape) in shapes(schema)
            .into_iter()
            .enumerate()
            .filter(|(_, shape)| self.fits(shape, value))
        {
            used.insert(format!("{name} shape {}", at + 1));
            self.note("", shape, value, used);
        }
        let same = schema["allOf"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(only(schema));
        same.for_each(|schema| self.note("", schema, value, used));
        for item in value
            .as_array()
            .into_iter()
            .flatten()
            .filter(|_| schema["items"].is_object())
        {
            self.note("", &schema["items"], item, used);
        }
        for (key, value) in value.as_object().into_iter().flatten() {
            let Some(field) = schema["properties"].get(key) else {
                continue;
            };
            used.insert(format!("{name}.{key}"));
            used.extend(value.as_str().map(|word| format!("{name}.{key}={word}")));
            self.note("", field, value, used);
        }
    }

    fn fits(&self, schema: &Value, value: &Value) -> bool {
        if let Some(path) = schema["$ref"].as_str() {
            return self.fits(
                &self.root["definitions"][path.rsplit('/').next().expect("a name")],
                value,
            );
        }
        if let Some(all) = schema["allOf"].as_array() {
            return all.iter().all(|schema| self.fits(schema, value));
        }
        match value {
            Value::Object(map) => schema["properties"]
                .as_object()
                .is_some_and(|fields| map.keys().all(|key| fields.contains_key(key))),
            Value::Array(_) => schema["type"] == "array",
            Value::String(_) => schema["type"] == "string",
            Value::Bool(_) => schema["type"] == "boolean",
            Value::Number(_) => schema["type"] == "integer",
            Value::Null => false,
        }
    }
}

fn some(schema: &Value) -> Vec<&Value> {
    schema["anyOf"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|schema| schema["type"] != "null")
        .collect()
}

/// What a type may look like, if there is a choice.
fn shapes(schema: &Value) -> Vec<&Value> {
    Some(some(schema))
        .filter(|shapes| 1 < shapes.len())
        .unwrap_or_default()
}

/// What a field looks like that may be left empty.
fn only(schema: &Value) -> Option<&Value> {
    Some(some(schema)).filter(|shapes| shapes.len() == 1)?.pop()
}

#[test]
fn every_field_there_is_is_used() {
    let (mut all, mut used) = (BTreeSet::new(), BTreeSet::new());
    for (schema, shelves) in [
        ("loop", &["loops", "stages"][..]),
        ("pipeline", &["pipelines"]),
    ] {
        let schema = Schema::read(schema);
        all.extend(schema.all());
        for definition in shelves.iter().flat_map(|shelf| definitions(shelf)) {
            let value: Value = serde_yaml::from_str(&definition.text).expect("YAML");
            schema.note(schema.name, &schema.root, &value, &mut used);
        }
    }
    let unused: Vec<&String> = all.difference(&used).collect();
    assert_eq!(unused, UNUSED);
    assert!(
        80 < used.intersection(&all).count(),
        "the schemas were read"
    );
}
