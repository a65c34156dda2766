//! What must not be removed, whatever a policy says.

use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::event::EventClass;

/// A hold: it keeps every event that all its criteria fit. One without criteria keeps the whole trail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::LegalHold)]
pub(crate) struct LegalHold {
    /// Id.
    pub(crate) id: HoldId,
    /// Name for people.
    pub(crate) name: String,
    /// Why it is there.
    pub(crate) reason: String,
    /// Class of the events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<EventClass>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) actor_id: Option<String>,
    /// Type of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject_type: Option<String>,
    /// Id of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject_id: Option<String>,
    /// Written at or after this time (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recorded_from: Option<DateTime<Utc>>,
    /// Written before this time (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recorded_until: Option<DateTime<Utc>>,
    /// Version, the same as in the `ETag`.
    pub(crate) version: i64,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
    /// Who made it.
    pub(crate) created_by: String,
    /// When it was released (UTC); absent while it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) released_at: Option<DateTime<Utc>>,
    /// Who released it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) released_by: Option<String>,
}

/// Id of a hold.
pub(crate) type HoldId = Id<LegalHold>;
