//! Connections: one thread each, which ends with its connection or with the server.
use super::http::{self, Message};
use super::request::Request;
use super::script::{Due, Script};
use super::turn::{Fault, Kind};
use super::{answer, strict};
use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What happened so far.
#[derive(Default)]
pub(super) struct Log {
    pub(super) requests: Vec<Request>,
    pub(super) violations: Vec<String>,
    stopped: bool,
    open: Vec<TcpStream>,
}

/// What all connections share.
pub(super) struct Shared {
    script: Mutex<Script>,
    log: Mutex<Log>,
    changed: Condvar,
}

impl Shared {
    pub(super) fn new(script: Script) -> Self {
        Self {
            script: Mutex::new(script),
            log: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        // A script that panicked has been recorded; the rest of the log is still good.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a condition, at most for the limit; says whether it came.
    pub(super) fn wait(&self, limit: Duration, met: impl Fn(&Log) -> bool) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.log(), limit, |log| !met(log));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    pub(super) fn stop(&self) {
        let mut log = self.log();
        log.stopped = true;
        for connection in log.open.drain(..) {
            // It may be closed already.
            let _ = connection.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    fn record(&self, request: &Request, violations: Vec<String>) {
        let mut log = self.log();
        log.requests.push(request.clone());
        let nth = log.requests.len();
        log.violations.extend(
            violations
                .into_iter()
                .map(|violation| format!("request {nth}: {violation}")),
        );
        self.changed.notify_all();
    }

    /// Keeps a handle to a connection, so that stopping can end it; `false` when the server has stopped.
    fn admit(&self, stream: &TcpStream) -> bool {
        let Ok(handle) = stream.try_clone() else {
            return false;
        };
        let mut log = self.log();
        log.open.retain(|open| open.peer_addr().is_ok());
        log.open.push(handle);
        !log.stopped
    }
}

/// Takes connections until the server stops, then waits for their threads.
pub(super) fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut connections = Vec::new();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { break };
        if !shared.admit(&stream) {
            break;
        }
        let shared = Arc::clone(shared);
        connections.push(thread::spawn(move || {
            Connection {
                stream: BufReader::new(stream),
                shared,
            }
            .serve();
        }));
    }
    for connection in connections {
        if connection.join().is_err() {
            shared
                .log()
                .violations
                .push("the script panicked; see the output above".to_owned());
        }
    }
}

struct Connection {
    stream: BufReader<TcpStream>,
    shared: Arc<Shared>,
}

impl Connection {
    fn serve(mut self) {
        loop {
            match http::read(&mut self.stream) {
                Ok(Some(message)) => {
                    let keeps_alive = message.keeps_alive();
                    if !matches!(self.answer(message), Ok(true)) || !keeps_alive {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    if error.kind() == io::ErrorKind::InvalidData {
                        self.shared
                            .log()
                            .violations
                            .push(format!("not HTTP: {error}"));
                    }
                    break;
                }
            }
        }
        // The log holds a second handle, so dropping this one would not close the connection.
        let _ = self.stream.get_ref().shutdown(Shutdown::Both);
    }

    /// Answers one request; says whether the connection can be used again.
    fn answer(&mut self, message: Message) -> io::Result<bool> {
        let request = Request::new(message);
        if request.message().method == "HEAD" {
            self.shared.record(&request, vec![]);
            return self.plain(200, &[], b"");
        }
        if !request.asks_for_a_turn() {
            self.shared.record(
                &request,
                vec![format!(
                    "{} {} is not part of the mock",
                    request.message().method,
                    request.message().target
                )],
            );
            return self.error(404, &[], "there is no such path here");
        }
        let mut violations = strict::violations(&request);
        let due = self
            .shared
            .script
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .due(&request);
        violations.extend(due.as_ref().err().cloned());
        let refused = violations.first().cloned();
        self.shared.record(&request, violations);
        match (refused, due) {
            (None, Ok(due)) => self.turn(&request, &due),
            (reason, _) => self.error(400, &[], &reason.unwrap_or_default()),
        }
    }

    fn turn(&mut self, request: &Request, due: &Due) -> io::Result<bool> {
        self.shared.wait(due.turn.delay, |log| log.stopped);
        match &due.turn.fault {
            Some(Fault {
                kind: Kind::Status(code),
                headers,
                ..
            }) => self.error(*code, headers, "as the script says"),
            Some(Fault {
                kind: Kind::Hang, ..
            }) => self.silence(),
            Some(Fault {
                kind: kind @ (Kind::Cut(_) | Kind::Stall(_)),
                ..
            }) => self.stream(request, due, Some(*kind)),
            None if request.body["stream"] == true => self.stream(request, due, None),
            None => {
                let body = answer::message(&due.turn, &due.name, &request.body["model"]);
                self.plain(200, &due.turn.headers, body.to_string().as_bytes())
            }
        }
    }

    fn stream(&mut self, request: &Request, due: &Due, fault: Option<Kind>) -> io::Result<bool> {
        let mut headers = due.turn.headers.clone();
        headers.push((
            "content-type".to_owned(),
            "text/event-stream; charset=utf-8".to_owned(),
        ));
        headers.push(("transfer-encoding".to_owned(), "chunked".to_owned()));
        let events = answer::events(&due.turn, &due.name, &request.body["model"]);
        let shown = match fault {
            Some(Kind::Cut(shown) | Kind::Stall(shown)) => shown.min(events.len()),
            Some(Kind::Status(_) | Kind::Hang) | None => events.len(),
        };
        http::write_head(self.stream.get_mut(), 200, &headers)?;
        for event in &events[..shown] {
            http::write_chunk(self.stream.get_mut(), event.as_bytes())?;
        }
        match fault {
            Some(Kind::Stall(_)) => self.silence(),
            Some(_) => Ok(false),
            None => http::write_chunk(self.stream.get_mut(), b"").map(|()| true),
        }
    }

    /// Says nothing until the client gives up or the server stops.
    fn silence(&mut self) -> io::Result<bool> {
        let mut ignored = [0; 1024];
        while self.stream.read(&mut ignored)? > 0 {}
        Ok(false)
    }

    fn error(&mut self, code: u16, headers: &[(String, String)], reason: &str) -> io::Result<bool> {
        self.plain(
            code,
            headers,
            answer::error(code, reason).to_string().as_bytes(),
        )
    }

    fn plain(&mut self, code: u16, headers: &[(String, String)], body: &[u8]) -> io::Result<bool> {
        let mut headers = headers.to_vec();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        headers.push(("content-length".to_owned(), body.len().to_string()));
        headers.push(("request-id".to_owned(), "req_mock".to_owned()));
        http::write_head(self.stream.get_mut(), code, &headers)?;
        self.stream.get_mut().write_all(body)?;
        Ok(true)
    }
}
