//! Records questions and their answers.
use super::elapsed::passed_ms;
use crate::engine::state::{Phase, State};
use crate::model::{
    Answered, Asker, GateFile, GivenAnswer, Next, NodeId, Question, Stop, StopSource, Subject,
    WaitReason,
};
use jiff::Timestamp;

/// The answer to a question whose time is up.
pub(in crate::engine) const OUT_OF_TIME: &str = "not answered in time";

impl State {
    pub(super) fn question_asked(&mut self, question: &Question, at: Timestamp) {
        self.permission_asked(question.subject, at);
        self.session.questions = self.session.questions.max(question.id.0);
        if let Subject::Agent { .. } = question.subject {
            self.current.unasked = None;
        }
        if self.current.task.is_some() && !question.is_permission() {
            // You may take long to answer: the next check of the queue gives the task back.
            self.current.queue_status = None;
        }
        self.session.question = Some(question.clone());
    }

    pub(super) fn question_answered(
        &mut self,
        branch: Option<&NodeId>,
        answer: &GivenAnswer,
        at: Timestamp,
    ) {
        if answer.next == Next::Stop {
            let by = format!("{} to {}", answer.by, answer.id);
            self.session.stopping = Some(Stop::new(StopSource::Person, by));
        }
        if let Some(branch) = branch {
            self.allow_as_branch(branch, answer);
            let answers = &mut self.current.branch_answers;
            answers.insert(branch.clone(), answer.clone());
            self.note_held_branches(at);
            return;
        }
        self.count_permission_time(at);
        let question = self.session.question.take_if(|asked| asked.id == answer.id);
        let Some(question) = question else {
            return;
        };
        self.session.last_answer = Some(answer.clone());
        if question.is_permission() {
            // Its agent waits, and gets the answer by itself.
            self.permission_answered(&question, answer);
            return;
        }
        self.end_question_wait(at);
        self.current.queue_status = None;
        if answer.next == Next::Skip {
            self.current.skipped_by = Some(answer.by.clone());
        }
        // What was rejected is asked again once you resume.
        if answer.next != Next::Stop {
            self.settle(question.subject);
        }
        if question.by == Asker::Agent || !is_plain(&answer.text) {
            self.session.answers.push(Answered {
                id: question.id,
                asker: question.by,
                question: question.text,
                answer: answer.text.clone(),
                by: answer.by.clone(),
                at: answer.given_at,
            });
        }
    }

    /// Records files of gates as you accepted them. What was asked about a broken gate is answered.
    pub(super) fn gate_accepted(&mut self, files: &[GateFile], at: Timestamp) {
        let known = files
            .iter()
            .map(|file| (file.path.clone(), file.hash.clone()));
        self.session.accepted_gates.extend(known);
        self.current.counters.gate_failures = 0;
        let is_about_it = |asked: &mut Question| asked.subject == Subject::BrokenGate;
        if self.session.question.take_if(is_about_it).is_some() {
            self.end_question_wait(at);
            self.current.queue_status = None;
        }
    }

    /// Ends the wait for the answer.
    fn end_question_wait(&mut self, at: Timestamp) {
        let Phase::Waiting { .. } = self.phase else {
            return;
        };
        self.count_answer_time(at);
        self.phase = match self.current.postponed.take() {
            Some(outcome) => Phase::Exited { outcome },
            None => Phase::Ready,
        };
    }

    /// Counts the time since the question, or since it was counted last, as time in which the session did not run. Returns
    /// whether it waits for an answer.
    pub(super) fn count_answer_time(&mut self, at: Timestamp) -> bool {
        let Phase::Waiting {
            reason: WaitReason::Question { .. },
            since,
            ..
        } = &mut self.phase
        else {
            return false;
        };
        let waited = passed_ms(since, at);
        self.session.unattended_ms = self.session.unattended_ms.saturating_add(waited);
        true
    }

    fn settle(&mut self, subject: Subject) {
        let (session, current) = (&mut self.session, &mut self.current);
        match subject {
            Subject::Agent { .. }
            | Subject::StalledQueue
            | Subject::Permission { .. }
            | Subject::ManyPermissions { .. } => {}
            Subject::BeforeIteration { iteration } => current.confirmed_before = iteration,
            Subject::AfterIteration { iteration } => current.confirmed_after = iteration,
            Subject::BeforeStep { finished } => session.confirmed_before = finished + 1,
            Subject::AfterStep { finished } => session.confirmed_after = finished,
            Subject::BrokenGate => current.counters.gate_failures = 0,
            Subject::Tampering => session.tampering = None,
            Subject::Billing => session.spending.accept_billing(),
            Subject::Hook { hook } => {
                if let Some(ended) = session.hooks.ended.get_mut(&hook) {
                    ended.is_accepted = true;
                }
            }
        }
    }
}

/// Whether an answer says no more than what follows from it: no agent need know it.
fn is_plain(answer: &str) -> bool {
    let plain = [
        "approve",
        "approved",
        "reject",
        "rejected",
        "skip",
        OUT_OF_TIME,
    ];
    plain.contains(&answer)
}
