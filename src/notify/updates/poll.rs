//! Fetches the updates of Telegram bots by long polling, in a thread of the sender: one request at a time for each bot.
use super::act::Actor;
use super::chat::Chat;
use super::chat_question::{self, lock_delivering};
use super::decide::{ChatAction, StopOffer, UpdateContext, decide};
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

/// How many seconds Telegram holds a request without updates.
const HOLD: u64 = 25;
/// How long such a request may take.
const LIMIT: Duration = Duration::from_secs(40);
/// How long to wait after a request that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long to wait where another program polls the bot.
const AFTER_CONFLICT: Duration = Duration::from_secs(30);

/// The polling thread, while it is needed.
#[derive(Debug, Default)]
pub struct Poller {
    running: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Poller {
    /// Starts the thread or lets it end: after its current request, and with the process.
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
                let keep_running = Arc::new(AtomicBool::new(true));
                let (env, outbox, flag) = (env.clone(), outbox.clone(), Arc::clone(&keep_running));
                let thread = std::thread::Builder::new()
                    .name("poller".to_owned())
                    .spawn(move || poll(&env, &outbox, &flag));
                self.running = thread.ok().map(|thread| (keep_running, thread));
            }
            (Some((keep_running, _)), polls) => keep_running.store(polls, Ordering::Relaxed),
            (None, false) => {}
        }
    }
}

fn poll(env: &SenderEnv, outbox: &Outbox, keep_running: &AtomicBool) {
    let mut stops = Vec::new();
    let factor = env.vars.get("AP_WAIT_FACTOR");
    let factor = factor.and_then(|factor| factor.parse::<f64>().ok());
    let factor = factor.filter(|it| (0.0..=1.0).contains(it)).unwrap_or(1.0);
    while keep_running.load(Ordering::Relaxed) {
        let Ok(configuration) = env.configuration() else {
            return;
        };
        let chats = PolledChat::all(env, &configuration);
        if chats.is_empty() {
            return;
        }
        // A bot has one poller, however many chats use it.
        let mut numbers: Vec<&str> = chats.iter().map(|it| it.chat.bot.number()).collect();
        numbers.dedup();
        for number in numbers {
            let of_bot = |it: &&PolledChat| it.chat.bot.number() == number;
            let of_bot: Vec<&PolledChat> = chats.iter().filter(of_bot).collect();
            if let Err(wait) = poll_once(env, outbox, &of_bot, &mut stops) {
                clock::pause(wait.mul_f64(factor));
            }
        }
    }
}

/// A chat whose updates are read, and the channels that write to it.
struct PolledChat {
    chat: Chat,
    channels: Vec<String>,
}

impl PolledChat {
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

/// Fetches a bot's updates once, and carries them out. An error is how long to wait before the next request.
fn poll_once(
    env: &SenderEnv,
    outbox: &Outbox,
    chats: &[&PolledChat],
    stops: &mut Vec<StopOffer>,
) -> Result<(), Duration> {
    let Some(PolledChat { chat: bot, .. }) = chats.first() else {
        return Ok(());
    };
    let file = format!("telegram-{}.json", bot.bot.number());
    let updates = fetch(bot, outbox.read_json(&file).unwrap_or_default())?;
    for update in &updates {
        for PolledChat { chat, channels } in chats {
            let polled = (chat, channels.as_slice());
            let mut action = decide_now(update, outbox, polled, stops);
            if action.is_too_late() {
                // Its message may be so new that the question is not in the file yet.
                let _delivered = lock_delivering();
                action = decide_now(update, outbox, polled, stops);
            }
            crash::point("poller: before an update is acted on");
            Actor {
                env,
                outbox,
                chat,
                stops,
            }
            .act(action);
        }
        crash::point("poller: an update was acted on");
        // Only after the action: an update that is fetched twice finds its question answered.
        if let Some(number) = update["update_id"].as_i64() {
            let _ = outbox.store_json(&file, &(number + 1));
        }
    }
    if !updates.is_empty() {
        crate::notify::ring(&env.dirs);
    }
    Ok(())
}

/// Returns what an update of a chat asks for, by the questions that can be answered now.
fn decide_now(
    update: &Value,
    outbox: &Outbox,
    (chat, channels): (&Chat, &[String]),
    stops: &[StopOffer],
) -> ChatAction {
    let mut asked = chat_question::read(outbox);
    asked.retain(|asked| channels.contains(&asked.channel));
    let context = UpdateContext {
        chat: &chat.bot.chat,
        asked: &asked,
        stops,
        answers: chat.target.answers,
        control: chat.target.control,
        now: clock::now(),
    };
    decide(update, &context)
}

/// Returns a bot's updates from a number on, or how long to wait before the next request.
fn fetch(bot: &Chat, offset: i64) -> Result<Vec<Value>, Duration> {
    let arguments = json!({
        "offset": offset,
        "timeout": HOLD,
        "allowed_updates": ["message", "callback_query"],
    });
    match bot.call("getUpdates", &arguments, LIMIT) {
        Ok(Value::Array(updates)) => Ok(updates),
        Ok(_) => Err(AFTER_FAILURE),
        Err(CallError::Api(error)) => {
            tracing::warn!("{}", explain(&error));
            let wait = error.retry_after.map(SignedDuration::unsigned_abs);
            let usual = if error.code == 409 {
                AFTER_CONFLICT
            } else {
                AFTER_FAILURE
            };
            Err(wait.unwrap_or(usual).min(Duration::from_secs(60)))
        }
        Err(CallError::NoResponse(reason)) => {
            tracing::info!(?reason, "the bot's updates cannot be fetched");
            Err(AFTER_FAILURE)
        }
    }
}
