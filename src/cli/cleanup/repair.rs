//! `ap cleanup --repair SESSION`: repairs the damaged journals of a session that does not run.
use super::{Action, Cleanup, Finding};
use crate::error::{Error, ErrorKind, Result};
use crate::model::SessionName;
use crate::runner::reserve;
use crate::store::journal::Salvaged;
use crate::store::session::{damaged, kept, repair};
use crate::text::count;

impl Cleanup<'_> {
    /// Repairs the journals of a session. The damaged files are kept.
    pub(super) fn repair(&mut self, session: &SessionName) -> Result<()> {
        let project = &self.context.project;
        let dir = project.session(session);
        let _lock = reserve(project, session)?;
        if kept::is_held(&dir)? {
            return Err(Error::new(
                ErrorKind::AlreadyRunning,
                format!("session '{session}' runs; its runner repairs its journal itself"),
            ));
        }
        if !self.dry_run {
            kept::put_back(&dir)?;
        }
        for damaged in damaged(&dir) {
            let journal = damaged.journal();
            let mut finding = Finding::new(
                "journal",
                Some(session.clone()),
                journal.as_str(),
                "it is damaged".to_owned(),
                Action::Repair,
            );
            if !self.dry_run {
                match repair(&damaged) {
                    Ok(salvaged) => {
                        finding.done = true;
                        finding.why = outcome(&salvaged);
                    }
                    Err(error) => finding.error = Some(error.to_string()),
                }
            }
            self.found.push(finding);
        }
        Ok(())
    }
}

fn outcome(salvaged: &Salvaged) -> String {
    let lost = match salvaged.lost {
        0 => "none is lost".to_owned(),
        lost => format!("{} lost", count(lost, "line")),
    };
    let (lines, kept) = (count(salvaged.lines, "line"), &salvaged.kept);
    format!("{lines}, {lost}; the damaged file is {kept}")
}
