//! `ap explain`: the reference in the terminal. The same text as the documents, and every field of the schemas.
use crate::error::{Error, ExitCode, Result};
use crate::plan::suggest;
use crate::ui::{self, out, table};
use include_dir::{Dir, include_dir};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

static README: &str = include_str!("../../README.md");
static SCHEMAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schemas");

/// Explain a file, its fields, or a part of how ap works
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to explain; the list of topics if not given
    pub topic: Option<String>,
    /// Print JSON: `{topic, about, text, fields: [{path, type, required, about}]}`; without a topic `[{topic, about}]`
    #[arg(long)]
    pub json: bool,
}

/// Something that can be explained.
struct Topic {
    name: &'static str,
    about: &'static str,
    /// The README's heading, with its signs.
    heading: &'static str,
}

const TOPICS: &[Topic] = &[
    Topic { name: "status", about: "status.json: what an agent writes", heading: "### What the agent writes: status.json" },
    Topic { name: "context", about: "context.json: what an agent reads", heading: "### What the agent reads: context.json" },
    Topic { name: "variables", about: "what may stand in a prompt", heading: "### Variables in prompts" },
    Topic { name: "loop", about: "loop.yaml, its fields, and when a loop ends", heading: "### Fields of loop.yaml" },
    Topic { name: "pipeline", about: "pipelines of several stages, and their fields", heading: "## Pipelines of several stages" },
    Topic { name: "test", about: "ap test: fixtures and scripts", heading: "## Test loops and pipelines" },
    Topic { name: "state", about: "the files of a session: state.json and the others", heading: "## Files" },
    Topic { name: "queue", about: "where tasks come from", heading: "## The task queue" },
    Topic { name: "limits", about: "limits, retries and budgets", heading: "## Limits and budgets" },
    Topic { name: "resume", about: "what to do after a crash", heading: "## After a crash" },
    Topic { name: "json", about: "JSON and exit codes", heading: "## JSON and exit codes" },
    Topic { name: "environment", about: "environment variables", heading: "## Environment variables" },
    Topic { name: "safety", about: "what agents may do", heading: "## Safety" },
];

/// `ap explain <topic> --json`.
#[derive(Debug, Serialize)]
struct Explained {
    topic: &'static str,
    about: &'static str,
    /// Markdown.
    text: String,
    fields: Vec<Field>,
}

/// A field of a file, by its path from the top: `work.files_touched`.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Field {
    path: String,
    #[serde(rename = "type")]
    kind: String,
    required: bool,
    about: String,
}

/// Explains what was asked for.
pub fn run(args: &Args) -> Result<ExitCode> {
    let Some(name) = &args.topic else { return list(args.json) };
    let topic = TOPICS.iter().find(|topic| topic.name == name.trim_end_matches(".json").trim_end_matches(".yaml")).ok_or_else(|| {
        let names = TOPICS.iter().map(|topic| topic.name);
        Error::usage(format!("there is no topic `{}`", name.escape_debug())).hint(suggest::hint(name, names))
    })?;
    let explained = explain(topic)?;
    if args.json {
        ui::json(&explained)?;
    } else {
        out(in_words(&explained))?;
    }
    Ok(ExitCode::Done)
}

fn list(json: bool) -> Result<ExitCode> {
    if json {
        let topics: Vec<Value> = TOPICS.iter().map(|topic| serde_json::json!({ "topic": topic.name, "about": topic.about })).collect();
        ui::json(&topics)?;
    } else {
        out(table::table(["TOPIC", "EXPLAINS"], TOPICS.iter().map(|topic| [topic.name.to_owned(), topic.about.to_owned()])))?;
    }
    Ok(ExitCode::Done)
}

fn explain(topic: &Topic) -> Result<Explained> {
    let text = section(README, topic.heading).ok_or_else(|| Error::failed(format!("the manual has no section `{}`", topic.heading)))?;
    Ok(Explained { topic: topic.name, about: topic.about, text, fields: fields_of(topic.name)? })
}

/// Returns every field of the schema a topic has; none if it has no schema.
fn fields_of(topic: &str) -> Result<Vec<Field>> {
    let Some(file) = SCHEMAS.get_file(format!("{topic}.schema.json")) else { return Ok(Vec::new()) };
    let schema: Value = serde_json::from_slice(file.contents()).map_err(Error::failed)?;
    let mut fields = Vec::new();
    walk(&schema, &schema, "", &mut fields);
    Ok(fields)
}

