//! The user's own secrets: `secrets.yaml` beside `config.yaml`, and a `secrets.env` of cc-autopipe, read as data.
use super::atomic;
use super::layout::UserDirs;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Env;
use crate::redact::Redactor;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt as _;

/// The names that cc-autopipe has for what `notify:` calls `tg_token` and `tg_chat`.
const LEGACY: [(&str, &str); 2] = [("TG_BOT_TOKEN", "tg_token"), ("TG_CHAT_ID", "tg_chat")];

/// Secrets by name. Their values are never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    values: BTreeMap<String, String>,
    /// The `secrets.env` in cc-autopipe's own folder, if something was read from it.
    pub legacy: Option<Utf8PathBuf>,
    /// Why files were not used, with what helps.
    pub refused: Vec<String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Secrets {
    /// Returns a secret by its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Returns the names of all secrets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

/// Returns the path of `secrets.yaml`.
pub fn path(dirs: &UserDirs) -> Utf8PathBuf {
    dirs.config.join("secrets.yaml")
}

/// Reads the user's secrets. A file that others may read is refused; a missing one holds none.
pub fn read(dirs: &UserDirs, home: Option<&Utf8Path>) -> Result<Secrets> {
    let (secrets, errors) = read_each(dirs, home);
    errors.into_iter().next().map_or(Ok(secrets), Err)
}

/// Reads the secrets that can be used. A file that is refused takes away those of the files that it takes precedence over,
/// because its own values, which override them, are unknown.
pub fn read_usable(dirs: &UserDirs, home: Option<&Utf8Path>) -> Secrets {
    let (mut secrets, errors) = read_each(dirs, home);
    let words = |error: Error| match error.help() {
        Some(help) => format!("{error}: {help}"),
        None => error.to_string(),
    };
    secrets.refused = errors.into_iter().map(words).collect();
    secrets
}

fn read_each(dirs: &UserDirs, home: Option<&Utf8Path>) -> (Secrets, Vec<Error>) {
    let mut secrets = Secrets::default();
    let mut errors = Vec::new();
    let mut add =
        |file: &Utf8Path, is_old: bool, found: Result<BTreeMap<String, String>>| match found {
            Ok(found) => {
                if is_old && !found.is_empty() {
                    secrets.legacy = Some(file.to_owned());
                }
                secrets.values.extend(found);
            }
            Err(error) => {
                secrets.values.clear();
                errors.push(error);
            }
        };
    let old = home.map(|home| home.join(".cc-autopipe/secrets.env"));
    for (file, is_old) in old
        .into_iter()
        .map(|file| (file, true))
        .chain([(dirs.config.join("secrets.env"), false)])
    {
        let found = read_private(&file).map(|text| text.map(|text| variables(&text)));
        add(&file, is_old, found.map(Option::unwrap_or_default));
    }
    let file = path(dirs);
    let found = read_private(&file);
    let found = found.and_then(|text| text.map(|text| of_yaml(&file, &text)).transpose());
    add(&file, false, found.map(Option::unwrap_or_default));
    (secrets, errors)
}

/// Adds a secret to `secrets.yaml`, which must be there.
pub fn add(path: &Utf8Path, name: &str, value: &str) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    let between = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    // JSON's texts are YAML's, too.
    let value = serde_json::to_string(value)?;
    atomic::replace(path, format!("{text}{between}{name}: {value}\n").as_bytes())
}

/// Returns what removes the secrets of an environment, and those of the user that can be read.
pub fn redactor(dirs: &UserDirs, vars: &Env) -> Redactor {
    let home = vars.get("HOME").map(Utf8Path::new);
    Redactor::of_env(vars, readable_values(dirs, home))
}

