use super::*;

fn verdict(code: Option<i32>, stdout: &str) -> String {
    read(code, stdout).verdict.to_string()
}

fn read(code: Option<i32>, stdout: &str) -> GateReading {
    let output = CommandOutput {
        code,
        signal: None,
        stdout: stdout.into(),
        stderr: "words on stderr\n".into(),
    };
    read_command(&output, Some(Threshold::DEFAULT))
}

#[test]
fn exit_codes_decide_without_json() {
    let verdicts = [
        Some(0),
        Some(1),
        Some(101),
        Some(75),
        Some(126),
        Some(127),
        None,
    ]
    .map(|code| verdict(code, "ran 3 tests\n"));
    insta::assert_snapshot!(verdicts.join("\n"), @r"
    done: ran 3 tests
    not done: ran 3 tests
    not done: ran 3 tests
    in progress: ran 3 tests
    broken: exit code 126: ran 3 tests
    broken: exit code 127: ran 3 tests
    broken: it was ended by a signal: ran 3 tests
    ");
    assert_eq!(verdict(Some(2), ""), "not done: words on stderr");
}

#[test]
fn json_decides_as_the_whole_output_or_its_last_line() {
    let verdicts = [
        (Some(0), r#"{"passed":true,"score":1.0}"#),
        (
            Some(1),
            "warning: old\n{\"passed\":false,\"reason\":\"2 tests fail\"}\n",
        ),
        (
            Some(0),
            r#"{"passed":false,"in_progress":true,"details":"job 7"}"#,
        ),
        (Some(0), "{\n \"verdict\": \"pass\"\n}"),
        (Some(0), r#"{"stop":true,"reason":"enough"}"#),
        (Some(1), r#"{"passed":true}"#),
        (Some(0), r#"{"verdict":"yes"}"#),
        (Some(0), r#"{"ok":true}"#),
        (None, r#"{"passed":true}"#),
        (
            Some(0),
            r#"{"passed":true,"score":0.9,"prd_complete":false}"#,
        ),
        (Some(0), r#"{"verdict":"pass","prd_complete":false}"#),
        (Some(0), r#"{"passed":false,"prd_complete":true}"#),
        (Some(0), r#"{"passed":true,"prd_complete":true}"#),
    ]
    .map(|(code, stdout)| verdict(code, stdout));
    insta::assert_snapshot!(verdicts.join("\n"), @r#"
    done: score 1
    not done: 2 tests fail
    in progress: job 7
    done
    done: enough
    broken: it reports success but ends with exit code 1: {"passed":true}
    broken: its verdict is `yes`: {"verdict":"yes"}
    broken: its JSON has neither `passed`, `stop` nor `verdict`: {"ok":true}
    broken: it was ended by a signal: {"passed":true}
    not done: it passes, but not all of the work is done: score 0.9
    not done: it passes, but not all of the work is done
    not done
    done
    "#);
}

#[test]
fn a_score_below_the_threshold_is_not_done() {
    let answer = r#"{"passed":true,"score":0.2,"prd_complete":true}"#;
    let low = read(Some(0), answer);
    assert_eq!(
        low.verdict.to_string(),
        "not done: the score 0.2 is below the threshold 0.85"
    );
    let expected = VerifyAnswer {
        passed: true,
        score: Some(0.2),
        complete: Some(true),
        ..VerifyAnswer::default()
    };
    assert_eq!(low.answer, Some(expected));
    assert_eq!(
        verdict(Some(0), r#"{"passed":true,"score":0.85}"#),
        "done: score 0.85"
    );
    let output = CommandOutput {
        code: Some(0),
        signal: None,
        stdout: answer.into(),
        stderr: "".into(),
    };
    let of_command = read_command(&output, None).verdict;
    assert_eq!(of_command.to_string(), "done: score 0.2");
}

#[test]
fn text_around_the_answer_does_not_matter() {
    let noisy =
        "running 3 tests\n{not json}\n{\"passed\": false, \"details\": \"2 fail\"}\n2 warnings\n";
    assert_eq!(verdict(Some(1), noisy), "not done: 2 fail");
    let running = read(Some(0), "x\n{\"passed\":false,\"in_progress\":true}\ny");
    assert_eq!(running.verdict.to_string(), "in progress");
    assert!(running.answer.is_some_and(|answer| answer.in_progress));
}

#[test]
fn what_is_no_answer_is_refused_with_the_reason_whatever_the_exit_code() {
    for (text, reason) in [
        (
            "{\"passed\":true}\n{\"passed\":false}",
            "it printed 2 answers, not one",
        ),
        (r#"{"passed":true,"score":"0.9"}"#, "its JSON is wrong"),
        (r#"{"passed":true,"score":NaN}"#, "its JSON cannot be read"),
        (
            r#"{"passed":true,"score":1.5}"#,
            "its score 1.5 is not between 0 and 1",
        ),
        (
            r#"{"passed":true,"score":-0.1}"#,
            "its score -0.1 is not between 0 and 1",
        ),
        (r#"{"passed":"true"}"#, "its JSON is wrong"),
        (
            r#"{"passed":true,"passed":false}"#,
            "its JSON is wrong (duplicate field",
        ),
        (r#"{"passed":true,"in_progress":1}"#, "its JSON is wrong"),
        (r#"{"passed":null}"#, "its JSON has neither `passed`"),
        (
            "{\n\"passed\": true,\n\"score\": NaN\n}",
            "its JSON cannot be read",
        ),
    ] {
        let reading = read(Some(0), text);
        let verdict = reading.verdict.to_string();
        assert!(
            verdict.starts_with(&format!("broken: {reason}")),
            "{text}: {verdict}"
        );
        assert_eq!(reading.answer, None, "{text}");
    }
}

#[test]
fn long_details_are_cut() {
    let long = format!("{{\"passed\":false,\"details\":\"{}\"}}", "é".repeat(9000));
    let details = read(Some(1), &long).answer.unwrap().details;
    assert_eq!(details.chars().count(), VerifyAnswer::MAX_DETAILS);
}
