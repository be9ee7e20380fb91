//! What a fact of a session is worth telling you, in words.
use crate::engine::{Budget, State};
use crate::model::{
    Asker, Ending, Event, Limit, NodeId, NoticeKind, Outcome, Question, QuotaDecision, Usage,
    WaitReason,
};
use crate::notify::policy::OUTAGE_PATIENCE;
use crate::notify::{AskedQuestion, Notice};
use crate::store::observer::Fact;
use crate::text::{clean, count, shell_quote};
use crate::ui::next_command::NextCommand;
use crate::ui::question;
use camino::Utf8PathBuf;
use jiff::Timestamp;

/// The part of a budget at which you are warned.
const WARN_AT: f64 = 0.8;

/// Words notices, and remembers what began.
pub(super) struct Notices {
    project: Utf8PathBuf,
    /// The outage that the session waits for.
    outage: Option<Outage>,
}

/// An outage, from the state or from the facts.
struct Outage {
    since: Timestamp,
    /// How many iterations there were before it: they stay the same until the provider serves the session again, over
    /// all of its runners.
    number: u64,
}

/// What is new: its kind, one line, and a few words more.
struct News {
    kind: NoticeKind,
    title: String,
    detail: String,
    commands: Vec<String>,
}

impl Notices {
    /// Starts from the state of a session, which may have been in an outage under an earlier runner.
    pub(super) fn new(project: Utf8PathBuf, state: &State) -> Self {
        let stall = state.session.stall.filter(|stall| stall.only_outages);
        Self {
            project,
            outage: stall.map(|stall| Outage {
                since: stall.since,
                number: u64::from(state.session.iterations),
            }),
        }
    }

    /// Returns the notices of a fact.
    pub(super) fn of(&mut self, fact: &Fact<'_>) -> Vec<Notice> {
        if let Event::QuestionAsked { question } = fact.event {
            return vec![self.asked(fact, question, None)];
        }
        if let Event::BranchReported { branch, report, .. } = fact.event {
            let asked = report.question.iter();
            return asked
                .map(|question| self.asked_by(fact, question, branch))
                .collect();
        }
        let outage = self.outage(fact);
        let news = self.news(fact).map(|news| self.notice(fact, news));
        let budget = match fact.event {
            Event::AgentExited(attempt) => self.budget_warning(fact, &attempt.usage),
            _ => self.budget_reached(fact),
        };
        news.into_iter().chain(outage).chain(budget).collect()
    }

    fn news(&self, fact: &Fact<'_>) -> Option<News> {
        let session = &fact.plan.session;
        let folder = self.folder();
        let news = |kind, title: String, detail: String| News {
            kind,
            title: format!("Session {session} {title}"),
            detail,
            commands: vec![format!("ap status {session}{folder}")],
        };
        Some(match fact.event {
            Event::SessionFinished { ending } => return Some(self.ended(fact, ending)),
            Event::QuotaRead {
                decision: QuotaDecision::Hold { reason, .. },
                ..
            } => news(NoticeKind::QuotaHold, "is held".to_owned(), clean(reason)),
            Event::QuotaWarned {
                window, percent, ..
            } => news(
                NoticeKind::QuotaWarning,
                format!("finds {percent} % of the quota used"),
                window.to_string(),
            ),
            Event::PhaseFinished { phase } => news(
                NoticeKind::PhaseFinished,
                "has finished a phase of its PRD".to_owned(),
                clean(&phase.name),
            ),
            Event::BudgetHeld { reason, .. } => news(
                NoticeKind::BudgetReached,
                "is held".to_owned(),
                clean(reason),
            ),
            Event::FilesTouched { files, .. } => {
                let first = files
                    .first()
                    .map(|file| clean(&file.path))
                    .unwrap_or_default();
                let detail = format!("{}, first {first}", count(files.len(), "file"));
                news(
                    NoticeKind::Tampering,
                    "found files changed".to_owned(),
                    detail,
                )
            }
            _ => return None,
        })
    }

    /// Words the beginning of an outage, and its end if the beginning was reported. The outage names both messages, so that
    /// a session which is stopped and resumed in it makes no second pair.
    fn outage(&mut self, fact: &Fact<'_>) -> Option<Notice> {
        match fact.event {
            Event::WaitStarted {
                reason: WaitReason::Outage { reason, .. },
                ..
            } => {
                let outage = self.outage.get_or_insert_with(|| Outage {
                    since: fact.at,
                    number: u64::from(fact.state.session.iterations),
                });
                let (at, number) = (outage.since, outage.number);
                let kind = NoticeKind::Outage;
                let title = "waits for its provider";
                let notice = self.keyed(fact, kind, title, clean(reason), number);
                Some(Notice { at, ..notice })
            }
            Event::AgentExited(attempt) if is_served(&attempt.outcome) => {
                let outage = self.outage.take()?;
                let lasted = fact.at.duration_since(outage.since);
                let kind = NoticeKind::OutageOver;
                let notice =
                    || self.keyed(fact, kind, "is served again", String::new(), outage.number);
                (OUTAGE_PATIENCE <= lasted).then(notice)
            }
            _ => None,
        }
    }

    /// Words that a budget of the session is used up, which an agent is ended for or which is found between two of them.
    fn budget_reached(&self, fact: &Fact<'_>) -> Option<Notice> {
        let (Event::BudgetReached { limit, .. }
        | Event::SessionFinished {
            ending: Ending::LimitReached { limit },
        }) = fact.event
        else {
            return None;
        };
        let size = match limit {
            Limit::Cost { max_usd, .. } => (max_usd * 100.0) as u64,
            Limit::Tokens { max_tokens, .. } => *max_tokens,
            _ => return None,
        };
        let words = clean(&limit.to_string());
        let kind = NoticeKind::BudgetReached;
        Some(self.keyed(fact, kind, "has used its budget", words, size))
    }

