//! A strict stand-in for the Messages API on loopback, so that the real `claude` program runs without an account.
//!
//! ```ignore
//! let api = MockApi::start(script().conversation(|request| {
//!     vec![turn().bash("git log"), turn().write(request.path("status.json"), "{}"), turn().text("done")]
//! }));
//! ```
//! Which turn is answered depends only on how many assistant messages the request already holds, so a retried request
//! gets the same answer again. Whatever the real service would refuse is a violation and fails the test.
mod answer;
mod http;
mod request;
mod script;
mod server;
mod strict;
mod turn;

pub(crate) use request::Request;
pub(crate) use script::{Script, script};
pub(crate) use turn::{Turn, cut, hang, stall, status, turn};

use server::Shared;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The running server; stops, and checks that nothing strange was asked of it, when dropped.
pub(crate) struct MockApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl MockApi {
    /// Listens on a free port of 127.0.0.1 and answers by the script.
    pub(crate) fn start(script: Script) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), script)
    }

    /// Listens on this address.
    pub(crate) fn start_at(address: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind(address).expect("a free port on loopback");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::new(Shared::new(script));
        let served = Arc::clone(&shared);
        let acceptor = thread::spawn(move || server::accept(&listener, &served));
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    /// What `ANTHROPIC_BASE_URL` should say.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was asked so far, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.log().requests.clone()
    }

    /// What the real service would have refused, or the script did not foresee.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.shared.log().violations.clone()
    }

    /// Blocks until the requests satisfy a condition, so that a test acts at a known moment; panics after the limit.
    pub(crate) fn wait_until(&self, limit: Duration, satisfied: impl Fn(&[Request]) -> bool) {
        let met = self.shared.wait(limit, |log| satisfied(&log.requests));
        assert!(
            met,
            "the requests did not become what the test waits for within {limit:?}: {:#?}",
            self.requests()
        );
    }

    /// Forgets violations a test provoked on purpose, returning them.
    pub(crate) fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.log().violations)
    }

    /// Fails the test when anything was asked that the real service would refuse.
    pub(crate) fn assert_clean(&self) {
        let violations = self.violations();
        assert!(
            violations.is_empty(),
            "the Messages API was used wrongly:\n- {}",
            violations.join("\n- ")
        );
    }

    fn stop(&mut self) {
        self.shared.stop();
        // The acceptor sits in `accept`; one more connection wakes it.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().expect("the acceptor does not panic");
        }
    }
}

impl Drop for MockApi {
    fn drop(&mut self) {
        self.stop();
        // A second panic would hide the first.
        if !thread::panicking() {
            self.assert_clean();
        }
    }
}
