use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

fn pieces(of: Corpus) -> &'static [Vec<u8>] {
    static STREAMS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::Streams));
    static STATUSES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::Statuses));
    static JOURNALS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::Journals));
    static DEFINITIONS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::Definitions));
    static QUEUES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::QueueOutput));
    match of {
        Corpus::Streams => &STREAMS,
        Corpus::Statuses => &STATUSES,
        Corpus::Journals => &JOURNALS,
        Corpus::Definitions => &DEFINITIONS,
        Corpus::QueueOutput => &QUEUES,
    }
}

/// Returns a recipe, whose steps and bytes shrink.
fn recipe() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..96)
}

#[test]
fn every_corpus_has_lines_that_its_reader_accepts() {
    for of in [
        Corpus::Streams,
        Corpus::Statuses,
        Corpus::Journals,
        Corpus::Definitions,
        Corpus::QueueOutput,
    ] {
        assert!(5 < pieces(of).len(), "{of:?}");
    }
    let whole = assembled(&[0; 24], pieces(Corpus::Journals));
    assert_eq!(whole, pieces(Corpus::Journals).concat());
    journal(&whole);
}

/// Inputs of the fuzz targets, those that failed among them.
#[test]
fn kept_inputs_are_read() {
    type Reader = fn(&[u8]);
    let readers: [(&str, Corpus, Reader); 5] = [
        ("stream", Corpus::Streams, stream),
        ("status", Corpus::Statuses, status),
        ("journal", Corpus::Journals, journal),
        ("definition", Corpus::Definitions, definition),
        ("queue_output", Corpus::QueueOutput, queue_output),
    ];
    for (name, of, read) in readers {
        let folder = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fuzz");
        for entry in fs_err::read_dir(folder.join(name)).unwrap() {
            let bytes = fs_err::read(entry.unwrap().path()).unwrap();
            read(&bytes);
            read(&assembled(&bytes, pieces(of)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn damaged_streams_are_read_alike_in_whole_and_in_pieces(recipe in recipe()) {
        stream(&assembled(&recipe, pieces(Corpus::Streams)));
    }

    #[test]
    fn damaged_statuses_are_refused_or_read_again_alike(recipe in recipe()) {
        status(&assembled(&recipe, pieces(Corpus::Statuses)));
    }

    #[test]
    fn damaged_journals_are_read_and_opened_alike_and_can_be_repaired(recipe in recipe()) {
        journal(&assembled(&recipe, pieces(Corpus::Journals)));
    }

    #[test]
    fn damaged_definitions_compile_or_name_their_mistakes(recipe in recipe()) {
        definition(&assembled(&recipe, pieces(Corpus::Definitions)));
    }

    #[test]
    fn damaged_queue_output_is_never_fatal(recipe in recipe()) {
        queue_output(&assembled(&recipe, pieces(Corpus::QueueOutput)));
    }
}
