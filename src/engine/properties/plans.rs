//! A plan with every kind of step, fallbacks and a second run: the random sessions run it, and unit tests of other crates
//! include this file.
use crate::agent::{AgentSpec, AttemptLimits, Escalation, Provider};
use crate::model::PermissionMode;
use crate::plan::{
    Block, Branch, ClaimBy, Guardrails, Node, OnFailure, OnTampering, OnTrouble, Origin, Plan,
    PlanKind, QueueSource, QueueSpec, Source, Step,
};
use crate::termination::{Fixed, Gate, Judgment, Queue, Termination, Verify};
use std::collections::BTreeMap;

fn node(id: &str, termination: Termination, max_iterations: u32) -> Node {
    let queue = termination.asks_queue().then(|| QueueSpec {
        claim: if id == "handed" {
            ClaimBy::Engine
        } else {
            ClaimBy::Agent
        },
        ..QueueSpec::new(QueueSource::Backlog {
            path: "/p/backlog.md".into(),
        })
    });
    Node {
        id: id.parse().unwrap(),
        template: id.to_owned(),
        description: String::new(),
        agent: AgentSpec {
            provider: Provider::default(),
            program: "claude".to_owned(),
            model: "opus".to_owned(),
            permissions: PermissionMode::BypassPermissions,
            allow_tools: Vec::new(),
            args: Vec::new(),
            keep_env: false,
            max_attempts: 3,
            dialogue: None,
            retry_delay_ms: 5000,
            limits: AttemptLimits::default(),
            max_turns: None,
            subagents: String::new(),
            custom: None,
            fallback: Vec::new(),
            escalation: None,
        },
        prompt: String::new(),
        termination,
        max_iterations,
        delay_ms: if id == "fixed" { 3000 } else { 0 },
        check_before: false,
        queue,
        output_path: String::new(),
        context: String::new(),
        confirm: None,
        hooks: Vec::new(),
        on_trouble: OnTrouble::Fail,
        needs: Vec::new(),
        also_needs: Vec::new(),
        perspectives: Vec::new(),
        from: None,
        from_parallel: Vec::new(),
        commands: BTreeMap::new(),
        judge: None,
    }
}

/// Returns a plan with every kind of step, fallbacks and a second run.
pub(crate) fn plan() -> Plan {
    let mut nodes = vec![
        node(
            "judged",
            Termination::Judgment(Judgment {
                consensus: 2,
                min_iterations: 2,
            }),
            5,
        ),
        node("queued", Termination::Queue(Queue {}), 4),
        node("handed", Termination::Queue(Queue {}), 4),
        node(
            "gated",
            Termination::Any {
                of: vec![
                    Termination::Judgment(Judgment {
                        consensus: 3,
                        min_iterations: 1,
                    }),
                    Termination::Verify(Verify(gate())),
                ],
            },
            4,
        ),
        node("fixed", Termination::Fixed(Fixed::default()), 3),
    ];
    for (node, models) in nodes.iter_mut().zip([&["a", "b"][..], &["a"], &["c"]]) {
        node.agent.fallback = chain(&node.agent, models);
    }
    let gated = nodes.iter_mut().find(|node| node.id.as_str() == "gated");
    if let Some(node) = gated {
        let to = chain(&node.agent, &["big"]).remove(0);
        node.agent.escalation = Some(Escalation {
            after: 2,
            returns: true,
            to: Box::new(to),
        });
    }
    let mut steps: Vec<Step> = nodes
        .into_iter()
        .map(|node| Step::Node(Box::new(node)))
        .collect();
    let branch = |name: &str| Branch {
        name: name.parse().unwrap(),
        nodes: vec![node("duel", Termination::Fixed(Fixed::default()), 3)],
    };
    steps.insert(
        4,
        Step::Block(Block {
            id: "side".parse().unwrap(),
            description: String::new(),
            branches: ["a", "b", "c"].map(branch).into(),
            on_failure: OnFailure::Continue { min_success: 2 },
        }),
    );
    Plan {
        version: Plan::VERSION,
        session: "s".parse().unwrap(),
        run: "r1".parse().unwrap(),
        name: "three".to_owned(),
        kind: PlanKind::Pipeline,
        command: "ap pipeline three s".to_owned(),
        source: Source {
            origin: Origin::Project,
            path: String::new(),
            hash: String::new(),
        },
        steps,
        runs: 2,
        inputs: Vec::new(),
        guardrails: Guardrails {
            max_runtime_seconds: 0,
            max_cost_usd: 0.0,
            max_tokens: 0,
            budgets: crate::plan::Budgets::default(),
            max_consecutive_errors: 3,
            max_agents: 0,
            max_outage_s: 7200,
            max_wait_s: 3600,
            max_same_failures: 0,
            wait_factor: None,
            max_idle_iterations: 4,
            on_tampering: OnTampering::Hold,
            idle_limit_explicit: true,
        },
        quota: None,
        confirm: None,
        hooks: Vec::new(),
        provenance: Vec::new(),
        branch: None,
        record: None,
    }
}

fn gate() -> Gate {
    Gate {
        command: vec!["check".to_owned()],
        timeout_s: 1,
        threshold: None,
        complete: None,
        frozen: Vec::new(),
    }
}

/// Agents to fall back to, as many as the models.
fn chain(first: &AgentSpec, models: &[&str]) -> Vec<AgentSpec> {
    models
        .iter()
        .map(|model| AgentSpec {
            provider: Provider::COMMAND,
            model: (*model).to_owned(),
            ..first.clone()
        })
        .collect()
}
