//! How many agents may run at a time on a machine: so many files, each locked by the shim of one agent.
//!
//! ```text
//! <folder>/1.lock  2.lock  …
//! ```
//! The kernel lets go of a slot when its shim ends, however that happens, so none is ever lost.
use super::lock::FileLock;
use camino::Utf8PathBuf;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::io;

/// The slots of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// Of this user; made when needed.
    pub folder: Utf8PathBuf,
    /// How many there are.
    pub most: u32,
}

/// A slot that is ours for as long as any copy of its file is open.
#[derive(Debug)]
pub struct Slot {
    /// Inherited by the process that is to hold the slot.
    pub file: fs::File,
    _lock: FileLock,
}

impl Slots {
    /// Takes a free slot, if there is one and fewer than `permitted` are taken.
    pub fn try_take(&self, permitted: u32) -> io::Result<Option<Slot>> {
        fs::create_dir_all(&self.folder)?;
        let (mut free, mut taken) = (None, 0);
        for number in 1..=self.most {
            let path = self.folder.join(format!("{number}.lock"));
            let file = fs::OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            match FileLock::try_exclusive(&file)? {
                Some(lock) => free = Some(Slot { file, _lock: lock }),
                None => taken += 1,
            }
            if permitted <= taken {
                return Ok(None);
            }
            // The others cannot be too many.
            if free.is_some() && self.most - number + taken < permitted {
                break;
            }
        }
        Ok(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_again_when_its_last_copy_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let slots = Slots {
            folder: Utf8PathBuf::from_path_buf(folder.path().join("slots")).unwrap(),
            most: 2,
        };
        let (one, two) = (
            slots.try_take(2).unwrap().unwrap(),
            slots.try_take(2).unwrap().unwrap(),
        );
        assert!(slots.try_take(2).unwrap().is_none());
        let inherited = one.file.try_clone().unwrap();
        drop(one);
        assert!(slots.try_take(2).unwrap().is_none(), "a copy is still open");
        drop(inherited);
        assert!(slots.try_take(2).unwrap().is_some());
        drop(two);
    }

    #[test]
    fn where_fewer_are_permitted_all_that_are_taken_count() {
        let folder = tempfile::tempdir().unwrap();
        let slots = Slots {
            folder: Utf8PathBuf::from_path_buf(folder.path().join("slots")).unwrap(),
            most: 4,
        };
        let mut taken: Vec<Slot> = (0..4)
            .map(|_| slots.try_take(4).unwrap().unwrap())
            .collect();
        for left in [3, 2] {
            drop(taken.remove(0));
            assert!(slots.try_take(2).unwrap().is_none(), "{left} are taken");
        }
        drop(taken.remove(0));
        let more = slots.try_take(2).unwrap().unwrap();
        assert!(slots.try_take(2).unwrap().is_none());
        drop((taken, more));
    }
}
