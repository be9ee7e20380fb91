//! A user's folders, with a configuration that names the server of the test.
use super::{CHAT, Server, TOKEN};
use agent_pipelines::model::{Env, NoticeKind};
use agent_pipelines::notify::outbox::{Folder, Outbox};
use agent_pipelines::notify::policy::route;
use agent_pipelines::notify::sender::{Round, round};
use agent_pipelines::notify::{Message, Notice, SenderEnv};
use agent_pipelines::store::atomic;
use agent_pipelines::store::layout::UserDirs;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::tz::TimeZone;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

/// Every kind of channel that is reached by HTTP, at the server's address.
pub(crate) fn channels(server: &Server) -> String {
    let address = &server.address;
    format!(
        "    me: {{type: telegram, token: {{secret: tg_token}}, chat: {{secret: tg_chat}}, api: \"{address}\", control: true}}
    team: {{type: slack, url: {{secret: slack_hook}}}}
    guild: {{type: discord, url: {{secret: discord_hook}}}}
    phone: {{type: ntfy, url: \"{address}/\", topic: {{secret: ntfy_topic}}}}
    hook: {{type: webhook, url: \"{address}/hook\"}}
"
    )
}

/// Writes `config.yaml` and `secrets.yaml`.
pub(crate) fn configure(config: &Utf8Path, server: &Server, rules: &str) {
    fs::create_dir_all(config).expect("a folder");
    let text = format!(
        "notify:\n  channels:\n{}  rules:\n{rules}",
        channels(server)
    );
    atomic::replace(&config.join("config.yaml"), text.as_bytes()).expect("config.yaml");
    let address = &server.address;
    let secrets = format!(
        "tg_token: \"{TOKEN}\"\ntg_chat: {CHAT}\nslack_hook: \"{address}/services/T0/B0/x\"\n\
         discord_hook: \"{address}/api/webhooks/1/x\"\nntfy_topic: agents\n"
    );
    let path = config.join("secrets.yaml");
    atomic::replace(&path, secrets.as_bytes()).expect("secrets.yaml");
    fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("its mode");
}

/// A user without sessions, whose messages are sent in this process.
pub(crate) struct Desk {
    pub(crate) server: Server,
    pub(crate) env: SenderEnv,
    pub(crate) outbox: Outbox,
    number: u64,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// All events go to these channels.
    pub(crate) fn new(to: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        let path = std::env::var("PATH").unwrap_or_default();
        let vars: Env = [
            ("HOME", home.as_str()),
            ("AP_HOME", home.join("ap home").as_str()),
            ("PATH", &path),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .collect();
        let dirs = UserDirs::new(&vars, None);
        let server = Server::start();
        let all: Vec<&str> = NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let rules = format!("    - {{events: [{}], to: [{to}]}}\n", all.join(", "));
        configure(&dirs.config, &server, &rules);
        let outbox = Outbox::new(&dirs);
        outbox.create(&dirs).expect("an outbox");
        let env = SenderEnv {
            dirs,
            vars,
            exe: env!("CARGO_BIN_EXE_ap").into(),
            zone: TimeZone::UTC,
        };
        Self {
            server,
            env,
            outbox,
            number: 0,
            _folder: folder,
        }
    }

    /// Puts messages of a notice into the outbox.
    pub(crate) fn raise(&mut self, kind: NoticeKind, title: &str) -> Vec<Message> {
        self.number += 1;
        let notice = Notice {
            source: "r1".to_owned(),
            number: self.number,
            kind,
            at: agent_pipelines::clock::now(),
            project: None,
            session: None,
            title: title.to_owned(),
            detail: "2 iterations".to_owned(),
            commands: vec!["ap list".to_owned()],
            last_words: String::new(),
            question: None,
            removed: 0,
        };
        let policy = self.env.configuration().expect("a configuration").policy;
        let messages = route(&policy, &notice, &TimeZone::UTC);
        for message in &messages {
            assert!(self.outbox.put(message).expect("it is written"));
        }
        messages
    }

    /// Sends what is due, and what waits for another try.
    pub(crate) fn send(&self) -> Round {
        let configuration = self.env.configuration().expect("a configuration");
        round(&self.env, &configuration, &self.outbox, true).expect("a round")
    }

    /// The same with less time for each request.
    pub(crate) fn send_within(&self, limit: Duration) -> Round {
        let mut configuration = self.env.configuration().expect("a configuration");
        configuration.http = configuration.http.with_longest(limit);
        round(&self.env, &configuration, &self.outbox, true).expect("a round")
    }

    /// Returns the errors of the messages in a folder.
    pub(crate) fn errors(&self, folder: Folder) -> Vec<String> {
        let messages = self.outbox.read(folder).expect("a folder").into_iter();
        messages
            .map(|message| message.error.unwrap_or_default())
            .collect()
    }
}