/// Returns the values of all secrets that can be read, for redaction. A file that others may read counts too, and one that
/// cannot be read leaves the others.
fn readable_values(dirs: &UserDirs, home: Option<&Utf8Path>) -> Vec<String> {
    let old = home.map(|home| home.join(".cc-autopipe/secrets.env"));
    let lines = old.into_iter().chain([dirs.config.join("secrets.env")]);
    let of_lines =
        lines.map(|file| read_if_there(&file).map(|text| text.map(|text| variables(&text))));
    let file = path(dirs);
    let of_yaml =
        read_if_there(&file).and_then(|text| text.map(|text| of_yaml(&file, &text)).transpose());
    let mut values = Vec::new();
    for found in of_lines.chain([of_yaml]) {
        match found {
            Ok(found) => values.extend(found.into_iter().flat_map(BTreeMap::into_values)),
            Err(error) => tracing::warn!(%error, "the secrets of this file are not redacted"),
        }
    }
    values
}

fn read_if_there(file: &Utf8Path) -> Result<Option<String>> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => Ok(Some(text?)),
    }
}

fn read_private(file: &Utf8Path) -> Result<Option<String>> {
    let about = match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        about => about?,
    };
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let message = format!("{file} may be read by others (its mode is {mode:o})");
        return Err(
            Error::new(ErrorKind::NotPermitted, message).hint(format!("run `chmod 600 {file}`"))
        );
    }
    read_if_there(file)
}

/// Reads lines like `export NAME='value'` as data: nothing in them is run.
fn variables(text: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let value = value.trim();
        let quoted = ['\'', '"'].iter().find_map(|quote| {
            let inside = value.strip_prefix(*quote)?;
            inside.split_once(*quote).map(|(inside, _)| inside)
        });
        let value = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or_default().trim());
        let name = name.trim();
        for (old, new) in LEGACY.iter().filter(|(old, _)| *old == name) {
            values.insert((*old).to_owned(), value.to_owned());
            values.insert((*new).to_owned(), value.to_owned());
        }
    }
    values
}

