//! What `ap` itself does, for whoever looks for a fault in it.
//!
//! `AP_LOG` says how much: `debug`, or a filter like `agent_pipelines::exec=debug,warn`; warnings if nothing is said.
//! A command writes to standard error. A runner in a tmux window, whose screen shows its agents, writes to
//! `<run dir>/ap.log`, which is made with the first line. Environments and prompts are never logged.
use crate::ui::note;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io::{self, Write};
use std::sync::Mutex;
use tracing::Level;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::MakeWriter;

/// Logs to standard error. `wanted` is the value of `AP_LOG`.
pub fn to_stderr(wanted: Option<&str>) {
    start(wanted, io::stderr);
}

/// Logs to a file that need not be there yet. `wanted` is the value of `AP_LOG`.
pub fn to_file(path: &Utf8Path, wanted: Option<&str>) {
    start(wanted, Mutex::new(Appended(path.to_owned())));
}

fn start(wanted: Option<&str>, writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    let log = fmt().with_writer(writer);
    // Fails only if somebody else has set it up, as tests in one process do.
    let _ = match filter(wanted) {
        Some(filter) => log.with_env_filter(filter).try_init(),
        // Without a wish there is nothing to match, so that a runner need not carry what matches.
        None => log.with_max_level(Level::WARN).try_init(),
    };
}

fn filter(wanted: Option<&str>) -> Option<EnvFilter> {
    let wanted = wanted.filter(|words| !words.is_empty())?;
    EnvFilter::try_new(wanted)
        .map_err(|error| note(format!("warning: AP_LOG={wanted} is ignored: {error}")))
        .ok()
}

/// Opened anew for every line, for `--force` moves the folder it lies in.
struct Appended(Utf8PathBuf);

impl Write for Appended {
    /// Takes a whole line. One that cannot be written is lost: a log is no reason to fail.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.0);
        let _ = file.and_then(|mut file| file.write_all(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_wish_and_with_a_wrong_one_warnings_are_told() {
        let shown = [None, Some(""), Some("=,="), Some("debug")]
            .map(|wanted| filter(wanted).map(|filter| filter.to_string()));
        assert_eq!(shown, [None, None, None, Some("debug".to_owned())]);
    }

    #[test]
    fn a_file_is_made_with_the_first_line_and_a_missing_folder_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let mut log = Appended(folder.join("run/ap.log"));
        log.write_all(b"lost\n").unwrap();
        fs::create_dir(folder.join("run")).unwrap();
        log.write_all(b"kept\n").unwrap();
        log.write_all(b"too\n").unwrap();
        assert_eq!(
            fs::read_to_string(folder.join("run/ap.log")).unwrap(),
            "kept\ntoo\n"
        );
    }
}
