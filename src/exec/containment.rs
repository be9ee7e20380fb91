//! Whether agents can be run in a PID namespace here.
use super::command::BoundedCommand;
use super::shim;
use camino::Utf8Path;
use std::time::Duration;

/// How long a trial may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Whether agents can be run in a namespace here. A process is started in one, so it is worth remembering.
pub fn namespaces_work(ap: &Utf8Path) -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let (program, args) = shim::trial(ap);
    let output = BoundedCommand::new(program).args(args).limit(LIMIT).run();
    output.is_ok_and(|output| output.is_success())
}