/// Reads `name: value` lines. An error names the key and never a value.
fn of_yaml(file: &Utf8Path, text: &str) -> Result<BTreeMap<String, String>> {
    let wrong = |what: String| {
        Error::new(ErrorKind::Usage, format!("{file}: {what}"))
            .hint("it holds lines like `tg_token: \"123:abc\"`")
    };
    let parsed = match serde_yaml::from_str::<serde_yaml::Value>(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let place = error.location();
            let place = place.map_or_else(String::new, |at| {
                format!(" in line {}, column {}", at.line(), at.column())
            });
            return Err(wrong(format!("not valid YAML{place}")));
        }
    };
    let entries = match parsed {
        serde_yaml::Value::Null => return Ok(BTreeMap::new()),
        serde_yaml::Value::Mapping(entries) => entries,
        _ => return Err(wrong("it must have `name: value` lines".to_owned())),
    };
    let mut values = BTreeMap::new();
    for (key, value) in entries {
        let Some(name) = key.as_str() else {
            return Err(wrong("each name must be a text".to_owned()));
        };
        let value = match value {
            serde_yaml::Value::String(text) => text,
            serde_yaml::Value::Number(number) => number.to_string(),
            serde_yaml::Value::Null => continue,
            _ => return Err(wrong(format!("the value of `{name}` must be a text"))),
        };
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Home {
        dirs: UserDirs,
        home: Utf8PathBuf,
        _folder: tempfile::TempDir,
    }

    impl Home {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let home = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
            let env = std::iter::once(("AP_HOME".to_owned(), home.join("ap").into_string()));
            let dirs = UserDirs::new(&env.collect(), None);
            fs::create_dir_all(&dirs.config).unwrap();
            fs::create_dir_all(home.join(".cc-autopipe")).unwrap();
            Self {
                dirs,
                home,
                _folder: folder,
            }
        }

        fn write(&self, file: &Utf8Path, text: &str, mode: u32) {
            atomic::replace(file, text.as_bytes()).unwrap();
            fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
        }

        fn read(&self) -> Result<Secrets> {
            read(&self.dirs, Some(&self.home))
        }
    }

    #[test]
    fn without_a_file_there_are_no_secrets() {
        assert_eq!(Home::new().read().unwrap(), Secrets::default());
    }

    #[test]
    fn redaction_knows_what_others_may_read_and_what_stands_beside_a_mistake() {
        let home = Home::new();
        home.write(&path(&home.dirs), "tg_token: swordfish-9\n", 0o644);
        home.write(
            &home.dirs.config.join("secrets.env"),
            "TG_CHAT_ID=tiger-lily\n",
            0o600,
        );
        let values = || {
            let mut values = readable_values(&home.dirs, Some(&home.home));
            values.sort();
            values.dedup();
            values
        };
        assert_eq!(values(), ["swordfish-9", "tiger-lily"]);
        home.write(&path(&home.dirs), "- no map\n", 0o600);
        assert_eq!(values(), ["tiger-lily"]);
    }

    #[test]
    fn secrets_are_read_by_name() {
        let home = Home::new();
        home.write(&path(&home.dirs), "a: one\nchat: -100123\nempty:\n", 0o600);
        let secrets = home.read().unwrap();
        assert_eq!(secrets.get("a"), Some("one"));
        assert_eq!(secrets.get("chat"), Some("-100123"));
        assert_eq!(secrets.names().count(), 2);
        assert_eq!(format!("{secrets:?}"), "{\"a\", \"chat\"}");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_command_that_helps() {
        let home = Home::new();
        let file = path(&home.dirs);
        home.write(&file, "a: one\n", 0o640);
        let error = home.read().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{file} may be read by others (its mode is 640)")
        );
        assert_eq!(
            error.help(),
            Some(format!("run `chmod 600 {file}`").as_str())
        );
    }

    #[test]
    fn a_refused_file_takes_away_only_what_it_may_override() {
        let home = Home::new();
        let (old, yaml) = (home.home.join(".cc-autopipe/secrets.env"), path(&home.dirs));
        home.write(&old, "TG_BOT_TOKEN=old\nTG_CHAT_ID=42\n", 0o600);
        home.write(&yaml, "tg_token: mine\n", 0o644);
        let secrets = read_usable(&home.dirs, Some(&home.home));
        assert_eq!(secrets.names().count(), 0);
        let reason =
            format!("{yaml} may be read by others (its mode is 644): run `chmod 600 {yaml}`");
        assert_eq!(secrets.refused, [reason]);
        home.write(&old, "TG_BOT_TOKEN=old\n", 0o644);
        home.write(&yaml, "tg_token: mine\n", 0o600);
        let secrets = read_usable(&home.dirs, Some(&home.home));
        assert_eq!(secrets.get("tg_token"), Some("mine"));
        assert_eq!(secrets.refused.len(), 1);
    }

    #[test]
    fn errors_never_quote_a_value() {
        let home = Home::new();
        for text in ["a: {b: swordfish}\n", "a: 'swordfish\n", "- swordfish\n"] {
            home.write(&path(&home.dirs), text, 0o600);
            let error = home.read().unwrap_err().to_string();
            assert!(!error.contains("swordfish"), "{error}");
        }
    }

    #[test]
    fn an_older_file_is_read_as_data() {
        let home = Home::new();
        let file = home.home.join(".cc-autopipe/secrets.env");
        let text = "# bot\nexport TG_BOT_TOKEN='1:$(touch gone)'\nTG_CHAT_ID=42 # me\nPATH=/x\n";
        home.write(&file, text, 0o600);
        let secrets = home.read().unwrap();
        assert_eq!(secrets.get("tg_token"), Some("1:$(touch gone)"));
        assert_eq!(secrets.get("TG_CHAT_ID"), Some("42"));
        assert_eq!(secrets.get("PATH"), None);
        assert_eq!(secrets.legacy, Some(file));
        let own = home.dirs.config.join("secrets.env");
        home.write(&own, "TG_CHAT_ID=\"43\"\n", 0o600);
        home.write(&path(&home.dirs), "tg_token: mine\n", 0o600);
        let secrets = home.read().unwrap();
        assert_eq!(secrets.get("tg_chat"), Some("43"));
        assert_eq!(secrets.get("tg_token"), Some("mine"));
    }
}
