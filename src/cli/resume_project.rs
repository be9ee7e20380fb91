//! `ap resume`: resumes a registered project, whatever it waits for, or a session.
use super::candidates;
use super::context::Context;
use super::format::Format;
use super::projects::{self, lookup};
use super::{session, session_line};
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::store::registry;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-projects-change`, of a session `ap schema ap-start`)")))]
pub(super) struct Args {
    /// A registered project, by id or directory, or the name of a session of this project
    #[arg(add = candidates::sessions())]
    name: String,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let registry = registry::read(&context.dirs)?;
    let project = lookup(&registry, &args.name, context);
    let session = args
        .name
        .parse()
        .ok()
        .and_then(|name| session::find(&name, context).ok());
    match (project, session) {
        (Some(project), Some(session))
            if session.plan.session != project.session
                || project.root != context.project.root() =>
        {
            let message = format!(
                "`{}` is a project in {} and a session here",
                args.name, project.root
            );
            let plan = &session.plan;
            Err(Error::new(ErrorKind::BadValue, message).hint(format!(
                "write `ap projects resume {}` or `ap {} {} {} --resume`",
                project.id,
                plan.kind.as_str(),
                plan.name,
                plan.session
            )))
        }
        (Some(project), _) => projects::resume(project.id.as_str(), context)?.print(args.format),
        (None, Some(session)) => {
            let plan = &session.plan;
            let name = plan.name.as_str();
            let mut words = vec![plan.kind.as_str(), name, plan.session.as_str(), "--resume"];
            if args.format == Format::Json {
                words.push("--json");
            }
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            session_line::run(&words, context)
        }
        (None, None) => Err(Error::new(
            ErrorKind::NotFound,
            format!("there is no project and no session `{}`", args.name),
        )
        .hint("`ap projects` lists the projects, `ap list` the sessions of this one")),
    }
}
