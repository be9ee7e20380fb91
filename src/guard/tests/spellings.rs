//! Whatever spelling a forbidden command has, it is blocked; a harmless one in the same spelling passes.
use super::Setting;
use proptest::prelude::*;

/// Words of a command.
type Words = Vec<String>;

fn words(text: &str) -> Words {
    text.split(' ').map(str::to_owned).collect()
}

/// Forbidden commands, with their options in every order.
fn forbidden() -> impl Strategy<Value = Words> {
    let options = prop::sample::subsequence(vec!["-v", "-f", "--force"], 0..=3);
    let recursive = prop::sample::select(vec![
        "-r",
        "-R",
        "-rf",
        "-fr",
        "-Rfv",
        "--recursive",
        "--recurs",
    ]);
    let outside = prop::sample::select(vec![
        "/", "/usr", "/u/me", "..", ".", "/p", ".git", "../x", "/tmp",
    ]);
    let remove = (options, recursive, outside).prop_map(|(options, recursive, target)| {
        let mut all = vec![recursive, target];
        all.extend(options);
        all
    });
    let remove = remove
        .prop_shuffle()
        .prop_map(|all| [vec!["rm"], all].concat());
    let forced = prop::sample::select(vec![
        "-f",
        "--force",
        "--force-with-lease",
        "-uf",
        "--mirror",
        "--forc",
        "-vf",
        "--delete",
    ]);
    let push = (forced, any::<bool>(), any::<bool>()).prop_map(|(option, first, global)| {
        let git: &[&str] = if global {
            &["git", "--no-pager", "-c", "a.b=c"]
        } else {
            &["git"]
        };
        let rest = if first {
            ["push", option, "origin", "x"]
        } else {
            ["push", "origin", "x", option]
        };
        [git, &rest].concat()
    });
    let fixed = prop::sample::select(vec![
        "git push origin main",
        "git push origin HEAD:main",
        "git push origin +x",
        "git clean -fdx",
        "git worktree remove --force x",
        "git filter-branch --all",
        "cat secrets.env",
        "cat /u/me/.ssh/id_rsa",
        "head -n 1 /u/me/.aws/credentials",
        "tee verify.sh",
        "cp x verify.sh",
        "sed -i s/a/b/ .claude/settings.json",
        "dd if=x of=/dev/sda",
    ]);
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    prop_oneof![
        remove.prop_map(owned),
        push.prop_map(owned),
        fixed.prop_map(words),
    ]
}

fn harmless() -> impl Strategy<Value = Words> {
    prop::sample::select(vec![
        "rm -rf target",
        "rm -r build/x",
        "git push origin x",
        "git push -u origin HEAD",
        "git clean -fd",
        "cat README.md",
        "tee notes.md",
        "cp x y",
        "sed -i s/a/b/ src/main.rs",
        "cargo test --all",
    ])
    .prop_map(words)
}

/// Writes a word in one of the ways a shell reads as the same.
fn spelled(word: &str, way: u8, at: usize) -> String {
    let chars: Vec<char> = word.chars().collect();
    let at = at % chars.len();
    let split = |between: &str| {
        let (a, b) = chars.split_at(at);
        a.iter()
            .chain(&between.chars().collect::<Vec<_>>())
            .chain(b)
            .collect::<String>()
    };
    let single = |text: &str| format!("'{text}'");
    match way % 9 {
        0 => word.to_owned(),
        1 => single(word),
        2 => format!("\"{word}\""),
        3 => split("''"),
        4 => split("\"\""),
        5 => split("\\"),
        6 => {
            let hex: String = word.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
            format!("$'{hex}'")
        }
        7 => split("\\\n"),
        _ => format!("$(printf %s {})", single(word)),
    }
}

/// Wraps a script in what runs it.
fn wrapped(script: &str, way: u8) -> String {
    let quoted = format!("'{}'", script.replace('\'', "'\\''"));
    let in_document = |command: &str| format!("{command} <<'END'\n{script}\nEND\n");
    match way % 26 {
        0 => script.to_owned(),
        1 => format!("bash -c {quoted}"),
        2 => format!("sh -ec {quoted}"),
        3 => format!("eval {quoted}"),
        4 => format!("env A=b {script}"),
        5 => format!("env -i -u X {script}"),
        6 => format!("true | xargs -r {script}"),
        7 => format!("find . -maxdepth 0 -exec {script} \\;"),
        8 => in_document("bash"),
        9 => in_document("sh -s"),
        10 => format!("echo a\n{script}\necho b"),
        11 => format!("echo a; {script} && echo b"),
        12 => format!("false || {script} &"),
        13 => format!("({script})"),
        14 => format!("{{ {script}; }}"),
        15 => format!("if true; then {script}; fi"),
        16 => format!("for i in 1 2; do {script}; done"),
        17 => format!("echo \"$({script})\""),
        18 => format!("f() {{ {script}; }}; f"),
        19 => format!("sudo -n {script}"),
        20 => format!("timeout 5 nohup {script}"),
        21 => format!("S={quoted}; bash -c \"$S\""),
        22 => format!("printf '%s\\n' {quoted} | sh"),
        23 => format!("bash <<< {quoted}"),
        24 => format!("true &&\\\n{script}"),
        _ => format!("command {script}"),
    }
}

/// Moves some of the words into variables.
fn with_variables(words: &[String], mask: u8) -> String {
    let mut before = String::new();
    let mut command = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if mask & (1 << (index % 8)) != 0 && !word.contains('\n') {
            before.push_str(&format!("V{index}={word}; "));
            command.push(format!("\"${{V{index}}}\""));
        } else {
            command.push(word.clone());
        }
    }
    before + &command.join(" ")
}

fn spelling() -> impl Strategy<Value = (Vec<(u8, usize)>, u8, Vec<u8>)> {
    (
        prop::collection::vec((any::<u8>(), any::<usize>()), 12),
        any::<u8>(),
        prop::collection::vec(any::<u8>(), 0..3),
    )
}

fn script(words: &[String], (ways, mask, wrappers): &(Vec<(u8, usize)>, u8, Vec<u8>)) -> String {
    let words: Words = words
        .iter()
        .zip(ways.iter().cycle())
        .map(|(word, (way, at))| spelled(word, *way, *at))
        .collect();
    // Programs that run a command take no assignments before it.
    let takes_script = |way: &u8| ![4, 5, 6, 7, 19, 20, 25].contains(&(way % 26));
    let mask = if wrappers.iter().all(takes_script) {
        *mask
    } else {
        0
    };
    let script = with_variables(&words, mask);
    let mut script = script;
    for (index, way) in wrappers.iter().enumerate() {
        // Those that take one command stand innermost.
        if index == 0 || takes_script(way) {
            script = wrapped(&script, *way);
        }
    }
    script
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_spelling_of_a_forbidden_command_passes(words in forbidden(), spelling in spelling()) {
        let script = script(&words, &spelling);
        prop_assert!(Setting::default().bash(&script).is_some(), "{script}");
    }

    #[test]
    fn harmless_commands_pass_in_every_spelling(words in harmless(), spelling in spelling()) {
        let script = script(&words, &spelling);
        let block = Setting::default().bash(&script);
        prop_assert!(block.is_none(), "{script}\n{block:?}");
    }

    #[test]
    fn no_text_makes_the_judge_fail(text in "[a-z $(){}'\"`<>|&;#\\\\\n*?~=\\[\\]!-]{0,80}") {
        let _ = Setting::default().bash(&text);
    }
}
