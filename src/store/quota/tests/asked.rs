//! When the program of an account may be asked.
use super::*;

#[test]
fn a_program_is_asked_by_one_process_and_less_after_failures() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    let account = account("claude.ai");
    let begin = |minute| begin_asking(&dirs, &account, &at(minute), false).unwrap();
    let fail = |minute| {
        finish_asking(&dirs, &account, Err("no answer".to_owned()), &at(minute)).unwrap();
    };
    begin(0).unwrap();
    assert_eq!(begin(0), Err("another process is asking".to_owned()));
    begin(1).unwrap();
    fail(1);
    let mut minute = 1;
    for wait in [15, 30, 60, 120, 240, 240] {
        let refusal = begin(minute + wait - 1).unwrap_err();
        assert!(refusal.starts_with("it failed: no answer"), "{refusal}");
        minute += wait;
        begin(minute).unwrap();
        fail(minute);
    }
    // An answer ends the waits, and counts for a quarter of an hour.
    minute += 240;
    begin(minute).unwrap();
    let answer = report(vec![reading("five_hour", 0.5, minute + 200)]);
    finish_asking(&dirs, &account, Ok(Some(answer)), &at(minute)).unwrap();
    assert!(begin(minute + 14).is_err());
    assert_eq!(used(&dirs, "five_hour", &at(minute + 1)), Some(0.5));
    begin(minute + 15).unwrap();
    finish_asking(&dirs, &account, Ok(None), &at(minute + 15)).unwrap();
    let refusal = begin(minute + 15 + 60 * 23).unwrap_err();
    assert!(refusal.contains("no windows"), "{refusal}");
}

#[test]
fn a_program_is_asked_96_times_a_day_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    let account = account("claude.ai");
    // By hand it may be once a minute.
    let asked = (0..600).filter(|minute| {
        let begun = begin_asking(&dirs, &account, &at(*minute), true)
            .unwrap()
            .is_ok();
        if begun {
            finish_asking(&dirs, &account, Ok(Some(report(Vec::new()))), &at(*minute)).unwrap();
        }
        begun
    });
    assert_eq!(asked.count(), 96);
}
