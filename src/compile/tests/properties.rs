//! Any definition compiles into a plan or into mistakes with a location.
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("work".to_owned()),
        Just("plan".to_owned()),
        Just("judgment".to_owned()),
        Just("queue".to_owned()),
        Just("fixed".to_owned()),
        Just("verify".to_owned()),
        Just("judge".to_owned()),
        Just("3".to_owned()),
        Just("0".to_owned()),
        Just("-1".to_owned()),
        Just("2.5".to_owned()),
        Just("30m".to_owned()),
        Just("true".to_owned()),
        Just("~".to_owned()),
        Just("'${STATUS} ${INPUTS.a} ${NOPE}'".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("\"é\\u2028\"".to_owned()),
        "[a-z]{1,6}",
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(
        "name description termination type consensus min_iterations iterations max completion provider program model permissions args fallback retries retry_delay limits wall \
         idle delay check_before prompt output_path context commands queue path max_wait guardrails max_cost_usd defaults nodes stages id loop stage runs \
         inputs from select parallel perspectives judge any all text criteria confidence timeout modle"
            .split_whitespace()
            .map(String::from)
            .collect::<Vec<_>>(),
    )
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(3, 24, 5, |inner| {
        let map = prop::collection::btree_map(key(), inner.clone(), 0..5);
        prop_oneof![
            map.prop_map(|map| format!(
                "{{{}}}",
                map.iter()
                    .map(|(key, value)| format!("{key}: {value}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            prop::collection::vec(inner, 0..3).prop_map(|list| format!("[{}]", list.join(", "))),
        ]
    })
}

pub(super) fn definition() -> impl Strategy<Value = String> {
    let map = prop::collection::btree_map(key(), value(), 0..8);
    let lines = map.prop_map(|map| {
        map.iter()
            .map(|(key, value)| format!("{key}: {value}\n"))
            .collect::<String>()
    });
    prop_oneof![8 => lines, 1 => "[ -~\\n]{0,60}", 1 => "\\PC{0,40}"]
}

fn answer(sources: &Sources) -> Result<(), TestCaseError> {
    match compile(sources, &a_request(), &Overrides::default()) {
        Ok((plan, warnings)) => {
            prop_assert!(
                !plan.steps.is_empty()
                    && plan
                        .all_nodes()
                        .all(|node| node.max_iterations > 0 && node.agent.max_attempts > 0)
            );
            prop_assert!(
                warnings
                    .iter()
                    .all(|problem| problem.severity == Severity::Warning)
            );
            let text = serde_json::to_string(&plan).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Plan>(&text).unwrap(), &plan);
            // The same texts always make the same plan.
            prop_assert_eq!(
                compile(sources, &a_request(), &Overrides::default())
                    .map(|(plan, _)| plan)
                    .ok(),
                Some(plan)
            );
        }
        Err(problems) => {
            prop_assert!(
                problems
                    .iter()
                    .any(|problem| problem.severity == Severity::Error)
            );
            prop_assert!(
                problems.iter().all(|problem| problem.line > 0
                    && problem.column > 0
                    && !problem.file.is_empty())
            );
            for problem in &problems {
                let place = format!("{}:{}:{}", problem.file, problem.line, problem.column);
                let text = problem.render(false);
                prop_assert!(text.contains(&place), "{place} is not in {text}");
            }
        }
    }
    Ok(())
}

fn a_request() -> Request {
    let (session, run) = ("s".parse().unwrap(), "r".parse().unwrap());
    Request {
        session,
        run,
        command: String::new(),
        project: "/p".into(),
        backlog: None,
        beads: false,
    }
}

fn a_pipeline(text: String) -> Sources {
    let used = a_loop("termination: {type: queue}\n".into(), "${STATUS}".into());
    let loops = BTreeMap::from([("work".to_owned(), Ok(used))]);
    let definition = SourceText {
        file: "p.yaml".into(),
        text,
    };
    Sources::Pipeline(PipelineSource {
        name: "p".into(),
        origin: Origin::User,
        definition,
        pipelines: BTreeMap::new(),
        known_pipelines: Vec::new(),
        loops,
        known_loops: vec!["work".into()],
    })
}

fn a_loop(definition: String, prompt: String) -> LoopSource {
    let prompt = Ok(SourceText {
        file: "prompt.md".into(),
        text: prompt,
    });
    LoopSource {
        name: "work".into(),
        origin: Origin::User,
        definition: SourceText {
            file: "loop.yaml".into(),
            text: definition,
        },
        prompt,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_loop_compiles_or_reports_located_mistakes(definition in definition(), prompt in "[${}A-Z. é\n]{0,30}") {
        answer(&Sources::Loop(a_loop(definition, prompt)))?;
    }

    #[test]
    fn any_pipeline_compiles_or_reports_located_mistakes(nodes in prop::collection::vec(definition(), 0..4), top in definition(), good in any::<bool>()) {
        let nodes = nodes.iter().enumerate().map(|(index, node)| {
            let body: String = node.lines().filter(|_| !good).map(|line| format!("    {line}\n")).collect();
            format!("  - id: n{index}\n    loop: work\n{body}")
        });
        let text = format!("{}nodes:\n{}", if good { String::new() } else { top }, nodes.collect::<String>());
        answer(&a_pipeline(text))?;
    }

    /// Each node asks for outputs of one of the nodes, by place and kind of reference, or of none.
    #[test]
    fn a_node_gets_the_outputs_of_the_earlier_node_it_names(asks in prop::collection::vec((0usize..6, any::<bool>(), any::<bool>()), 1..6)) {
        let node = |(index, (from, all, inline)): (usize, &(usize, bool, bool))| {
            let inputs = format!("inputs: {{from: n{from}, select: {}}}", if *all { "history" } else { "latest" });
            let variable = format!("{{id: n{index}, runs: 1, prompt: '${{STATUS}} ${{INPUTS.n{from}}}'}}");
            match inline {
                _ if *from == asks.len() => format!("  - {{id: n{index}, loop: work, runs: 1}}\n"),
                true => format!("  - {variable}\n"),
                false => format!("  - {{id: n{index}, loop: work, runs: 1, {inputs}}}\n"),
            }
        };
        let text = format!("nodes:\n{}", asks.iter().enumerate().map(node).collect::<String>());
        let (sources, request) = (a_pipeline(text), a_request());
        let can_be = asks.iter().enumerate().all(|(index, (from, ..))| *from < index || *from == asks.len());
        match compile(&sources, &request, &Overrides::default()) {
            Ok((plan, _)) => {
                prop_assert!(can_be);
                for (node, (from, all, inline)) in plan.all_nodes().zip(&asks) {
                    let named = (!*inline && *from < asks.len()).then(|| (format!("n{from}"), if *all { Select::All } else { Select::Latest }));
                    prop_assert_eq!(node.from.as_ref().map(|from| (from.node.to_string(), from.select)), named);
                }
                // The same texts always make the same plan.
                prop_assert_eq!(compile(&sources, &request, &Overrides::default()).map(|(plan, _)| plan).ok(), Some(plan));
            }
            Err(problems) => {
                prop_assert!(!can_be);
                let wrong = asks.iter().enumerate().filter(|(index, (from, ..))| *from != asks.len() && index <= from).count();
                prop_assert_eq!(problems.iter().filter(|problem| [LintCode::UnknownNode, LintCode::UnreachableInput].contains(&problem.code) && problem.hint.is_some()).count(), wrong);
            }
        }
    }
}
