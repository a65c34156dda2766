//! A walk through the records of an entity that counts what only their values tell.

use std::collections::HashMap;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_records::{Concerned, Entity, RecordId, SAMPLES, Slot, stored_values};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::model::change::{Measure, Place, Step};

/// Records that are looked at at once.
const PAGE: u32 = 500;

/// The walk, at some place. It is taken page by page, each in a transaction of its own if there are many. Records that agree
/// in something are known by 16 bytes each of the first walk; a second one, where there are such, names some of them.
#[derive(Debug)]
pub(crate) struct Scan<'s> {
    entity: &'s Entity,
    /// What is counted, with the place of its step.
    wanted: Vec<(usize, &'s Measure)>,
    found: HashMap<usize, Concerned>,
    /// What the values of each record look like that are to come once, by the place of the step; in the second walk what
    /// several of them look like.
    seen: HashMap<usize, Vec<u128>>,
    walk: Walk,
    after: Option<RecordId>,
}

/// Which walk it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    Counting,
    Naming,
    Ended,
}

impl<'s> Scan<'s> {
    /// A walk through the records of this entity, at its begin, for what these steps ask.
    pub(crate) fn new(entity: &'s Entity, steps: &'s [Step]) -> Self {
        let wanted: Vec<(usize, &Measure)> = steps
            .iter()
            .map(|step| &step.measure)
            .enumerate()
            .filter(|(_, measure)| measure.is_told_by_values())
            .collect();
        let found = wanted.iter().map(|(at, _)| (*at, Concerned::default())).collect();
        let walk = if wanted.is_empty() { Walk::Ended } else { Walk::Counting };
        Self { entity, wanted, found, seen: HashMap::new(), walk, after: None }
    }

    /// What was found, by the place of the step.
    pub(crate) fn found(self) -> HashMap<usize, Concerned> {
        self.found
    }

    /// Looks at some more records. Gives how many they were: none when the walk has ended.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn page(&mut self, tx: &mut impl TenantConnection) -> Result<usize, DbError> {
        while self.walk != Walk::Ended {
            let page = stored_values(tx, self.entity, self.after, PAGE).await?;
            self.after = page.last().map(|(record, _)| *record);
            for (record, data) in &page {
                match self.walk {
                    Walk::Counting => self.count(*record, data),
                    _ => self.name(*record, data),
                }
            }
            if page.len() < PAGE as usize || (self.walk == Walk::Naming && self.all_are_named()) {
                self.turn();
            }
            if !page.is_empty() {
                return Ok(page.len());
            }
        }
        Ok(0)
    }

    fn count(&mut self, record: RecordId, data: &Map<String, Value>) {
        for (at, measure) in &self.wanted {
            let is_concerned = match measure {
                Measure::Misfits(slot, to) => {
                    value(data, *slot).is_some_and(|value| to.read(value, "").is_err())
                }
                Measure::Unconvertible(slot, from, to) => {
                    value(data, *slot).is_some_and(|value| from.convert(value, to).is_none())
                }
                Measure::Repeated(own, within) => {
                    self.seen.entry(*at).or_default().extend(digest(data, own, within));
                    false
                }
                _ => false,
            };
            if is_concerned && let Some(concerned) = self.found.get_mut(at) {
                concerned.count += 1;
                add_sample(concerned, record);
            }
        }
    }

    /// Names a record whose values are those of another one too.
    fn name(&mut self, record: RecordId, data: &Map<String, Value>) {
        for (at, measure) in &self.wanted {
            let Measure::Repeated(own, within) = measure else { continue };
            let (Some(several), Some(concerned)) = (self.seen.get(at), self.found.get_mut(at)) else {
                continue;
            };
            if digest(data, own, within).is_some_and(|digest| several.binary_search(&digest).is_ok()) {
                add_sample(concerned, record);
            }
        }
    }

    fn all_are_named(&self) -> bool {
        self.seen.keys().filter_map(|at| self.found.get(at)).all(|concerned| {
            usize::try_from(concerned.count.min(SAMPLES)).is_ok_and(|most| concerned.samples.len() >= most)
        })
    }

    /// What comes after the last record.
    fn turn(&mut self) {
        self.after = None;
        if self.walk == Walk::Counting {
            for (at, digests) in &mut self.seen {
                let count = keep_repeated(digests);
                if let Some(concerned) = self.found.get_mut(at) {
                    concerned.count = i64::try_from(count).unwrap_or(i64::MAX);
                }
            }
            self.seen.retain(|_, digests| !digests.is_empty());
        }
        self.walk =
            if self.walk == Walk::Counting && !self.seen.is_empty() { Walk::Naming } else { Walk::Ended };
    }
}

/// Leaves of a list what is in it several times, once and in order. Gives how many entries they were.
fn keep_repeated(digests: &mut Vec<u128>) -> usize {
    digests.sort_unstable();
    let (mut count, mut kept) = (0, Vec::new());
    for same in digests.chunk_by(PartialEq::eq).filter(|same| same.len() > 1) {
        count += same.len();
        kept.extend(same.first());
    }
    *digests = kept;
    count
}

fn value(data: &Map<String, Value>, slot: Slot) -> Option<&Value> {
    data.get(&slot.to_string())
}

fn add_sample(concerned: &mut Concerned, record: RecordId) {
    if i64::try_from(concerned.samples.len()).is_ok_and(|count| count < SAMPLES) {
        concerned.samples.push(record);
    }
}

/// What two records with the same values have in common; none where one that must be there is not.
fn digest(data: &Map<String, Value>, own: &[Place], within: &[Place]) -> Option<u128> {
    let at = |place: &Place| match &place.moved {
        Some(moved) => moved.value(data),
        None => value(data, place.slot?).cloned(),
    };
    let own: Vec<Value> = own.iter().map(at).collect::<Option<_>>()?;
    let within: Vec<Option<Value>> = within.iter().map(at).collect();
    let whole = Sha256::digest(json!([own, within]).to_string());
    whole.first_chunk::<16>().copied().map(u128::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_there_several_times_is_kept(digests in proptest::collection::vec(0_u128..20, 0..40)) {
            let times = |digest: &u128| digests.iter().filter(|other| *other == digest).count();
            let mut kept = digests.clone();
            let count = keep_repeated(&mut kept);
            prop_assert_eq!(count, digests.iter().filter(|digest| times(digest) > 1).count());
            let expected: Vec<u128> = (0..20).filter(|digest| times(digest) > 1).collect();
            prop_assert_eq!(kept, expected);
        }
    }
}