    /// Words a notice whose message is named by what it is about and not by the fact, of which there may be several.
    fn keyed(
        &self,
        fact: &Fact<'_>,
        kind: NoticeKind,
        title: &str,
        detail: String,
        number: u64,
    ) -> Notice {
        let session = &fact.plan.session;
        let news = News {
            kind,
            title: format!("Session {session} {title}"),
            detail,
            commands: vec![format!("ap status {session}{}", self.folder())],
        };
        let key = kind.as_str().replace('_', "-");
        Notice {
            source: format!("{}.{key}", fact.key.run),
            number,
            ..self.notice(fact, news)
        }
    }

    /// Words the warning that most of a budget is used. Which fact passes the line depends on the state, so the budget names
    /// the message, not the fact.
    fn budget_warning(&self, fact: &Fact<'_>, usage: &Usage) -> Option<Notice> {
        let (detail, size) = crossed(&Budget::of_session(fact.plan, fact.state), usage)?;
        let session = &fact.plan.session;
        let news = News {
            kind: NoticeKind::BudgetWarning,
            title: format!("Session {session} has used 80 % of its budget"),
            detail,
            commands: vec![format!("ap status {session}{}", self.folder())],
        };
        Some(Notice {
            source: format!("{}.budget", fact.key.run),
            number: size,
            ..self.notice(fact, news)
        })
    }

    fn ended(&self, fact: &Fact<'_>, ending: &Ending) -> News {
        let session = &fact.plan.session;
        let iterations = fact.state.session.iterations;
        let (kind, title, detail) = match ending {
            Ending::Completed { .. } => (
                NoticeKind::Complete,
                "is complete",
                count(iterations, "iteration"),
            ),
            Ending::Failed { error, .. } => (NoticeKind::Failed, "failed", clean(error)),
            Ending::LimitReached { limit } => (
                NoticeKind::LimitReached,
                "reached a limit",
                clean(&limit.to_string()),
            ),
            Ending::Stopped { by } => (
                NoticeKind::Stopped,
                "was stopped",
                format!("by {}", clean(by)),
            ),
            Ending::Interrupted { by } => (NoticeKind::Interrupted, "was interrupted", clean(by)),
        };
        let command = match ending {
            Ending::Completed { .. } => format!("ap status {session}{}", self.folder()),
            _ => format!(
                "{}{}",
                NextCommand::resume(fact.plan, fact.state),
                self.folder()
            ),
        };
        News {
            kind,
            title: format!("Session {session} {title}"),
            detail,
            commands: vec![command],
        }
    }

    /// Words the question of a branch. It is reported again and again, so the question names the message, not the fact.
    fn asked_by(&self, fact: &Fact<'_>, question: &Question, branch: &NodeId) -> Notice {
        Notice {
            source: format!("{}.{branch}", fact.key.run),
            number: u64::from(question.id.0),
            at: question.asked_at,
            ..self.asked(fact, question, Some(branch))
        }
    }

    fn asked(&self, fact: &Fact<'_>, asked: &Question, branch: Option<&NodeId>) -> Notice {
        let session = &fact.plan.session;
        let commands = question::commands(session.as_str(), branch, asked);
        let news = News {
            kind: NoticeKind::Question,
            title: format!("Session {session} asks: {}", clean(&asked.text)),
            detail: question::deadline(asked, fact.at),
            commands: commands
                .into_iter()
                .map(|command| command + &self.folder())
                .collect(),
        };
        let question = AskedQuestion {
            id: asked.id,
            branch: branch.cloned(),
            choices: asked.choices.clone(),
            takes_text: asked.by == Asker::Agent,
        };
        Notice {
            question: Some(question),
            ..self.notice(fact, news)
        }
    }

    fn notice(&self, fact: &Fact<'_>, news: News) -> Notice {
        let last = fact.state.session.history.back();
        let last_words = last.map(|entry| {
            let status = &entry.status;
            if status.summary.is_empty() {
                status.reason.clone()
            } else {
                status.summary.clone()
            }
        });
        Notice {
            source: fact.key.run.to_string(),
            number: fact.key.number,
            kind: news.kind,
            at: fact.at,
            project: Some(self.project.clone()),
            session: Some(fact.plan.session.clone()),
            title: news.title,
            detail: news.detail,
            commands: news.commands,
            last_words: last_words.unwrap_or_default(),
            question: None,
            removed: 0,
        }
    }

    /// Returns what makes a command work from anywhere.
    fn folder(&self) -> String {
        format!(" -C {}", shell_quote(self.project.as_str()))
    }
}

fn is_served(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Reported { .. } | Outcome::Unreported { .. }
    )
}

/// Returns which budget has just passed four fifths, in words, and its size in cents or tokens.
fn crossed(budget: &Budget, usage: &Usage) -> Option<(String, u64)> {
    let has_crossed = |used: f64, added: f64, most: f64| {
        let line = WARN_AT * most;
        0.0 < most && line <= used && used - added < line
    };
    if has_crossed(budget.cost_usd, usage.cost_usd, budget.max_cost_usd) {
        let words = format!("${:.2} of ${:.2}", budget.cost_usd, budget.max_cost_usd);
        return Some((words, (budget.max_cost_usd * 100.0) as u64));
    }
    let (used, most) = (budget.tokens as f64, budget.max_tokens as f64);
    has_crossed(used, usage.billed_tokens() as f64, most).then(|| {
        let words = format!("{} of {} tokens", budget.tokens, budget.max_tokens);
        (words, budget.max_tokens)
    })
}
