//! The exit codes of `ap`, and the commands that have a meaning of their own for one.

/// An exit code of `ap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// The command, or the session it waited for, did what it was for.
    Done = 0,
    /// Something went wrong.
    Failed = 1,
    /// Bad usage or a bad definition; nothing was started or changed.
    Usage = 2,
    /// The session is already running.
    AlreadyRunning = 3,
    /// Ended short of its goal: a limit, a budget, no task to claim.
    Short = 4,
    /// Stopped by the user.
    Stopped = 5,
    /// The session waits for your answer.
    Asking = 6,
    /// Bad usage of `ap run`, whose other codes say what became of the session, and of what agents call.
    Misuse = 64,
    /// The session was interrupted from outside, and can be resumed.
    Interrupted = 75,
    /// Ctrl-C ended the command.
    Cancelled = 130,
}

impl ExitCode {
    /// Every exit code, in order.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::AlreadyRunning,
        Self::Short,
        Self::Stopped,
        Self::Asking,
        Self::Misuse,
        Self::Interrupted,
        Self::Cancelled,
    ];

    /// Returns its meaning, as the documents describe it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done; the session reached its goal",
            Self::Failed => "failed",
            Self::Usage => {
                "bad usage, a bad definition, or a start that cannot work; nothing was started or changed"
            }
            Self::AlreadyRunning => "the session is already running",
            Self::Short => "ended short of its goal: a limit or a budget was reached",
            Self::Stopped => "stopped by you",
            Self::Asking => "the session waits for your answer",
            Self::Misuse => "bad usage of `ap run`, `ap checkpoint` or `ap block`",
            Self::Interrupted => {
                "interrupted from outside, by a signal or the end of a login; can be resumed"
            }
            Self::Cancelled => "`ap smoke` was ended by Ctrl-C",
        }
    }

    /// Returns the number that the process exits with.
    pub fn number(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// What an exit code means for one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandExit {
    /// The command, as it is typed.
    pub command: &'static str,
    /// The code.
    pub code: ExitCode,
    /// What it means there.
    pub meaning: &'static str,
}

const fn exit(command: &'static str, code: ExitCode, meaning: &'static str) -> CommandExit {
    CommandExit {
        command,
        code,
        meaning,
    }
}

/// The exit codes with a meaning of their own, by command.
pub const COMMAND_EXITS: &[CommandExit] = &[
    exit(
        "ap wait",
        ExitCode::Short,
        "the session still runs after `--timeout`",
    ),
    exit(
        "ap wait",
        ExitCode::Asking,
        "with `--or-question`: the session asks you something",
    ),
    exit(
        "ap lint",
        ExitCode::Usage,
        "a definition has an error, or with `--strict` a warning",
    ),
    exit(
        "ap test",
        ExitCode::Failed,
        "something differs from its record",
    ),
    exit("ap doctor", ExitCode::Failed, "a check found a problem"),
    exit(
        "ap cleanup",
        ExitCode::Failed,
        "something could not be removed",
    ),
    exit(
        "ap queue claim",
        ExitCode::Failed,
        "another owner holds the task",
    ),
    exit(
        "ap queue claim",
        ExitCode::Short,
        "there is no task to claim",
    ),
    exit(
        "ap run",
        ExitCode::Failed,
        "there is no such project, or its session runs already",
    ),
    exit("ap run", ExitCode::Usage, "the session ended as failed"),
    exit(
        "ap quota",
        ExitCode::Short,
        "nothing is known about the quota",
    ),
    exit("ap smoke", ExitCode::Failed, "the script failed"),
    exit(
        "ap smoke",
        ExitCode::Usage,
        "the script is missing or not executable, or an option is wrong",
    ),
    exit(
        "ap init --agents-md",
        ExitCode::Short,
        "the section was edited, so it was left as it is",
    ),
    exit(
        "ap plugin install",
        ExitCode::Short,
        "edited files were kept",
    ),
    exit(
        "ap plugin update",
        ExitCode::Short,
        "edited files were kept",
    ),
    exit(
        "ap plugin uninstall",
        ExitCode::Short,
        "edited files were kept",
    ),
];
