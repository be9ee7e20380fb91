//! An agent's output.
#![no_main]
use agent_pipelines::readers::{Corpus, assembled, corpus, stream};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PIECES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::Streams));

fuzz_target!(|bytes: &[u8]| {
    stream(bytes);
    stream(&assembled(bytes, &PIECES));
});
