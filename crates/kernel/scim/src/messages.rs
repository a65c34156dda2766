//! The messages of the protocol that are no resources (RFC 7644, section 8.2).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A patch as it is sent. Names are taken as the RFC writes them, and with a capital letter as some clients do.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = scim::PatchOp)]
pub struct PatchRequest {
    /// Has to name the schema of patches.
    #[serde(alias = "Schemas")]
    pub schemas: Vec<String>,
    /// What is done, in this order.
    #[serde(rename = "Operations", alias = "operations")]
    pub operations: Vec<SentOperation>,
}

/// An operation as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = scim::Operation)]
pub struct SentOperation {
    /// `add`, `remove` or `replace`, in any case.
    #[serde(alias = "Op")]
    pub op: String,
    /// Where; without it the value names its attributes.
    #[serde(default, alias = "Path", skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// With what.
    #[serde(default, alias = "Value")]
    pub value: Value,
}

impl PatchRequest {
    /// The schema of patches.
    pub const URN: &'static str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

    /// Whether the message says what it is.
    pub(crate) fn names_its_schema(&self) -> bool {
        self.schemas.iter().any(|urn| urn.eq_ignore_ascii_case(Self::URN))
    }
}

/// One page of resources (RFC 7644, section 3.4.2).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = scim::ListResponse)]
pub struct ListResponse {
    /// Says that it is one.
    pub schemas: [&'static str; 1],
    /// How many resources there are in all.
    pub total_results: i64,
    /// Place of the first one, counted from 1.
    pub start_index: i64,
    /// How many of them are here.
    pub items_per_page: i64,
    /// They.
    #[serde(rename = "Resources")]
    pub resources: Vec<Value>,
}

impl ListResponse {
    /// A page that begins at this place.
    pub fn new(total_results: i64, start_index: i64, resources: Vec<Value>) -> Self {
        Self {
            schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            total_results,
            start_index,
            items_per_page: i64::try_from(resources.len()).unwrap_or(i64::MAX),
            resources,
        }
    }
}
