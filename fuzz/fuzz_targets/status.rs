//! A `status.json`.
#![no_main]
use agent_pipelines::readers::{Corpus, assembled, corpus, status};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PIECES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::Statuses));

fuzz_target!(|bytes: &[u8]| {
    status(bytes);
    status(&assembled(bytes, &PIECES));
});
