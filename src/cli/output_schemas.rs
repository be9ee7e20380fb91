//! The schemas of what commands print with `--json`.
use crate::compile::schema::schema;
use crate::compile::{SCHEMAS, Schema};
use serde::Serialize;

/// A schema for each shape that is printed. A command names its own in the help of `--json`.
const OUTPUTS: [Schema; 48] = [
    schema!(
        Output,
        "ap-overview",
        "ap --json: sessions, loops and pipelines",
        super::overview::Overview
    ),
    schema!(
        Output,
        "ap-start",
        "ap <loop>, ap loop and ap pipeline --json: what became of a start",
        super::started::Started
    ),
    schema!(
        Output,
        "ap-list",
        "ap list --json: the sessions",
        Vec<super::list::Row>
    ),
    schema!(
        Output,
        "ap-status-all",
        "ap status --json without a name: the supervisor, all projects and the sessions here",
        super::supervisor::overview::Overview
    ),
    schema!(
        Output,
        "ap-start-supervisor",
        "ap start --json: what became of the start",
        super::start_supervisor::SupervisorStart
    ),
    schema!(
        Output,
        "ap-stop-supervisor",
        "ap stop --json without a session: what became of the stop",
        super::supervisor::stop::SupervisorStop
    ),
    schema!(
        Output,
        "ap-pause-all",
        "ap pause and ap continue --json without a session",
        super::supervisor::pause::PauseAll
    ),
    schema!(
        Output,
        "ap-projects",
        "ap projects --json: the projects of the supervisor",
        Vec<super::projects::ProjectRow>
    ),
    schema!(
        Output,
        "ap-projects-change",
        "ap projects add, remove, pause, resume, move and set --json: what was done",
        super::projects::ProjectChange
    ),
    schema!(
        Output,
        "ap-list-all",
        "ap list --all --json: projects with their sessions",
        Vec<super::list_all::ProjectRows>
    ),
    schema!(
        Output,
        "ap-status",
        "ap status <session> --json: a session",
        super::status::Status<'static>
    ),
    schema!(
        Output,
        "ap-logs",
        "ap logs and ap tail --json: one line, of many",
        super::logs::attempt::Line<'static>
    ),
    schema!(
        Output,
        "ap-control",
        "ap pause, continue, stop and kill --json: what was done",
        super::control::ControlResult<'static>
    ),
    schema!(
        Output,
        "ap-answer",
        "ap answer, approve and reject --json: the answer that was given",
        super::answer::AnswerResult<'static>
    ),
    schema!(
        Output,
        "ap-say",
        "ap say --json: what became of the text",
        super::say::SayResult<'static>
    ),
    schema!(
        Output,
        "ap-questions",
        "ap questions --json: what sessions ask",
        Vec<super::questions::Entry>
    ),
    schema!(
        Output,
        "ap-notify-setup",
        "ap notify setup --json: the files that were written",
        super::notify::SetupResult
    ),
    schema!(
        Output,
        "ap-notify-test",
        "ap notify test --json: what became of each message",
        Vec<super::notify::ChannelTest>
    ),
    schema!(
        Output,
        "ap-notify-list",
        "ap notify list --json: channels, rules, events and messages",
        super::notify::NotifyReport
    ),
    schema!(
        Output,
        "ap-notify-flush",
        "ap notify flush --json: what was sent",
        super::notify::FlushResult
    ),
    schema!(
        Output,
        "ap-wait",
        "ap wait --json: how the session ended",
        super::wait::WaitResult<'static>
    ),
    schema!(
        Output,
        "ap-fork",
        "ap fork --json: the new session",
        super::fork::created::Created
    ),
    schema!(
        Output,
        "ap-new",
        "ap new --json: the files that were created",
        super::new::Created<'static>
    ),
    schema!(
        Output,
        "ap-lint",
        "ap lint --json: what was checked, with every problem",
        super::lint::report::Report
    ),
    schema!(
        Output,
        "ap-dry-run",
        "ap dry-run --json: the plan and the first prompts",
        super::dry_run::preview::Preview
    ),
    schema!(
        Output,
        "ap-test",
        "ap test --json: the result of each test",
        super::test::Report
    ),
    schema!(
        Output,
        "ap-cleanup",
        "ap cleanup --json: what was left behind",
        super::cleanup::Report
    ),
    schema!(
        Output,
        "ap-quota",
        "ap quota --json: what is known of the quota, and which sessions it holds",
        super::quota::QuotaReport
    ),
    schema!(
        Output,
        "ap-doctor",
        "ap doctor --json: the checks",
        super::doctor::Report
    ),
    schema!(
        Output,
        "ap-cost",
        "ap cost --json: what agents cost",
        super::cost::CostReport
    ),
    schema!(
        Output,
        "ap-explain",
        "ap explain <topic> --json: a topic",
        super::explain::Explanation
    ),
    schema!(
        Output,
        "ap-explain-topics",
        "ap explain --json: the topics",
        Vec<super::explain::ListedTopic>
    ),
    schema!(
        Output,
        "ap-schema",
        "ap schema --json: the schemas",
        Vec<ListedSchema>
    ),
    schema!(
        Output,
        "ap-plugin-status",
        "ap plugin status --json: what is installed",
        super::plugin::status::Status
    ),
    schema!(
        Output,
        "ap-queue-status",
        "ap queue status --json: the tasks, counted",
        super::queue::status::Report<'static>
    ),
    schema!(
        Output,
        "ap-queue-ready",
        "ap queue ready --json: the tasks that can be claimed",
        Vec<crate::model::Task>
    ),
    schema!(
        Output,
        "ap-queue-show",
        "ap queue show --json: a task",
        crate::model::Task
    ),
    schema!(
        Output,
        "ap-queue-claim",
        "ap queue claim --json: the claimed task, or null",
        Option<crate::model::Task>
    ),
    schema!(
        Output,
        "ap-queue-release",
        "ap queue release --json: what became of the task",
        super::queue::release::Report<'static>
    ),
    schema!(
        Output,
        "ap-queue-close",
        "ap queue close --json: the closed task",
        super::queue::close::Report<'static>
    ),
    schema!(
        Output,
        "ap-queue-label",
        "ap queue label --json: the labelled tasks",
        super::queue::label::Report<'static>
    ),
    schema!(
        Output,
        "ap-ok",
        "ap ok --json: six questions and their answers",
        super::ok::OkReport
    ),
    schema!(
        Output,
        "ap-health",
        "ap health --json: what became of iterations",
        super::health::HealthReport
    ),
    schema!(
        Output,
        "ap-snapshot",
        "ap snapshot --json: a project in thirteen sections",
        super::snapshot::SnapshotReport
    ),
    schema!(
        Output,
        "ap-service",
        "ap service install and uninstall --json: what was done",
        super::service::ServiceChange
    ),
    schema!(
        Output,
        "ap-service-status",
        "ap service status --json: whether the service is installed and runs",
        super::service::ServiceStatus
    ),
    schema!(
        Output,
        "events",
        "ap tail --json without a session: a line of the log of everything",
        crate::overview::log::LogLine
    ),
    schema!(
        Output,
        "ap-error",
        "the error of a command with --json",
        crate::error::ErrorReport<'static>
    ),
];

