//! Removes secrets from files that are complete.
use super::{atomic, beneath, crash, fault};
use crate::redact::Redactor;
use camino::Utf8Path;
use std::io;

/// Replaces a file by one without secrets, if it holds any, and returns how many were removed. A missing file holds none.
/// Other names of the file keep what they have.
pub fn redact_file(path: &Utf8Path, redactor: &Redactor) -> io::Result<usize> {
    let Some(mut file) = beneath::open_if_there(path)? else {
        return Ok(0);
    };
    if !redactor.finds_in(&mut file)? {
        return Ok(0);
    }
    let draft = beneath::draft_of(path);
    let mut file = beneath::open(path)?;
    let redacted = beneath::create(&draft).and_then(|mut to| {
        fault::step()?;
        redactor.copy(&mut file, &mut to)
    });
    crash::point(format_args!(
        "{}: redacted in a draft",
        path.file_name().unwrap_or("file")
    ));
    let put = redacted.and_then(|removed| beneath::put(&draft, path).map(|()| removed));
    if put.is_err() {
        // The reason matters more than a draft that could not be removed.
        let _ = beneath::remove_file(&draft);
    }
    put
}

/// Does the same to a file of JSON that is read again: it stays JSON, and values below these keys stay as they are.
pub fn redact_json_file(
    path: &Utf8Path,
    redactor: &Redactor,
    except: &[&str],
) -> io::Result<usize> {
    let Some(mut file) = beneath::open_if_there(path)? else {
        return Ok(0);
    };
    if !redactor.finds_in(&mut file)? {
        return Ok(0);
    }
    let Ok(value) = serde_json::from_slice(&beneath::read(path)?) else {
        return redact_file(path, redactor);
    };
    let redacted = redactor.redact_value_except(value, except);
    if 0 < redacted.removed {
        atomic::replace(path, &serde_json::to_vec_pretty(&redacted.kept)?)?;
    }
    Ok(redacted.removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::atomic;
    use fs_err as fs;

    #[test]
    fn json_that_is_read_again_stays_json_with_the_words_that_decide() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path())
            .unwrap()
            .join("status.json");
        let redactor = Redactor::new(["continue".to_owned(), "say \"hi\" now".to_owned()]);
        let text = r#"{"decision": "continue", "reason": "say \"hi\" now, and continue"}"#;
        atomic::replace(&path, text.as_bytes()).unwrap();
        assert_eq!(
            redact_json_file(&path, &redactor, &["decision"]).unwrap(),
            2
        );
        let kept: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(kept["decision"], "continue");
        assert_eq!(kept["reason"], "[secret], and [secret]");
        // What cannot be read as JSON is an error of the agent in any case.
        atomic::replace(&path, b"{\"reason\": continue").unwrap();
        assert_eq!(
            redact_json_file(&path, &redactor, &["decision"]).unwrap(),
            1
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"reason\": [secret]");
    }

    #[test]
    fn a_file_with_a_secret_is_replaced_and_its_other_name_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let redactor = Redactor::new(["swordfish".to_owned()]);
        let (file, other) = (folder.join("output.md"), folder.join("stdout.log"));
        assert_eq!(redact_file(&file, &redactor).unwrap(), 0);
        atomic::replace(&other, b"a swordfish, two swordfish\n").unwrap();
        fs::hard_link(&other, &file).unwrap();
        assert_eq!(redact_file(&file, &redactor).unwrap(), 2);
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "a [secret], two [secret]\n"
        );
        assert_eq!(
            fs::read_to_string(&other).unwrap(),
            "a swordfish, two swordfish\n"
        );
        assert_eq!(redact_file(&file, &redactor).unwrap(), 0);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 2, "no draft is left");
    }
}
