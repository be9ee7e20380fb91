//! Commands and tools that are forbidden, and those that are not.
mod spellings;
mod tools;

use super::{Block, Protected, Rule, Scope, Settings, ToolCall, judge};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

/// The branch that is checked out, and the words of the definition, as a row may change them.
#[derive(Default)]
struct Setting {
    branch: Option<&'static str>,
    default_branch: Option<&'static str>,
    settings: Settings,
}

impl Setting {
    fn judge(&self, call: &ToolCall) -> Option<Block> {
        let temp = [Utf8PathBuf::from("/tmp")];
        let protected = |path: &str, what: &str| Protected {
            path: path.into(),
            what: what.to_owned(),
        };
        let protected = [
            protected("/p/app/.claude", "holds the settings and the sessions"),
            protected("/p/app/.agent-pipelines", "belongs to `ap`"),
            protected("/p/app/ci/gate.sh", "is a gate of this session"),
            protected("/u/me/.claude", "holds your settings"),
            protected(
                "/u/me/.config/agent-pipelines/config.yaml",
                "is the configuration of `ap`",
            ),
        ];
        let own = ".claude/pipeline-runs/auth/stage-00-work/iterations/001/status.json";
        judge(
            call,
            &Scope {
                settings: &self.settings,
                project: "/p/app".into(),
                cwd: "/p/app".into(),
                home: Some(Utf8Path::new("/u/me")),
                temp: &temp,
                branch: Some(self.branch.unwrap_or("feature")),
                default_branches: &[
                    self.default_branch.unwrap_or("main").to_owned(),
                    "master".to_owned(),
                ],
                protected: &protected,
                writable: &[
                    Utf8Path::new("/p/app").join(own),
                    "/p/app/.agent-pipelines/auth".into(),
                ],
                task_files: &["/p/app/prd.md".into()],
                resolve: &Utf8Path::to_owned,
                read: &|_| Some("# App\n- [ ] one\n- [ ] two\n".to_owned()),
                has_secret: &has_secret,
            },
        )
    }

    fn bash(&self, command: &str) -> Option<Block> {
        let command = command.replace('⏎', "\n");
        self.judge(&ToolCall {
            name: "Bash".to_owned(),
            input: json!({"command": command, "description": "run it"}),
        })
    }
}

fn has_secret(text: &str) -> bool {
    !crate::redact::Redactor::new([]).is_clean(text)
}

/// Returns the lines of a table, without comments.
fn rows(table: &str) -> impl Iterator<Item = &str> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
}

#[test]
fn forbidden_commands_are_blocked_by_their_rule() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in rows(include_str!("blocked.txt")) {
        let (rule, command) = row.split_once(' ').unwrap();
        let block = Setting::default().bash(command);
        let found = block
            .as_ref()
            .map_or("nothing", |block| block.rule.as_str());
        if found != rule {
            wrong.push(format!("{row}\n    is blocked by {found}: {block:?}"));
        }
        count += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(250 <= count, "{count}");
}

#[test]
fn harmless_commands_pass() {
    for (table, least) in [
        (include_str!("allowed.txt"), 100),
        (include_str!("everyday.txt"), 500),
    ] {
        let blocked = |row: &&str| {
            Setting::default()
                .bash(row)
                .map(|block| format!("{row}\n    {block:?}"))
        };
        let wrong: Vec<String> = rows(table).filter_map(|row| blocked(&row)).collect();
        assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
        assert!(least <= rows(table).count(), "{}", rows(table).count());
    }
}

#[test]
fn pushes_depend_on_the_default_branch_and_on_the_one_checked_out() {
    let on = |branch, default_branch| Setting {
        branch: Some(branch),
        default_branch: Some(default_branch),
        ..Setting::default()
    };
    for command in [
        "git push",
        "git push origin",
        "git push origin HEAD",
        "git push -u origin HEAD",
        "git push origin @",
    ] {
        assert_ne!(on("main", "main").bash(command), None, "{command}");
        assert_eq!(on("feature", "main").bash(command), None, "{command}");
        assert_ne!(on("trunk", "trunk").bash(command), None, "{command}");
    }
    // A default branch with another name.
    assert_ne!(on("x", "feature").bash("git push origin feature"), None);
    assert_eq!(on("x", "main").bash("git push origin feature"), None);
    assert_ne!(
        on("main", "main").bash("git push origin \"$(git branch --show-current)\""),
        None
    );
    assert_eq!(
        on("main", "main").bash("git switch -c fix && git push -u origin HEAD"),
        None
    );
    assert_ne!(
        on("fix", "main").bash("git checkout main && git merge fix && git push"),
        None
    );
}

