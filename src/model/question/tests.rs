use super::reply::LONGEST_ANSWER;
use super::*;
use crate::model::Cursor;
use jiff::Timestamp;
use std::collections::BTreeMap;

fn question(subject: Subject, choices: &[&str]) -> Question {
    Question {
        id: QuestionId(1),
        asked_at: Timestamp::UNIX_EPOCH,
        by: subject.asker(),
        subject,
        text: "Which one?".to_owned(),
        choices: choices.iter().map(|&it| it.to_owned()).collect(),
        what_happens: BTreeMap::new(),
        permission: None,
        until: None,
        remind_s: 0,
    }
}

const AGENT: Subject = Subject::Agent {
    cursor: Cursor {
        node: 0,
        iteration: 1,
        attempt: 1,
    },
};

fn go(text: &str) -> Result<Resolved, ReplyError> {
    let text = text.to_owned();
    let next = Next::Go;
    let permit = None;
    Ok(Resolved { text, next, permit })
}

#[test]
fn an_agents_question_takes_any_text_and_its_choices_by_number() {
    let asked = question(AGENT, &["merge", "rebase"]);
    let text = |text: &str| asked.resolve(&Reply::Text(text.to_owned()));
    assert_eq!(text("  neither: squash "), go("neither: squash"));
    assert_eq!(text("MERGE"), go("merge"));
    assert_eq!(text(" "), Err(ReplyError::Empty));
    assert_eq!(asked.resolve(&Reply::Choice(2)), go("rebase"));
    for number in [0, 3, u32::MAX] {
        let wrong = ReplyError::NoSuchChoice { number, choices: 2 };
        assert_eq!(asked.resolve(&Reply::Choice(number)), Err(wrong));
    }
    let open = question(AGENT, &[]);
    assert_eq!(open.resolve(&Reply::Choice(1)), Err(ReplyError::NoChoices));
    assert_eq!(
        open.resolve(&Reply::Reject("no".to_owned())),
        go("no"),
        "the agent decides what a no means"
    );
}

#[test]
fn what_ap_asks_takes_its_own_words_only() {
    let (choices, what_happens) = decisions(true);
    let asked = Question {
        choices,
        what_happens,
        ..question(Subject::BeforeIteration { iteration: 1 }, &[])
    };
    let next = |reply: Reply| asked.resolve(&reply).map(|it| it.next);
    assert_eq!(next(Reply::Text("skip".to_owned())), Ok(Next::Skip));
    assert_eq!(next(Reply::Choice(3)), Ok(Next::Stop));
    assert_eq!(next(Reply::Approve(String::new())), Ok(Next::Go));
    assert_eq!(next(Reply::Reject("not today".to_owned())), Ok(Next::Stop));
    assert_eq!(
        next(Reply::Text("maybe".to_owned())),
        Err(ReplyError::NotAChoice("maybe".to_owned()))
    );
    assert_eq!(decisions(false).0, ["approve", "reject"]);
}

#[test]
fn ids_are_read_with_and_without_their_letter() {
    let read = |text: &str| text.parse::<QuestionId>().ok();
    assert_eq!(read("q3"), Some(QuestionId(3)));
    assert_eq!(read("3"), Some(QuestionId(3)));
    for text in ["", "q", "q0", "-1", "three", "q3x"] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(serde_json::to_value(QuestionId(3)).unwrap(), "q3");
}

#[test]
fn a_long_answer_is_cut_at_a_character() {
    let asked = question(AGENT, &[]);
    let long = asked.resolve(&Reply::Text("é".repeat(100_000)));
    assert!(long.is_ok_and(|it| it.text.len() < LONGEST_ANSWER + 8));
}
