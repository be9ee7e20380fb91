//! Carries out the action of an update by calling `ap` itself: no text from a chat reaches a shell or a path.
use super::chat::Chat;
use super::chat_question::{ChatQuestion, forget, lock_answering};
use super::decide::{ChatAction, ChatReply, StopOffer};
use crate::clock;
use crate::exec::command::BoundedCommand;
use crate::exec::holder::is_running;
use crate::model::SessionName;
use crate::notify::configuration::SenderEnv;
use crate::notify::outbox::Outbox;
use crate::store::layout::Project;
use crate::store::roots;
use crate::store::session::names;
use crate::text::{clean, error_line};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use std::time::Duration;

/// How long a command may take: a runner may be in the middle of a write.
const LIMIT: Duration = Duration::from_secs(30);

/// Carries out the actions of one chat.
#[derive(Debug)]
pub(super) struct Actor<'a> {
    pub(super) env: &'a SenderEnv,
    pub(super) outbox: &'a Outbox,
    pub(super) chat: &'a Chat,
    pub(super) stops: &'a mut Vec<StopOffer>,
}

impl Actor<'_> {
    pub(super) fn act(&mut self, action: ChatAction) {
        match action {
            ChatAction::Nothing => {}
            ChatAction::Answer {
                asked,
                reply,
                query,
            } => self.answer(&asked, &reply, query.as_deref()),
            ChatAction::OldButton { query } => {
                self.chat.note(&query, "This button does nothing any more.");
            }
            ChatAction::OldMessage { message } => {
                let text = "This question is not asked any more.";
                self.chat.say(text, Some(message));
            }
            ChatAction::Status => self.show(&["list", "--all"]),
            ChatAction::Questions => self.show(&["questions", "--all"]),
            ChatAction::Pause { session, project } => {
                self.control("pause", &session, project.as_deref());
            }
            ChatAction::OfferStop { session, project } => self.offer_stop(session, project),
            ChatAction::Stop { offer, query } => {
                self.stops.retain(|known| known.token != offer.token);
                self.chat.note(&query, "Stopping…");
                self.control("stop", &offer.session, offer.project.as_deref());
            }
            ChatAction::Usage(usage) => self.chat.say(&format!("Write {usage}"), None),
        }
    }

    fn answer(&self, asked: &ChatQuestion, reply: &ChatReply, query: Option<&str>) {
        let _guard = lock_answering();
        let id = asked.question.id.to_string();
        let mut words = vec![
            "answer",
            asked.session.as_str(),
            "--id",
            &id,
            "--by",
            "Telegram",
        ];
        if let Some(branch) = &asked.question.branch {
            words.extend(["--branch", branch.as_str()]);
        }
        let number;
        match reply {
            ChatReply::Choice(choice) => {
                number = choice.to_string();
                words.extend(["--choice", &number]);
            }
            ChatReply::Text(text) => words.extend(["--", text]),
        }
        let (done, text) = self.ap(Some(&asked.project), &words);
        if let Some(query) = query {
            self.chat.note(query, &text);
        }
        if done || !asked.is_open() {
            let _ = forget(self.outbox, asked);
            self.chat.close(asked.message);
        }
        self.chat.say(&text, Some(asked.message));
    }

    fn offer_stop(&mut self, session: SessionName, project: Option<String>) {
        if let Err(text) = self.project_of(&session, project.as_deref()) {
            return self.chat.say(&text, None);
        }
        use std::hash::{BuildHasher as _, RandomState};
        let token = format!("{:016x}", RandomState::new().hash_one(session.as_str()));
        let button = json!({ "inline_keyboard": [[{
            "text": format!("Stop {session}"),
            "callback_data": format!("{token}:stop"),
        }]] });
        let text = format!("Stop session {session} and its agent? The button works for 5 minutes.");
        self.chat.say_with(&text, None, button);
        self.stops.push(StopOffer {
            token,
            session,
            project,
            at: clock::now(),
        });
    }

    fn control(&self, verb: &str, session: &SessionName, project: Option<&str>) {
        match self.project_of(session, project) {
            Ok(project) => {
                let (_, text) = self.ap(Some(&project), &[verb, session.as_str()]);
                self.chat.say(&text, None);
            }
            Err(text) => self.chat.say(&text, None),
        }
    }

    /// Returns the project in which a session of this name runs.
    fn project_of(
        &self,
        session: &SessionName,
        named: Option<&str>,
    ) -> Result<Utf8PathBuf, String> {
        let known = roots::read(&self.env.dirs).unwrap_or_default().into_iter();
        let mut running: Vec<Utf8PathBuf> = known
            .map(|root| root.root)
            .filter(|root| named.is_none_or(|named| root.file_name() == Some(named)))
            .filter(|root| {
                let project = Project::new(root.clone());
                let sessions = names(&project).unwrap_or_default();
                sessions.contains(session) && is_running(&project, session)
            })
            .collect();
        match (running.pop(), running.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(format!(
                "Sessions named {session} run in several projects: add the name of the project's folder."
            )),
            (None, _) => Err(format!("No session named {session} runs.")),
        }
    }

    fn show(&self, words: &[&str]) {
        let (_, text) = self.ap(None, words);
        self.chat.say(&text, None);
    }

    /// Runs `ap`, and returns whether it succeeded, and what it printed.
    fn ap(&self, project: Option<&Utf8Path>, words: &[&str]) -> (bool, String) {
        let project = project
            .into_iter()
            .flat_map(|project| ["-C", project.as_str()]);
        let output = BoundedCommand::new(&self.env.exe)
            .args(project.chain(words.iter().copied()))
            .clean_env(&self.env.vars)
            .envs([("NO_COLOR", "1")])
            .current_dir(&self.env.dirs.state)
            .limit(LIMIT)
            .run();
        match output {
            Ok(output) if output.is_success() => (true, output.stdout_text().trim().to_owned()),
            Ok(output) => {
                let why = error_line(&output.stderr_text());
                (false, why.unwrap_or_else(|| "ap failed".to_owned()))
            }
            Err(error) => (false, clean(&error.to_string())),
        }
    }
}
