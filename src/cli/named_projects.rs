//! `--project app,../site` where a command shows registered projects: their ids, or paths in them.
use super::context::Context;
use super::projects::lookup;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ProjectId;
use crate::plan::suggest;
use crate::store::registry::{self, Registry};
use camino::Utf8Path;

/// Returns the projects that were named; none, if none was.
pub(super) fn read(names: Option<&Utf8Path>, context: &Context) -> Result<Vec<ProjectId>> {
    let Some(names) = names else {
        return Ok(Vec::new());
    };
    let registry = registry::read(&context.dirs)?;
    let named = names.as_str().split(',').map(str::trim);
    named
        .filter(|name| !name.is_empty())
        .map(|name| one(name, &registry, context))
        .collect()
}

/// Returns a project by its id or a path in it, also one that was removed.
fn one(name: &str, registry: &Registry, context: &Context) -> Result<ProjectId> {
    if let Some(project) = lookup(registry, name, context) {
        return Ok(project.id.clone());
    }
    if let Some(retired) = registry.retired.iter().find(|id| id.as_str() == name) {
        return Ok(retired.clone());
    }
    let ids = registry.projects.iter().map(|project| project.id.as_str());
    let message = format!("no registered project is `{name}`");
    let hint = match suggest::nearest(name, ids) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`ap projects` lists them".to_owned(),
    };
    Err(Error::new(ErrorKind::NotFound, message).hint(hint))
}
