//! Runs what blocks on a thread of its own, so that the sessions of one thread do not wait for each other.
use std::io;

/// Runs `work` on a thread for blocking work and returns its result.
pub async fn in_background<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<io::Error> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(io::Error::other(error).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// Would wait for ever if the work held the thread.
    #[tokio::test]
    async fn other_tasks_of_the_thread_run_meanwhile() {
        let (release, released) = channel();
        let work = in_background(move || released.recv().map_err(io::Error::other));
        let other = async { release.send(()).map_err(io::Error::other) };
        let (waited, sent) = tokio::join!(work, other);
        waited.unwrap();
        sent.unwrap();
    }
}
