//! Pairs of records of which somebody has said that they are two things.

use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Marker of ids of dismissals.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DismissalMarker {}

/// Id of a dismissal.
pub(crate) type DismissalId = Id<DismissalMarker>;

/// Longest reason, in characters.
pub(crate) const MAX_REASON: usize = 500;

/// A pair of records of which somebody has said that they are two things.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
#[schema(as = duplicates::Dismissal)]
pub(crate) struct Dismissal {
    /// Its id.
    pub(crate) id: Uuid,
    /// One record.
    pub(crate) first_id: Uuid,
    /// The other one.
    pub(crate) second_id: Uuid,
    /// Why, in the words of whoever said so.
    #[schema(nullable)]
    pub(crate) reason: Option<String>,
    /// When it was said (UTC).
    pub(crate) made_at: DateTime<Utc>,
    /// Who said so.
    pub(crate) made_by: String,
}
