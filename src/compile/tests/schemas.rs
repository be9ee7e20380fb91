//! The schemas in `schemas/` are current, and refuse the definitions that the compiler refuses.
use super::*;
use camino::{Utf8Path, Utf8PathBuf};
use proptest::prelude::*;
use serde_json::Value;

fn root() -> &'static Utf8Path {
    Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn schema(name: &str) -> Value {
    serde_json::from_str(
        &SCHEMAS
            .iter()
            .find(|schema| schema.name == name)
            .unwrap()
            .text(),
    )
    .unwrap()
}

/// Says what is wrong with a value, by the keywords our schemas use. Any other keyword is a failure of this test.
fn wrong(value: &Value, schema: &Value, top: &Value, path: &str) -> Vec<String> {
    let Some(rules) = schema.as_object() else {
        return (schema == &Value::Bool(false))
            .then(|| path.to_owned())
            .into_iter()
            .collect();
    };
    let at = |key: &str| format!("{path}.{key}");
    let all = |schemas: &Value| {
        schemas
            .as_array()
            .unwrap()
            .iter()
            .map(|one| wrong(value, one, top, path))
            .collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for (keyword, rule) in rules {
        match keyword.as_str() {
            "$schema" | "definitions" | "title" | "description" | "examples" | "deprecated"
            | "default" => {}
            "$ref" => found.extend(wrong(
                value,
                top.pointer(rule.as_str().unwrap().trim_start_matches('#'))
                    .unwrap(),
                top,
                path,
            )),
            "allOf" => found.extend(all(rule).concat()),
            "anyOf" | "oneOf" => {
                let fitting = all(rule)
                    .iter()
                    .filter(|problems| problems.is_empty())
                    .count();
                found.extend(
                    (fitting == 0 || keyword == "oneOf" && fitting != 1)
                        .then(|| format!("{path}: {value} fits {fitting}")),
                );
            }
            "type" => {
                let types = rule
                    .as_array()
                    .cloned()
                    .unwrap_or_else(|| vec![rule.clone()]);
                found.extend(
                    (!types.iter().any(|kind| is_a(value, kind.as_str().unwrap())))
                        .then(|| format!("{path}: {value} is no {rule}")),
                );
            }
            "enum" => found.extend(
                (!rule.as_array().unwrap().contains(value))
                    .then(|| format!("{path}: {value} is not among {rule}")),
            ),
            "const" => {
                found.extend((rule != value).then(|| format!("{path}: {value} is not {rule}")));
            }
            "minimum" => {
                found.extend(
                    value
                        .as_f64()
                        .filter(|number| *number < rule.as_f64().unwrap())
                        .map(|number| format!("{path}: {number}")),
                );
            }
            "required" => {
                let missing = rule
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|key| value.get(key.as_str().unwrap()).is_none());
                found.extend(
                    missing
                        .filter(|_| value.is_object())
                        .map(|key| format!("{path}: no {key}")),
                );
            }
            "items" => found.extend(
                value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .flat_map(|item| wrong(item, rule, top, &at("[]"))),
            ),
            "properties" => {
                let known = value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter_map(|(key, value)| Some((key, value, rule.get(key)?)));
                found
                    .extend(known.flat_map(|(key, value, rule)| wrong(value, rule, top, &at(key))));
            }
            // Keys that hold anchors may have any value.
            "patternProperties" => assert_eq!(
                rule.as_object().unwrap().values().collect::<Vec<_>>(),
                [&Value::Bool(true)]
            ),
            "additionalProperties" => {
                let patterns: Vec<&String> = rules
                    .get("patternProperties")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flat_map(|all| all.keys())
                    .collect();
                let is_open = |key: &str| {
                    patterns
                        .iter()
                        .any(|pattern| key.starts_with(pattern.trim_start_matches('^')))
                };
                let is_known = |key: &String| {
                    is_open(key)
                        || rules
                            .get("properties")
                            .is_some_and(|known| known.get(key).is_some())
                };
                let others = value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(key, _)| !is_known(key));
                found.extend(others.flat_map(|(key, value)| wrong(value, rule, top, &at(key))));
            }
            other => panic!("the test does not know the keyword `{other}`"),
        }
    }
    found
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the test does not know the type `{other}`"),
    }
}

/// Says what is wrong with a definition by its schema.
fn by_schema(name: &str, definition: &str) -> Vec<String> {
    let schema = schema(name);
    let value = yaml::parse(definition).unwrap();
    wrong(&serde_json::to_value(value).unwrap(), &schema, &schema, "")
}

/// Every definition we ship, with the name of its schema.
fn shipped() -> Vec<(&'static str, Utf8PathBuf)> {
    let mut found = Vec::new();
    for folder in ["loops", "examples/queues"] {
        found.extend(
            root()
                .join(folder)
                .read_dir_utf8()
                .unwrap()
                .map(|entry| ("loop", entry.unwrap().path().join("loop.yaml"))),
        );
    }
    let pipelines = root()
        .join("pipelines")
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().path().to_owned());
    found.extend(
        pipelines
            .filter(|path| path.extension() == Some("yaml"))
            .map(|path| ("pipeline", path)),
    );
    found
}

#[test]
fn every_definition_we_ship_is_valid() {
    let shipped = shipped();
    assert!(11 <= shipped.len(), "only {} were found", shipped.len());
    for (name, file) in shipped {
        assert_eq!(
            by_schema(name, &std::fs::read_to_string(&file).unwrap()),
            [""; 0],
            "{file}"
        );
    }
}

#[test]
fn every_built_in_definition_names_its_schema() {
    for (name, file) in shipped()
        .into_iter()
        .filter(|(_, file)| !file.starts_with(root().join("examples")))
    {
        let text = std::fs::read_to_string(&file).unwrap();
        let path = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# yaml-language-server: $schema="))
            .unwrap_or_default();
        let named = file
            .parent()
            .unwrap()
            .join(path)
            .canonicalize_utf8()
            .unwrap_or_default();
        assert_eq!(
            named,
            root()
                .join("schemas")
                .join(format!("{name}.schema.json"))
                .canonicalize_utf8()
                .unwrap(),
            "{file}"
        );
    }
}

#[test]
fn a_schema_and_the_compiler_refuse_the_same_definitions() {
    assert_eq!(
        by_schema("loop", "terminaton: {type: queue}\n"),
        [".terminaton"]
    );
    assert_eq!(
        by_schema(
            "loop",
            "termination: {consensus: two}\nqueue: {claim: me}\n"
        )
        .len(),
        2
    );
    assert_eq!(
        by_schema("pipeline", "nodes: [{id: a, loops: b}]\n").len(),
        1
    );
    assert_eq!(by_schema("config", "keep_window: 3\n").len(), 1);
    assert_eq!(
        by_schema(
            "config",
            "programs: {claude: /opt/claude}\nkeep_window: false\n"
        ),
        [""; 0]
    );
    assert_eq!(by_schema("status", "{decision: maybe}").len(), 1);
    assert_eq!(by_schema("status", "{reason: x}"), [": no \"decision\""]);
    assert_eq!(
        by_schema(
            "status",
            "{decision: stop, work: {files_touched: [a]}, more: 1}"
        ),
        [""; 0]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_definition_that_compiles_matches_the_schema(definition in properties::definition()) {
        let sources = Sources::Loop(a_loop("work", &definition, PROMPT));
        if compile(&sources, &request(), &Overrides::default()).is_ok() {
            prop_assert_eq!(by_schema("loop", &definition), Vec::<String>::new());
        }
    }
}
