//! Reads and writes the files of a project's sessions.
use super::Project;
use serde_json::Value;

impl Project {
    /// Returns what `ap status --json` says.
    #[track_caller]
    pub(crate) fn status(&self, session: &str) -> Value {
        let ran = self.ap(&["status", session, "--json"]).expect(0);
        serde_json::from_str(&ran.stdout).expect("JSON")
    }

    /// Returns the path of a file in a session's run directory, from the project.
    pub(crate) fn run_file(&self, session: &str, path: &str) -> String {
        format!(".claude/pipeline-runs/{session}/{path}")
    }

    /// Returns the journal's lines, checked to be numbered without a gap.
    #[track_caller]
    pub(crate) fn journal(&self, session: &str) -> Vec<Value> {
        let text = self.read(&self.run_file(session, "events.jsonl"));
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect();
        for (index, line) in lines.iter().enumerate() {
            assert_eq!(
                line["seq"],
                index as u64 + 1,
                "the journal has a gap: {line}"
            );
        }
        lines
    }

    /// Writes a journal whose lines have the right checksums.
    pub(crate) fn write_journal(&self, session: &str, lines: Vec<Value>) {
        let (mut text, mut sum) = (String::new(), 0);
        for mut line in lines {
            line.as_object_mut().expect("an object").remove("sum");
            let covered = line
                .to_string()
                .strip_suffix('}')
                .expect("an object")
                .to_owned();
            sum = agent_pipelines::fingerprint::chained(sum, covered.as_bytes());
            text += &format!("{covered},\"sum\":\"{sum:016x}\"}}\n");
        }
        self.write(&self.run_file(session, "events.jsonl"), &text);
    }

    /// Returns the journal's events of one type.
    #[track_caller]
    pub(crate) fn events(&self, session: &str, kind: &str) -> Vec<Value> {
        let events = self
            .journal(session)
            .into_iter()
            .map(|line| line["event"].clone());
        events.filter(|event| event["type"] == kind).collect()
    }

    /// Returns the iterations that are over, in order.
    #[track_caller]
    pub(crate) fn history(&self, session: &str) -> Vec<u64> {
        let status = self.status(session);
        status["history"]
            .as_array()
            .expect("a history")
            .iter()
            .filter_map(|entry| entry["iteration"].as_u64())
            .collect()
    }

    /// Waits until the journal has this many events of a type.
    #[track_caller]
    pub(crate) fn until_event(&self, session: &str, kind: &str, count: usize) {
        let sign = format!("\"type\":\"{kind}\"");
        let path = self.run_file(session, "events.jsonl");
        self.until(&format!("{count} × {kind}"), || {
            count <= self.read(&path).matches(&sign).count()
        });
    }
}
