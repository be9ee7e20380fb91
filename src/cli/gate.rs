//! `ap gate accept`: accepts your own change of a check's files in a session that has begun.
use super::context::Context;
use super::control::ControlArgs;
use super::nested;
use super::request;
use super::session::{find, is_alive};
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::{GateFile, Request};
use crate::store::inbox;
use crate::store::session::Snapshot;
use crate::ui::next_command::NextCommand;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: GateCommand,
}

#[derive(clap::Subcommand, Debug)]
enum GateCommand {
    /// Accept the files of a session's checks as they are now; this also answers what it asks about them
    Accept(ControlArgs),
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let GateCommand::Accept(args) = &args.command;
    accept(args, context)
}

fn accept(args: &ControlArgs, context: &Context) -> Result<ExitCode> {
    let session = &args.of.session;
    let snapshot = find(session, context)?;
    nested::refuse_own_answer(&snapshot, context)?;
    let files = changed(&snapshot);
    if files.is_empty() {
        let message = format!("the checks of session '{session}' are as it knows them");
        return Err(Error::new(ErrorKind::BadValue, message)
            .hint("`ap gate accept` is for a file of a check that you have changed"));
    }
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let names = names.join(", ");
    let by = "ap gate accept".to_owned();
    let request = Request::AcceptGate { files, by };
    let message = if is_alive(&context.project, &snapshot) {
        request::send(session, &request, context)?;
        format!("Session '{session}' accepts {names} as it is now.")
    } else {
        inbox::put(&context.project.session(session), &request, clock::now())?;
        let resume = NextCommand::resume(&snapshot.plan, &snapshot.state);
        format!(
            "Stored: session '{session}' accepts {names} as it is now when it continues with `{resume}`."
        )
    };
    args.report("accepted", &message)?;
    Ok(ExitCode::Done)
}

/// Returns the files of the session's checks that are not as it knows them.
fn changed(snapshot: &Snapshot) -> Vec<GateFile> {
    let accepted = &snapshot.state.session.accepted_gates;
    let mut plan = snapshot.plan.clone();
    let frozen = plan
        .gate_commands_mut()
        .flat_map(|gate| gate.frozen.clone());
    let mut files: Vec<GateFile> = frozen
        .filter_map(|file| {
            let known = accepted.get(&file.path).unwrap_or(&file.hash);
            let hash = crate::runner::gate_file_hash(&file.path);
            (*known != hash).then_some(GateFile {
                path: file.path,
                hash,
            })
        })
        .collect();
    files.dedup();
    files
}
