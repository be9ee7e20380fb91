//! stub
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::plan::{LoopSource, Origin, Sources, Text};
pub struct Library<'a>(pub &'a Context);
impl Library<'_> {
    pub fn find_loop(&self, name: &str) -> Result<Sources> {
        let dir = self.0.project.claude().join("loops").join(name);
        let yaml = fs_err::read_to_string(dir.join("loop.yaml")).map_err(Error::usage)?;
        let prompt = fs_err::read_to_string(dir.join("prompt.md")).map_err(|e| e.to_string());
        Ok(Sources::Loop(LoopSource {
            name: name.into(),
            origin: Origin::Project,
            definition: Text { file: dir.join("loop.yaml").into(), text: yaml },
            prompt: prompt.map(|text| Text { file: dir.join("prompt.md").into(), text }),
        }))
    }
    pub fn find_pipeline(&self, name: &str) -> Result<Sources> {
        self.find_loop(name)
    }
}
