//! Shows how far a long command has come, on stderr and only if that is a terminal.
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// How often the line is drawn without news.
const TICK: Duration = Duration::from_millis(120);

/// A line about a command's progress, which goes with the value.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Shows how many of `total` are done.
    pub fn of(total: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {msg}");
        Self::start(
            ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr()),
            style,
        )
    }

    /// Shows that the command is at work, without knowing for how long.
    pub fn unknown() -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg}");
        Self::start(
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
            style,
        )
    }

    fn start(
        bar: ProgressBar,
        style: Result<ProgressStyle, indicatif::style::TemplateError>,
    ) -> Self {
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// Shows what is being done now.
    pub fn doing(&self, what: impl Into<String>) {
        self.0.set_message(what.into());
    }

    /// Counts one as done.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// Prints something while the line is gone.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
