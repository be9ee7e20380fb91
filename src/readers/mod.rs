//! Readers of bytes that others write, as property tests and fuzz targets call them: no bytes may be fatal, and what
//! holds of each reader is checked.
mod assembled;
mod corpus;
#[cfg(test)]
mod tests;

pub use assembled::assembled;
pub use corpus::{Corpus, corpus};

use crate::agent::{Provider, Transcript};
use crate::compile::{
    LoopSource, Overrides, PipelineSource, Request, SourceText, Sources, compile,
};
use crate::model::Status;
use crate::plan::Origin;
use crate::queue;
use crate::store::atomic;
use crate::store::journal::{self, Journal, Position};
use camino::Utf8PathBuf;
use std::collections::BTreeMap;

/// Reads an agent's output as each provider's: in whole and in pieces it is the same.
pub fn stream(bytes: &[u8]) {
    for provider in Provider::all() {
        let read = |size: usize| {
            let mut transcript = Transcript::new(provider.adapter().output_format());
            let mut shown = Vec::new();
            for piece in bytes.chunks(size) {
                shown.extend(transcript.push(piece));
            }
            shown.extend(transcript.finish());
            let _ = (
                transcript.usage(),
                transcript.cost(),
                transcript.take_quota(),
            );
            (format!("{transcript:?}"), shown)
        };
        let whole = read(bytes.len().max(1));
        assert_eq!(
            read(7),
            whole,
            "{}: pieces are read otherwise",
            provider.name()
        );
    }
}

/// Reads a `status.json`: one that is valid is the same when it is written and read again.
pub fn status(bytes: &[u8]) {
    let Ok(status) = Status::parse(&String::from_utf8_lossy(bytes)) else {
        return;
    };
    let text = serde_json::to_string(&status).expect("JSON");
    assert_eq!(Status::parse(&text).ok(), Some(status), "{text}");
}

/// Reads a journal: who reads it and who opens it for writing agree, and a repaired one is readable.
pub fn journal(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
    let path = folder.join("events.jsonl");
    atomic::replace(&path, bytes).expect("a file");
    let read = journal::read_from(&path, Position::default(), |_| ());
    match (read, Journal::open(&path, |_| ())) {
        (Ok(end), Ok(opened)) => {
            assert_eq!(opened.position(), end);
            let length = fs_err::metadata(&path).expect("the file").len();
            assert_eq!(length, end.offset, "what is torn is not cut off");
        }
        (Err(_), Err(_)) => {
            let kept = fs_err::read(&path).expect("the file");
            assert_eq!(kept, bytes, "a damaged journal was changed");
            journal::salvage(&path, &[], 0).expect("it is repaired");
            journal::read_from(&path, Position::default(), |_| ()).expect("it is readable");
        }
        (read, opened) => panic!("read: {read:?}, opened: {:?}", opened.is_ok()),
    }
}

/// Compiles a definition, as a loop and as a pipeline: it is a plan, or its mistakes can be shown.
pub fn definition(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = |file: &str, text: String| SourceText {
        file: file.into(),
        text,
    };
    let a_loop = |text: String| LoopSource {
        name: "work".into(),
        origin: Origin::User,
        definition: source("loop.yaml", text),
        prompt: Ok(source("prompt.md", "${STATUS}".into())),
    };
    let used = a_loop("termination: {type: queue}\n".into());
    let pipeline = PipelineSource {
        name: "p".into(),
        origin: Origin::User,
        definition: source("p.yaml", text.clone()),
        pipelines: BTreeMap::new(),
        known_pipelines: Vec::new(),
        loops: BTreeMap::from([("work".to_owned(), Ok(used))]),
        known_loops: vec!["work".into()],
    };
    for sources in [Sources::Loop(a_loop(text)), Sources::Pipeline(pipeline)] {
        let request = Request {
            session: "s".parse().expect("a name"),
            run: "r".parse().expect("an id"),
            command: String::new(),
            project: "/p".into(),
            backlog: None,
            beads: false,
        };
        match compile(&sources, &request, &Overrides::default()) {
            Ok((plan, _)) => {
                let text = serde_json::to_string(&plan).expect("JSON");
                assert_eq!(
                    serde_json::from_str::<crate::plan::Plan>(&text).ok(),
                    Some(plan)
                );
            }
            Err(problems) => {
                assert!(!problems.is_empty(), "refused without a reason");
                for problem in problems {
                    assert!(!problem.render(false).is_empty());
                }
            }
        }
    }
}

/// Reads tasks as every queue prints or stores them.
pub fn queue_output(bytes: &[u8]) {
    queue::read_any(&String::from_utf8_lossy(bytes));
}
