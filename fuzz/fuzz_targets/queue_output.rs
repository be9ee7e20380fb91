//! What queues store and trackers print.
#![no_main]
use agent_pipelines::readers::{Corpus, assembled, corpus, queue_output};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PIECES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus(Corpus::QueueOutput));

fuzz_target!(|bytes: &[u8]| {
    queue_output(bytes);
    queue_output(&assembled(bytes, &PIECES));
});
