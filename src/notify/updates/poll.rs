//! Asks bots for what was written to them, in a thread of the sender: one poller for each bot.
use super::act::Actor;
use super::asked;
use super::chat::Chat;
use super::decide::{Heard, StopOffer, decide};
use crate::clock;
use crate::notify::channels::telegram::{CallError, explain};
use crate::notify::configuration::{Configuration, SenderEnv};
use crate::notify::outbox::Outbox;
use crate::plan::Target;
use crate::store::crash;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long Telegram holds a request while nothing is written.
const HOLD: u64 = 25;
/// How long such a request may take.
const LIMIT: Duration = Duration::from_secs(40);
/// How long to wait after a request that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long to wait where another program polls the bot.
const AFTER_CONFLICT: Duration = Duration::from_secs(30);

/// The thread that polls, while there is a reason to.
#[derive(Debug, Default)]
pub struct Poller {
    running: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Poller {
    /// Starts or ends the thread. It ends after its current request, and with the process.
    pub fn keep(&mut self, env: &SenderEnv, outbox: &Outbox, polls: bool) {
        if self
            .running
            .as_ref()
            .is_some_and(|(_, thread)| thread.is_finished())
        {
            self.running = None;
        }
        match (&self.running, polls) {
            (None, true) => {
                let goes_on = Arc::new(AtomicBool::new(true));
                let (env, outbox, flag) = (env.clone(), outbox.clone(), Arc::clone(&goes_on));
                let thread = std::thread::Builder::new()
                    .name("poller".to_owned())
                    .spawn(move || poll(&env, &outbox, &flag));
                self.running = thread.ok().map(|thread| (goes_on, thread));
            }
            (Some((goes_on, _)), polls) => goes_on.store(polls, Ordering::Relaxed),
            (None, false) => {}
        }
    }
}

fn poll(env: &SenderEnv, outbox: &Outbox, goes_on: &AtomicBool) {
    let mut stops = Vec::new();
    while goes_on.load(Ordering::Relaxed) {
        let Ok(configuration) = env.configuration() else {
            return;
        };
        let listened = Listened::all(env, &configuration);
        if listened.is_empty() {
            return;
        }
        // A bot has one poller, however many chats use it.
        let mut numbers: Vec<&str> = listened.iter().map(|it| it.chat.bot.number()).collect();
        numbers.dedup();
        for number in numbers {
            let of_bot = |it: &&Listened| it.chat.bot.number() == number;
            let of_bot: Vec<&Listened> = listened.iter().filter(of_bot).collect();
            if let Err(wait) = once(env, outbox, &of_bot, &mut stops) {
                clock::pause(wait);
            }
        }
    }
}

/// A chat that is listened to, and the channels that write to it.
struct Listened {
    chat: Chat,
    channels: Vec<String>,
}

impl Listened {
    /// Returns the chats of all channels, those of a bot side by side.
    fn all(env: &SenderEnv, configuration: &Configuration) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for channel in &configuration.policy.channels {
            let listens =
                matches!(&channel.target, Target::Telegram(it) if it.answers || it.control);
            let Some(chat) = Chat::of(env, configuration, &channel.name).filter(|_| listens) else {
                continue;
            };
            let same = |it: &&mut Self| {
                (it.chat.bot.number(), &it.chat.bot.chat) == (chat.bot.number(), &chat.bot.chat)
            };
            match all.iter_mut().find(same) {
                Some(known) => known.channels.push(channel.name.clone()),
                None => all.push(Self {
                    chat,
                    channels: vec![channel.name.clone()],
                }),
            }
        }
        all.sort_by(|a, b| a.chat.bot.number().cmp(b.chat.bot.number()));
        all
    }
}

/// Asks a bot once, and does what was written to it. An error says how long to wait.
fn once(
    env: &SenderEnv,
    outbox: &Outbox,
    chats: &[&Listened],
    stops: &mut Vec<StopOffer>,
) -> Result<(), Duration> {
    let Some(Listened { chat: bot, .. }) = chats.first() else {
        return Ok(());
    };
    let file = format!("telegram-{}.json", bot.bot.number());
    let offset: i64 = outbox.read_json(&file).unwrap_or_default();
    let arguments = json!({
        "offset": offset,
        "timeout": HOLD,
        "allowed_updates": ["message", "callback_query"],
    });
    let updates = match bot.call("getUpdates", &arguments, LIMIT) {
        Ok(Value::Array(updates)) => updates,
        Ok(_) => return Err(AFTER_FAILURE),
        Err(CallError::Api(error)) => {
            tracing::warn!("{}", explain(&error));
            let wait = error.retry_after.map(SignedDuration::unsigned_abs);
            let usual = if error.code == 409 {
                AFTER_CONFLICT
            } else {
                AFTER_FAILURE
            };
            return Err(wait.unwrap_or(usual).min(Duration::from_secs(60)));
        }
        Err(CallError::NoResponse(reason)) => {
            tracing::info!(?reason, "the bot cannot be asked");
            return Err(AFTER_FAILURE);
        }
    };
    for update in &updates {
        for Listened { chat, channels } in chats {
            let mut asked = asked::read(outbox);
            asked.retain(|asked| channels.contains(&asked.channel));
            let decided = decide(
                update,
                &Heard {
                    chat: &chat.bot.chat,
                    asked: &asked,
                    stops,
                    answers: chat.target.answers,
                    control: chat.target.control,
                    now: clock::now(),
                },
            );
            crash::point("poller: before an update is acted on");
            Actor {
                env,
                outbox,
                chat,
                stops,
            }
            .act(decided);
        }
        crash::point("poller: an update was acted on");
        // After what it asks for: an update that is seen twice finds its question answered.
        if let Some(number) = update["update_id"].as_i64() {
            let _ = outbox.store_json(&file, &(number + 1));
        }
    }
    if !updates.is_empty() {
        crate::notify::ring(&env.dirs);
    }
    Ok(())
}
