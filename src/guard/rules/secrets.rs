//! Keys and credentials that are read.
use crate::guard::call::Call;
use crate::guard::field::{self, ONE, STAR};
use crate::guard::location::Location;
use crate::guard::rule::{Block, Rule};
use crate::guard::shell_state::ShellState;
use crate::guard::stream::Stream;
use crate::guard::walk::Walk;

const INSTEAD: &str =
    "work without it; what needs it is for the user to run, so say so in your report";

/// Folders that hold nothing but keys and credentials.
const FOLDERS: [&str; 5] = [".ssh", ".aws", ".gnupg", ".kube", ".azure"];
/// Files that hold credentials, in any folder.
const FILES: [&str; 14] = [
    ".netrc",
    "_netrc",
    ".credentials.json",
    ".git-credentials",
    ".pgpass",
    ".pypirc",
    ".vault-token",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "credentials.json",
    "application_default_credentials.json",
    "secrets.env",
];
/// The ends of paths that hold credentials.
const ENDS: [&str; 6] = [
    ".docker/config.json",
    "gh/hosts.yml",
    "etc/shadow",
    "etc/gshadow",
    ".cargo/credentials.toml",
    ".gem/credentials",
];
/// What the file `secrets.*` may be without holding any: source code, documents and templates.
const HARMLESS: [&str; 26] = [
    "rs", "py", "go", "ts", "tsx", "js", "jsx", "mjs", "java", "kt", "rb", "php", "c", "h", "cc",
    "cpp", "hpp", "cs", "swift", "scala", "md", "rst", "html", "css", "snap", "sh",
];
const TEMPLATES: [&str; 5] = [".example", ".sample", ".template", ".dist", ".tmpl"];
/// Programs that show nothing of what is in a file.
const BLIND: [&str; 22] = [
    "echo",
    "printf",
    "ls",
    "stat",
    "test",
    "[",
    "[[",
    "mkdir",
    "touch",
    "chmod",
    "chown",
    "rm",
    "unlink",
    "cd",
    "ssh-add",
    "ssh-keyscan",
    "ssh-keygen",
    "find",
    "du",
    "basename",
    "dirname",
    "realpath",
];
const GIT_BLIND: [&str; 8] = [
    "check-ignore",
    "rm",
    "status",
    "log",
    "ls-files",
    "commit",
    "tag",
    "update-index",
];

/// Whether the text is the name of a file with secrets.
fn is_secret_name(name: &str) -> bool {
    if FILES.iter().any(|file| may_name(name, file)) {
        return true;
    }
    let Some(extension) = name.strip_prefix("secrets.") else {
        return false;
    };
    let is_template = TEMPLATES.iter().any(|end| name.ends_with(end));
    let is_code = HARMLESS.contains(&extension.rsplit('.').next().unwrap_or_default());
    !is_template && !is_code
}

/// Whether the word is this name, or a pattern that is written for it.
fn may_name(word: &str, name: &str) -> bool {
    // As in a shell, a pattern finds a name that begins with a dot only if it does too.
    let fits_dot = !name.starts_with('.') || !word.starts_with([STAR, ONE]);
    fits_dot && field::is_written_for(word, name)
}

/// Whether a path is or may be a file or a folder with secrets.
pub(in crate::guard) fn is_secret(location: &Location) -> bool {
    let path = location.path.as_str();
    let name = location.path.file_name().unwrap_or_default();
    let is_public = name.ends_with(".pub") || name == "known_hosts" || name == "authorized_keys";
    let in_folder = location
        .path
        .components()
        .any(|part| FOLDERS.iter().any(|folder| may_name(part.as_str(), folder)));
    let is_process = path.starts_with("/proc/") && name == "environ";
    let has_end = ENDS.iter().any(|end| path.ends_with(end));
    (in_folder && !is_public) || is_secret_name(name) || is_process || has_end
}

/// Judges a file that is read.
pub(in crate::guard) fn read(walk: &mut Walk<'_>, target: &str, state: &ShellState) {
    if is_secret(&walk.locate(target, state)) {
        forbid(walk, target);
    }
}

