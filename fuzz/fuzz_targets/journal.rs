//! A journal.
#![no_main]
use agent_pipelines::readers::{Corpus, assembled, corpus, journal};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PIECES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::Journals));

fuzz_target!(|bytes: &[u8]| {
    journal(bytes);
    journal(&assembled(bytes, &PIECES));
});
