//! What a service manager is given: a systemd unit, a launchd agent, a task of Windows.
use super::quote::{environment_value, systemd_path, systemd_word, windows_word, xml};
use crate::fingerprint::fingerprint;
use crate::model::Env;
use camino::Utf8Path;
use std::fmt::Write as _;

pub(super) const UNIT: &str = "agent-pipelines.service";
pub(super) const LABEL: &str = "dev.agent-pipelines";
/// The first systemd whose `Restart=` has growing delays.
const GROWING_DELAYS: u32 = 254;

/// What agents need of the environment in which you install: no secrets.
const VARIABLES: [&str; 24] = [
    "PATH",
    "CLAUDE_CONFIG_DIR",
    "AP_HOME",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMUX_TMPDIR",
    "AP_TMUX_SOCKET",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "IS_SANDBOX",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
];

/// The variables that a service gets, and those that it does not get because they hold a secret.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) variables: Vec<(&'static str, String)>,
    pub(super) secret: Vec<&'static str>,
}

impl Captured {
    pub(super) fn of(env: &Env) -> Self {
        let mut captured = Self::default();
        for name in VARIABLES {
            let Some(value) = env.get(name).filter(|it| !it.is_empty()) else {
                continue;
            };
            let has_login = value
                .split_once("://")
                .is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|it| it.contains('@')));
            if has_login {
                captured.secret.push(name);
            } else if !value.contains('\n') {
                captured.variables.push((name, value.clone()));
            }
        }
        captured
    }

    /// Returns them as an `EnvironmentFile=`.
    pub(super) fn file(&self) -> String {
        let mut text =
            "# The environment of the Agent Pipelines supervisor, as it was at `ap service install`.\n"
                .to_owned();
        for (name, value) in &self.variables {
            let _ = writeln!(text, "{name}={}", environment_value(value));
        }
        text
    }
}

/// What a systemd unit is made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit<'a> {
    pub(super) exe: &'a Utf8Path,
    pub(super) environment: &'a Utf8Path,
    /// The user of a system unit; none of a user's unit.
    pub(super) user: Option<&'a str>,
    /// The version of systemd; 0 if it is not known.
    pub(super) systemd: u32,
}

impl Unit<'_> {
    /// Returns the text of the unit.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("[Unit]\nDescription=Agent Pipelines supervisor\n");
        if self.user.is_some() {
            text += "Wants=network-online.target\nAfter=network-online.target\n";
        }
        // It is restarted for as long as it fails: a limit would end it for good.
        text += "StartLimitIntervalSec=0\n\n[Service]\nType=notify\nNotifyAccess=main\n";
        if let Some(user) = self.user {
            let _ = writeln!(text, "User={user}\nWorkingDirectory=~");
        }
        let exe = systemd_word(self.exe.as_str());
        let environment = systemd_path(self.environment.as_str());
        let _ = writeln!(text, "ExecStart={exe} start --foreground --as-service");
        let _ = writeln!(text, "EnvironmentFile=-{environment}");
        text += "WatchdogSec=60\nTimeoutStartSec=60\nTimeoutStopSec=60\nRestart=on-failure\n";
        // Another supervisor runs already: a restart would not change that.
        text += "RestartPreventExitStatus=3\nRestartSec=5\n";
        if GROWING_DELAYS <= self.systemd {
            text += "RestartSteps=6\nRestartMaxDelaySec=300\n";
        }
        // Sessions live on when the supervisor ends.
        text += "KillMode=process\nOOMPolicy=continue\n\n[Install]\n";
        text += match self.user {
            Some(_) => "WantedBy=multi-user.target\n",
            None => "WantedBy=default.target\n",
        };
        signed(&text)
    }
}

const SIGNATURE: &str = "# Written by `ap service install`; its sum: ";

/// Returns a text behind a line with its sum, by which an edit is noticed.
fn signed(text: &str) -> String {
    format!("{SIGNATURE}{}\n{text}", fingerprint(text))
}

/// Whether a text is as it was written, and not edited.
pub(super) fn is_as_written(text: &str) -> bool {
    let unsigned = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if let Some(rest) = unsigned {
        let sum = rest.lines().next().and_then(|line| {
            line.strip_prefix("<!-- Written by `ap service install`; its sum: ")?
                .strip_suffix(" -->")
        });
        let rest = rest.split_once('\n').map(|(_, rest)| rest);
        return sum
            .zip(rest)
            .is_some_and(|(sum, rest)| fingerprint(rest) == sum);
    }
    let Some(signed) = text.strip_prefix(SIGNATURE) else {
        return false;
    };
    signed
        .split_once('\n')
        .is_some_and(|(sum, rest)| fingerprint(rest) == sum)
}

