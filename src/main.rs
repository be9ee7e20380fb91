//! `ap`: see the library.

fn main() -> std::process::ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|first| first == "__scripted") {
        return agent_pipelines::cli::scripted(&args);
    }
    agent_pipelines::cli::main(&args).into()
}
