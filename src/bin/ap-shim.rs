//! `ap-shim`: the process between runner and agent, as a program of its own.
use agent_pipelines::exec::shim;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match shim::main(&args) {
        Ok(()) => ExitCode::SUCCESS,
        // Its output is not read; the runner sees that the attempt has no end on record.
        Err(_) => ExitCode::FAILURE,
    }
}
