//! Does work on several threads and returns the results in order.
use crate::error::Result;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

/// Does `work` on each item, several at a time, and passes the results to `consume` in the items' order.
pub(super) fn for_each<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut consume: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let (results, done) = mpsc::channel();
    let threads = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(items.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            let (results, next, work) = (results.clone(), &next, &work);
            scope.spawn(move || work_through(items, next, work, &results));
        }
        drop(results);
        let (mut early, mut consumed) = (BTreeMap::new(), 0);
        for (index, result) in done {
            early.insert(index, result);
            while let Some(result) = early.remove(&consumed) {
                consume(result)?;
                consumed += 1;
            }
        }
        Ok(())
    })
}

fn work_through<T, R>(
    items: &[T],
    next: &AtomicUsize,
    work: &impl Fn(&T) -> R,
    results: &Sender<(usize, R)>,
) {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(item) = items.get(index) else {
            return;
        };
        // When `consume` has failed, the receiver is dropped and further results are not needed.
        let _ = results.send((index, work(item)));
    }
}
