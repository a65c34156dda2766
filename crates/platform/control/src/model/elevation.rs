//! What lets an operator do more than look at the register.

use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Marks ids of elevations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ElevationKind {}

/// Longest elevation, in minutes.
pub(crate) const MOST_MINUTES: u16 = 480;

/// What an operator may do, for a time and for a reason: change the register, or, where a tenant is named, read there.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = control::Elevation)]
pub(crate) struct Elevation {
    /// Id.
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: Id<ElevationKind>,
    /// The operator: the subject of the token.
    pub(crate) actor_id: String,
    /// The tenant that may be read; none for an elevation that lets the register be changed.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) tenant_id: Option<TenantId>,
    /// Why.
    pub(crate) reason: String,
    /// From when (UTC).
    pub(crate) starts_at: DateTime<Utc>,
    /// Until when at the latest (UTC).
    pub(crate) ends_at: DateTime<Utc>,
    /// When it was ended before its time (UTC).
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// Version.
    pub(crate) version: i64,
}

impl Elevation {
    /// Whether it holds at this time.
    pub(crate) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && self.starts_at <= now && now < self.ends_at
    }
}
