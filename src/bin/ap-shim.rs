//! `ap-shim`: the process between runner and agent, as a program of its own.
use agent_pipelines::exec::shim;
use std::process::ExitCode;

fn main() -> ExitCode {
    match shim::hand_over(std::env::args_os().skip(1)).and_then(|()| shim::main()) {
        Ok(()) => ExitCode::SUCCESS,
        // Its output is not read; the runner sees that the attempt has no end on record.
        Err(_) => ExitCode::FAILURE,
    }
}
