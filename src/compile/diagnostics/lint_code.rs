//! Lint codes: a stable name for each kind of mistake, explained in `docs/lint.md`.
use crate::plan::PlanKind;
use serde::{Serialize, Serializer};
use std::fmt;

const PAGE: &str = include_str!("../../../docs/lint.md");

macro_rules! lint_codes {
    ($($variant:ident = $name:literal,)+) => {
        /// A kind of mistake in a definition.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LintCode {
            $($variant,)+
        }

        impl LintCode {
            /// Every code, in the order of `docs/lint.md`.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns its stable name: `unknown-key`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

lint_codes! {
    Unreadable = "unreadable",
    Yaml = "yaml",
    NotADefinition = "not-a-definition",
    NoDefinition = "no-definition",
    UnknownKey = "unknown-key",
    BadValue = "bad-value",
    NoPrompt = "no-prompt",
    NoTermination = "no-termination",
    UnknownTermination = "unknown-termination",
    AnyAndAll = "any-and-all",
    NoCommand = "no-command",
    CommandMissing = "command-missing",
    NeverAgrees = "never-agrees",
    UnknownProvider = "unknown-provider",
    NoProgram = "no-program",
    ProviderMissing = "provider-missing",
    BadModel = "bad-model",
    UnknownPermissions = "unknown-permissions",
    PermissionsRefused = "permissions-refused",
    UnknownQueue = "unknown-queue",
    NoCommands = "no-commands",
    UnknownVariable = "unknown-variable",
    NoStatus = "no-status",
    NoInputs = "no-inputs",
    MissingInput = "missing-input",
    NoOutput = "no-output",
    NoPerspectives = "no-perspectives",
    Perspectives = "perspectives",
    NoNodes = "no-nodes",
    NoId = "no-id",
    BadName = "bad-name",
    DuplicateId = "duplicate-id",
    UnknownLoop = "unknown-loop",
    UnreadableLoop = "unreadable-loop",
    UnknownPipeline = "unknown-pipeline",
    UnreadablePipeline = "unreadable-pipeline",
    Cycle = "cycle",
    UnknownNode = "unknown-node",
    UnreachableInput = "unreachable-input",
    NoProviders = "no-providers",
    NoStage = "no-stage",
    UnknownBlock = "unknown-block",
    UnknownStage = "unknown-stage",
    NoRuns = "no-runs",
    Misplaced = "misplaced",
    Twice = "twice",
    OtherName = "other-name",
    CommandName = "command-name",
    Deprecated = "deprecated",
    NoEffect = "no-effect",
    TooMany = "too-many",
    Widens = "widens",
}

/// A code's row in `docs/lint.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LintDocs {
    /// `error`, `warning`, or both.
    pub level: &'static str,
    /// What is wrong.
    pub meaning: &'static str,
    /// A definition that has the mistake.
    pub example: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

impl LintCode {
    /// Returns the code that agent-pipelines had for the same mistake, if any; some depend on the kind of file.
    pub fn alias(self, kind: PlanKind) -> Option<&'static str> {
        Some(match (self, kind) {
            (Self::Yaml | Self::NotADefinition, PlanKind::Loop) => "L003",
            (Self::Yaml | Self::NotADefinition, PlanKind::Pipeline) => "P002",
            (Self::NoDefinition, PlanKind::Loop) => "L002",
            (Self::OtherName, PlanKind::Loop) => "L005",
            (Self::NoTermination, _) => "L006",
            (Self::UnknownTermination, _) => "L007",
            (Self::NoPrompt, PlanKind::Loop) => "L008",
            (Self::UnknownProvider, _) => "L011",
            (Self::BadModel, _) => "L012",
            (Self::UnknownVariable, _) => "L015",
            (Self::NoNodes, _) => "P004",
            (Self::NoId, _) => "P005",
            (Self::DuplicateId, _) => "P006",
            (Self::NoPrompt, PlanKind::Pipeline) => "P007",
            (Self::UnknownLoop, _) => "P008",
            (Self::UnknownNode | Self::UnreachableInput, _) => "P009",
            (Self::NoInputs, _) => "P010",
            (Self::NoRuns, _) => "P011",
            _ => return None,
        })
    }

    /// Returns the code of a name or alias: `unknown-key`, `L007`; the first one if several have the alias.
    pub fn find(name: &str) -> Option<Self> {
        let has_alias = |code: &Self| {
            [PlanKind::Loop, PlanKind::Pipeline]
                .into_iter()
                .any(|kind| code.alias(kind) == Some(name))
        };
        let all = || Self::ALL.iter().copied();
        all()
            .find(|code| code.as_str() == name)
            .or_else(|| all().find(has_alias))
    }

    /// Returns its row in `docs/lint.md`.
    pub fn docs(self) -> Option<LintDocs> {
        let start = format!("| `{}` |", self.as_str());
        let row = PAGE.lines().find(|line| line.starts_with(&start))?;
        let cells: Vec<&str> = row.trim_matches('|').split(" |").map(str::trim).collect();
        let [_, _, level, meaning, example, fix] = cells[..] else {
            return None;
        };
        Some(LintDocs {
            level,
            meaning,
            example,
            fix,
        })
    }
}

impl fmt::Display for LintCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for LintCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for LintCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LintCode".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|code| code.as_str()).collect();
        schemars::json_schema!({ "type": "string", "enum": names })
    }
}
