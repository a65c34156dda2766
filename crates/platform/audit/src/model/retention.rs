//! How long events of a class are kept.

use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::event::EventClass;

/// Fewest days that a policy may name: who could do with less could wipe a trace at once.
pub(crate) const FEWEST_DAYS: i32 = 30;

/// Most days.
pub(crate) const MOST_DAYS: i32 = 36_500;

/// A policy. Of several for one class the longest counts; a class without one is kept for ever.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::RetentionPolicy)]
pub(crate) struct RetentionPolicy {
    /// Id.
    pub(crate) id: PolicyId,
    /// Name for people.
    pub(crate) name: String,
    /// Class of the events.
    pub(crate) class: EventClass,
    /// Days that an event is kept, from when it was written.
    pub(crate) keep_days: i32,
    /// Version, the same as in the `ETag`.
    pub(crate) version: i64,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who made it.
    pub(crate) created_by: String,
}

/// Id of a policy.
pub(crate) type PolicyId = Id<RetentionPolicy>;
