//! What damage, full disks and several writers do to the file.
use super::*;
use crate::store::outages;
use crate::store::roots::{self, lock};

#[test]
fn a_damaged_file_is_named_and_written_again_and_a_newer_one_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    create_state_dir(&dirs).unwrap();
    let path = dirs.state_file(StateFile::Quota);
    for torn in [
        "",
        "{\"v\":1,\"accounts\":{\"x\"",
        "[]",
        "{\"v\":1,\"accounts\":5}",
    ] {
        atomic::replace(&path, torn.as_bytes()).unwrap();
        let error = read(&dirs).unwrap_err().to_string();
        assert!(error.starts_with("it is damaged"), "{torn}: {error}");
        assert!(QuotaCache::default().get(&dirs).accounts.is_empty());
        record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.5, 300), 0);
        assert_eq!(used(&dirs, "five_hour", &at(1)), Some(0.5), "{torn}");
    }
    let newer = "{\"v\":7,\"accounts\":{},\"more\":1}";
    atomic::replace(&path, newer.as_bytes()).unwrap();
    let account = account("claude.ai");
    let report = Report {
        account: &account,
        source: QuotaSource::Agent,
        report: report(vec![reading("five_hour", 0.5, 300)]),
        seen: &at(0),
        warn_on: None,
    };
    let error = record(&dirs, report).unwrap_err().to_string();
    assert_eq!(error, "it has format 7, which a newer ap wrote");
    assert_eq!(read_text(&dirs).unwrap().unwrap(), newer);
}

#[test]
fn an_account_of_a_value_outside_its_range_is_damage_and_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.5, 300), 0);
    let text = read_text(&dirs).unwrap().unwrap().replace("0.5", "5.0");
    atomic::replace(&dirs.state_file(StateFile::Quota), text.as_bytes()).unwrap();
    assert!(
        read(&dirs)
            .unwrap_err()
            .to_string()
            .contains("5 is outside 0 to 1")
    );
}

#[test]
fn a_lock_that_another_process_keeps_is_waited_for_no_longer_than_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    let locks = [
        StateFile::QuotaLock,
        StateFile::RootsLock,
        StateFile::OutagesLock,
    ];
    let _held = locks.map(|file| lock(&dirs, file).unwrap());
    let account = account("claude.ai");
    let record_quota = || {
        let seen = at(0);
        let report = Report {
            account: &account,
            source: QuotaSource::Agent,
            report: report(vec![reading("five_hour", 0.5, 300)]),
            seen: &seen,
            warn_on: None,
        };
        record(&dirs, report)
    };
    let now = at(0).at;
    std::thread::scope(|scope| {
        let quota = scope.spawn(record_quota);
        let roots = scope.spawn(|| roots::add(&dirs, "/p".into(), now));
        let outages = scope.spawn(|| outages::note_outage(&dirs, "claude", now));
        assert!(matches!(quota.join().unwrap(), Err(QuotaFileError::Locked)));
        for result in [roots.join().unwrap(), outages.join().unwrap()] {
            assert_eq!(result.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
        }
    });
    assert_eq!(read(&dirs).unwrap(), QuotaFile::default());
}

#[test]
fn a_full_disk_loses_nothing_that_was_known() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.5, 300), 0);
    let account = account("claude.ai");
    for kind in ["EIO", "ENOSPC"] {
        let report = Report {
            account: &account,
            source: QuotaSource::Agent,
            report: report(vec![reading("five_hour", 0.6, 300)]),
            seen: &at(1),
            warn_on: None,
        };
        fault::on::plan(Some(&format!("{kind}:1:9")));
        let recorded = record(&dirs, report);
        fault::on::plan(None);
        assert!(recorded.is_err(), "{kind}");
        assert_eq!(used(&dirs, "five_hour", &at(2)), Some(0.5), "{kind}");
    }
}

#[test]
fn a_file_that_is_torn_or_cannot_be_written_leaves_what_was_known() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    let path = dirs.state_file(StateFile::Quota);
    let mut cache = QuotaCache::default();
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.5, 300), 0);
    assert_eq!(cache.get(&dirs).accounts.len(), 1);
    for torn in ["{\"v\":1,\"acc", "{\"v\":9}"] {
        atomic::replace(&path, torn.as_bytes()).unwrap();
        assert_eq!(cache.get(&dirs).accounts.len(), 1, "{torn}");
    }
    // Nothing replaces a folder.
    fs_err::remove_file(&path).unwrap();
    fs_err::create_dir_all(path.join("in the way")).unwrap();
    let account = account("claude.ai");
    let report = Report {
        account: &account,
        source: QuotaSource::Agent,
        report: report(vec![reading("five_hour", 0.6, 300)]),
        seen: &at(1),
        warn_on: None,
    };
    assert!(record(&dirs, report).is_err());
    assert_eq!(cache.get(&dirs).accounts.len(), 1);
}

#[test]
fn the_file_is_only_the_users_own_and_names_no_credential() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.5, 300), 0);
    let mode = fs_err::metadata(&dirs.state).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn concurrent_sessions_lose_no_reading() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let dirs = &dirs;
            scope.spawn(move || {
                record_one(
                    dirs,
                    QuotaSource::Agent,
                    reading(&format!("w{number}"), 0.5, 300),
                    0,
                );
            });
        }
    });
    let file = read(&dirs).unwrap();
    assert_eq!(file.accounts[&account("claude.ai").key()].windows.len(), 8);
}

#[test]
fn the_cache_reads_what_was_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let dirs = dirs(&folder);
    let mut cache = QuotaCache::default();
    assert!(cache.get(&dirs).accounts.is_empty());
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.5, 300), 0);
    assert_eq!(cache.get(&dirs).accounts.len(), 1);
    record_one(&dirs, QuotaSource::Agent, reading("five_hour", 0.6, 300), 1);
    let window = &cache.get(&dirs).accounts[&account("claude.ai").key()].windows
        [&WindowName::new("five_hour")];
    assert_eq!(window.used, Some(share(0.6)));
}