/// Deeper fields repeat those above them, as terminations that hold terminations do.
const DEEPEST: usize = 4;

fn walk(root: &Value, schema: &Value, path: &str, fields: &mut Vec<Field>) {
    let schema = resolve(root, schema);
    if DEEPEST <= path.split('.').filter(|part| !part.is_empty()).count() {
        return;
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let (target, path) = (resolve(root, inner), if path.is_empty() { name.clone() } else { format!("{path}.{name}") });
        let about = inner["description"].as_str().or(target["description"].as_str()).unwrap_or_default();
        let known =
            Field { path: path.clone(), kind: kind(root, inner), required: required.contains(&name.as_str()), about: about.to_owned() };
        if !fields.iter().any(|field| field.path == known.path) {
            fields.push(known);
        }
        walk(root, inner, &path, fields);
        walk(root, &target["items"], &format!("{path}[]"), fields);
        walk(root, &target["additionalProperties"], &format!("{path}.*"), fields);
    }
    for way in ways(schema) {
        walk(root, way, path, fields);
    }
}

fn ways(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf", "allOf"].into_iter().flat_map(|word| schema[word].as_array().into_iter().flatten())
}

/// Follows `$ref`s within the schema.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str().and_then(|path| root.pointer(path.trim_start_matches('#')));
    target.unwrap_or(schema)
}

/// Says what a value may be: `string`, `integer or null`, `"loop" or "pipeline"`.
fn kind(root: &Value, schema: &Value) -> String {
    let schema = resolve(root, schema);
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let words: Vec<String> = match (&schema["type"], &schema["enum"], &schema["const"]) {
        (_, Value::Array(values), _) => values.iter().map(Value::to_string).collect(),
        (_, _, value) if !value.is_null() => vec![value.to_string()],
        (Value::Array(kinds), _, _) => kinds.iter().map(word).collect(),
        (Value::String(kind), _, _) if kind == "array" && !schema["items"].is_null() => {
            vec![format!("array of {}", kind_of_items(root, &schema["items"]))]
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
    if kind.is_empty() { "anything".to_owned() } else { kind }
}

/// Returns the part of a Markdown document under a heading, with what is below it, without what is only for tests.
fn section(document: &str, heading: &str) -> Option<String> {
    let level = |line: &str| line.bytes().take_while(|byte| *byte == b'#').count();
    let (mut text, mut inside, mut fenced) = (String::new(), false, false);
    for line in document.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if !fenced && 0 < level(line) && line[level(line)..].starts_with(' ') {
            if inside && level(line) <= level(heading) {
                break;
            }
            inside |= line == heading;
        }
        if inside && !line.starts_with("<!--") {
            let _ = writeln!(text, "{line}");
        }
    }
    inside.then(|| text.trim_end().to_owned())
}

fn in_words(explained: &Explained) -> String {
    let mut text = explained.text.clone();
    if !explained.fields.is_empty() {
        let _ = write!(text, "\n\nEvery field:\n\n");
        let row = |field: &Field| {
            [field.path.clone(), field.kind.clone(), if field.required { "yes" } else { "" }.to_owned(), field.about.clone()]
        };
        let _ = write!(text, "{}", table::table(["FIELD", "TYPE", "ALWAYS", "MEANING"], explained.fields.iter().map(row)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_topic_has_its_section() {
        for topic in TOPICS {
            let explained = explain(topic).unwrap();
            assert!(3 < explained.text.lines().count(), "{}: {}", topic.name, explained.text);
            assert!(explained.text.lines().filter(|line| line.starts_with("## ")).count() < 2, "{}", explained.text);
        }
    }

    #[test]
    fn every_field_of_the_schema_is_listed() {
        let fields = fields_of("context").unwrap();
        let find =
            |path: &str| fields.iter().find(|field| field.path == path).unwrap_or_else(|| panic!("{path} is missing in {fields:#?}"));
        assert_eq!((find("stage.index").kind.as_str(), find("stage.index").about.as_str()), ("integer", "From 0."));
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
        assert_eq!(paths, ["kind", "of", "of[].below", "of[].below.below", "of[].below.below.below"]);
        assert_eq!(fields[0].kind, "string or null");
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let document = "# A\n## B\n<!-- not run: x -->\n```sh\n# no heading\n```\n### C\nc\n## D\nd\n";
        assert_eq!(section(document, "## B").unwrap(), "## B\n```sh\n# no heading\n```\n### C\nc");
        assert_eq!(section(document, "## E"), None);
    }
}
