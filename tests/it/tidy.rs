//! What the compiler does not check about the tree: purity, sizes and words. Layers: `module_graph.rs`.
mod adding;
mod words;

use camino::{Utf8Path, Utf8PathBuf};

/// Decide without touching the world, so that any history can be replayed.
const PURE: &[&str] = &[
    "fingerprint",
    "model",
    "text",
    "termination",
    "guard",
    "agent",
    "plan",
    "compile",
    "engine",
    "fleet",
    "autopilot",
];
const IMPURE: &[&str] = &[
    "std::fs",
    "fs_err",
    "std::process",
    "tokio",
    "nix::",
    "clock::",
    "std::env",
    "Timestamp::now",
];

/// Files over the limit that have a reason to be.
const LONG: &[&str] = &[
    // Tables of scenarios with their scripts, which the narrower width made longer.
    "tests/it/claude_sessions.rs",
    "tests/it/mock_api_works.rs",
    "tests/it/parallel.rs",
    "tests/it/plugin_claude.rs",
    "tests/it/queues/states.rs",
    "tests/it/replay.rs",
    "tests/it/terminations.rs",
];
const LONGEST: usize = 400;

/// Names that say nothing about what is inside.
const VAGUE: &[&str] = &[
    "utils", "util", "helpers", "helper", "manager", "common", "misc",
];

/// A Rust file of the tree.
struct Source {
    path: String,
    text: String,
    /// Whether the module as a whole is compiled for tests only.
    for_tests: bool,
}

impl Source {
    /// The lines with their numbers, without comments and without what only tests compile.
    fn code(&self) -> Vec<(usize, &str)> {
        let mut code = Vec::new();
        if self.for_tests {
            return code;
        }
        let mut lines = self.text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            if line.trim_start().starts_with("#[cfg(test)]") {
                // The item ends at the first closing brace as far out as it begins, or with its own line.
                let indent = &line[..line.len() - line.trim_start().len()];
                let end = format!("{indent}}}");
                let one_line = lines
                    .next()
                    .is_some_and(|(_, item)| item.trim_end().ends_with([';', '}']));
                if !one_line {
                    lines.by_ref().find(|(_, line)| *line == end);
                }
            } else {
                code.push((index + 1, line.split("//").next().unwrap_or_default()));
            }
        }
        code
    }

    /// The module at the top of the crate this file belongs to.
    fn top(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside
            .split('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches(".rs")
    }

    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Utf8Path, found: &mut Vec<Utf8PathBuf>) {
    for entry in folder
        .read_dir_utf8()
        .expect("a folder of the repository")
        .map(|entry| entry.expect("an entry"))
    {
        match entry.path() {
            folder if folder.is_dir() => files(folder, found),
            file => found.push(file.to_owned()),
        }
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    files(&root().join(folder), &mut paths);
    paths.sort();
    let rust = paths
        .into_iter()
        .filter(|path| path.extension() == Some("rs"));
    let read = rust.map(|path| {
        (
            path.strip_prefix(root()).expect("it is inside").to_string(),
            fs_err::read_to_string(&path),
        )
    });
    let read: Vec<(String, String)> = read
        .map(|(path, text)| (path, text.expect("a source is text")))
        .collect();
    let tests: Vec<String> = read
        .iter()
        .flat_map(|(path, text)| test_modules(path, text))
        .collect();
    let for_tests = |path: &str| {
        tests.iter().any(|module| {
            path.strip_prefix(module)
                .is_some_and(|rest| rest.starts_with(['.', '/']))
        })
    };
    read.into_iter()
        .map(|(path, text)| Source {
            for_tests: for_tests(&path),
            path,
            text,
        })
        .collect()
}

/// The modules in files of their own that a file declares for tests only, as paths without the ending.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let folder = match path.rsplit_once('/') {
        Some((folder, "mod.rs" | "lib.rs" | "main.rs")) => folder,
        _ => path.trim_end_matches(".rs"),
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declared = lines
        .windows(2)
        .filter(|pair| pair[0] == "#[cfg(test)]")
        .filter_map(|pair| pair[1].strip_suffix(';'));
    declared
        .filter_map(|item| item.split_once("mod "))
        .map(|(_, name)| format!("{folder}/{name}"))
        .collect()
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}\n  {}", found.join("\n  "));
}

#[test]
fn the_deciding_modules_are_pure() {
    let mut found = Vec::new();
    for source in sources("src")
        .into_iter()
        .filter(|source| PURE.contains(&source.top()))
    {
        for (number, line) in source.code() {
            found.extend(
                IMPURE
                    .iter()
                    .filter(|word| line.contains(*word))
                    .map(|word| source.at(number, word)),
            );
        }
    }
    assert_none(
        &found,
        "what decides takes texts and times as arguments, and touches nothing",
    );
}

#[test]
fn only_exec_starts_programs() {
    // Every other room calls `exec::command`, so that all programs are bounded in the same way.
    let starts = |line: &str| {
        line.contains("tokio::process")
            || line.contains("which::")
            || (line.contains("std::process") && line.contains("Command"))
    };
    let mut found = Vec::new();
    for source in sources("src")
        .into_iter()
        .filter(|source| source.top() != "exec")
    {
        let lines = source.code().into_iter().filter(|(_, line)| starts(line));
        found.extend(lines.map(|(number, line)| source.at(number, line.trim())));
    }
    assert_none(&found, "programs are started by `exec` alone");
}

