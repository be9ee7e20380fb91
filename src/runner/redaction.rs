//! Removes secrets from what an attempt leaves, once all of it has been read.
use super::attempt_context::AttemptPaths;
use crate::redact::Redactor;
use crate::store::beneath;
use crate::store::redacted::{redact_file, redact_json_file};
use std::io;

/// What decides in a report. It is read once more if the runner dies before it has recorded the attempt's end.
const DECIDES: [&str; 2] = ["decision", "risk"];

/// Removes secrets from the prompt, the report and `output.md` and, with `transcripts`, from the agent's raw output.
pub(super) fn redact_output(
    paths: &AttemptPaths,
    redactor: &Redactor,
    transcripts: bool,
) -> io::Result<()> {
    let iteration = &paths.iteration;
    for report in [
        &iteration.status(),
        &iteration.result(),
        &paths.status,
        &paths.result,
    ] {
        let removed = redact_json_file(report, redactor, &DECIDES)?;
        if 0 < removed {
            tracing::warn!(file = %report, removed, "secrets were removed");
        }
    }
    let mut files = vec![
        iteration.prompt(),
        iteration.output(),
        paths.stage.join("output.md"),
    ];
    if transcripts {
        files.extend([iteration.stderr(), iteration.stdout()]);
    }
    for file in files {
        let removed = redact_file(&file, redactor)?;
        if removed == 0 {
            continue;
        }
        tracing::warn!(%file, removed, "secrets were removed");
        if let Some(second) = paths
            .run
            .kept_stdout()
            .filter(|_| file == iteration.stdout())
        {
            // Its second name still has what was removed.
            let _ = beneath::remove_file(&second);
            let _ = beneath::link(&file, &second);
        }
    }
    Ok(())
}
