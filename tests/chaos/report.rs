//! What was tried and what came of it.
use crate::fault::Fault;
use crate::session::Session;
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

const BEGIN: &str = "<!-- chaos: begin -->\n";
const END: &str = "<!-- chaos: end -->";

/// The results of all seeds.
pub(crate) struct Report {
    sessions: u64,
    iterations: u64,
    faults: BTreeMap<Fault, u64>,
    recoveries: Vec<Duration>,
    violations: Vec<String>,
    /// Whether sessions may have disks of their own.
    pub(crate) has_disks: bool,
    left_out: u64,
}

impl Report {
    pub(crate) fn new(has_disks: bool) -> Self {
        Self {
            sessions: 0,
            iterations: 0,
            faults: BTreeMap::new(),
            recoveries: Vec::new(),
            violations: Vec::new(),
            has_disks,
            left_out: 0,
        }
    }

    /// Adds a session that is over.
    pub(crate) fn add(&mut self, seed: u64, session: &Session, violations: Vec<String>) {
        self.sessions += 1;
        self.iterations += session.iterations;
        for fault in &session.faults {
            *self.faults.entry(*fault).or_default() += 1;
        }
        self.left_out += session.left_out;
        self.recoveries.extend(&session.recoveries);
        let repeat =
            "AP_CHAOS_SEED={seed} cargo nextest run --features chaos --test chaos --no-capture";
        let repeat = repeat.replace("{seed}", &seed.to_string());
        for violation in violations {
            let faults = &session.faults;
            self.violations.push(format!(
                "seed {seed} {faults:?}: {violation}\n  again with: {repeat}"
            ));
        }
    }

    pub(crate) fn violations(&self) -> &[String] {
        &self.violations
    }

    /// Returns the time that a share of the recoveries stays within.
    fn quantile(&self, percent: usize) -> Duration {
        let mut sorted = self.recoveries.clone();
        sorted.sort();
        let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(index).copied().unwrap_or_default()
    }

    /// Replaces the table of a page.
    pub(crate) fn write(&self, page: &Utf8Path) {
        let text = fs_err::read_to_string(page).unwrap();
        let (before, rest) = text
            .split_once(BEGIN)
            .expect("a page with a place for the table");
        let (_, after) = rest.split_once(END).expect("its end");
        let text = format!("{before}{BEGIN}{self}{END}{after}");
        atomic::replace(page, text.as_bytes()).unwrap();
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: u64 = self.faults.values().sum();
        writeln!(
            f,
            "| sessions | iterations | faults | violations | recovery p50 | recovery p99 |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        let [p50, p99] = [50, 99].map(|percent| self.quantile(percent).as_millis());
        writeln!(
            f,
            "| {} | {} | {all} | {} | {p50} ms | {p99} ms |\n",
            self.sessions,
            self.iterations,
            self.violations.len()
        )?;
        writeln!(f, "| fault | times |\n|---|---|")?;
        for (fault, times) in &self.faults {
            writeln!(f, "| {fault:?} | {times} |")?;
        }
        if !self.has_disks {
            writeln!(
                f,
                "\nLeft out, since only root can mount disks: {}",
                self.left_out
            )?;
        }
        Ok(())
    }
}
