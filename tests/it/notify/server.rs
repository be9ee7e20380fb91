//! A server on loopback, as strict as those it stands for: Telegram, Slack, Discord, ntfy, and any webhook.
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// The token of the only bot there is, and the only chat it may write to. No real token begins with a zero.
pub(crate) const TOKEN: &str = "0:test-token";
pub(crate) const CHAT: i64 = 4711;

/// How the server fails.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// Answers with a status and a body.
    Status(u16, String),
    /// The same with `Retry-After`.
    RetryAfter(u16, u64),
    /// Answers 200 with a page.
    Html,
    Redirect,
    /// The same to this address.
    RedirectTo(String),
    /// Reads the message, and answers only once the connection is closed.
    Hang,
    /// Accepts the message, and closes the connection before it answers.
    LoseAnswer,
}

/// A request that was accepted, or refused.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) status: u16,
}

#[derive(Default)]
struct Inner {
    received: Vec<Received>,
    failures: VecDeque<Failure>,
    updates: Vec<Value>,
    messages: i64,
    polls: bool,
    /// How many requests for updates find that another program asks for them.
    conflicts: u32,
}

/// A server that runs until the test ends.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: String,
    inner: Arc<(Mutex<Inner>, Condvar)>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = Self {
            address: format!("http://{}", listener.local_addr().expect("an address")),
            inner: Arc::default(),
        };
        let own = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = own.clone();
                std::thread::spawn(move || server.serve(&stream));
            }
        });
        server
    }

    fn with<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let changed = change(&mut self.inner.0.lock().expect("no test panicked in it"));
        self.inner.1.notify_all();
        changed
    }

    /// Lets the next requests fail; polls for updates are not among them.
    pub(crate) fn fail(&self, failures: impl IntoIterator<Item = Failure>) {
        self.with(|inner| inner.failures.extend(failures));
    }

    /// Lets the next requests for updates find another program that polls the bot.
    pub(crate) fn conflict(&self, count: u32) {
        self.with(|inner| inner.conflicts = count);
    }

    /// Returns how many of those are left.
    pub(crate) fn conflicts(&self) -> u32 {
        self.with(|inner| inner.conflicts)
    }

    /// Returns what was received, but for polls.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.with(|inner| inner.received.clone())
    }

    /// Returns what was accepted at a path, perhaps without an answer that came back.
    pub(crate) fn accepted(&self, path: &str) -> Vec<Value> {
        let all = self.received().into_iter();
        all.filter(|it| it.path.ends_with(path) && it.status < 300)
            .map(|it| it.body)
            .collect()
    }

    /// Waits until something was accepted at a path.
    #[track_caller]
    pub(crate) fn wait_for(&self, path: &str, count: usize) -> Vec<Value> {
        let there = agent_pipelines::clock::wait_until(Duration::from_secs(40), || {
            count <= self.accepted(path).len()
        });
        assert!(there, "{count} at {path}, of {:?}", self.received());
        self.accepted(path)
    }

    /// Writes something to the bot.
    pub(crate) fn update(&self, mut update: Value) {
        self.with(|inner| {
            update["update_id"] = json!(900 + inner.updates.len());
            inner.updates.push(update);
        });
    }

    fn serve(&self, stream: &TcpStream) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
        let Some((path, body)) = request(stream) else {
            return;
        };
        let is_poll = path.ends_with("/getUpdates");
        let failure = if is_poll {
            None
        } else {
            self.with(|inner| inner.failures.pop_front())
        };
        let (status, answer, extra) = match &failure {
            Some(Failure::Status(status, body)) => (*status, body.clone(), String::new()),
            Some(Failure::RetryAfter(status, seconds)) => {
                let body = json!({ "ok": false, "description": "Too Many Requests", "parameters": { "retry_after": seconds } });
                (
                    *status,
                    body.to_string(),
                    format!("retry-after: {seconds}\r\n"),
                )
            }
            Some(Failure::Html) => (
                200,
                "<html>Log in to this network</html>".to_owned(),
                String::new(),
            ),
            Some(Failure::Redirect) => (
                302,
                String::new(),
                "location: http://192.0.2.1/\r\n".to_owned(),
            ),
            Some(Failure::RedirectTo(address)) => {
                (307, String::new(), format!("location: {address}\r\n"))
            }
            Some(Failure::Hang) => (598, String::new(), String::new()),
            Some(Failure::LoseAnswer) | None => {
                let (status, answer) = self.answer(&path, &body);
                (status, answer, String::new())
            }
        };
        if !is_poll {
            let path = path.clone();
            self.with(|inner| inner.received.push(Received { path, body, status }));
        }
        let mut stream = stream;
        match failure {
            Some(Failure::LoseAnswer) => return,
            Some(Failure::Hang) => {
                // Returns when the other end closes the connection.
                let _ = stream.read(&mut [0]);
                return;
            }
            _ => {}
        }
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{extra}connection: close\r\n\r\n{answer}",
            answer.len()
        );
    }

    fn answer(&self, path: &str, body: &Value) -> (u16, String) {
        if let Some(rest) = path.strip_prefix("/bot") {
            let (status, answer) = self.telegram(rest, body);
            return (status, answer.to_string());
        }
        let text = |key: &str| body[key].as_str().filter(|text| !text.is_empty());
        if path.starts_with("/services/") {
            return match (path, text("text")) {
                ("/services/T0/B0/x", Some(_)) => (200, "ok".to_owned()),
                ("/services/T0/B0/x", None) => (400, "invalid_payload".to_owned()),
                _ => (404, "no_service".to_owned()),
            };
        }
        if path.starts_with("/api/webhooks/") {
            let fits = text("content").is_some_and(|text| text.chars().count() <= 2_000);
            let quiet = body["allowed_mentions"]["parse"] == json!([]);
            return match path {
                "/api/webhooks/1/x" if fits && quiet => (204, String::new()),
                "/api/webhooks/1/x" => (400, json!({ "code": 50_006 }).to_string()),
                _ => (
                    404,
                    json!({ "message": "Unknown Webhook", "code": 10_015 }).to_string(),
                ),
            };
        }
        if path == "/" {
            let fits = text("message").is_some_and(|text| text.len() <= 4_096)
                && (1..=5).contains(&body["priority"].as_i64().unwrap_or_default());
            return match text("topic") {
                Some("agents") if fits => {
                    (200, json!({ "id": "x1", "event": "message" }).to_string())
                }
                Some("agents") | None => (
                    400,
                    json!({ "code": 40_001, "error": "invalid" }).to_string(),
                ),
                Some(_) => (
                    403,
                    json!({ "code": 40_301, "error": "forbidden" }).to_string(),
                ),
            };
        }
        (200, String::new())
    }

    fn telegram(&self, rest: &str, body: &Value) -> (u16, Value) {
        let refused = |code: u16, description: &str| {
            (
                code,
                json!({ "ok": false, "error_code": code, "description": description }),
            )
        };
        let Some((TOKEN, method)) = rest.split_once('/') else {
            return refused(401, "Unauthorized");
        };
        if method == "getUpdates" {
            return self.updates(body);
        }
        if method == "answerCallbackQuery" {
            let fits = body["callback_query_id"].is_string()
                && body["text"]
                    .as_str()
                    .is_none_or(|text| text.chars().count() <= 200);
            return if fits {
                (200, json!({ "ok": true, "result": true }))
            } else {
                refused(400, "Bad Request: MESSAGE_TOO_LONG")
            };
        }
        if body["chat_id"] != json!(CHAT.to_string()) {
            return refused(400, "Bad Request: chat not found");
        }
        match method {
            "sendMessage" => {
                let text = body["text"].as_str().unwrap_or_default();
                let buttons = body["reply_markup"]["inline_keyboard"].as_array();
                let data = buttons
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_array)
                    .flatten();
                let too_long = data
                    .filter_map(|button| button["callback_data"].as_str())
                    .any(|data| 64 < data.len());
                if text.is_empty() {
                    return refused(400, "Bad Request: message text is empty");
                }
                if 4_096 < text.encode_utf16().count() {
                    return refused(400, "Bad Request: message is too long");
                }
                if too_long {
                    return refused(400, "Bad Request: BUTTON_DATA_INVALID");
                }
                let number = self.with(|inner| {
                    inner.messages += 1;
                    inner.messages
                });
                (
                    200,
                    json!({ "ok": true, "result": { "message_id": number, "chat": { "id": CHAT } } }),
                )
            }
            "editMessageReplyMarkup" => (200, json!({ "ok": true, "result": true })),
            _ => refused(404, "Not Found"),
        }
    }

    /// Holds the request for a moment while nothing was written to the bot; a second one at a time is a conflict.
    fn updates(&self, body: &Value) -> (u16, Value) {
        let (lock, changed) = &*self.inner;
        let mut inner = lock.lock().expect("no test panicked in it");
        if inner.polls || 0 < inner.conflicts {
            inner.conflicts = inner.conflicts.saturating_sub(1);
            return (
                409,
                json!({ "ok": false, "error_code": 409, "description": "Conflict: terminated by other getUpdates request" }),
            );
        }
        inner.polls = true;
        let offset = body["offset"].as_i64().unwrap_or_default();
        let fresh = |inner: &Inner| -> Vec<Value> {
            let updates = inner.updates.iter();
            let is_new =
                |update: &&Value| offset <= update["update_id"].as_i64().unwrap_or_default();
            updates.filter(is_new).cloned().collect()
        };
        let (mut inner, _) = changed
            .wait_timeout_while(inner, Duration::from_millis(500), |inner| {
                fresh(inner).is_empty()
            })
            .expect("no test panicked in it");
        inner.polls = false;
        (200, json!({ "ok": true, "result": fresh(&inner) }))
    }
}

/// Reads a request with a body in JSON, or without one.
fn request(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut is_json) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        is_json |= header == "content-type: application/json";
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if method == "GET" {
        return Some((path, Value::Null));
    }
    is_json.then(|| (path, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}
