//! What a fact of a session is worth telling you, in words.
use crate::engine::Budget;
use crate::model::{
    Asker, Ending, Event, NodeId, NoticeKind, Outcome, Question, QuotaDecision, Usage, WaitReason,
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
    /// When the outage began that the session waits for.
    outage: Option<Timestamp>,
}

/// What is new: its kind, one line, and a few words more.
struct News {
    kind: NoticeKind,
    title: String,
    detail: String,
    commands: Vec<String>,
}

impl Notices {
    pub(super) fn new(project: Utf8PathBuf) -> Self {
        Self {
            project,
            outage: None,
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
        let news = self.news(fact).map(|news| self.notice(fact, news));
        let warning = match fact.event {
            Event::AgentExited(attempt) => self.budget_warning(fact, &attempt.usage),
            _ => None,
        };
        news.into_iter().chain(warning).collect()
    }

    fn news(&mut self, fact: &Fact<'_>) -> Option<News> {
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
            Event::WaitStarted {
                reason: WaitReason::Outage { reason, .. },
                ..
            } => {
                if self.outage.is_some() {
                    return None;
                }
                self.outage = Some(fact.at);
                news(
                    NoticeKind::Outage,
                    "waits for its provider".to_owned(),
                    clean(reason),
                )
            }
            Event::AgentExited(_) if self.ends_reported_outage(fact) => news(
                NoticeKind::OutageOver,
                "is served again".to_owned(),
                String::new(),
            ),
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
            Event::BudgetReached { limit, .. } => news(
                NoticeKind::BudgetReached,
                "has used its budget".to_owned(),
                clean(&limit.to_string()),
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

    /// Whether the agent was served again after an outage whose beginning was reported. Forgets the outage.
    fn ends_reported_outage(&mut self, fact: &Fact<'_>) -> bool {
        let is_served = matches!(fact.event, Event::AgentExited(attempt)
            if matches!(attempt.outcome, Outcome::Reported { .. } | Outcome::Unreported { .. }));
        let began = if is_served { self.outage.take() } else { None };
        began.is_some_and(|since| OUTAGE_PATIENCE <= fact.at.duration_since(since))
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
