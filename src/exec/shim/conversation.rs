//! Delivers messages to an agent whose standard input stays open, and closes it after the result.
use super::input::AgentInput;
use super::job::Job;
use super::life::Life;
use super::mailbox::Mailbox;
use super::wake::FileWake;
use crate::agent::Dialogue;
use crate::store::layout::IterationDir;
use std::collections::BTreeSet;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// How long after its result an agent may take to begin with a message that was delivered before.
const UNTIL_HEARD: Duration = Duration::from_secs(5);
/// How much longer than a runner a shim waits for the answer to a permission.
const GRACE: Duration = Duration::from_secs(30);
/// How often it is looked whether something was missed.
const RENEW_INTERVAL: Duration = Duration::from_secs(2);
/// What an agent reads when its request was not answered.
const UNANSWERED: &str =
    "No answer came in time, so this call is denied. Do without it, or report what you need.";

/// The messages between a runner and an agent, which its shim delivers.
#[derive(Debug)]
pub(super) struct Conversation {
    dialogue: Dialogue,
    folder: IterationDir,
    mailbox: Mailbox,
    wake: FileWake,
    /// The ids of messages that were delivered and that the agent has not repeated.
    unheard: BTreeSet<String>,
    /// How long the agent waits for an answer at most.
    patience: Option<Duration>,
    renewed: Option<Instant>,
}

impl Conversation {
    /// Returns the conversation with the job's agent, if it takes messages.
    pub(super) fn of(job: &Job) -> Option<Self> {
        let limit = Duration::from_secs(job.limits.permission_s);
        Some(Self {
            dialogue: job.dialogue?,
            folder: job.folder.clone(),
            mailbox: Mailbox::of(&job.folder),
            wake: FileWake::new(&job.folder),
            unheard: BTreeSet::new(),
            patience: (!limit.is_zero()).then(|| limit + GRACE),
            renewed: None,
        })
    }

    /// Returns what to wait for besides signals, and how long at most.
    pub(super) fn wait(&self, limit: Duration) -> (Option<BorrowedFd<'_>>, Duration) {
        self.wake.wait(limit)
    }

    /// Reads what the agent printed, and sends it the messages that are new. Closes its input when it is done.
    pub(super) fn advance(&mut self, life: &mut Life, input: &mut AgentInput) {
        let renewed = self.renewed.map(|at| at.elapsed());
        let is_due = renewed.is_none_or(|ago| RENEW_INTERVAL <= ago);
        let mut changed = self.wake.take();
        if is_due || changed.folder {
            changed.folder = true;
            // Its folders may be new, or have been made again.
            self.wake.renew(&self.folder);
            self.renewed = Some(Instant::now());
        } else if !changed.output {
            return;
        }
        self.look_at_output(life);
        for (request, kind) in life.output.unknown.drain(..) {
            let refusal = self.dialogue.refuse(&request, &kind);
            input.push(refusal.into_bytes(), None);
        }
        if !input.is_open() {
            return;
        }
        if changed.folder {
            self.deliver(life, input);
        }
        self.deny_overdue(life, input);
        self.send(input);
        if self.is_over(life, input) {
            // What was left in the meantime begins another turn.
            self.deliver(life, input);
            self.send(input);
            if self.is_over(life, input) {
                input.close();
            }
        }
    }

    fn look_at_output(&mut self, life: &mut Life) {
        self.wake.printed(life.look_at_output());
        for id in life.output.heard.drain(..) {
            self.unheard.remove(&id);
        }
    }

    fn deliver(&mut self, life: &mut Life, input: &mut AgentInput) {
        let found = self.mailbox.take();
        if found.iter().any(|(_, message)| message.answers.is_some()) {
            // The agent may have printed the request after the last look; an answer to an unknown one would be dropped.
            self.look_at_output(life);
        }
        for (name, message) in found {
            let request = message.answers.as_ref();
            if request.is_some_and(|id| !life.output.requests.answer(id)) {
                self.mailbox.drop_unsent(&name);
                continue;
            }
            if let Some(id) = message.echo {
                self.unheard.insert(id);
            }
            input.push(message.lines.into_bytes(), Some(name));
        }
    }

    /// Denies what no runner has answered: there may be none.
    fn deny_overdue(&self, life: &mut Life, input: &mut AgentInput) {
        let Some(patience) = self.patience else {
            return;
        };
        for request in life.output.requests.overdue(patience) {
            life.output.requests.answer(&request);
            let denial = self.dialogue.deny(&request, UNANSWERED);
            input.push(denial.into_bytes(), None);
        }
    }

    /// Sends what the agent has room for.
    pub(super) fn send(&mut self, input: &mut AgentInput) {
        for name in input.send() {
            self.mailbox.sent(&name);
        }
    }

    /// Whether the agent has given its result and has nothing more to read. One that never repeats its messages is
    /// waited for no longer than usual.
    fn is_over(&self, life: &Life, input: &AgentInput) -> bool {
        let heard = self.unheard.is_empty() || UNTIL_HEARD <= life.output.silent_for();
        life.output.saw_result && input.is_sent() && heard
    }
}
