//! Finds the programs and scripts among the words of a command.

/// Programs whose first argument that is not an option is a script.
const INTERPRETERS: [&str; 12] = [
    "sh", "bash", "dash", "zsh", "ksh", "python", "python3", "node", "ruby", "perl", "deno", "bun",
];
/// Programs that run another one.
const WRAPPERS: [&str; 7] = ["env", "timeout", "nice", "time", "exec", "nohup", "command"];

/// Returns the paths of what a command runs, as far as its words show. A program without a slash is found on PATH, so it
/// is not part of the project.
pub fn scripts(command: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    collect_from_words(
        &command.iter().map(String::as_str).collect::<Vec<_>>(),
        &mut found,
    );
    found
}

fn collect_from_words(words: &[&str], found: &mut Vec<String>) {
    let Some((program, arguments)) = words.split_first() else {
        return;
    };
    let name = program.rsplit('/').next().unwrap_or(program);
    if program.contains('/') {
        found.push((*program).to_owned());
    }
    let is_option = |word: &&str| word.starts_with('-');
    if WRAPPERS.contains(&name) {
        let is_setting = |word: &&str| {
            is_option(word) || word.contains('=') || word.starts_with(|c: char| c.is_ascii_digit())
        };
        let skipped = arguments.iter().take_while(|word| is_setting(word)).count();
        collect_from_words(&arguments[skipped..], found);
    } else if INTERPRETERS.contains(&name) {
        let options = arguments.iter().take_while(|word| is_option(word)).count();
        let (options, rest) = arguments.split_at(options);
        let shell = name.ends_with("sh");
        match (options.last(), rest.first()) {
            // `sh -c line`, `bash -lc line`
            (Some(last), Some(line)) if shell && last.ends_with('c') => {
                collect_from_line(line, found);
            }
            // `python3 -m module`, `node -e text`
            (Some(&("-m" | "-c" | "-e")), _) if !shell => (),
            (_, Some(script)) => found.push((*script).to_owned()),
            (_, None) => (),
        }
    }
}

/// Collects the scripts of each command in a line for a shell.
fn collect_from_line(line: &str, found: &mut Vec<String>) {
    for command in line.split([';', '|', '&', '(', ')', '{', '}', '`', '\n']) {
        let words: Vec<&str> = command
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '\'']))
            .filter(|word| *word != "!")
            .collect();
        collect_from_words(&words, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_found_and_the_files_they_work_on_are_not() {
        let found = |words: &[&str]| {
            scripts(
                &words
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect::<Vec<_>>(),
            )
            .join(" ")
        };
        for (words, expected) in [
            (&["./verify.sh", "tests/new.py"][..], "./verify.sh"),
            (&["cargo", "test", "-p", "core/lib"], ""),
            (&["pytest", "tests/new.py"], ""),
            (&["bash", "-e", "verify.sh"], "verify.sh"),
            (&["python3", "-m", "pytest", "tests/new.py"], ""),
            (&["python3", "check.py"], "check.py"),
            (
                &[
                    "sh",
                    "-c",
                    "cd x && ./a.sh || timeout 5 \"bin/b\"; python3 c.py",
                ],
                "./a.sh bin/b c.py",
            ),
            (
                &["env", "A=1", "nice", "-n", "5", "tools/check"],
                "tools/check",
            ),
            (&["sh"], ""),
        ] {
            assert_eq!(found(words), expected, "{words:?}");
        }
    }
}
