//! Diagnostic logging (`AP_LOG`).
//!
//! `AP_LOG` is a level (`debug`) or levels per crate (`agent_pipelines_runner=debug,warn`); the
//! default is `warn`. A command logs to standard error. A runner in a tmux window, whose screen shows
//! its agents, logs to `<run dir>/ap.log`, which is created with the first line. Environments and
//! prompts are never logged.
use crate::redact::Redactor;
use crate::ui::note;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use nix::fcntl::OFlag;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::prelude::*;

/// Logs to standard error. `directives` is the value of `AP_LOG`.
pub fn to_stderr(directives: Option<&str>) {
    start(directives, io::stderr);
}

/// Logs to a file, which need not exist yet, without secrets. `directives` is the value of `AP_LOG`.
pub fn to_file(path: &Utf8Path, directives: Option<&str>, redactor: Arc<Redactor>) {
    let path = path.to_owned();
    start(directives, Mutex::new(Reopened { path, redactor }));
}

/// Bytes after which the supervisor's log is rotated.
const LOG_BYTES: u64 = 50_000_000;
/// How many older logs are kept.
const OLDER_LOGS: u32 = 3;

/// Starts the log of a supervisor: a rotated file without secrets, each line with the version, or standard error. Panics
/// are logged too.
pub fn of_supervisor(path: Option<&Utf8Path>, directives: Option<&str>, redactor: Arc<Redactor>) {
    let directives = directives.filter(|text| !text.is_empty()).or(Some("info"));
    match path {
        Some(path) => {
            let path = path.to_owned();
            start(directives, Mutex::new(Rotated(Reopened { path, redactor })));
        }
        None => start(directives, io::stderr),
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!(%panic, "the supervisor panicked");
        before(panic);
    }));
}

/// A file that is rotated when it is long: `.1` is the newest of the older ones.
struct Rotated(Reopened);

impl Rotated {
    fn rotate(&self) {
        let path = &self.0.path;
        let name = |number: u32| format!("{path}.{number}");
        for number in (1..OLDER_LOGS).rev() {
            let _ = fs::rename(name(number), name(number + 1));
        }
        let _ = fs::rename(path, name(1));
    }
}

impl Write for Rotated {
    /// Writes one line, with the version before it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if fs::metadata(&self.0.path).is_ok_and(|about| LOG_BYTES <= about.len()) {
            self.rotate();
        }
        let mut text = format!("ap {} ", env!("CARGO_PKG_VERSION")).into_bytes();
        text.extend_from_slice(line);
        let _ = self.0.write(&text);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn start(directives: Option<&str>, writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    let log = fmt::layer()
        .with_writer(writer)
        .with_filter(targets(directives));
    // Fails only if a subscriber is installed already, as by tests that share a process.
    let _ = tracing_subscriber::registry().with(log).try_init();
}

fn targets(directives: Option<&str>) -> Targets {
    let warnings = Targets::new().with_default(LevelFilter::WARN);
    match directives.filter(|directives| !directives.is_empty()) {
        Some(directives) => directives.parse().unwrap_or_else(|error| {
            note(format!("warning: AP_LOG={directives} is ignored: {error}"));
            warnings
        }),
        None => warnings,
    }
}

/// A file that is opened again for every line, because `--force` moves the folder it is stored in.
struct Reopened {
    path: Utf8PathBuf,
    redactor: Arc<Redactor>,
}

impl Write for Reopened {
    /// Writes one line. A line that cannot be written is dropped: logging never fails a session.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A link is not followed, and a pipe not waited for: an agent may have put it there.
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .custom_flags(flags.bits())
            .open(&self.path);
        let text = self.redactor.hide(&String::from_utf8_lossy(line));
        let _ = file.and_then(|mut file| file.write_all(text.as_bytes()));
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
    fn a_long_log_is_rotated_while_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let path = folder.join("supervisor.log");
        let mut log = Rotated(Reopened {
            path: path.clone(),
            redactor: Arc::default(),
        });
        for round in 0..6 {
            log.write_all(format!("round {round}\n").as_bytes())
                .unwrap();
            let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(LOG_BYTES).unwrap();
        }
        let first = |path: Utf8PathBuf| {
            let mut text = [0; 64];
            let read = io::Read::read(&mut fs::File::open(path).unwrap(), &mut text).unwrap();
            let text = String::from_utf8_lossy(&text[..read]).into_owned();
            text.lines().next().unwrap_or_default().to_owned()
        };
        for (name, round) in [("", 5), (".1", 4), (".2", 3), (".3", 2)] {
            let line = first(format!("{path}{name}").into());
            assert!(line.ends_with(&format!("round {round}")), "{line}");
            assert!(line.starts_with(concat!("ap ", env!("CARGO_PKG_VERSION"))));
        }
        assert!(!folder.join("supervisor.log.4").exists());
    }

    #[test]
    fn missing_or_invalid_filter_falls_back_to_warn() {
        let shown = [
            None,
            Some(""),
            Some("a=loud"),
            Some("debug"),
            Some("a::b=trace,info"),
        ]
        .map(|directives| targets(directives).to_string());
        assert_eq!(shown, ["warn", "warn", "warn", "debug", "a::b=trace,info"]);
    }

    #[test]
    fn log_file_is_created_by_the_first_line_and_a_missing_folder_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let redactor = Arc::new(Redactor::new(["swordfish".to_owned()]));
        let path = folder.join("run/ap.log");
        let mut log = Reopened { path, redactor };
        log.write_all(b"lost\n").unwrap();
        fs::create_dir(folder.join("run")).unwrap();
        log.write_all(b"kept\n").unwrap();
        log.write_all(b"too swordfish\n").unwrap();
        assert_eq!(
            fs::read_to_string(folder.join("run/ap.log")).unwrap(),
            "kept\ntoo [secret]\n"
        );
    }
}
