//! The limits that the job types and the settings of a worker declare, as claims ask for them.

use std::collections::BTreeMap;

use athyper_kernel_jobs::JobType;

/// What a worker can run, and how much of it at once for one tenant.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// Names of the types, in order.
    pub(super) types: Vec<String>,
    /// Names of the types that are limited, in order.
    pub(super) limited_types: Vec<String>,
    /// Side by side with the limited types.
    pub(super) of_types: Vec<i64>,
    /// Queues that are limited.
    pub(super) queues: Vec<String>,
    /// Side by side with the queues.
    pub(super) of_queues: Vec<i64>,
}

impl Limits {
    /// The limits of these types and queues.
    pub(super) fn new<'a>(types: impl Iterator<Item = &'a JobType>, queues: &BTreeMap<String, u16>) -> Self {
        let sorted: BTreeMap<&str, Option<u16>> =
            types.map(|job_type| (job_type.name, job_type.limit_per_tenant)).collect();
        let limited =
            sorted.iter().filter_map(|(name, limit)| Some(((*name).to_owned(), i64::from((*limit)?))));
        let (limited_types, of_types) = limited.unzip();
        Self {
            types: sorted.keys().map(|name| (*name).to_owned()).collect(),
            limited_types,
            of_types,
            queues: queues.keys().cloned().collect(),
            of_queues: queues.values().map(|limit| i64::from(*limit)).collect(),
        }
    }

    /// How many jobs of this type run at once for one tenant.
    pub(super) fn of_type(&self, name: &str) -> Option<i64> {
        let place = self.limited_types.binary_search_by(|known| known.as_str().cmp(name)).ok()?;
        self.of_types.get(place).copied()
    }

    /// How many jobs of this queue run at once for one tenant.
    pub(super) fn of_queue(&self, queue: &str) -> Option<i64> {
        let place = self.queues.binary_search_by(|known| known.as_str().cmp(queue)).ok()?;
        self.of_queues.get(place).copied()
    }
}
