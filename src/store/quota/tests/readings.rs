//! What reports of the windows make known, and when it counts.
use super::*;

#[test]
fn a_window_is_unknown_again_when_its_reset_has_passed() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.9, 60), 0);
    assert_eq!(used(&dirs, "five_hour", &at(59)), Some(0.9));
    assert_eq!(used(&dirs, "five_hour", &at(60)), None);
}

#[test]
fn a_clock_that_is_set_back_does_not_make_a_reading_immortal() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.9, 60), 0);
    let week_back = SignedDuration::from_hours(24 * 7);
    let set_back = |minute| Moment {
        at: at(minute).at - week_back,
        ..at(minute)
    };
    assert_eq!(used(&dirs, "five_hour", &set_back(59)), Some(0.9));
    assert_eq!(used(&dirs, "five_hour", &set_back(60)), None);
    let file = read(&dirs).unwrap();
    let uses = file.accounts[&account("claude.ai").key()].uses(&set_back(30));
    assert_eq!(
        uses[0].ends,
        set_back(60).at,
        "as long as there is left of it"
    );
    // After a restart the wall clock is all there is.
    let restarted = Moment {
        boot: "another".to_owned(),
        uptime_s: 1.0,
        ..set_back(30)
    };
    assert_eq!(used(&dirs, "five_hour", &restarted), None);
}

#[test]
fn a_rejection_holds_the_account_until_its_reset_or_until_a_request_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    let rejected = WindowReading {
        status: WindowStatus::Rejected,
        used: None,
        ..reading("five_hour", 0.0, 60)
    };
    record_one(&dirs, QuotaSource::Agent, rejected, 0);
    let until = |now: &Moment| {
        let file = read(&dirs).unwrap();
        let uses = file.accounts[&account("claude.ai").key()].uses(now);
        uses.first().and_then(|it| it.rejected_until)
    };
    assert_eq!(until(&at(1)), Some(at(60).at));
    // A status line does not report rejections.
    let silent = WindowReading {
        status: WindowStatus::Unknown,
        ..reading("five_hour", 1.0, 60)
    };
    record_one(&dirs, QuotaSource::StatusLine, silent, 2);
    assert_eq!(until(&at(3)), Some(at(60).at));
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 1.0, 60), 4);
    assert_eq!(until(&at(5)), None);
    assert_eq!(used(&dirs, "five_hour", &at(5)), Some(1.0));
}

#[test]
fn a_status_line_that_repeats_itself_neither_lowers_nor_refreshes_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.5, 300), 0);
    record_one(
        &dirs,
        QuotaSource::StatusLine,
        reading("five_hour", 0.3, 300),
        30,
    );
    record_one(
        &dirs,
        QuotaSource::StatusLine,
        reading("five_hour", 0.5, 300),
        60,
    );
    let seen = |dirs: &UserDirs| {
        let file = read(dirs).unwrap();
        file.accounts[&account("claude.ai").key()].windows[&WindowName::new("five_hour")].clone()
    };
    assert_eq!(
        (seen(&dirs).seen_at, seen(&dirs).used),
        (at(0).at, Some(share(0.5)))
    );
    record_one(
        &dirs,
        QuotaSource::StatusLine,
        reading("five_hour", 0.6, 300),
        90,
    );
    assert_eq!(seen(&dirs).source, QuotaSource::StatusLine);
    assert_eq!(used(&dirs, "five_hour", &at(91)), Some(0.6));
}

#[test]
fn a_fall_without_a_reset_counts_when_it_is_confirmed_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    record_one(
        &dirs,
        QuotaSource::Agent,
        reading("seven_day", 0.97, 5000),
        0,
    );
    record_one(
        &dirs,
        QuotaSource::Agent,
        reading("seven_day", 0.10, 5000),
        1,
    );
    assert_eq!(used(&dirs, "seven_day", &at(1)), Some(0.97));
    let file = read(&dirs).unwrap();
    let refused = &file.accounts[&account("claude.ai").key()].refused;
    assert!(
        refused[0].why.contains("fell from 97 % to 10 %"),
        "{refused:?}"
    );
    record_one(
        &dirs,
        QuotaSource::Agent,
        reading("seven_day", 0.11, 5000),
        3,
    );
    assert_eq!(used(&dirs, "seven_day", &at(3)), Some(0.11));
    // A new window begins with nothing, which needs no other reading.
    record_one(
        &dirs,
        QuotaSource::Agent,
        reading("seven_day", 0.0, 5000 + 60),
        4,
    );
    assert_eq!(used(&dirs, "seven_day", &at(4)), Some(0.0));
}

