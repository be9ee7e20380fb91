//! A recorded request, and what a script may want to read in it.
use super::http::Message;
use camino::Utf8Path;
use serde_json::Value;

/// One request, as a test or a script sees it.
#[derive(Clone)]
pub(crate) struct Request {
    message: Message,
    /// The body as JSON; null when it is not.
    pub(crate) body: Value,
}

impl std::fmt::Debug for Request {
    // A whole body is 50 kB of tools; the last message tells where the conversation is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = self.messages().last().map(|message| {
            message["content"]
                .to_string()
                .chars()
                .take(200)
                .collect::<String>()
        });
        write!(
            f,
            "{} {} after {} turns, last {last:?}",
            self.message.method,
            self.message.target,
            self.turns()
        )
    }
}

impl Request {
    pub(super) fn new(message: Message) -> Self {
        let body = serde_json::from_slice(&message.body).unwrap_or_default();
        Self { message, body }
    }

    pub(super) fn message(&self) -> &Message {
        &self.message
    }

    /// Whether this asks for a turn of a conversation.
    pub(crate) fn asks_for_a_turn(&self) -> bool {
        self.message.method == "POST" && self.path_of_target() == "/v1/messages"
    }

    pub(super) fn path_of_target(&self) -> &str {
        self.message.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.message.header(name)
    }

    /// The Claude Code session, which names the conversation.
    pub(crate) fn session(&self) -> &str {
        self.header("x-claude-code-session-id").unwrap_or_default()
    }

    pub(crate) fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map_or(&[], Vec::as_slice)
    }

    /// How many turns the model has had: the index of the next.
    pub(crate) fn turns(&self) -> usize {
        self.messages()
            .iter()
            .filter(|message| message["role"] == "assistant")
            .count()
    }

    /// The text of the last prompt a person or a program gave, without what Claude Code puts around it.
    pub(crate) fn prompt(&self) -> String {
        let texts = |message: &Value| {
            texts_of(&message["content"])
                .filter(|text| !text.starts_with("<system-reminder>"))
                .last()
        };
        let users = self
            .messages()
            .iter()
            .filter(|message| message["role"] == "user");
        users.filter_map(texts).next_back().unwrap_or_default()
    }

    /// The last absolute path in the prompt that ends in `ending`, or an empty text, which no tool takes for a path.
    ///
    /// Paths may hold spaces, so where one starts is uncertain: a start whose folder exists is the right one.
    pub(crate) fn path(&self, ending: &str) -> String {
        let prompt = self.prompt();
        let Some(start) = prompt.rfind(ending) else {
            return String::new();
        };
        let before = &prompt[..start + ending.len()];
        let piece = before
            .rsplit(['\n', '`', '"', '\'', '<', '('])
            .next()
            .unwrap_or_default();
        let starts = |at: usize| {
            piece[..at]
                .chars()
                .next_back()
                .is_none_or(|c| c.is_whitespace() || c == '=' || c == ':')
        };
        let found: Vec<&str> = piece
            .match_indices('/')
            .filter(|(at, _)| starts(*at))
            .map(|(at, _)| &piece[at..])
            .collect();
        let exists = |path: &&&str| Utf8Path::new(path).parent().is_some_and(Utf8Path::is_dir);
        found
            .iter()
            .find(exists)
            .or(found.last())
            .copied()
            .unwrap_or_default()
            .to_owned()
    }

    /// What the `n`th tool call of the conversation answered, or an empty text while it has not.
    pub(crate) fn tool_result(&self, n: usize) -> String {
        let result = self.tool_results().into_iter().nth(n);
        let Some(result) = result else {
            return String::new();
        };
        result["content"]
            .as_str()
            .map_or_else(|| texts_of(&result["content"]).collect(), str::to_owned)
    }

    /// Every `tool_result` block so far.
    pub(crate) fn tool_results(&self) -> Vec<&Value> {
        let contents = self
            .messages()
            .iter()
            .filter_map(|message| message["content"].as_array());
        contents
            .flatten()
            .filter(|block| block["type"] == "tool_result")
            .collect()
    }

    /// The names of the tools the model is offered.
    pub(crate) fn tools(&self) -> Vec<&str> {
        self.body["tools"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|tool| tool["name"].as_str())
            .collect()
    }
}

fn texts_of(content: &Value) -> impl Iterator<Item = String> {
    let whole = content.as_str().map(str::to_owned);
    let blocks = content.as_array().into_iter().flatten();
    whole
        .into_iter()
        .chain(blocks.filter_map(|block| block["text"].as_str().map(str::to_owned)))
}
