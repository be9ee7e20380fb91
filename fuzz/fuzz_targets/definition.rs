//! A loop or pipeline in YAML.
#![no_main]
use agent_pipelines::readers::{Corpus, assembled, corpus, definition};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PIECES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::Definitions));

fuzz_target!(|bytes: &[u8]| {
    definition(bytes);
    definition(&assembled(bytes, &PIECES));
});
