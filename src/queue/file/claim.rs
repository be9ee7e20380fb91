//! Claims a task of a file.
use super::file_queue::FileQueue;
use super::format::{Format, Item, Mark};
use super::merged::{choose, task};
use super::tasks::{MARKED_BY_HAND, Tasks};
use crate::queue::claims::{Claims, ClaimsDir, LinePosition, LockedClaims};
use crate::queue::error::Result;
use crate::queue::interface::Claim;
use crate::queue::owner::Owner;

const CLAIM_ANOTHER: &str = "claim another: `ap queue ready` lists them";

impl<F: Format> FileQueue<F> {
    pub(super) fn try_claim(&self, id: Option<&str>, owner: &Owner) -> Result<Claim> {
        let dir = ClaimsDir::of(&self.path)?;
        let purpose = format!("claim {} for {owner}", id.unwrap_or("the next task"));
        let mut locked = LockedClaims::acquire(&dir, &purpose)?;
        let Tasks { items, .. } = Tasks::read(&self.format, &dir.file, &locked.claims)?;
        let item = match id {
            Some(id) => Some(self.find(&items, id, &locked.claims)?),
            None => choose(&items, &locked.claims, owner),
        };
        let Some(item) = item else {
            return Ok(Claim::None);
        };
        if let Some(claim) = self.existing_claim(item, &locked.claims, owner)? {
            return Ok(claim);
        }
        // Keep a claim on a task that is not in the file: an editor may have saved only half of it.
        locked.forget(|id| is_closed(&items, id));
        let index = items.iter().position(|other| other.id == item.id);
        let position = index.map(|index| LinePosition::of(&items, index));
        locked.hold_at(&item.id, &item.title, position, owner)?;
        Ok(Claim::Won(task(item, &locked.claims)))
    }

    /// Returns the result for a task that is held; `None` for a free one. Any other task cannot be claimed.
    fn existing_claim(&self, item: &Item, claims: &Claims, owner: &Owner) -> Result<Option<Claim>> {
        match (&item.mark, claims.owner(&item.id)) {
            (Mark::Closed, _) => Err(item.refusal("is closed already", CLAIM_ANOTHER)),
            (_, Some(by)) if by == *owner => Ok(Some(Claim::Won(task(item, claims)))),
            (_, Some(by)) => Ok(Some(Claim::Lost { by: by.to_string() })),
            (Mark::Begun, None) => Ok(Some(Claim::Lost {
                by: MARKED_BY_HAND.to_owned(),
            })),
            (Mark::Blocked(why), None) => Err(item.refusal(why, CLAIM_ANOTHER)),
            (Mark::Open, None) => match claims.parked(&item.id) {
                Some(why) => Err(item.refusal(why, &self.how_to_unpark(item))),
                None => Ok(None),
            },
        }
    }

    fn how_to_unpark(&self, item: &Item) -> String {
        format!(
            "look at it, then open it again with `ap queue release {} --file '{}'`",
            item.id, self.path
        )
    }
}

fn is_closed(items: &[Item], id: &str) -> bool {
    items
        .iter()
        .any(|item| item.id == id && item.mark == Mark::Closed)
}
