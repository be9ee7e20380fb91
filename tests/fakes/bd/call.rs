//! One call: what was asked, by whom, of which version; and how it is answered.
use crate::args::Args;
use crate::quirks::{Json, Quirks};
use crate::state::{Database, State};
use serde::Serialize;
use serde_json::{Value, json};

pub(crate) struct Call {
    pub(crate) args: Args,
    pub(crate) quirks: Quirks,
    /// What `version` says: the name asked for, also when no profile has it.
    pub(crate) version: String,
    pub(crate) actor: String,
    pub(crate) database: Database,
}

/// What a call leaves behind: its exit code and its two streams.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) rc: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Reply {
    pub(crate) fn text(out: impl Into<String>) -> Self {
        Self {
            out: out.into(),
            ..Self::default()
        }
    }

    pub(crate) fn failed(err: impl Into<String>) -> Self {
        Self {
            rc: 1,
            err: err.into(),
            ..Self::default()
        }
    }
}

impl Call {
    pub(crate) fn wants_json(&self) -> bool {
        self.args.has("json")
    }

    /// An answer in JSON, in this version's wrapping.
    pub(crate) fn json(&self, value: &impl Serialize) -> Reply {
        let asked = std::env::var("BD_JSON_ENVELOPE").is_ok_and(|value| value == "1");
        let printed = match self.quirks.json {
            Json::Envelope => pretty(&Wrapped {
                schema_version: 1,
                data: value,
            }),
            Json::Versioned if asked => pretty(&Wrapped {
                schema_version: 1,
                data: value,
            }),
            Json::Versioned => pretty(value).map(with_version),
            Json::Bare => pretty(value),
        };
        match printed {
            Ok(text) => Reply::text(text + "\n"),
            Err(error) => Reply::failed(format!("Error: {error}\n")),
        }
    }

    /// JSON if it was asked for, else the text.
    pub(crate) fn either(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Reply {
        if self.wants_json() {
            self.json(value)
        } else {
            Reply::text(text())
        }
    }

    /// A failure, told where this version tells it: `error` on stdout with `--json`, else on stderr.
    pub(crate) fn error(&self, what: &str) -> Reply {
        if self.quirks.json_errors && self.wants_json() {
            return Reply {
                rc: 1,
                ..self.json(&json!({ "error": what }))
            };
        }
        // Words that begin an "Error …" sentence were printed so while there was no JSON for them.
        let joint = if self.quirks.json_errors || !what.starts_with("resolving") {
            "Error: "
        } else {
            "Error "
        };
        Reply::failed(format!("{joint}{what}\n"))
    }

    /// A refusal: words on stderr and, in many versions, an exit code that says nothing.
    pub(crate) fn refusal(&self, err: String) -> Reply {
        Reply {
            rc: u8::from(self.quirks.refusals_fail),
            out: String::new(),
            err,
        }
    }

    /// What the daemon puts before an error.
    pub(crate) fn by_daemon(&self, what: &str) -> String {
        if self.quirks.direct {
            what.to_owned()
        } else {
            format!("operation failed: {what}")
        }
    }

    /// The error for an unknown id.
    pub(crate) fn missing(&self, id: &str) -> String {
        let what = format!("no issue found matching \"{id}\"");
        if self.quirks.direct {
            what
        } else {
            self.by_daemon(&format!("failed to resolve ID: {what}"))
        }
    }

    pub(crate) fn state(&self, answer: impl FnOnce(&State) -> Reply) -> Reply {
        self.database.load().map_or_else(
            |error| Reply::failed(format!("Error: {error}\n")),
            |state| answer(&state),
        )
    }

    /// Changes the state; what fails changes nothing.
    pub(crate) fn change(&self, change: impl FnOnce(&mut State) -> Reply) -> Reply {
        let changed = self.database.change(|state| {
            let reply = change(state);
            (reply.rc == 0, reply)
        });
        changed.unwrap_or_else(|error| Reply::failed(format!("Error: {error}\n")))
    }
}

#[derive(Serialize)]
struct Wrapped<'a, T> {
    schema_version: u8,
    data: &'a T,
}

fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value)
}

/// Puts `schema_version` into an object; arrays stay bare.
fn with_version(text: String) -> String {
    match serde_json::from_str(&text) {
        Ok(Value::Object(mut object)) => {
            object.insert("schema_version".into(), 1.into());
            pretty(&object).unwrap_or(text)
        }
        _ => text,
    }
}
