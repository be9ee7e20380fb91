//! Recorded conversations with each tested version of Claude Code: what it reads, and the permissions it asks for.
use super::*;
use crate::agent::{PermissionRequest, Sign, read_signs};

const ALLOWED: [&[u8]; 3] = [
    sample!("claude/allowed-197"),
    sample!("claude/allowed-329"),
    sample!("claude/allowed-332"),
];
const REFUSED: [&[u8]; 3] = [
    sample!("claude/refused-by-user-197"),
    sample!("claude/refused-by-user-329"),
    sample!("claude/refused-by-user-332"),
];
const INTERRUPTED: [&[u8]; 3] = [
    sample!("claude/interrupted-request-197"),
    sample!("claude/interrupted-request-329"),
    sample!("claude/interrupted-request-332"),
];
const TOLD: [&[u8]; 3] = [
    sample!("claude/told-197"),
    sample!("claude/told-329"),
    sample!("claude/told-332"),
];

/// Returns the requests that are open after each line.
fn requests(conversation: &[u8]) -> Vec<Vec<PermissionRequest>> {
    let mut transcript = Transcript::new(Provider::default().adapter().output_format());
    conversation
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| {
            transcript.push(line);
            transcript.requests().iter().cloned().collect()
        })
        .collect()
}

#[test]
fn a_request_is_open_until_it_is_answered_or_withdrawn() {
    for conversation in ALLOWED.into_iter().chain(REFUSED).chain(INTERRUPTED) {
        let open = requests(conversation);
        assert!(open.iter().all(|open| open.len() < 2));
        assert!(open.last().is_some_and(Vec::is_empty), "it stays open");
        let opened: Vec<_> = open.iter().flatten().collect();
        let first = &opened.first().expect("a request").permission;
        assert_eq!(first.tool, "Bash");
        assert!(first.call.starts_with("touch made.txt"));
        assert_eq!(opened.len(), 1, "it is open for one line only");
    }
}

#[test]
fn a_message_is_heard_once_it_is_repeated() {
    for conversation in TOLD {
        let (transcript, _) = read(conversation);
        assert!(transcript.has_heard("22222222-2222-4222-8222-222222222222"));
        assert!(!transcript.has_heard("33333333-3333-4333-8333-333333333333"));
        assert_eq!(transcript.final_text(), Some("Done."));
    }
}

#[test]
fn the_signs_of_a_request_name_its_call_and_its_end() {
    for conversation in ALLOWED {
        let lines = conversation.split(|byte| *byte == b'\n');
        let events = lines.filter_map(|line| serde_json::from_slice(line).ok());
        let signs: Vec<Sign> = events.flat_map(|event| read_signs(&event)).collect();
        let asked = signs.iter().find_map(|sign| match sign {
            Sign::PermissionAsked { request, call } => Some((request.clone(), call.clone())),
            _ => None,
        });
        let (request, call) = asked.expect("a request");
        assert!(signs.contains(&Sign::RequestWithdrawn { request }));
        assert!(signs.contains(&Sign::ToolAnswered { id: call }));
    }
}

#[test]
fn a_conversation_that_is_cut_anywhere_is_read() {
    for conversation in ALLOWED.into_iter().chain(INTERRUPTED).chain(TOLD) {
        for end in (0..conversation.len()).step_by(7) {
            let mut transcript = Transcript::new(Provider::default().adapter().output_format());
            transcript.push(&conversation[..end]);
            transcript.finish();
            assert!(transcript.requests().iter().count() < 2);
        }
    }
}
