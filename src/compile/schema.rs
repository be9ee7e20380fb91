//! JSON Schemas of the files that users and agents write.
//!
//! The texts in `schemas/` are embedded. With the feature `schemas` they are generated from the types
//! that read those files, so that a test can compare the two and `ap schema --out schemas` updates them.

/// The schema of one kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Name of the schema on the command line: `loop`.
    pub name: &'static str,
    /// Which file it describes.
    pub about: &'static str,
    /// The text of `schemas/<name>.schema.json`.
    embedded: &'static str,
}

/// Every schema there is.
pub const SCHEMAS: [Schema; 5] = [
    Schema {
        name: "loop",
        about: "loop.yaml: one agent again and again",
        embedded: include_str!("../../schemas/loop.schema.json"),
    },
    Schema {
        name: "pipeline",
        about: "a pipeline: loops one after the other",
        embedded: include_str!("../../schemas/pipeline.schema.json"),
    },
    Schema {
        name: "config",
        about: "config.yaml: what is the same in all your projects",
        embedded: include_str!("../../schemas/config.schema.json"),
    },
    Schema {
        name: "status",
        about: "status.json: what an agent writes at the end of its iteration",
        embedded: include_str!("../../schemas/status.schema.json"),
    },
    Schema {
        name: "context",
        about: "context.json: what an agent reads",
        embedded: include_str!("../../schemas/context.schema.json"),
    },
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

    /// Returns its text, generated from the type that reads the file. `context.json` has no reader.
    #[cfg(feature = "schemas")]
    pub fn text(&self) -> String {
        generated::text(self).unwrap_or_else(|| self.embedded.to_owned())
    }
}

#[cfg(feature = "schemas")]
mod generated {
    use super::Schema;
    use crate::compile::definition::{LoopDef, PipelineDef};
    use crate::compile::settings::Settings;
    use crate::compile::yaml::IGNORED;
    use crate::model::Status;
    use schemars::generate::SchemaSettings;
    use schemars::transform::transform_subschemas;
    use serde_json::{Value, json};

    pub(super) fn text(of: &Schema) -> Option<String> {
        let settings = SchemaSettings::draft07().with_transform(remove_noise);
        let generator = settings.into_generator();
        let mut schema = match of.name {
            "loop" => generator.into_root_schema_for::<LoopDef>(),
            "pipeline" => generator.into_root_schema_for::<PipelineDef>(),
            "config" => generator.into_root_schema_for::<Settings>(),
            "status" => generator.into_root_schema_for::<Status>(),
            _ => return None,
        };
        schema.insert("title".to_owned(), of.about.into());
        if of.name != "status" {
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