fn forbid(walk: &mut Walk<'_>, target: &str) {
    let shown = field::shown(target);
    let what = format!("`{shown}` holds keys or credentials");
    walk.forbid(Block::new(Rule::Secrets, what, INSTEAD));
}

pub(super) fn judge(walk: &mut Walk<'_>, call: &Call, state: &ShellState) {
    environment(walk, call);
    if call.is_any(&BLIND) && !field::has_unknown(&call.program) {
        return;
    }
    let is_git = call.name() == "git";
    if is_git
        && call
            .args
            .iter()
            .any(|arg| GIT_BLIND.contains(&arg.as_str()))
    {
        return;
    }
    for word in operands(call) {
        for path in paths(&word) {
            if is_secret(&walk.locate(path, state)) {
                forbid(walk, &word);
            }
        }
    }
}

/// Returns the words that may name files that are read.
fn operands(call: &Call) -> Vec<String> {
    let mut words = call.args.clone();
    match call.name() {
        "grep" | "egrep" | "fgrep" | "rg" | "ag" | "ack" | "sed" | "awk" | "jq" | "yq" => {
            let has_pattern = call.has_option("ef", "regexp") || call.has_option("f", "file");
            let pattern = words.iter().position(|word| !word.starts_with('-'));
            if let Some(at) = pattern.filter(|_| !has_pattern) {
                words.remove(at);
            }
        }
        "ssh" | "scp" | "sftp" | "rsync" => {
            if let Some(at) = words.iter().position(|word| word == "-i") {
                words.drain(at..words.len().min(at + 2));
            }
        }
        "cp" | "install" if 2 < words.len() + 1 => {
            // The last one is written.
            words.pop();
        }
        _ => {}
    }
    words
}

/// Returns the texts in a word that may be paths: `--file=path`, `@path`, `a:b`.
pub(in crate::guard) fn paths(word: &str) -> impl Iterator<Item = &str> {
    let separators = word
        .match_indices(['=', ':', ',', '@'])
        .map(|(at, found)| at + found.len());
    let starts = [0].into_iter().chain(separators);
    let attached = (word.starts_with('-') && !word.starts_with("--") && word.is_char_boundary(2))
        .then(|| word.get(2..));
    let file = word.split_once("file://").map(|(_, path)| path);
    starts
        .flat_map(move |start| {
            let rest = &word[start..];
            let end = rest.find([':', ',']).unwrap_or(rest.len());
            [rest, &rest[..end]]
        })
        .chain(attached.flatten())
        .chain(file)
        .filter(|path| !path.is_empty())
}

/// Judges the variables of the environment, which hold keys, on their way into files and to the network.
fn environment(walk: &mut Walk<'_>, call: &Call) {
    const NETWORK: [&str; 8] = ["curl", "wget", "nc", "ncat", "socat", "ssh", "scp", "mail"];
    let dumps = match call.name() {
        "env" | "printenv" => call.operands().next().is_none(),
        "set" => call.args.is_empty(),
        "export" | "declare" | "typeset" => {
            call.operands().next().is_none() && call.args.iter().all(|arg| arg.contains(['p', 'x']))
        }
        _ => false,
    };
    let has_it = dumps || call.input == Stream::Environment || walk.has_environment;
    let to_file = call
        .writes
        .iter()
        .any(|target| !target.starts_with("/dev/"))
        || (call.name() == "tee" && call.operands().next().is_some());
    let secret = walk.secret_variable.clone().or_else(|| match call.name() {
        "tee" => walk.piped_secret.clone(),
        _ => None,
    });
    let to_network = call.is_any(&NETWORK) && !dumps;
    if has_it && (to_file || to_network) {
        walk.forbid(Block::new(
            Rule::Secrets,
            "the environment holds keys, and this takes it out of the process",
            "name the variables you need, and none that is a key",
        ));
    }
    if let Some(name) = secret.filter(|_| to_file) {
        walk.forbid(Block::new(
            Rule::Content,
            format!("this writes the value of `${name}` into a file"),
            "let the program read the variable when it runs",
        ));
    }
}
