//! JSON Schemas: of the files that users and agents write, and of what commands print.
//!
//! The texts in `schemas/` are embedded. With the feature `schemas` they are generated from the types that read the
//! files or are printed, so that a test can compare the two and `ap schema --out schemas` updates them.

/// What a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// A file that you write, in which keys that begin with `x-` are ignored.
    Definition,
    /// A file of an iteration.
    AgentFile,
    /// What a command prints with `--json`.
    Output,
}

/// The schema of one kind of JSON or YAML.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Name of the schema on the command line: `loop`.
    pub name: &'static str,
    /// What it describes.
    pub about: &'static str,
    pub kind: SchemaKind,
    /// The text of `schemas/<name>.schema.json`.
    pub embedded: &'static str,
    /// Generates it from its type. `context.json` has none.
    #[cfg(feature = "schemas")]
    pub generate: Option<fn(schemars::SchemaGenerator) -> schemars::Schema>,
}

/// Declares a schema by its kind, its name and what it describes, and by its type, if it has one.
#[macro_export]
macro_rules! schema {
    ($kind:ident, $name:literal, $about:literal $(, $type:ty)?) => {
        $crate::compile::schema::Schema {
            name: $name,
            about: $about,
            kind: $crate::compile::schema::SchemaKind::$kind,
            embedded: include_str!(concat!("../../schemas/", $name, ".schema.json")),
            #[cfg(feature = "schemas")]
            generate: $crate::compile::schema::generated_from!($($type)?),
        }
    };
}

/// Returns what generates a schema of a type, if there is one.
#[cfg(feature = "schemas")]
#[macro_export]
macro_rules! generated_from {
    () => {
        None
    };
    ($type:ty) => {
        Some(schemars::SchemaGenerator::into_root_schema_for::<$type>)
    };
}

#[cfg(feature = "schemas")]
pub use generated_from;
pub use schema;

/// The schemas of files.
pub const SCHEMAS: [Schema; 7] = [
    schema!(
        Definition,
        "loop",
        "loop.yaml: one agent again and again",
        crate::compile::definition::LoopDef
    ),
    schema!(
        Definition,
        "pipeline",
        "a pipeline: loops one after the other",
        crate::compile::definition::PipelineDef
    ),
    schema!(
        Definition,
        "config",
        "config.yaml: what is the same in all your projects",
        crate::compile::settings::Settings
    ),
    schema!(
        Definition,
        "project",
        ".agent-pipelines/config.yaml: how a project is built",
        crate::compile::project_config::ProjectFile
    ),
    schema!(
        Definition,
        "project-limits",
        "agent-pipelines.yaml: what a project takes away from config.yaml",
        crate::compile::user_limits::LimitsOfProject
    ),
    schema!(
        AgentFile,
        "status",
        "status.json: what an agent writes at the end of its iteration",
        crate::model::Status
    ),
    schema!(AgentFile, "context", "context.json: what an agent reads"),
];

impl Schema {
    /// Returns the name of its file: `loop.schema.json`.
    pub fn file(&self) -> String {
        format!("{}.schema.json", self.name)
    }

    /// Returns its text. Draft 7, which every editor knows.
    #[cfg(not(feature = "schemas"))]
    pub fn text(&self) -> String {
        self.embedded.to_owned()
    }

    /// Returns its text, generated from its type. `context.json` has none.
    #[cfg(feature = "schemas")]
    pub fn text(&self) -> String {
        generated::text(self).unwrap_or_else(|| self.embedded.to_owned())
    }
}

#[cfg(feature = "schemas")]
mod generated {
    use super::{Schema, SchemaKind};
    use crate::compile::yaml::IGNORED;
    use schemars::generate::SchemaSettings;
    use schemars::transform::transform_subschemas;
    use serde_json::{Value, json};

    pub(super) fn text(of: &Schema) -> Option<String> {
        let mut settings = SchemaSettings::draft07().with_transform(remove_noise);
        if of.kind == SchemaKind::Output {
            settings = settings.for_serialize();
        }
        let mut schema = of.generate?(settings.into_generator());
        schema.insert("title".to_owned(), of.about.into());
        if of.kind == SchemaKind::Definition {
            let ignored = json!({ format!("^{IGNORED}"): true });
            schema.insert("patternProperties".to_owned(), ignored);
        }
        Some(format!("{schema:#}\n", schema = Value::from(schema)))
    }

    /// Removes defaults that stand for an absent value, and formats that only Rust knows.
    fn remove_noise(schema: &mut schemars::Schema) {
        if schema.get("default").is_some_and(is_empty) {
            schema.remove("default");
        }
        schema.remove("format");
        transform_subschemas(&mut remove_noise, schema);
    }

    fn is_empty(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.values().all(is_empty),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }
}
