//! When an agent that has used what it may is ended.
use super::*;
use crate::agent::Allowance;

/// Returns whether an agent must end after each line of its output, if it may spend so much.
fn must_end(provider: &str, output: &[u8], max_cost_usd: f64) -> Vec<bool> {
    let format = Provider::named(provider).unwrap().adapter().output_format();
    let mut transcript = Transcript::new(format);
    transcript.set_budget(vec![Allowance {
        max_cost_usd,
        ..Allowance::default()
    }]);
    let lines = output.split_inclusive(|byte| *byte == b'\n');
    lines
        .map(|line| {
            transcript.push(line);
            transcript.must_end()
        })
        .collect()
}

#[test]
fn a_program_that_reports_each_step_at_its_end_is_ended_between_two() {
    let output = sample!("opencode/success");
    let first_step_is_over = 3;
    let ends = must_end("opencode", output, 0.0005);
    assert_eq!(ends.iter().position(|ends| *ends), Some(first_step_is_over));
    assert!(!must_end("opencode", output, 1.0).contains(&true));
    // The last step reaches the budget, and the agent has given its result.
    assert!(!must_end("opencode", output, 0.0025).contains(&true));
}

#[test]
fn an_agent_whose_time_is_up_is_ended_with_its_turn() {
    let assistant = |id: &str| {
        format!("{{\"type\":\"assistant\",\"message\":{{\"id\":\"{id}\",\"content\":[]}}}}\n")
    };
    let answer = "{\"type\":\"user\",\"message\":{\"content\":[]}}\n";
    let with = |later: &str| {
        let (mut transcript, _) = read(b"");
        transcript.push(assistant("a").as_bytes());
        transcript.note_time_is_up();
        assert!(!transcript.must_end(), "its turn is not over");
        transcript.push(later.as_bytes());
        transcript.must_end()
    };
    assert!(with(answer) && with(&assistant("b")));
    assert!(!with(&assistant("a")));
}

#[test]
fn an_agent_that_prints_no_turns_is_left_to_the_limits_of_an_attempt() {
    let mut transcript = Transcript::new(OutputFormat::Plain);
    transcript.note_time_is_up();
    transcript.push(b"still working\n");
    assert!(!transcript.must_end());
}