#[test]
fn rules_can_be_turned_off_one_by_one() {
    let commands = [
        (Rule::Secrets, "cat ~/.ssh/id_rsa"),
        (Rule::Destruction, "git push --force"),
        (Rule::Judge, "echo > verify.sh"),
        (Rule::Content, "echo \"$API_KEY\" > key.txt"),
    ];
    for (rule, command) in commands {
        for off in Rule::ALL {
            let setting = Setting {
                settings: Settings {
                    off: [off].into(),
                    ..Settings::default()
                },
                ..Setting::default()
            };
            let block = setting.bash(command);
            assert_eq!(
                block.map(|block| block.rule),
                (off != rule).then_some(rule),
                "{command}"
            );
        }
    }
}

#[test]
fn commands_of_the_definition_are_blocked_by_their_words() {
    let words = |words: &[&str]| words.iter().map(|words| (*words).to_owned()).collect();
    let setting = Setting {
        settings: Settings {
            rules: words(&["terraform apply", "kubectl delete"]),
            long: words(&[
                "npm install",
                "npm ci",
                "pip install",
                "docker build",
                "pytest --slow",
                "python *train*.py",
            ]),
            ..Settings::default()
        },
        ..Setting::default()
    };
    let blocked = [
        (Rule::Own, "terraform -chdir=x apply -auto-approve"),
        (Rule::Own, "env A=b bash -c 'kubectl -n x delete pod y'"),
        (Rule::Long, "npm install"),
        (Rule::Long, "npm ci"),
        (Rule::Long, "pip3 install -r requirements.txt"),
        (Rule::Long, "python3 -m pip install x"),
        (Rule::Long, "pip install x & echo done"),
        (Rule::Long, "docker build ."),
        (Rule::Long, "pytest --slow"),
        (Rule::Long, "python3 src/train_model.py"),
    ];
    for (rule, command) in blocked {
        assert_eq!(
            setting.bash(command).map(|block| block.rule),
            Some(rule),
            "{command}"
        );
    }
    let allowed = [
        "terraform plan",
        "kubectl get pods",
        "npm test",
        "python -m pytest tests/test_speed.py",
        "docker ps",
        "git commit -m 'npm install is not needed'",
    ];
    for command in allowed {
        assert_eq!(setting.bash(command), None, "{command}");
    }
}

#[test]
fn reasons_say_what_to_do_instead() {
    let reason = |command| Setting::default().bash(command).unwrap().reason;
    let reasons = [
        "git push -f",
        "git push origin main",
        "rm -rf /",
        "rm -rf \"$WHERE\"",
        "cat ~/.aws/credentials",
        "sed -i s/a/b/ prd.md",
        "echo exit 0 > verify.sh",
        "env > all.txt",
        "git clean -fdx",
    ]
    .map(reason)
    .join("\n");
    insta::assert_snapshot!(reasons);
}

#[test]
fn scripts_of_every_size_and_depth_are_judged() {
    let setting = Setting::default();
    let deep = format!("{}rm -rf /{}", "$(".repeat(500), ")".repeat(500));
    assert_ne!(setting.bash(&deep), None);
    assert_ne!(
        setting.bash(&format!("{}rm -rf /", "{ ".repeat(5000))),
        None
    );
    assert_ne!(setting.bash(&"echo a;".repeat(60_000)), None);
    assert_ne!(setting.bash("f() { g; }; g() { f; rm -rf ~; }; f"), None);
    assert_eq!(setting.bash("f() { f; }; f"), None);
    assert_eq!(setting.bash(""), None);
}