/// Returns every schema: those of files, then those of outputs.
pub(super) fn all() -> impl Iterator<Item = &'static Schema> {
    SCHEMAS.iter().chain(&OUTPUTS)
}

/// An entry of `ap schema --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct ListedSchema {
    /// The name that `ap schema` takes.
    name: &'static str,
    /// The name of its file.
    file: String,
    about: &'static str,
}

impl From<&Schema> for ListedSchema {
    fn from(schema: &Schema) -> Self {
        Self {
            name: schema.name,
            file: schema.file(),
            about: schema.about,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Returns the schemas that the help of a command and of those below it names.
    fn named(command: &clap::Command, found: &mut BTreeSet<String>) {
        let help = command.get_arguments().filter_map(clap::Arg::get_help);
        let texts = help
            .chain(command.get_after_help())
            .map(ToString::to_string);
        for text in texts {
            let words = text.split("`ap schema ").skip(1);
            found.extend(
                words
                    .filter_map(|rest| rest.split('`').next())
                    .map(str::to_owned),
            );
        }
        for inner in command.get_subcommands() {
            named(inner, found);
        }
    }

    #[test]
    fn help_names_each_output_schema_and_no_other() {
        let mut found = BTreeSet::from(["ap-error".to_owned()]);
        named(&crate::cli::definition(), &mut found);
        let known: BTreeSet<String> = OUTPUTS
            .iter()
            .map(|schema| schema.name.to_owned())
            .collect();
        assert_eq!(found, known);
    }

    /// `ap queue` has it once for all its commands.
    #[test]
    fn help_of_every_json_option_names_a_schema() {
        fn check(path: &str, command: &clap::Command) {
            let json = command
                .get_arguments()
                .find(|argument| argument.get_id() == "json");
            let help = json.and_then(clap::Arg::get_help).map(ToString::to_string);
            assert!(
                help.is_none_or(|help| help.contains("`ap schema")),
                "{path} --json"
            );
            for inner in command.get_subcommands() {
                check(&format!("{path} {}", inner.get_name()), inner);
            }
        }
        check("ap", &crate::cli::definition());
    }

    #[cfg(feature = "schemas")]
    #[test]
    fn schema_files_are_what_the_types_generate() {
        let folder = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        for schema in all() {
            let file = folder.join(schema.file());
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(
                text == schema.text(),
                "{file} is not current: update it with `cargo run --features schemas -- schema --out schemas`"
            );
        }
        let files = folder.read_dir_utf8().unwrap().count();
        assert_eq!(files, all().count(), "there is a schema of nothing");
    }
}
