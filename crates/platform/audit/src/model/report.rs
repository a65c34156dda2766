//! What a verification finds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What is wrong with the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::Wrong)]
pub enum Wrong {
    /// The event does not say any more what was sealed.
    Edited,
    /// The event is gone, and no removal covers it.
    Deleted,
    /// The event stands at another place than it was sealed at.
    Reordered,
    /// The end of the trail is gone.
    CutTail,
    /// The chain agrees with itself, and not with what a checkpoint signed: it was computed anew from here on.
    Recomputed,
    /// A checkpoint or a removal is not signed by a key that this process trusts.
    BadSignature,
    /// A checkpoint is missing.
    CheckpointMissing,
    /// A personal value is another than the one that was sealed, or is gone without an erasure.
    PersonalValue,
    /// The note of where the chain stands disagrees with the chain.
    HeadDiffers,
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::Finding)]
pub struct Finding {
    /// What is wrong.
    pub wrong: Wrong,
    /// Place in the trail, counted from 1.
    pub seq: i64,
    /// Id of the event that should be at this place, as far as it is known; else of the one that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Uuid>,
    /// Id of the event that is at this place, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_id: Option<Uuid>,
    /// A sentence for people.
    pub detail: String,
}

/// What a verification looked at and what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = audit::Report)]
pub struct Report {
    /// Whether nothing is wrong.
    pub intact: bool,
    /// Events that were held against the chain.
    pub events: i64,
    /// Events that were removed by a rule, with a removal that is signed.
    pub removed: i64,
    /// Checkpoints whose signature and content hold.
    pub checkpoints: i64,
    /// Events that wait for the sealer and so cannot be verified yet.
    pub unsealed: i64,
    /// Place of the last event that was reached.
    pub size: i64,
    /// Hash of it, in hexadecimal.
    pub head_hash: String,
    /// The first thing that is wrong; absent when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}
