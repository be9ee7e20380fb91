use super::*;
use crate::cli::command_names::COMMAND_NAMES;

/// Returns the command lines of all commands with their definitions.
fn commands() -> Vec<(String, clap::Command)> {
    fn add(path: &str, command: &clap::Command, found: &mut Vec<(String, clap::Command)>) {
        found.push((path.to_owned(), command.clone()));
        for inner in command.get_subcommands() {
            add(&format!("{path} {}", inner.get_name()), inner, found);
        }
    }
    let mut found = vec![("ap <loop>".to_owned(), Shortcut::command())];
    add("ap", &Cli::command(), &mut found);
    found
}

#[test]
fn all_command_names_are_known() {
    let root = Cli::command();
    let mut names: Vec<&str> = root
        .get_subcommands()
        .flat_map(|command| std::iter::once(command.get_name()).chain(command.get_all_aliases()))
        .collect();
    names.sort_unstable();
    assert_eq!(names, COMMAND_NAMES);
}

#[test]
fn help_begins_with_what_the_command_does() {
    for (path, command) in commands() {
        let about = command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(
            about.starts_with(char::is_uppercase) && !about.ends_with('.'),
            "{path} --help begins with `{about}`"
        );
    }
    let mut shortcut = Shortcut::command();
    assert!(
        shortcut
            .render_long_help()
            .to_string()
            .starts_with(ABOUT_LOOP)
    );
}

/// One form for all: a list without blank lines.
#[test]
fn help_is_always_short() {
    for (path, command) in commands() {
        // What clap looks at before it takes the long form.
        let long = |argument: &clap::Arg| {
            let possible = argument.get_possible_values();
            argument.get_long_help().is_some()
                || possible.iter().any(|value| value.get_help().is_some())
        };
        let argument = command.get_arguments().find(|argument| long(argument));
        assert_eq!(argument.map(clap::Arg::get_id), None, "{path}");
        assert_eq!(
            command.get_long_about().map(ToString::to_string),
            None,
            "{path}"
        );
        assert!(command.get_after_long_help().is_none(), "{path}");
    }
}

#[test]
fn every_argument_has_a_help_text_without_a_full_stop() {
    for (path, command) in commands() {
        for argument in command.get_arguments() {
            let help = argument
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                help.starts_with(char::is_uppercase) && !help.ends_with('.'),
                "{path} {}: `{help}`",
                argument.get_id()
            );
        }
    }
}
