//! A thread that shows once a minute that sessions run, and makes sure that messages which wait have a sender.
use crate::notify::outbox::Outbox;
use crate::notify::{SenderEnv, wake_sender};
use crate::runner::env::RunnerEnv;
use crate::runner::sender_env::sender_env;
use crate::runner::user_settings::UserSettings;
use crate::store::layout::StateFile;
use crate::store::{atomic, roots};
use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// The thread; it ends when this is dropped.
pub(in crate::runner) struct Pulse {
    _alive: Sender<()>,
}

impl Pulse {
    pub(in crate::runner) fn start(env: &RunnerEnv) -> io::Result<Self> {
        let (alive, ended) = channel::<()>();
        let beat = Beat {
            env: sender_env(env),
            settings: UserSettings::default(),
        };
        // It needs little: a small stack keeps the runner small.
        std::thread::Builder::new()
            .name("pulse".to_owned())
            .stack_size(256 * 1024)
            .spawn(move || {
                let mut beat = beat;
                loop {
                    beat.once();
                    if ended.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            })?;
        Ok(Self { _alive: alive })
    }
}

struct Beat {
    env: SenderEnv,
    settings: UserSettings,
}

impl Beat {
    fn once(&mut self) {
        let dirs = &self.env.dirs;
        let file = dirs.state_file(StateFile::SessionsHeartbeat);
        let beaten = roots::create_state_dir(dirs)
            .and_then(|()| atomic::replace(&file, format!("{}\n", crate::clock::now()).as_bytes()));
        if let Err(error) = beaten {
            tracing::debug!(%error, "no heartbeat");
        }
        self.settings.look(dirs);
        let policy = &self.settings.settings().notify_policy;
        if Outbox::new(dirs).needs_sender() || policy.serves_running_sessions() {
            wake_sender(&self.env);
        }
    }
}
