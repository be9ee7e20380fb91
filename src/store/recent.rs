//! The last lines of the supervisor's journal, read from its end: however long it is, that costs the same.
use super::layout::{StateFile, UserDirs};
use super::{beneath, journal};
use crate::fleet::Event;
use crate::model::Line;
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// How many bytes of a segment are read at most.
const TAIL: u64 = 1024 * 1024;

/// Returns the last facts that the supervisor recorded, oldest first: `count` of them, if there are that many.
pub fn recent_facts(dirs: &UserDirs, count: usize) -> io::Result<Vec<Line<Event>>> {
    let folder = dirs.state_file(StateFile::Supervisor);
    let mut facts: Vec<Line<Event>> = Vec::new();
    let mut segment = journal::last_segment(&folder);
    while 0 < segment && facts.len() < count {
        let mut earlier = tail(&journal::segment_path(&folder, segment))?;
        earlier.append(&mut facts);
        facts = earlier;
        segment -= 1;
    }
    Ok(facts.split_off(facts.len().saturating_sub(count)))
}

/// Returns the whole lines at the end of a segment. What is no line is left out: another reader reports damage.
fn tail(path: &camino::Utf8Path) -> io::Result<Vec<Line<Event>>> {
    let Some(mut file) = beneath::open_if_there(path)? else {
        return Ok(Vec::new());
    };
    let from = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut text = Vec::new();
    file.take(TAIL).read_to_end(&mut text)?;
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let whole = lines.filter(|line| line.ends_with(b"\n"));
    Ok(whole
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::model::Env;
    use crate::store::fleet::FleetStore;

    #[test]
    fn the_last_facts_are_read_from_the_end() {
        let home = tempfile::tempdir().unwrap();
        let vars: Env = [("AP_HOME".to_owned(), home.path().display().to_string())]
            .into_iter()
            .collect();
        let dirs = UserDirs::new(&vars, None);
        assert_eq!(recent_facts(&dirs, 3).unwrap(), []);
        let mut store = FleetStore::open(&dirs).unwrap();
        for _ in 0..4 {
            let by = "you".to_owned();
            let event = Event::FleetContinued { by };
            store.record(&event, clock::now()).unwrap();
        }
        let numbers: Vec<u64> = recent_facts(&dirs, 3)
            .unwrap()
            .iter()
            .map(|line| line.seq)
            .collect();
        assert_eq!(numbers, [2, 3, 4]);
    }
}