/// Returns the launchd agent.
pub(super) fn plist(exe: &Utf8Path, captured: &Captured, log: &Utf8Path) -> String {
    let mut text = String::from(
        "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n",
    );
    let mut add = |key: &str, value: &str| {
        let _ = writeln!(text, "  <key>{key}</key>\n  {value}");
    };
    let string = |value: &str| format!("<string>{}</string>", xml(value));
    add("Label", &string(LABEL));
    let words = [exe.as_str(), "start", "--foreground", "--as-service"];
    let words: Vec<String> = words.iter().map(|word| string(word)).collect();
    add(
        "ProgramArguments",
        &format!("<array>{}</array>", words.concat()),
    );
    let variables: Vec<String> = captured
        .variables
        .iter()
        .map(|(name, value)| format!("<key>{name}</key>{}", string(value)))
        .collect();
    add(
        "EnvironmentVariables",
        &format!("<dict>{}</dict>", variables.concat()),
    );
    add("RunAtLoad", "<true/>");
    add(
        "KeepAlive",
        "<dict><key>SuccessfulExit</key><false/></dict>",
    );
    add("ThrottleInterval", "<integer>30</integer>");
    // Sessions live on when the supervisor ends.
    add("AbandonProcessGroup", "<true/>");
    add("StandardOutPath", &string(log.as_str()));
    add("StandardErrorPath", &string(log.as_str()));
    text += "</dict>\n</plist>\n";
    let sum = fingerprint(&text);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- Written by `ap service install`; its sum: {sum} -->\n{text}"
    )
}

/// Returns a task for the Task Scheduler of Windows, which starts the supervisor in WSL at logon.
pub(super) fn windows_task(exe: &Utf8Path, distribution: &str) -> String {
    let words = [
        "-d",
        distribution,
        "-e",
        exe.as_str(),
        "start",
        "--unless-stopped",
    ];
    let words: Vec<String> = words.iter().map(|word| windows_word(word)).collect();
    let arguments = xml(&words.join(" "));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>
<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">
  <RegistrationInfo><Description>Agent Pipelines supervisor in WSL</Description></RegistrationInfo>
  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT5M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions><Exec><Command>wsl.exe</Command><Arguments>{arguments}</Arguments></Exec></Actions>
</Task>
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_captured() {
        let env: Env = [
            ("PATH", "/bin"),
            ("ANTHROPIC_API_KEY", "sk-ant-1"),
            ("HTTPS_PROXY", "http://me:secret@proxy:3128"),
            ("HTTP_PROXY", "http://proxy:3128/a@b"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        let captured = Captured::of(&env);
        assert_eq!(captured.secret, ["HTTPS_PROXY"]);
        let names: Vec<&str> = captured.variables.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["PATH", "HTTP_PROXY"]);
    }

    #[test]
    fn an_edit_is_noticed() {
        let unit = Unit {
            exe: "/opt/ap".into(),
            environment: "/h/service.env".into(),
            user: None,
            systemd: 252,
        };
        let text = unit.text();
        assert!(is_as_written(&text), "{text}");
        assert!(!is_as_written(
            &text.replace("RestartSec=5", "RestartSec=6")
        ));
        assert!(!is_as_written("[Unit]\n"));
        let plist = plist("/opt/ap".into(), &Captured::default(), "/h/log".into());
        assert!(is_as_written(&plist), "{plist}");
        assert!(!is_as_written(&plist.replace("30", "31")));
    }

    #[test]
    fn delays_grow_where_systemd_knows_how() {
        let unit = Unit {
            exe: "/opt/ap".into(),
            environment: "/h/service.env".into(),
            user: Some("me"),
            systemd: 255,
        };
        assert!(unit.text().contains("RestartSteps=6"));
        assert!(unit.text().contains("User=me"));
        let older = Unit {
            systemd: 252,
            ..unit
        };
        assert!(!older.text().contains("RestartSteps"));
    }

    #[test]
    fn a_task_of_windows_starts_the_supervisor_unless_you_stopped_it() {
        let task = windows_task("/opt/my ap".into(), "Ubuntu");
        let expected =
            "<Arguments>-d Ubuntu -e &quot;/opt/my ap&quot; start --unless-stopped</Arguments>";
        assert!(task.contains(expected), "{task}");
    }
}
