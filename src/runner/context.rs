//! The input of an agent: `context.json` and the variables of its prompt.
use super::attempt_context::AttemptContext;
use super::inputs::NodeInputs;
use super::known_quota;
use crate::engine::remaining;
use crate::model::Answered;
use crate::plan::{PlanKind, Select, template};
use crate::store::{beneath, outputs};
use crate::text::clip_bytes;
use crate::workspace::git;
use camino::Utf8PathBuf;
use serde_json::{Value, json};

/// How much of a note is in the prompts after it, in bytes; all of it is in its file.
const MAX_CHECKPOINT: usize = 8 * 1024;

impl AttemptContext<'_> {
    /// Returns the content of `context.json`. The first block is the seed's, the rest is what its agents missed.
    pub(super) fn context(&self) -> Value {
        let Self {
            plan,
            state,
            node,
            cursor,
            paths,
            ..
        } = self;
        json!({
            "session": plan.session,
            "pipeline": plan.name,
            "type": plan.kind,
            "stage": self.stage(),
            "iteration": cursor.iteration,
            "paths": {
                "session_dir": paths.run.root(),
                "stage_dir": paths.stage,
                "progress": paths.progress,
                "output": paths.output_path.clone().unwrap_or_else(|| paths.stage.join("output.md")),
                "status": paths.status,
                "result": paths.result,
                "checkpoint": paths.run.checkpoint_note(),
            },
            "inputs": {
                "from_initial": plan.inputs,
                "from_stage": self.inputs().of_stages(),
                "from_parallel": self.inputs().of_blocks(),
                "from_previous_iterations": outputs::listed(&paths.run, cursor.node, &node.id, cursor.iteration.saturating_sub(1), Select::All),
                "iterations_dir": paths.stage.join("iterations"),
            },
            "limits": self.limits(),
            "commands": node.commands,
            "attempt": cursor.attempt,
            "run": plan.run,
            "parallel": plan.branch.as_ref().map(|branch| json!({ "block": branch.block, "provider": branch.name, "siblings": branch.siblings })),
            "termination": self.termination(),
            "previous": state.session.history.back().map(|entry| json!({
                "iteration": entry.iteration,
                "decision": entry.status.decision,
                "reason": entry.status.reason,
                "summary": entry.status.summary,
                "files_touched": entry.status.work.files_touched,
                "items_completed": entry.status.work.items_completed,
                "errors": entry.status.errors,
                "effect": entry.effect,
            })),
            "last_error": self.last_error(),
            "last_class": state.session.last_class,
            "last_verdict": state.current.last_gate.as_ref().map(|(gate, verdict)| json!({ "by": gate, "verdict": verdict, "answer": state.current.last_gate_answer })),
            "health": self.health(),
            "quota": known_quota::context(self.quota.as_ref()),
            "queue": self.queue(),
            "task": state.current.task,
            "phases": state.session.phases,
            "answers": self.answers(),
            "said": self.said(),
            "tools": self.env.tools(),
        })
    }

    /// Returns your answers that no agent has had yet.
    fn answers(&self) -> Vec<&Answered> {
        let session = &self.state.session;
        // What was answered before a block is for the first agent of each of its branches.
        let earlier = self.plan.branch.iter().filter(|_| session.iterations == 0);
        let earlier = earlier.flat_map(|branch| &branch.answers);
        earlier.chain(&session.answers).collect()
    }

    /// Returns them as text.
    fn answers_text(&self) -> String {
        let lines: Vec<String> = self
            .answers()
            .iter()
            .map(|it| format!("- Question: {}\n  Answer: {}", it.question, it.answer))
            .collect();
        let said = self.said_lines();
        let lines: Vec<String> = lines.into_iter().chain(said).collect();
        if lines.is_empty() {
            template::NO_ANSWERS.to_owned()
        } else {
            lines.join("\n")
        }
    }

    /// Returns what you said before this agent, and no finished agent began with.
    fn said(&self) -> Vec<Value> {
        self.state
            .briefing()
            .map(|text| {
                json!({
                    "text": text.said.text,
                    "by": text.said.by,
                    "said_at": text.said.said_at,
                    "delivered_at": text.delivered_at,
                })
            })
            .collect()
    }

    fn said_lines(&self) -> impl Iterator<Item = String> {
        let texts = self.state.briefing();
        texts.map(|text| format!("- You are told: {}", text.said.text))
    }

    /// Returns what is added to a prompt: what you said, unless it names the answers, and the note of an earlier agent.
    pub(super) fn notes(&self) -> String {
        self.said_note() + &self.checkpoint_note()
    }

    /// Returns the note that an earlier agent left with `ap checkpoint`, as far as it is short.
    fn checkpoint_note(&self) -> String {
        let path = self.paths.run.checkpoint_note();
        let Ok(bytes) = beneath::read(&path) else {
            return String::new();
        };
        let note = clip_bytes(&String::from_utf8_lossy(&bytes), MAX_CHECKPOINT);
        format!(
            "\n\n---\nNote of an earlier agent ({path}):\n{}\n",
            note.trim()
        )
    }

    fn said_note(&self) -> String {
        let lines: Vec<String> = self.said_lines().collect();
        if lines.is_empty() || self.node.prompt.contains("${ANSWERS}") {
            return String::new();
        }
        format!(
            "\n\n---\nSaid since the last iteration:\n{}\n",
            lines.join("\n")
        )
    }

    /// Returns why the last attempt or iteration failed, and what an earlier agent left in the way of this one.
    fn last_error(&self) -> Option<String> {
        let last = self.state.session.last_error.clone();
        let lock = git::index_lock(&self.env.workspace.cwd).map(|lock| {
            format!("{lock} exists, so git cannot change the index: remove it, unless git runs")
        });
        match (last, lock) {
            (Some(last), Some(lock)) => Some(format!("{last}; {lock}")),
            (last, lock) => last.or(lock),
        }
    }

    fn stage(&self) -> Value {
        let Self {
            plan, node, cursor, ..
        } = self;
        let (run, index) = plan.split(cursor.node);
        json!({
            "id": node.id,
            "index": index,
            "template": node.template,
            "position": index + 1,
            "count": plan.steps.len(),
            "run_number": run + 1,
            "runs": plan.runs,
        })
    }

    fn limits(&self) -> Value {
        let Self {
            state,
            budget,
            node,
            now,
            ..
        } = self;
        let remaining = remaining(budget, state, node, *now);
        json!({
            "max_iterations": state.max_iterations(node),
            "iterations_left": remaining.iterations,
            "remaining_seconds": remaining.seconds.map_or(-1, |left| left as i64),
            "max_attempts": node.agent.max_attempts,
            "attempt_seconds": node.agent.limits.wall_s,
            "max_cost_usd": (0.0 < budget.max_cost_usd).then_some(budget.max_cost_usd),
            "cost_usd": budget.cost_usd,
            "cost_left_usd": remaining.cost_usd,
            "max_tokens": (0 < budget.max_tokens).then_some(budget.max_tokens),
            "tokens": budget.tokens,
            "tokens_left": remaining.tokens,
            "usual_cost_usd": remaining.usual_cost_usd,
            "may_not_finish": remaining.is_tight(),
            "checkpoint_soon": remaining.checkpoint_soon,
        })
    }

    fn health(&self) -> Value {
        let (most, errors) = (
            self.plan.guardrails.max_consecutive_errors,
            self.state.current.counters.errors,
        );
        json!({
            "errors_in_a_row": errors,
            "errors_left": if most == 0 { None } else { Some(most.saturating_sub(errors)) },
            "attempt": self.cursor.attempt,
            "retries_left": self.node.agent.max_attempts.saturating_sub(self.cursor.attempt),
        })
    }

    fn termination(&self) -> Value {
        let evidence = self.state.evidence(self.node);
        self.node.termination.context(&evidence)
    }

    fn queue(&self) -> Value {
        let Some(queue) = &self.node.queue else {
            return Value::Null;
        };
        let mut told = serde_json::to_value(&queue.source).unwrap_or_default();
        told["claim"] = json!(queue.claim);
        told["state"] = json!(self.state.current.queue_status);
        told
    }

    /// Returns what this node gets from those before it.
    fn inputs(&self) -> NodeInputs<'_> {
        NodeInputs {
            plan: self.plan,
            state: self.state,
            node: self.node,
            index: self.cursor.node,
            run: &self.paths.run,
        }
    }

    /// Returns the value of a prompt variable; nothing for a name we do not know.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let Self {
            plan,
            node,
            cursor,
            paths,
            ..
        } = self;
        Some(match name {
            "CTX" => paths.iteration.context().into_string(),
            "PROGRESS" | "PROGRESS_FILE" => paths.progress.clone().into_string(),
            "STATUS" => paths.status.clone().into_string(),
            "ITERATION" => cursor.iteration.to_string(),
            "INDEX" => cursor.iteration.saturating_sub(1).to_string(),
            "SESSION_NAME" | "SESSION" => plan.session.to_string(),
            "CONTEXT" => node.context.clone(),
            "OUTPUT" if plan.kind == PlanKind::Pipeline => {
                paths.stage.join("output.md").into_string()
            }
            "OUTPUT" | "OUTPUT_PATH" => paths
                .output_path
                .clone()
                .map_or_else(String::new, Utf8PathBuf::into_string),
            "INPUTS" => self.inputs().text(),
            "ANSWERS" => self.answers_text(),
            "PROJECT" => self.briefing().text(),
            "RESULT" => paths.result.clone().into_string(),
            "PERSPECTIVE" => node.perspective(cursor.iteration).to_owned(),
            "TASK" => self
                .state
                .current
                .task
                .as_ref()
                .map_or_else(|| template::NO_TASK.to_owned(), ToString::to_string),
            other => {
                let from = other.strip_prefix("INPUTS.")?;
                // A loop that is run by itself has no stages before it.
                self.inputs().text_of(from)
            }
        })
    }
}
