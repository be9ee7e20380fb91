//! The seam through which everything in `store` is written, so that a test can make any write fail or be slow.
//!
//! Without the feature `chaos`, and outside unit tests, a step is nothing and a write is a write. With it,
//! `AP_FAULT=<role>:<kind>:<from>:<count>` makes the writes numbered `from` to `from + count - 1` of a process fail;
//! `kind` is `EIO`, `ENOSPC` (half of the bytes are written first) or `slow`, `role` is `runner` or `shim`.
use std::io::{self, Write};

/// Writes all bytes, unless a test lets the disk fail.
pub(crate) fn write_all(mut file: impl Write, bytes: &[u8]) -> io::Result<()> {
    if let Err(error) = step() {
        if error.kind() == io::ErrorKind::StorageFull {
            file.write_all(&bytes[..bytes.len() / 2])?;
        }
        return Err(error);
    }
    file.write_all(bytes)
}

/// A write other than of bytes: a name that is made, moved or synced.
#[cfg(not(any(test, feature = "chaos")))]
#[inline]
pub(crate) fn step() -> io::Result<()> {
    Ok(())
}

#[cfg(any(test, feature = "chaos"))]
pub(crate) use on::step;

#[cfg(any(test, feature = "chaos"))]
pub(crate) mod on {
    use crate::store::crash;
    use nix::errno::Errno;
    use std::io;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    /// How long a slow write takes.
    const SLOW: Duration = Duration::from_millis(20);

    static PLANNED: LazyLock<Option<Fault>> =
        LazyLock::new(|| Fault::parse(&std::env::var("AP_FAULT").ok()?));
    static WRITES: AtomicU64 = AtomicU64::new(0);

    #[cfg(test)]
    thread_local! {
        /// The fault of a unit test, and the writes of its thread so far.
        static OF_TEST: std::cell::RefCell<(Option<Fault>, u64)> = const { std::cell::RefCell::new((None, 0)) };
    }

    /// The writes that go wrong, and how.
    #[derive(Clone, Debug)]
    pub(crate) struct Fault {
        role: String,
        kind: Kind,
        from: u64,
        count: u64,
    }

    #[derive(Clone, Copy, Debug)]
    enum Kind {
        Fails(Errno),
        Slow,
    }

    impl Fault {
        pub(crate) fn parse(text: &str) -> Option<Self> {
            let mut parts = text.split(':');
            let role = parts.next()?.to_owned();
            let kind = match parts.next()? {
                "EIO" => Kind::Fails(Errno::EIO),
                "ENOSPC" => Kind::Fails(Errno::ENOSPC),
                "slow" => Kind::Slow,
                _ => return None,
            };
            let (from, count) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some(Self {
                role,
                kind,
                from,
                count,
            })
        }

        fn strike(&self, number: u64) -> io::Result<()> {
            if !(self.from..self.from + self.count).contains(&number) {
                return Ok(());
            }
            match self.kind {
                Kind::Fails(error) => Err(error.into()),
                Kind::Slow => {
                    let until = Instant::now() + SLOW;
                    while Instant::now() < until {
                        std::thread::yield_now();
                    }
                    Ok(())
                }
            }
        }
    }

    /// Fails, or takes its time, if a test wants this write to.
    pub(crate) fn step() -> io::Result<()> {
        #[cfg(test)]
        {
            let planned = OF_TEST.with_borrow_mut(|(fault, writes)| {
                *writes += 1;
                fault.clone().map(|fault| (fault, *writes))
            });
            if let Some((fault, number)) = planned {
                return fault.strike(number);
            }
        }
        match &*PLANNED {
            Some(fault) if crash::role_is(&fault.role) => {
                fault.strike(WRITES.fetch_add(1, Ordering::SeqCst) + 1)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Lets writes of this thread fail from now on, as `<kind>:<from>:<count>` says; `None` lets none fail. Returns how
    /// many writes there were since the last call.
    #[cfg(test)]
    pub(crate) fn plan(fault: Option<&str>) -> u64 {
        let fault = fault.map(|text| Fault::parse(&format!("test:{text}")).expect("a fault"));
        OF_TEST.with_borrow_mut(|of_test| std::mem::replace(of_test, (fault, 0)).1)
    }
}
