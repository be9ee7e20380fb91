//! JSON Schemas of what people and agents write, drawn from the types that read it.
use super::definition::{LoopDef, PipelineDef};
use super::settings::Settings;
use super::yaml::IGNORED;
use crate::model::Status;
use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

/// The schema of one kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// What `ap schema` calls it.
    pub name: &'static str,
    /// Which file it describes.
    pub about: &'static str,
    root: Root,
}

/// Where a schema comes from.
#[derive(Clone, Copy, Debug)]
enum Root {
    /// Drawn from the type that reads the file.
    Read(fn(SchemaGenerator) -> schemars::Schema),
    /// Of a file that only we write: a text, held to what is written by a test.
    Written(&'static str),
}

/// Every schema there is.
pub const SCHEMAS: [Schema; 5] = [
    Schema {
        name: "loop",
        about: "loop.yaml: one agent again and again",
        root: Root::Read(root::<LoopDef>),
    },
    Schema {
        name: "pipeline",
        about: "a pipeline: loops one after the other",
        root: Root::Read(root::<PipelineDef>),
    },
    Schema {
        name: "config",
        about: "config.yaml: what is the same in all your projects",
        root: Root::Read(root::<Settings>),
    },
    Schema {
        name: "status",
        about: "status.json: what an agent writes at the end of its iteration",
        root: Root::Read(root::<Status>),
    },
    Schema {
        name: "context",
        about: "context.json: what an agent is told",
        root: Root::Written(include_str!("../../schemas/context.schema.json")),
    },
];

impl Schema {
    /// Returns the name of its file: `loop.schema.json`.
    pub fn file(&self) -> String {
        format!("{}.schema.json", self.name)
    }

    /// Returns its text. Draft 7, which every editor knows.
    pub fn text(&self) -> String {
        let draw = match self.root {
            Root::Read(draw) => draw,
            Root::Written(text) => return text.to_owned(),
        };
        let mut schema = draw(
            SchemaSettings::draft07()
                .with_transform(plain)
                .into_generator(),
        );
        schema.insert("title".to_owned(), self.about.into());
        if self.name != "status" {
            schema.insert(
                "patternProperties".to_owned(),
                json!({ format!("^{IGNORED}"): true }),
            );
        }
        format!("{schema:#}\n", schema = Value::from(schema))
    }
}

fn root<T: JsonSchema>(generator: SchemaGenerator) -> schemars::Schema {
    generator.into_root_schema_for::<T>()
}

/// Leaves out what says nothing: defaults that stand for silence, and formats that only Rust knows.
fn plain(schema: &mut schemars::Schema) {
    if schema.get("default").is_some_and(silent) {
        schema.remove("default");
    }
    schema.remove("format");
    transform_subschemas(&mut plain, schema);
}

fn silent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(silent),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
