//! What a rehearsal in batches remembers of those that were rolled back.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::entity::Entity;
use crate::index::UniqueValue;

/// Most values that a rehearsal remembers.
const MAX_REMEMBERED: usize = 2_000_000;

/// The values that come once and would have been taken by batches which were rolled back, so that a rehearsal in batches finds
/// a value that its input has twice. It remembers two million of them and takes no notice of more.
#[derive(Debug, Default)]
pub struct Rehearsal {
    taken: HashMap<[u8; 16], Uuid>,
    apart_from: Option<String>,
}

impl Rehearsal {
    /// A rehearsal of writes that find their record by the value of this field, so that its values may come again.
    pub fn new(entity: &Entity, by: Option<&str>) -> Self {
        let slot = by.and_then(|key| entity.slot(key));
        Self { taken: HashMap::new(), apart_from: slot.map(|slot| format!("{slot} within ")) }
    }

    /// Whether an earlier record would have this value.
    pub fn is_taken(&self, value: &UniqueValue, record: Uuid) -> bool {
        self.taken.get(&digest(value)).is_some_and(|owner| *owner != record)
    }

    /// A record would have this value.
    pub fn take(&mut self, value: &UniqueValue, record: Uuid) {
        if self.apart_from.as_ref() != Some(&value.rule) && self.taken.len() < MAX_REMEMBERED {
            self.taken.insert(digest(value), record);
        }
    }
}

fn digest(value: &UniqueValue) -> [u8; 16] {
    let digest =
        Sha256::new().chain_update(&value.rule).chain_update([0]).chain_update(&value.value).finalize();
    let mut short = [0; 16];
    short.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    short
}
