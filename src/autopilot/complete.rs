//! Whether all of a project's work is done: one function of the evidence, and nothing else.
use super::phases::phase_name;
use super::prd::Prd;
use crate::model::QueueStatus;
use crate::text::count;
use std::fmt;

/// What is known of a project whose gate passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Open boxes of the PRD; `None` if it is not looked at.
    pub open_boxes: Option<OpenBoxes>,
    /// Open tasks of the queue; `None` if it is not looked at.
    pub open_tasks: Option<OpenTasks>,
}

/// The boxes of a PRD that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenBoxes {
    pub count: usize,
    /// The first phase that has some, as `phase 2: title`; empty without phases.
    pub phase: String,
}

impl OpenBoxes {
    /// Returns the open boxes of a PRD.
    pub fn of(prd: &Prd<'_>) -> Self {
        let phase = prd.current().and_then(phase_name);
        Self {
            count: prd.open(),
            phase: phase.unwrap_or_default(),
        }
    }
}

/// How many tasks of a queue are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenTasks {
    Known(u32),
    /// The queue did not answer, which never means that it is empty.
    Unknown,
}

impl OpenTasks {
    /// Returns the number of open tasks that a queue's status shows.
    pub fn of(status: Option<&QueueStatus>) -> Self {
        let known = |length: usize| Self::Known(u32::try_from(length).unwrap_or(u32::MAX));
        match status {
            Some(QueueStatus::Done { .. } | QueueStatus::NoItems { .. }) => Self::Known(0),
            Some(QueueStatus::Work { left, .. } | QueueStatus::Stalled { left, .. }) => {
                Self::Known(*left)
            }
            Some(QueueStatus::Wait { held, .. }) => Self::Known(*held),
            Some(QueueStatus::ReleaseStale { ids }) => known(ids.len()),
            Some(QueueStatus::Busy { .. } | QueueStatus::Unknown { .. }) | None => Self::Unknown,
        }
    }
}

/// Why the work of a project whose gate passes is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incomplete {
    Boxes(OpenBoxes),
    Tasks(u32),
    TasksUnknown,
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boxes(OpenBoxes { count, phase }) => {
                match count {
                    1 => f.write_str("a box of the PRD is open")?,
                    count => write!(f, "{count} boxes of the PRD are open")?,
                }
                match phase.as_str() {
                    "" => Ok(()),
                    phase => write!(f, " (next: {phase})"),
                }
            }
            Self::Tasks(1) => f.write_str("a task is open"),
            Self::Tasks(tasks) => write!(f, "{} are open", count(*tasks, "task")),
            Self::TasksUnknown => f.write_str("the queue did not answer"),
        }
    }
}

/// Returns why the work is not done, if it is not.
pub fn incomplete(evidence: &Evidence) -> Option<Incomplete> {
    match evidence.open_tasks {
        Some(OpenTasks::Unknown) => return Some(Incomplete::TasksUnknown),
        Some(OpenTasks::Known(tasks)) if 0 < tasks => return Some(Incomplete::Tasks(tasks)),
        Some(OpenTasks::Known(_)) | None => {}
    }
    let boxes = evidence.open_boxes.clone();
    boxes.filter(|boxes| 0 < boxes.count).map(Incomplete::Boxes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_task_an_open_box_or_a_silent_queue_keeps_work_from_being_done() {
        let known = |tasks| Some(OpenTasks::Known(tasks));
        let text = "### Phase 2: carts\n- [x] a\n### Phase 1: pay\n- [ ] b\n";
        let phased = OpenBoxes::of(&Prd::parse(text));
        assert_eq!(phased.phase, "phase 1: pay");
        let boxes = |count| {
            let phase = String::new();
            Some(OpenBoxes { count, phase })
        };
        for (open_boxes, open_tasks, expected) in [
            (None, None, ""),
            (boxes(0), known(0), ""),
            (
                Some(phased),
                known(0),
                "a box of the PRD is open (next: phase 1: pay)",
            ),
            (boxes(1), known(0), "a box of the PRD is open"),
            (boxes(3), None, "3 boxes of the PRD are open"),
            (boxes(0), known(1), "a task is open"),
            (boxes(9), known(2), "2 tasks are open"),
            (None, Some(OpenTasks::Unknown), "the queue did not answer"),
        ] {
            let evidence = Evidence {
                open_boxes,
                open_tasks,
            };
            let why = incomplete(&evidence).map_or_else(String::new, |why| why.to_string());
            assert_eq!(why, expected, "{evidence:?}");
        }
    }

    #[test]
    fn only_a_queue_that_answered_has_no_open_tasks() {
        let error = String::new;
        for (status, expected) in [
            (QueueStatus::Done { closed: 2 }, OpenTasks::Known(0)),
            (QueueStatus::Unknown { error: error() }, OpenTasks::Unknown),
            (QueueStatus::Busy { error: error() }, OpenTasks::Unknown),
            (
                QueueStatus::Wait {
                    held: 2,
                    by: Vec::new(),
                },
                OpenTasks::Known(2),
            ),
        ] {
            assert_eq!(OpenTasks::of(Some(&status)), expected);
        }
        assert_eq!(OpenTasks::of(None), OpenTasks::Unknown);
    }
}