/// JSON that a person or a script reads has one form: `ui::json`. The other rooms write files and talk to processes.
#[test]
fn only_ui_json_writes_json_for_stdout() {
    let mut found = Vec::new();
    for room in ["cli", "ui"] {
        for source in sources(&format!("src/{room}")) {
            let writes = |line: &str| {
                ["to_string", "to_string_pretty", "to_vec", "to_writer"]
                    .iter()
                    .any(|name| line.contains(&format!("serde_json::{name}")))
            };
            let lines = source.code().into_iter().filter(|(_, line)| writes(line));
            let path = &source.path;
            found.extend(lines.map(|(number, line)| format!("{path}:{number}: {line}")));
        }
    }
    // The second writes a cache file.
    let may = ["src/ui/json.rs:", "src/cli/account.rs:"];
    found.retain(|line| !may.iter().any(|file| line.trim_start().starts_with(file)));
    assert_none(&found, "use ui::json");
}

#[test]
fn files_are_short() {
    let mut found = Vec::new();
    for source in sources("src").into_iter().chain(sources("tests")) {
        let length = source.code().len();
        match (length > LONGEST, LONG.contains(&source.path.as_str())) {
            (true, false) => found.push(format!("{} has {length} lines", source.path)),
            (false, true) => found.push(format!("{} is short now: take it off LONG", source.path)),
            (true, true) | (false, false) => {}
        }
    }
    assert_none(
        &found,
        "a file is one idea; split it, or add it to LONG with its reason",
    );
}

#[test]
fn unfinished_and_careless_words_are_absent() {
    // Written in two parts, so that this file does not name them itself.
    let anywhere = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["db", "g!"],
        ["#[ign", "ore"],
        ["X", "XX:"],
    ]
    .map(|word| word.concat());
    let (unwrap, sleep) = (".unw".to_owned() + "rap()", "thread::sl".to_owned() + "eep");
    let mut found = Vec::new();
    for source in sources("src")
        .iter()
        .chain(&sources("tests"))
        .chain(&sources("benches"))
    {
        for (index, line) in source.text.lines().enumerate() {
            found.extend(
                anywhere
                    .iter()
                    .filter(|word| line.contains(*word))
                    .map(|word| source.at(index + 1, word)),
            );
        }
        let banned = if source.path.starts_with("src/") {
            &unwrap
        } else {
            &sleep
        };
        let lines = source
            .code()
            .into_iter()
            .filter(|(_, line)| line.contains(banned));
        found.extend(lines.map(|(number, _)| source.at(number, banned)));
    }
    assert_none(&found, "finish it, handle it, or wait for an event instead");
}

#[test]
fn modules_have_telling_names() {
    let vague = |path: &str| {
        Utf8Path::new(path)
            .components()
            .any(|part| VAGUE.contains(&part.as_str().trim_end_matches(".rs")))
    };
    let found: Vec<String> = sources("src")
        .into_iter()
        .chain(sources("tests"))
        .map(|source| source.path)
        .filter(|path| vague(path))
        .collect();
    assert_none(&found, "a name says what is inside");
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    let places = ["/ro", "/ho", "/wo", "/Us"]
        .into_iter()
        .zip(["ot/", "me/", "rk/", "ers/"])
        .map(|(a, b)| format!("{a}{b}"));
    let places: Vec<String> = places.chain([["/var/", "tmp/"].concat()]).collect();
    let mut found = Vec::new();
    for file in tracked() {
        // What is not text names no place.
        let Ok(text) = fs_err::read_to_string(root().join(&file)) else {
            continue;
        };
        for (index, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| places.iter().any(|place| names_place(line, place)))
        {
            found.push(format!("{file}:{}: {}", index + 1, line.trim()));
        }
    }
    assert_none(
        &found,
        "paths come from the environment, not from the machine of the author",
    );
}

/// A place is an absolute path: what stands before it is no part of a longer one.
fn names_place(line: &str, place: &str) -> bool {
    let part_of_path = |c: char| c.is_alphanumeric() || "._-$}~/".contains(c);
    line.match_indices(place)
        .any(|(at, _)| !line[..at].chars().next_back().is_some_and(part_of_path))
}

/// The files git knows, or none where this is not a checkout.
fn tracked() -> Vec<String> {
    let listed = std::process::Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .expect("git runs");
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    names
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_architecture_fits_in_one_sitting() {
    let Ok(text) = fs_err::read_to_string(root().join("ARCHITECTURE.md")) else {
        return;
    };
    let lines = text.lines().count();
    assert!(lines <= 180, "ARCHITECTURE.md has {lines} lines");
}

#[test]
fn the_rules_see_what_they_should() {
    let text = "use crate::{\n    model::{Cursor, Id},\n    store,\n};\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {} // d\n#[cfg(test)]\nmod worlds;\nfn f(x: crate::plan::X) {}\n";
    let source = Source {
        path: "src/model/id.rs".to_owned(),
        text: text.to_owned(),
        for_tests: false,
    };
    assert_eq!(
        source.code()[4..],
        [(10, "fn c() {} "), (13, "fn f(x: crate::plan::X) {}")]
    );
    assert_eq!(source.top(), "model");
    assert_eq!(
        test_modules("src/model/id.rs", text),
        ["src/model/id/worlds"]
    );
    assert_eq!(test_modules("src/model/mod.rs", text), ["src/model/worlds"]);
    assert!(names_place("cd /tmp/x", "/tmp/") && !names_place("$HOME/tmp/x", "/tmp/"));
}
