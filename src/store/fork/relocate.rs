//! Rewrites the paths of the old session to those of the new one.
use super::request::Fork;
use crate::plan::Plan;
use crate::store::layout::RunDir;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use std::io;

impl Fork<'_> {
    /// Returns a plan with the new session's paths.
    pub(super) fn relocate(&self, plan: &Plan, place: &RunDir) -> io::Result<Plan> {
        // Written and read as files are: a value takes another copy of the code for each type.
        let value = serde_json::from_slice(&serde_json::to_vec(plan)?)?;
        let text = serde_json::to_vec(&self.relocate_value(value, place))?;
        let mut plan: Plan = serde_json::from_slice(&text)?;
        // The recording belongs to the other session: this one would overwrite it.
        plan.record = None;
        for gate in plan.gate_commands_mut() {
            for frozen in &mut gate.frozen {
                // A gate's files must have the same content there, or the gate refuses to run.
                if let Ok(inside) = Utf8Path::new(&frozen.path).strip_prefix(self.old.0.root()) {
                    frozen.path = self.new.root().join(inside).into_string();
                }
            }
        }
        Ok(plan)
    }

    pub(super) fn relocate_value(&self, value: Value, place: &RunDir) -> Value {
        match value {
            Value::String(text) => Value::String(
                self.relocate_path(&text, place)
                    .map_or(text, Utf8PathBuf::into_string),
            ),
            Value::Array(all) => all
                .into_iter()
                .map(|value| self.relocate_value(value, place))
                .collect(),
            Value::Object(all) => all
                .into_iter()
                .map(|(key, value)| (key, self.relocate_value(value, place)))
                .collect(),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    /// Returns the new path of a file of the old session or its project; `None` for other paths, and for files the new
    /// project does not have.
    fn relocate_path(&self, text: &str, place: &RunDir) -> Option<Utf8PathBuf> {
        let ((project, run), path) = (self.old, Utf8Path::new(text));
        if let Ok(inside) = path.strip_prefix(run.root()) {
            return Some(place.root().join(inside));
        }
        let inside = path.strip_prefix(project.root()).ok()?;
        Some(self.new.root().join(inside)).filter(|path| path.exists())
    }
}
