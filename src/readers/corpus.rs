//! What the readers read in real life, in lines.
use crate::clock;
use crate::model::{Event, PauseAfter};
use crate::store::journal::Journal;
use camino::{Utf8Path, Utf8PathBuf};

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corpus {
    Streams,
    Statuses,
    Journals,
    Definitions,
    QueueOutput,
}

/// Texts that tests have no file of.
const STATUSES: &str = r#"{"decision":"continue","summary":"did it","reason":"more to do"
,"work":{"items_completed":["a"],"files_touched":["b.rs"]}
,"errors":["none"]
}
{"decision":"stop"}
{"decision":"error","reason":null,"errors":null}
"#;
const QUEUES: &str = r#"[{"id":"1","title":"one","state":"open"}
,{"id":2,"title":"two","state":"held","owner":"s","priority":1}
,{"id":"3","title":"three","state":"blocked","why":"waits","acceptance":["it works"]}
]
{"data":[{"id":"bd-1","title":"x","status":"open","labels":["a"]}]}
{"error":"no database"}
{"userStories":[{"id":"US-1","title":"a","priority":1,"passes":false,"dependsOn":["US-2"]}
,{"id":"US-2","title":"b","acceptanceCriteria":["c"],"passes":true}]}
# Plan
- [ ] one (#a)
  - [x] two
1. [ ] three
```
- [ ] code
```
> - [ ] quoted
"#;

/// Returns the pieces of a corpus: the lines of files of this repository, with their line ends.
pub fn corpus(of: Corpus) -> Vec<Vec<u8>> {
    let files = |folders: &[&str], extension: &str| {
        let mut found = Vec::new();
        for folder in folders {
            let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            files_in(&folder, extension, &mut found);
        }
        found.sort();
        found
            .iter()
            .filter_map(|path| fs_err::read(path).ok())
            .flat_map(|text| lines(&text))
            .collect()
    };
    match of {
        Corpus::Streams => files(
            &[
                "tests/data/claude",
                "tests/data/codex",
                "tests/data/gemini",
                "tests/data/amp",
            ],
            "jsonl",
        ),
        Corpus::Statuses => lines(STATUSES.as_bytes()),
        Corpus::Journals => written_journal(),
        Corpus::Definitions => files(&["loops", "pipelines", "tests/it/vocabulary"], "yaml"),
        Corpus::QueueOutput => lines(QUEUES.as_bytes()),
    }
}

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn files_in(folder: &Utf8Path, extension: &str, found: &mut Vec<Utf8PathBuf>) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_in(path, extension, found);
        } else if path.extension() == Some(extension) {
            found.push(path.to_owned());
        }
    }
}

/// Returns the lines of a journal with valid checksums.
fn written_journal() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("events.jsonl");
    let path = Utf8Path::from_path(&path).expect("UTF-8");
    let mut journal = Journal::open(path, |_| ()).expect("a journal");
    let started = Event::SessionStarted {
        session: "s".parse().expect("a name"),
        run: "r".parse().expect("an id"),
        plan: String::new(),
    };
    let facts = [
        started,
        Event::PauseRequested {
            after: PauseAfter::Iteration,
        },
        Event::ContinueRequested,
        Event::WaitEnded,
    ];
    for fact in facts.iter().cycle().take(12) {
        journal.append(fact, clock::now()).expect("a line");
    }
    lines(&fs_err::read(path).expect("the journal"))
}
