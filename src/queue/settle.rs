//! What a runner asks of a queue after each attempt: take back what was left, then say what is to be done.
use super::{Owner, Problem, Queue, QueueError, Release, Released, Result, Run};
use crate::model::{Census, Verdict};

/// What settling came to, for the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub verdict: Verdict,
    /// Ids that can be claimed again.
    pub released: Vec<String>,
    /// Ids that were tried too often.
    pub parked: Vec<String>,
}

/// Takes back what ended agents hold and says what the queue means for the loop.
///
/// Call it only while no agent of the run is alive: whatever they hold they left behind. `tried` says whether the last
/// one tried and failed, rather than having been kept from trying: it holds what it said. Tasks of other sessions are taken back only when
/// nothing else is left to do and `alive` says that their agent is gone. Never fails: a queue that does not answer is
/// [`Verdict::Unknown`].
pub fn settle(
    queue: &dyn Queue,
    run: &Run,
    alive: &dyn Fn(&Owner) -> bool,
    tried: Option<&str>,
) -> Settled {
    let mut settled = Settled {
        verdict: Verdict::Unknown {
            error: String::new(),
        },
        released: Vec::new(),
        parked: Vec::new(),
    };
    settled.verdict = match try_settle(queue, run, alive, tried, &mut settled) {
        Ok(verdict) => verdict,
        Err(error) => unanswered(&error),
    };
    settled
}

/// Returns what a failure means for the loop: a wait where others are the reason, else unknown; never "empty".
pub fn unanswered(error: &QueueError) -> Verdict {
    let words = format!("{}; {}", error.what, error.next);
    match error.problem {
        Problem::Busy => Verdict::Busy { error: words },
        Problem::Unavailable
        | Problem::Silent
        | Problem::Missing
        | Problem::Protocol
        | Problem::Rejected => Verdict::Unknown { error: words },
    }
}

fn try_settle(
    queue: &dyn Queue,
    run: &Run,
    alive: &dyn Fn(&Owner) -> bool,
    tried: Option<&str>,
    settled: &mut Settled,
) -> Result<Verdict> {
    let mut census = queue.glance(alive)?;
    let left = left_behind(&census, run);
    if !left.is_empty() {
        for (id, owner) in &left {
            let tried = tried.filter(|_| run.owns(owner));
            let why = tried
                .filter(|words| !words.is_empty())
                .unwrap_or("its agent ended without closing it");
            give_back(
                queue,
                id,
                owner,
                &Release {
                    why,
                    failed: tried.is_some(),
                },
                settled,
            )?;
        }
        census = queue.glance(alive)?;
    }
    let verdict = census.verdict(|| queue.sought());
    let Verdict::ReleaseStale { .. } = verdict else {
        return Ok(verdict);
    };
    for (id, owner) in &census.stale {
        give_back(
            queue,
            id,
            &Owner::read(owner),
            &Release {
                why: "its agent is gone",
                failed: false,
            },
            settled,
        )?;
    }
    // Once is enough: what is still stale now was taken by somebody in between, and is theirs.
    Ok(queue.glance(alive)?.verdict(|| queue.sought()))
}

/// Returns what agents of this run hold, and dead ones of earlier runs of the same session.
fn left_behind(census: &Census, run: &Run) -> Vec<(String, Owner)> {
    let read = |(id, owner): &(String, String)| (id.clone(), Owner::read(owner));
    let held = census
        .held
        .iter()
        .map(read)
        .filter(|(_, owner)| run.owns(owner));
    held.chain(
        census
            .stale
            .iter()
            .map(read)
            .filter(|(_, owner)| run.same_session(owner)),
    )
    .collect()
}

fn give_back(
    queue: &dyn Queue,
    id: &str,
    owner: &Owner,
    release: &Release<'_>,
    settled: &mut Settled,
) -> Result<()> {
    match queue.release(id, owner, release)? {
        Released::NotHeld => {}
        Released::Back => settled.released.push(id.to_owned()),
        Released::Parked => settled.parked.push(id.to_owned()),
    }
    Ok(())
}
