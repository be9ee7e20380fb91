//! How a run of `ap` ended.
use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;

/// How a run of `ap` ended, with everything it said.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code, or 128 and the signal, as a shell says it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Both streams, for messages that may be in either.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails the test unless the exit code is this one.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.text());
        self
    }

    /// Fails the test unless all these words were said; line breaks and frames do not count.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) {
        let plain = |text: &str| {
            text.replace(['│', '×', '╰', '╭', '─', '▶', '\n'], " ")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        let said = plain(&self.text());
        for word in words {
            assert!(
                said.contains(&plain(word)),
                "`{word}` is not said in:\n{}",
                self.text()
            );
        }
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output
            .status
            .code()
            .unwrap_or_else(|| 128 + output.status.signal().unwrap_or_default());
        Self {
            code,
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}
