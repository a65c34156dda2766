//! The SQL of the queue. Times are the database's, so nodes whose clocks differ agree on leases and due times.

mod claim;
mod end;
mod find;
pub(crate) mod gates;
mod lease;
mod rescue;

pub(crate) use claim::{ClaimedRow, claim};
pub(crate) use end::{Back, Returned, bury, cancel, put_back, release, stored_attempt, succeed};
pub(crate) use find::{Candidate, Found, Look, find};
pub(crate) use lease::renew;
pub(crate) use rescue::{Fate, rescue};

use athyper_kernel_types::{JobId, TenantId};
use uuid::Uuid;

/// A job that a worker holds, by what fences its statements.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Whose job it is.
    pub(crate) tenant: TenantId,
    /// Its id.
    pub(crate) id: JobId,
    /// The token of this claim.
    pub(crate) token: Uuid,
    /// Its queue, to announce it when it goes back.
    pub(crate) queue: String,
    /// Whether it has a serial key or a limit, so that its end may free another job.
    pub(crate) gated: bool,
}