#[test]
fn a_reset_that_moves_closer_makes_no_room_before_it_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    let record = |used, reset, minute| {
        record_one(
            &dirs,
            QuotaSource::Agent,
            reading("seven_day", used, reset),
            minute,
        );
    };
    let known = |minute| {
        let file = read(&dirs).unwrap();
        let uses = file.accounts[&account("claude.ai").key()].uses(&at(minute));
        (uses[0].used.fraction(), uses[0].ends)
    };
    record(0.97, 5000, 0);
    record(0.98, 4000, 1);
    assert_eq!(known(1), (0.98, at(4000).at), "more use counts at once");
    record(0.10, 3000, 2);
    assert_eq!(known(2), (0.98, at(4000).at));
    record(0.11, 3000, 4);
    assert_eq!(known(4), (0.11, at(3000).at));
    // One that moves away is another window.
    record(0.02, 9000, 5);
    assert_eq!(known(5), (0.02, at(9000).at));
}

#[test]
fn refused_values_are_named_once_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.5, 300), 0);
    for minute in 1..20 {
        let mut odd = report(vec![reading("seven_day", 0.5, 60 * 24 * 30)]);
        odd.refuse(&WindowName::new("five_hour"), "1.2 is outside 0 to 1");
        let account = account("claude.ai");
        let report = Report {
            account: &account,
            source: QuotaSource::Agent,
            report: odd,
            seen: &at(minute),
            warn_on: None,
        };
        record(&dirs, report).unwrap();
    }
    assert_eq!(used(&dirs, "five_hour", &at(20)), Some(0.5));
    assert_eq!(used(&dirs, "seven_day", &at(20)), None);
    let file = read(&dirs).unwrap();
    assert_eq!(file.accounts[&account("claude.ai").key()].refused.len(), 2);
}

#[test]
fn two_accounts_in_turn_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    for (method, share) in [
        ("claude.ai", 0.9),
        ("oauth_token", 0.1),
        ("claude.ai", 0.91),
    ] {
        let account = account(method);
        let report = Report {
            account: &account,
            source: QuotaSource::Agent,
            report: report(vec![reading("five_hour", share, 300)]),
            seen: &at(0),
            warn_on: None,
        };
        record(&dirs, report).unwrap();
    }
    assert_eq!(read(&dirs).unwrap().accounts.len(), 2);
    assert_eq!(used(&dirs, "five_hour", &at(1)), Some(0.91));
}

#[test]
fn a_week_is_warned_of_once_per_threshold_and_day() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    let percents = |used: f64, minute| {
        let warnings = record_one(
            &dirs,
            QuotaSource::Agent,
            reading("seven_day", used, 5000),
            minute,
        );
        warnings.iter().map(|it| it.percent).collect::<Vec<_>>()
    };
    let five = record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.99, 60), 0);
    assert_eq!(five, [], "only the week is warned of");
    assert_eq!(percents(0.69, 0), [0_u8; 0]);
    assert_eq!(percents(0.70, 1), [70]);
    assert_eq!(percents(0.75, 2), [0_u8; 0]);
    assert_eq!(percents(0.91, 3), [90], "80 was passed with it");
    assert_eq!(percents(0.96, 4), [95]);
    assert_eq!(percents(0.97, 5), [0_u8; 0]);
    let account = account("claude.ai");
    let tomorrow = Report {
        account: &account,
        source: QuotaSource::Agent,
        report: report(vec![reading("seven_day", 0.97, 5000)]),
        seen: &at(60 * 24),
        warn_on: Some(date(2027, 1, 16)),
    };
    assert_eq!(record(&dirs, tomorrow).unwrap().len(), 1);
}

#[test]
fn what_iterations_add_is_remembered_for_the_last_twenty() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    let account = account("claude.ai");
    let expected = || read(&dirs).unwrap().accounts[&account.key()].uses(&at(100))[0].expected;
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.1, 300), 0);
    assert_eq!(expected(), share(0.01));
    for number in 0..25 {
        let before = read(&dirs).unwrap().accounts[&account.key()].uses(&at(number));
        let used = before[0].used.fraction() + 0.02;
        let began = at(number);
        record_one(
            &dirs,
            QuotaSource::Agent,
            reading("five_hour", used, 300),
            number + 1,
        );
        note_added(&dirs, &account, &before, &began, &at(number + 1)).unwrap();
    }
    let file = read(&dirs).unwrap();
    assert_eq!(
        file.accounts[&account.key()].added[&WindowName::new("five_hour")].len(),
        20
    );
    assert!((expected().fraction() - 0.02).abs() < 1e-9);
}
